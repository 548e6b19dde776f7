"""Claims on alpha of mixup: the training error that it costs, and the gap it closes."""

import math
from collections.abc import Callable, Mapping

import numpy as np

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import POINTS, Difference, Unit
from trainers.claims.evidence import Evidence
from trainers.claims.naming import details, labels_of, listed
from trainers.results.arms import Arm, grouped
from trainers.results.quantities import last
from trainers.results.settings import HOURS, MINUTES, Setting

_PER_DECADE = Unit("points a decade", 100.0, 2)
_TRAINING, _TEST = last("accuracy/train_student"), last("accuracy/test_student")
# The smallest range of alpha that shows how something grows with it.
_FEWEST, _RANGE = 3, 10
_MIXUP = {"num_points": 2, "mixes_labels": True, "strength": None, "label_noise": 0.0}


def _training_errors(arm: Arm) -> dict[int, float]:
    return {seed: 1 - accuracy for seed, accuracy in arm.values(_TRAINING).items()}


def _gaps(arm: Arm) -> dict[int, float]:
    """`{seed: test error - training error}`."""
    test = arm.values(_TEST)
    return {
        seed: accuracy - test[seed]
        for seed, accuracy in arm.values(_TRAINING).items()
        if seed in test
    }


def _along_alpha(
    name: str, values_of: Callable[[Arm], Mapping[int, float]], claimed: str
) -> Finder:
    """Returns a finder: a slope over log10(alpha), and the ends, where alpha varies.

    Args:
        name: that of the number, such as "training error".
        values_of: function of an arm that returns `{seed: number}`.
        claimed: "above" where it grows with alpha, else "below".
    """

    def find(evidence: Evidence) -> list[Finding]:
        findings = []
        for setting in evidence.settings:
            for arms in _families(setting):
                values = {arm.alpha: values_of(arm) for arm in arms}
                alphas = listed(f"{alpha:g}" for alpha in values)
                # It ends in a colon where all other options are at their default.
                options = details(arms[0], mixing=False).removesuffix(": ")
                words = (
                    f"{setting.name}, {labels_of(arms[0])}; {options}; alpha {alphas}"
                )
                compared = _comparisons(name, values, claimed)
                findings.append(
                    Finding(setting.scale, words, compared, arms[0].settings)
                )
        return findings

    return find


def _families(setting: Setting) -> list[list[Arm]]:
    """Lists of mixup arms that differ in alpha alone, from the smallest to the largest.

    They were scored on the way, and reach over a decade of alpha.
    """
    arms = [arm for arm in setting.select("mixup", **_MIXUP) if _gaps(arm)]
    found = grouped(arms, lambda arm: (_but_alpha(arm), arm.num_labels))
    ordered = [sorted(family, key=lambda arm: arm.alpha) for family in found.values()]
    return [
        family
        for family in ordered
        if len(family) >= _FEWEST and family[-1].alpha >= _RANGE * family[0].alpha
    ]


def _but_alpha(arm: Arm) -> tuple[tuple[str, str], ...]:
    return tuple((name, text) for name, text in arm.family if name != "alpha")


def _comparisons(
    name: str, values: Mapping[float, Mapping[int, float]], claimed: str
) -> list[Difference]:
    smallest, largest = min(values), max(values)
    return [
        Difference(
            f"{name}, slope over log10(alpha) and 0",
            _slopes(values),
            0.0,
            claimed,
            _PER_DECADE,
            frozenset().union(*values.values()),
        ),
        Difference(
            f"{name}, alpha {largest:g} and {smallest:g}",
            values[largest],
            values[smallest],
            claimed,
            POINTS,
        ),
    ]


def _slopes(values: Mapping[float, Mapping[int, float]]) -> dict[int, float]:
    """`{seed: slope}` by least squares, of the seeds that every alpha has."""
    places = np.array([math.log10(alpha) for alpha in values])
    centred = places - places.mean()
    seeds = sorted(set.intersection(*map(set, values.values())))
    return {
        seed: float(
            centred @ [of[seed] for of in values.values()] / (centred @ centred)
        )
        for seed in seeds
    }


CLAIMS = [
    Claim(
        "R9 error",
        "The training error of mixup, on examples as they are, grows with alpha",
        "Mixup, sec. 5",
        "order only",
        (MINUTES, HOURS),
        _along_alpha("training error", _training_errors, "above"),
    ),
    Claim(
        "R9 gap",
        "The gap from the training error of mixup to its test error shrinks as alpha "
        "grows",
        "Mixup, sec. 5",
        "order only",
        (MINUTES, HOURS),
        _along_alpha("test error minus training error", _gaps, "below"),
    ),
]
