"""The lines of a figure: which runs make one, and what it is called."""

import re

from trainers.results.arms import Arm, arms_of, grouped
from trainers.results.roles import training_settings


def lines_of(records, shared, free=("seed",)):
    """Returns `{name: [record, ...]}` of the lines, plain training first, then by name.

    A line has the name of its variant, without what all lines share; where two would
    have one name, what differs in their settings is added. How much was measured on the
    way makes no other line.

    Args:
        records: list of records.
        shared: `{setting: text}`, what is the same for all of them.
        free: names of settings that may differ within a line.
    """
    lines = {}
    for name, own in grouped(records, lambda r: short_name(r, shared, free)).items():
        trainings = grouped(
            arms_of(own), lambda arm: training_settings(arm.settings, free)
        )
        for settings, arms in trainings.items():
            runs = [record for arm in arms for record in arm.records.values()]
            lines[name + _differences(settings, trainings)] = runs
    names = sorted(lines, key=lambda name: (not is_plain(lines[name][0]), _words(name)))
    return {name: lines[name] for name in names}


def is_plain(record):
    """Whether it is the plain training that methods are compared with."""
    return Arm({record.seed: record}).is_plain


def short_name(record, shared, free=()):
    """Returns the name of the variant without the settings that go without saying."""
    words = [f"{name}{text}" for name, text in shared.items()]
    if "num_labels" in (*shared, *free):
        words.append(f"{record.settings['num_labels']}labels")
    name = record.variant
    for word in words:
        name = _word(word).sub("", name)
    return name


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
    others = [dict(other) for other in others]
    differing = [
        f"{name}={text}"
        for name, text in settings
        if any(other.get(name) != text for other in others)
    ]
    return f" ({', '.join(differing)})" if differing else ""


def _words(name):
    """Sorts 3 before 20."""
    words = re.split(r"(\d+)", name)
    return [int(word) if place % 2 else word for place, word in enumerate(words)]
