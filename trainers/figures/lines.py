"""The lines of a figure: which runs make one, and what it is called."""

import collections
import re

from trainers.run.roles import MEASURING


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
    named = collections.defaultdict(lambda: collections.defaultdict(list))
    for record in records:
        settings = _training(record, free)
        name = short_name(record, shared, free)
        named[name][tuple(sorted(settings.items()))].append(record)
    lines = {}
    for name, by_settings in named.items():
        for settings, runs in by_settings.items():
            lines[name + _differences(settings, by_settings)] = _once(runs)
    names = sorted(lines, key=lambda name: (not is_plain(lines[name][0]), _words(name)))
    return {name: lines[name] for name in names}


def is_plain(record):
    """Whether it is the plain training that methods are compared with."""
    own = float(record.settings["dropout"]), float(record.settings["label_smoothing"])
    return record.method == "erm" and not any(own)


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


def _once(runs):
    """The same training, under two names or measured twice, counts once."""
    runs = sorted(runs, key=lambda run: run.key)
    once = {tuple(sorted(_training(run).items())): run for run in reversed(runs)}
    return list(reversed(once.values()))


def _training(record, free=()):
    """The settings that decide a training, but for those that are free."""
    left_out = MEASURING | set(free)
    return {k: v for k, v in record.settings.items() if k not in left_out}


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
