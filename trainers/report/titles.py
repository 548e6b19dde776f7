"""What runs are called in tables and headings: words, not names of folders."""

import collections

from trainers.claims.naming import name_of
from trainers.results.arms import grouped
from trainers.results.roles import METHOD, REGULARISERS
from trainers.run.method_lookup import known_method

_SAID = {"method", "num_points", "mix_labels"}


def methods(arms):
    """Returns what each arm of a setting is called, such as "ICT[4]".

    Options follow the name where they are not those that most runs of it have.

    Args:
        arms: list of `trainers.results.arms.Arm`.
    """
    names = [name_of(arm) for arm in arms]
    alike = grouped(zip(names, arms), lambda pair: pair[0])
    usual = {name: _usual([arm for _, arm in pairs]) for name, pairs in alike.items()}
    return [", ".join([n, *_unusual(arm, usual[n])]) for n, arm in zip(names, arms)]


def _usual(arms):
    """The text of each setting that most of the runs have."""
    counts = collections.defaultdict(collections.Counter)
    for arm in arms:
        for name, text in arm.settings.items():
            counts[name][text] += len(arm.records)
    return {name: count.most_common(1)[0][0] for name, count in counts.items()}


def _unusual(arm, usual):
    # Plain training takes no notice of what the others do.
    names = set(REGULARISERS) if known_method(arm.method).is_plain else METHOD - _SAID
    return [
        f"{name.replace('_', ' ')} {arm.settings[name]}"
        for name in sorted(names)
        if arm.settings[name] != usual[name]
    ]
