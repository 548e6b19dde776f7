"""Runs that can be compared: arms, which differ in seeds alone, in settings."""

import dataclasses
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any, TypeVar

from trainers.results.record import Record
from trainers.results.roles import (
    PLACE,
    REGULARISERS,
    method_settings,
    training_settings,
)
from trainers.run.method_lookup import known_method

_ORDER = ("erm", "mixup")
T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


@dataclasses.dataclass(frozen=True)
class Arm:
    """Runs of one method in one setting, by seed.

    Attributes:
        records: `{seed: Record}`.
    """

    records: dict[int, Record]

    @property
    def any(self) -> Record:
        """One of the records, for what all have in common."""
        return self.records[min(self.records)]

    @property
    def settings(self) -> Mapping[str, str]:
        """`{flag: text}`; of the seeds, one."""
        return self.any.settings

    @property
    def method(self) -> str:
        return self.any.method

    @property
    def num_points(self) -> int:
        return self.any.num_points

    @property
    def num_labels(self) -> int | None:
        """The number of labels, `None` for all."""
        return self.any.num_labels

    @property
    def label_noise(self) -> float:
        return float(self.settings["label_noise"])

    @property
    def family(self) -> tuple[tuple[str, str], ...]:
        """What arms share that differ in points, labels and their noise alone."""
        names = method_settings(self.settings) - PLACE
        return tuple((name, self.settings[name]) for name in sorted(names))

    @property
    def alpha(self) -> float:
        return float(self.settings["alpha"])

    @property
    def is_unregularised(self) -> bool:
        """Whether it has none of the regularisers that every method may add."""
        return all(float(self.settings[name]) == 0 for name in REGULARISERS)

    @property
    def is_plain(self) -> bool:
        """Whether it is the plain training that methods are compared with."""
        return known_method(self.method).is_plain and self.is_unregularised

    @property
    def mixes_labels(self) -> bool:
        """Whether labels are mixed with the inputs, where anything is."""
        return self.settings["mix_labels"] == "true"

    @property
    def strength(self) -> float | None:
        """The strength of mixing that was asked for, `None` where alpha was given."""
        given = self.settings["mean_dominant_weight"]
        return None if given == "alpha" else float(given)

    @property
    def measures_linearity(self) -> bool:
        return bool(self.any.result["linearity"])

    def values(self, read: Callable[[Record], T | None]) -> dict[int, T]:
        """Returns `{seed: read(record)}`, without the seeds where that is `None`."""
        values = {seed: read(record) for seed, record in self.records.items()}
        return {seed: value for seed, value in values.items() if value is not None}


def values_of(arm: Arm | None, read: Callable[[Record], T | None]) -> dict[int, T]:
    """Returns the values of an arm, none of an arm that was not run."""
    return {} if arm is None else arm.values(read)


def arms_of(records: Iterable[Record]) -> list[Arm]:
    """Returns the arms that records make: plain training, mixup, then the others.

    A training that two sweeps have in common, under two names or measured in two ways,
    counts once, with the record that holds most.
    """
    arms = grouped(records, lambda record: training_settings(record.settings))
    return sorted(map(_arm, arms.values()), key=_order)


def _arm(records: list[Record]) -> Arm:
    runs: dict[int, Record] = {}
    for record in sorted(records, key=lambda record: record.seed):
        runs[record.seed] = max(runs.get(record.seed, record), record, key=_richness)
    return Arm(runs)


def _order(arm: Arm) -> tuple[Any, ...]:
    rank = _ORDER.index(arm.method) if arm.method in _ORDER else len(_ORDER)
    points = 0 if known_method(arm.method).is_plain else arm.num_points
    labels = float("inf") if arm.num_labels is None else arm.num_labels
    return rank, arm.method, arm.family, labels, points, arm.label_noise


def _richness(record: Record) -> tuple[bool, int, int]:
    return (
        record.evaluation is not None,
        len(record.result["linearity"]),
        len(record.history),
    )


def grouped(items: Iterable[T], key: Callable[[T], K]) -> dict[K, list[T]]:
    """Returns `{key(item): [item, ...]}` in the order of the items."""
    found: dict[K, list[T]] = {}
    for item in items:
        found.setdefault(key(item), []).append(item)
    return found


def words_apart(
    every: Iterable[tuple[tuple[str, str], ...]],
) -> dict[tuple[tuple[str, str], ...], str]:
    """Returns `{options: words}`: those that others lack, such as ", num_bins 9".

    Args:
        every: tuples of `(name, text)`.
    """
    every = dict.fromkeys(every)
    return {
        options: "".join(
            f", {name} {text}"
            for name, text in options
            if any((name, text) not in other for other in every)
        )
        for options in every
    }
