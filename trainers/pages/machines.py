"""Versions and machines: what the runs share, and where they differ."""

import json

from trainers.drawings.groups import grouped
from trainers.pages.markup import Section, element, join, table

_WORDS = {
    "cpu_threads": "CPU threads",
    "python": "Python",
    "keras-mixup": "keras_mixup",
}
_NOT_RECORDED = "not recorded"
_MOST_NAMED = 3


def section(records):
    """Returns the section of versions and machines."""
    values = _by_property(records)
    rows = [["", "value"]]
    rows += [[_WORDS.get(name, name), _cell(runs)] for name, runs in values.items()]
    differ = [_WORDS.get(name, name) for name, runs in values.items() if len(runs) > 1]
    note = "The same for all runs."
    if differ:
        note = f"Not the same for all runs: {', '.join(differ)}."
    body = [element("p", note), table(rows, kind="words")]
    return Section("Versions and machine", join(*body, between="\n"))


def summary(records):
    """Returns the words for the packages and devices that matter most."""
    values = _by_property(records)
    names = ("keras-mixup", "keras", "tensorflow", "jax", "python", "devices")
    return ", ".join(
        " or ".join(
            text if name == "devices" else f"{_WORDS.get(name, name)} {text}"
            for text in values[name]
            if text != _NOT_RECORDED
        )
        for name in names
        if name in values and set(values[name]) != {_NOT_RECORDED}
    )


def _by_property(records):
    """`{property: {text: [record, ...]}}`."""
    flat = [_flat(record.versions) for record in records]
    names = dict.fromkeys(name for properties in flat for name in properties)
    return {
        name: grouped(
            records,
            lambda r, name=name: _flat(r.versions).get(name, _NOT_RECORDED),
        )
        for name in names
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


def _cell(runs):
    if len(runs) == 1:
        return next(iter(runs))
    lines = [f"{text}: {_named(records)}" for text, records in runs.items()]
    return join(*(element("div", line) for line in lines))


def _named(records):
    names = list(dict.fromkeys(record.variant for record in records))
    more = ", ..." if len(names) > _MOST_NAMED else ""
    runs = "1 run" if len(records) == 1 else f"{len(records)} runs"
    return f"{runs} of {', '.join(names[:_MOST_NAMED])}{more}"
