"""Claims on accuracy and the number of labels: Linearity, fig. 2."""

import itertools
from collections.abc import Iterator

import numpy as np

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import POINTS, Difference
from trainers.claims.evidence import Evidence
from trainers.claims.naming import count_of_labels, details, listed, method_name
from trainers.results.arms import Arm, grouped, values_of
from trainers.results.quantities import (
    Quantity,
    accuracy_of_teacher,
    accuracy_on_test,
)
from trainers.results.settings import GPU, HOURS, MINUTES, Setting


class _Family:
    """ICT arms that differ in points and numbers of labels alone.

    Args:
        setting: `Setting`.
        arms: list of `Arm`.
    """

    def __init__(self, setting: Setting, arms: list[Arm]) -> None:
        self.setting = setting
        self.points = sorted({arm.num_points for arm in arms})
        self.labels = sorted({_number(arm) for arm in arms})
        self._arms = {(arm.num_points, _number(arm)): arm for arm in arms}

    def arm(self, points: int, labels: float) -> Arm | None:
        """The arm of a number of points and one of labels, or `None`."""
        return self._arms.get((points, labels))

    def slopes(self, labels: float) -> tuple[dict[int, float], frozenset[int]]:
        """`{seed: slope of accuracy over K}` by least squares, and all seeds.

        Empty where a number of points is missing.
        """
        values = [
            values_of(self.arm(points, labels), accuracy_on_test)
            for points in self.points
        ]
        centred = np.array(self.points, float) - np.mean(self.points)
        seeds = sorted(set.intersection(*map(set, values)))
        slopes = {
            seed: float(centred @ [of[seed] for of in values] / (centred @ centred))
            for seed in seeds
        }
        return slopes, frozenset().union(*values)

    def finding(self, comparisons: list[Difference]) -> Finding:
        """The finding that these comparisons make."""
        arm = next(iter(self._arms.values()))
        labels = listed(map(_digits, self.labels))
        words = (
            f"{self.setting.name}, {labels} labels; K = {listed(self.points)}; "
            f"{details(arm)}"
        )
        return Finding(self.setting.scale, words, comparisons, arm.settings)


def _families(evidence: Evidence) -> Iterator[_Family]:
    for setting in evidence.settings:
        arms_of_ict = setting.select("ict", strength=None, label_noise=0.0)
        for arms in grouped(arms_of_ict, lambda arm: arm.family).values():
            yield _Family(setting, arms)


def _number(arm: Arm) -> float:
    """The number of labels, for sorting."""
    return float("inf") if arm.num_labels is None else arm.num_labels


def _digits(labels: float) -> str | float:
    return "all" if labels == float("inf") else labels


def _words(labels: float) -> str:
    return count_of_labels(None if labels == float("inf") else int(labels))


def _ict_against_baselines(accuracy: Quantity) -> Finder:
    """A1: each ICT[K] above ERM and mixup, at every number of labels.

    Args:
        accuracy: the accuracy of ICT.
    """

    def find(evidence: Evidence) -> list[Finding]:
        return [
            family.finding(
                [
                    _against(family, points, labels, method, accuracy)
                    for labels in family.labels
                    for points in family.points
                    for method in ("erm", "mixup")
                ]
            )
            for family in _families(evidence)
        ]

    return find


def _against(
    family: _Family, points: int, labels: float, method: str, accuracy: Quantity
) -> Difference:
    arm = family.arm(points, labels)
    other = arm and family.setting.counterpart(arm, method)
    return Difference(
        f"accuracy, ICT[{points}] and {method_name(method)}: {_words(labels)}",
        values_of(arm, accuracy),
        values_of(other, accuracy_on_test),
        "above",
        POINTS,
    )


def _accuracy_rises(evidence: Evidence) -> list[Finding]:
    """A2: a rising line of accuracy over K, at every number of labels."""
    return [
        family.finding([_rise(family, labels) for labels in family.labels])
        for family in _families(evidence)
        if len(family.points) > 1
    ]


def _rise(family: _Family, labels: float) -> Difference:
    slopes, seeds = family.slopes(labels)
    name = f"accuracy, slope over K and 0: {_words(labels)}"
    return Difference(name, slopes, 0.0, "above", POINTS, seeds)


def _each_point_helps(evidence: Evidence) -> list[Finding]:
    """A2: each K above the one before it, at every number of labels."""
    return [
        family.finding(
            [
                _step(family, labels, fewer, more)
                for labels in family.labels
                for fewer, more in itertools.pairwise(family.points)
            ]
        )
        for family in _families(evidence)
        if len(family.points) > 1
    ]


def _step(family: _Family, labels: float, fewer: int, more: int) -> Difference:
    return Difference(
        f"accuracy, ICT[{more}] and ICT[{fewer}]: {_words(labels)}",
        values_of(family.arm(more, labels), accuracy_on_test),
        values_of(family.arm(fewer, labels), accuracy_on_test),
        "above",
        POINTS,
    )


def _accuracy_converges(evidence: Evidence) -> list[Finding]:
    """A2: K matters more with the fewest labels than with the most."""
    return [
        family.finding([_convergence(family)])
        for family in _families(evidence)
        if len(family.points) > 1 and len(family.labels) > 1
    ]


def _convergence(family: _Family) -> Difference:
    few, many = family.labels[0], family.labels[-1]
    at_few, of_few = family.slopes(few)
    at_many, of_many = family.slopes(many)
    return Difference(
        f"accuracy, slope over K: {_words(few)} and {_words(many)}",
        at_few,
        at_many,
        "above",
        POINTS,
        of_few | of_many,
    )


CLAIMS = [
    Claim(
        "A1",
        "ICT beats ERM and mixup at every number of labels",
        "Linearity, fig. 2",
        "order only",
        (MINUTES, HOURS),
        _ict_against_baselines(accuracy_on_test),
    ),
    Claim(
        "A1 teacher",
        "The teacher of ICT, its moving average, beats ERM and mixup at every number "
        "of labels",
        "Linearity, fig. 2, whose text names no teacher",
        "order only",
        (MINUTES, HOURS),
        _ict_against_baselines(accuracy_of_teacher),
    ),
    Claim(
        "A2 growth",
        "Accuracy grows with every further point, up to K = 5, at every number of "
        "labels",
        "Linearity, fig. 2",
        "order only",
        (MINUTES, HOURS),
        _each_point_helps,
    ),
    Claim(
        "A2 slope",
        "A straight line of accuracy over K rises, at every number of labels",
        "Linearity, fig. 2",
        "order only",
        (MINUTES, HOURS),
        _accuracy_rises,
    ),
    Claim(
        "A2 convergence",
        "The variants come closer with labels: the line over K is steeper with the "
        "fewest than with the most",
        "Linearity, fig. 2",
        "order only",
        (MINUTES, HOURS),
        _accuracy_converges,
    ),
    Claim(
        "A3",
        "70 % on CIFAR-10 takes about 1800 labels with mixup, 500 with ICT[4]",
        "Linearity, sec. 3.2",
        "1800 and 500 labels",
        (GPU,),
    ),
]
