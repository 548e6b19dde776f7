"""Arms that can be compared: the same data, the same network, trained alike."""

import dataclasses
import os
from collections.abc import Iterable, Mapping
from typing import Any

from trainers.results.arms import Arm, arms_of, grouped, words_apart
from trainers.results.record import Record
from trainers.results.roles import METHOD, shared_settings

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
        shared: `{flag: text}` of what they share.
        arms: list of `Arm`: plain training, mixup, then the others.
        apart: words for what sets it apart from others of the same data, network and
            steps; may be empty.
    """

    shared: Mapping[str, str]
    arms: list[Arm]
    apart: str = ""

    @property
    def name(self) -> str:
        """Words for data, network and steps."""
        return f"{_title(self.shared)}{self.apart}"

    @property
    def scale(self) -> str:
        """Minutes for the small data sets, hours for others by a small network."""
        dataset = self.shared["dataset"]
        if dataset in _SMALL_SETS or dataset.startswith("openml:") or _is_file(dataset):
            return MINUTES
        small = self.shared["architecture"].startswith(_SMALL_NETWORKS)
        return HOURS if small else GPU

    def select(self, method: str, **wanted: Any) -> list[Arm]:
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

    def counterpart(self, arm: Arm, method: str, **wanted: Any) -> Arm | None:
        """Returns the arm of a method with the labels of another arm, or `None`.

        Of mixup it is that of two points, labels mixed too, with the same alpha if the
        other arm mixes. Of several it is the one that is most like the other arm.
        """
        labels: dict[str, Any] = {
            "num_labels": arm.num_labels,
            "label_noise": arm.label_noise,
        }
        if method == "mixup":
            labels |= {"num_points": 2, "mixes_labels": True, "strength": None}
            if arm.method != "erm":
                labels["alpha"] = arm.alpha
        found = self.select(method, **{**labels, **wanted})
        return max(found, key=lambda one: _likeness(one, arm), default=None)

    def families(self, method: str, **wanted: Any) -> list[list[Arm]]:
        """Returns lists of arms that differ in nothing but the number of points.

        A strength of mixing that was asked for sets an arm apart: it ties alpha to the
        number of points.
        """
        arms = self.select(method, **{"strength": None, **wanted})
        groups = grouped(arms, lambda a: (a.family, a.num_labels, a.label_noise))
        return list(groups.values())


def settings_of(records: Iterable[Record], also: Iterable[str] = ()) -> list[Setting]:
    """Returns the list of `Setting` that records make, in the order of their names.

    Args:
        records: list of records.
        also: names of others that the runs of a setting share besides data and
            network, such as `trainers.results.roles.LINEARITY`.
    """
    found = grouped(records, lambda one: _shared(one, also))
    titles = grouped(found, lambda shared: _title(dict(shared)))
    apart = {
        k: words for alike in titles.values() for k, words in words_apart(alike).items()
    }
    made = [
        Setting(dict(shared), arms_of(records), apart[shared])
        for shared, records in found.items()
    ]
    return sorted(made, key=lambda one: (SCALES.index(one.scale), one.name))


def _shared(record: Record, also: Iterable[str] = ()) -> tuple[tuple[str, str], ...]:
    """What the runs of a setting have in common, to be used as a key."""
    return tuple(sorted(shared_settings(record.settings, also).items()))


def _title(settings: Mapping[str, str]) -> str:
    dataset = settings["dataset"]
    # Where the file is says nothing.
    dataset = os.path.basename(dataset) if _is_file(dataset) else dataset
    return f"{dataset}, {settings['architecture']}, {settings['steps']} steps"


def _is_file(dataset: str) -> bool:
    return dataset.endswith(".npz")


def _likeness(one: Arm, arm: Arm) -> tuple[int, int]:
    """How many options of the method two arms share, and how many seeds."""
    return (
        sum(one.settings[name] == arm.settings[name] for name in METHOD),
        len(one.records.keys() & arm.records.keys()),
    )
