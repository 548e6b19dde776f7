"""Arms that can be compared: the same data, the same network, trained alike."""

import collections
import dataclasses
import os

from trainers.claims.arms import arms_of
from trainers.run.roles import METHOD, shared_settings

# What trains in minutes; all other sets are images by the ten thousand.
_SMALL_SETS = (
    *("digits", "iris", "wine", "breast_cancer"),
    *("two_moons", "counterexample", "separable"),
)
_SMALL_NETWORKS = ("wide_resnet_10_", "mlp", "linear")
# How long runs take: minutes or hours on a core of a CPU, or a GPU.
SCALES = MINUTES, HOURS, GPU = ("minutes", "hours", "GPU")


@dataclasses.dataclass(frozen=True)
class Setting:
    """Arms that were trained on the same data, by the same network, in the same way.

    Attributes:
        settings: `{flag: text}` of what they share.
        arms: list of `Arm`: plain training, mixup, then the others.
        apart: words for what sets it apart from others of the same data, network and
            steps; may be empty.
    """

    settings: dict
    arms: list
    apart: str = ""

    @property
    def name(self):
        """Words for data, network and steps."""
        return f"{_title(self.settings)}{self.apart}"

    @property
    def scale(self):
        """Minutes for the small data sets, hours for others by a small network."""
        dataset = self.settings["dataset"]
        if dataset in _SMALL_SETS or dataset.startswith("openml:") or _is_file(dataset):
            return MINUTES
        small = self.settings["architecture"].startswith(_SMALL_NETWORKS)
        return HOURS if small else GPU

    def select(self, method, **wanted):
        """Returns the arms of a method that have the wanted attributes.

        Those with dropout or smoothed labels are left out, unless they are wanted.
        """
        wanted = {"is_unregularised": True, **wanted}
        return [
            arm
            for arm in self.arms
            if arm.method == method
            and all(getattr(arm, name) == value for name, value in wanted.items())
        ]

    def counterpart(self, arm, method, **wanted):
        """Returns the arm of a method with the labels of another arm, or `None`.

        Of mixup it is that of two points, labels mixed too, with the same alpha if the
        other arm mixes. Of several it is the one that is most like the other arm.
        """
        labels = {"num_labels": arm.num_labels, "label_noise": arm.label_noise}
        if method == "mixup":
            labels |= {"num_points": 2, "mixes_labels": True, "strength": None}
            if arm.method != "erm":
                labels["alpha"] = arm.alpha
        found = self.select(method, **{**labels, **wanted})
        return max(found, key=lambda one: _likeness(one, arm), default=None)

    def families(self, method, **wanted):
        """Returns lists of arms that differ in nothing but the number of points.

        A strength of mixing that was asked for sets an arm apart: it ties alpha to the
        number of points.
        """
        groups = {}
        for arm in self.select(method, **{"strength": None, **wanted}):
            key = (arm.family, arm.num_labels, arm.label_noise)
            groups.setdefault(key, []).append(arm)
        return list(groups.values())


def settings_of(records, also=()):
    """Returns the list of `Setting` that records make, in the order of their names.

    Args:
        records: list of records.
        also: names of settings that the runs of a setting share besides data
            and network.
    """
    found = {}
    for record in records:
        shared = tuple(sorted(shared_settings(record.settings, also).items()))
        found.setdefault(shared, []).append(record)
    apart = _apart([dict(shared) for shared in found])
    made = [
        Setting(dict(shared), arms_of(records), words)
        for (shared, records), words in zip(found.items(), apart)
    ]
    return sorted(made, key=lambda one: (SCALES.index(one.scale), one.name))


def _title(settings):
    dataset = settings["dataset"]
    # Where the file is says nothing.
    dataset = os.path.basename(dataset) if _is_file(dataset) else dataset
    return f"{dataset}, {settings['architecture']}, {settings['steps']} steps"


def _is_file(dataset):
    return dataset.endswith(".npz")


def _apart(every):
    """For each of a list of settings, the words that others of its title lack."""
    titles = collections.Counter(map(_title, every))
    words = []
    for settings in every:
        alike = [one for one in every if _title(one) == _title(settings)]
        different = [
            f", {name} {text}"
            for name, text in settings.items()
            if any(one.get(name) != text for one in alike)
        ]
        words.append("".join(different) if titles[_title(settings)] > 1 else "")
    return words


def _likeness(one, arm):
    """How many options of the method two arms share, and how many seeds."""
    return (
        sum(one.settings[name] == arm.settings[name] for name in METHOD),
        len(one.records.keys() & arm.records.keys()),
    )
