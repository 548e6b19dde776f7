"""The lines of a figure: which runs make one, and what it is called."""

import re

from trainers.results.arms import Arm, arms_of, grouped
from trainers.results.roles import default_settings, training_settings
from trainers.run.method_lookup import method_of


def lines_of(records, free=("seed",), fits=bool):
    """Returns `{name: [record, ...]}` of the lines, plain training first, then by name.

    A line has the name of its method; where two would have one name, what differs in
    their settings is added. How much was measured on the way makes no other line, nor
    does an option that the method ignores.

    Args:
        records: list of records.
        free: names of settings that may differ within a line.
        fits: function of the runs of a line: whether it is drawn. Others take no part
            in the names.
    """
    lines = {}
    for name, own in grouped(records, name_of).items():
        trainings = grouped(
            arms_of(own), lambda arm: training_settings(arm.settings, free)
        )
        runs = {
            settings: [record for arm in arms for record in arm.records.values()]
            for settings, arms in trainings.items()
        }
        drawn = {settings: one for settings, one in runs.items() if fits(one)}
        for settings, one in drawn.items():
            lines[name + _differences(settings, drawn)] = one
    names = sorted(
        lines, key=lambda name: (not is_plain(lines[name][0]), natural(name.casefold()))
    )
    return {name: lines[name] for name in names}


def is_plain(record):
    """Whether it is the plain training that methods are compared with."""
    return Arm({record.seed: record}).is_plain


def name_of(record):
    """Returns the name of a run's method, such as "ICT[4]"."""
    return method_of(record).name_of(record.settings)


def varied(record, shared):
    """Returns the settings that the variant's name tells, as a sweep writes it."""
    return tuple(
        name
        for name, text in record.settings.items()
        if name not in shared and _word(f"{name}{text}").search(record.variant)
    )


def _word(text):
    return re.compile(f"_{re.escape(text)}(?=_|$)")


def _differences(settings, others):
    """The words for what tells a line from others of its name.

    A default goes without saying, but for alpha.
    """
    others, defaults = [dict(other) for other in others], default_settings()
    return "".join(
        f", {name.replace('_', ' ')} {text.removesuffix('.0')}"
        for name, text in settings
        if any(other.get(name) != text for other in others)
        and (name == "alpha" or defaults.get(name) != text)
    )


def natural(text):
    """Returns a key that sorts names by the numbers in them."""
    words = re.split(r"(\d+)", text)
    return [(int(word), word) if word.isdecimal() else (-1, word) for word in words]
