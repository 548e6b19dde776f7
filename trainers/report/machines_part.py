"""Versions and machines: what the runs share, and where they differ."""

import json

from trainers.markdown import escaped
from trainers.results.arms import grouped
from trainers.text_tables import markdown_table

_WORDS = {
    "cpu_threads": "CPU threads",
    "python": "Python",
    "keras-mixup": "keras_mixup",
}
_NOT_RECORDED = "not recorded"
_MOST_NAMED = 3


def made_on(results):
    """Returns `(name, versions)` of every run and example of some results."""
    runs = [(record.variant, record.versions) for record in results.records]
    examples = [(name, one["versions"]) for name, one in results.examples.items()]
    return runs + examples


def section(made):
    """Returns the section of versions and machines, in Markdown.

    Args:
        made: list of what `made_on` returns.
    """
    values = _by_property(made)
    named = {_WORDS.get(name, name): texts for name, texts in values.items()}
    rows = [["", "value"]]
    rows += [[escaped(name), _cell(texts)] for name, texts in named.items()]
    differ = [escaped(name) for name, texts in named.items() if len(texts) > 1]
    note = "The same for all."
    if differ:
        note = f"Not the same for all: {', '.join(differ)}."
    return "\n\n".join(["## Versions and machine", note, markdown_table(rows)])


def summary(made):
    """Returns the words for the packages and devices that matter most."""
    values = _by_property(made)
    names = ("keras-mixup", "keras", "tensorflow", "jax", "torch", "python", "devices")
    return ", ".join(
        " or ".join(
            text if name == "devices" else f"{_WORDS.get(name, name)} {text}"
            for text in values[name]
            if text != _NOT_RECORDED
        )
        for name in names
        if name in values and set(values[name]) != {_NOT_RECORDED}
    )


def _by_property(made):
    """`{property: {text: [name, ...]}}`."""
    flat = [(name, _flat(versions)) for name, versions in made]
    properties = dict.fromkeys(key for _, one in flat for key in one)
    return {
        key: {
            text: [name for name, _ in group]
            for text, group in grouped(
                flat, lambda pair, key=key: pair[1].get(key, _NOT_RECORDED)
            ).items()
        }
        for key in properties
    }


def _flat(versions):
    packages = versions.get("packages")
    rest = {name: value for name, value in versions.items() if name != "packages"}
    inner = packages if isinstance(packages, dict) else {}
    return {name: _text(value) for name, value in {**rest, **inner}.items()}


def _text(value):
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)


def _cell(names_by_text):
    if len(names_by_text) == 1:
        return escaped(next(iter(names_by_text)))
    parts = [f"{text}: {_counted(names)}" for text, names in names_by_text.items()]
    return escaped("; ".join(parts))


def _counted(names):
    each = list(dict.fromkeys(names))
    more = ", ..." if len(each) > _MOST_NAMED else ""
    runs = "1 run" if len(names) == 1 else f"{len(names)} runs"
    return f"{runs} of {', '.join(each[:_MOST_NAMED])}{more}"
