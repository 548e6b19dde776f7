"""Claims on fit, calibration and the corrected prediction."""

from typing import Any

from trainers.claims.claim import Claim
from trainers.claims.comparisons import POINTS, Difference, Unit
from trainers.claims.evaluations import compare, of_each_arm
from trainers.claims.naming import method_name
from trainers.results.arms import Arm, values_of
from trainers.results.quantities import accuracy_on_test, last, score
from trainers.results.settings import HOURS, MINUTES, Setting

NATS = Unit("nats")
MIXUP: dict[str, Any] = {"mixes_labels": True, "num_points": 2}
_SCORES = (
    ("accuracy", "above", POINTS),
    ("cross_entropy", "below", NATS),
    ("expected_calibration_error", "below", POINTS),
)


def _corrected_against_plain(setting: Setting, arm: Arm) -> list[Difference]:
    """R1: higher accuracy, lower likelihood loss and calibration error."""
    return [
        Difference(
            f"corrected and plain: {name.replace('_', ' ')}",
            arm.values(score(name, "corrected")),
            arm.values(score(name)),
            claimed,
            unit,
            frozenset(arm.records),
        )
        for name, claimed, unit in _SCORES
    ]


def _corrected_near_approximate(setting: Setting, arm: Arm) -> list[Difference]:
    """R1: nearer to approximate mixup than the plain prediction is."""
    approximate = setting.counterpart(arm, "approximate_mixup", alpha=arm.alpha)
    comparisons = []
    for name, _, unit in _SCORES[:2]:
        target = values_of(approximate, score(name))
        corrected, plain = (
            {
                seed: abs(value - target[seed])
                for seed, value in arm.values(score(name, kind)).items()
                if seed in target
            }
            for kind in ("corrected", "plain")
        )
        words = f"corrected and plain: distance in {name.replace('_', ' ')}"
        due = frozenset(arm.records) | frozenset(target)
        comparisons.append(Difference(words, corrected, plain, "below", unit, due))
    return comparisons


_FIT = (
    ("training accuracy", last("accuracy/train_student"), "below"),
    ("test accuracy", accuracy_on_test, "above"),
)


def _approximate_like_mixup(setting: Setting, arm: Arm) -> list[Difference]:
    """R2: both fit the training set less than ERM, and the test set better."""
    erm = setting.counterpart(arm, "erm")
    each = {"approximate mixup": arm, "mixup": setting.counterpart(arm, "mixup")}
    return [
        compare(one, erm, f"{method} and ERM: {name}", read, claimed, POINTS)
        for method, one in each.items()
        for name, read, claimed in _FIT
    ]


def _less_certain(setting: Setting, arm: Arm) -> list[Difference]:
    """R3: a higher entropy and a lower calibration error than ERM."""
    erm = setting.counterpart(arm, "erm")
    measures = (
        ("predictive_entropy", "above", NATS),
        ("expected_calibration_error", "below", POINTS),
    )
    return [
        compare(
            *(arm, erm, f"mixup and ERM: {name.replace('_', ' ')}"),
            *(score(name), claimed, unit),
        )
        for name, claimed, unit in measures
    ]


def _losses(setting: Setting, arm: Arm) -> list[Difference]:
    """E3: against mixup and ERM, a higher loss in training and a lower one in test."""
    measures = (
        ("training loss", last("loss/train_student"), "above"),
        ("test loss", last("loss/test_student"), "below"),
    )
    others = {method: setting.counterpart(arm, method) for method in ("mixup", "erm")}
    return [
        compare(
            *(arm, other, f"MixupE and {method_name(method)}: {name}"),
            *(read, claimed, NATS),
        )
        for method, other in others.items()
        for name, read, claimed in measures
    ]


CLAIMS = [
    Claim(
        "R1 correction",
        "The corrected prediction improves accuracy, likelihood and calibration error "
        "of a mixup model",
        "Regularization",
        "order only",
        (MINUTES, HOURS),
        of_each_arm("mixup", _corrected_against_plain, **MIXUP),
    ),
    Claim(
        "R1 distance",
        "The correction brings a mixup model close to approximate mixup",
        "Regularization",
        "order only",
        (MINUTES, HOURS),
        of_each_arm("mixup", _corrected_near_approximate, **MIXUP),
    ),
    Claim(
        "R2",
        "Approximate mixup behaves like mixup: lower training accuracy and higher test "
        "accuracy than ERM",
        "Regularization",
        "order only",
        (MINUTES,),
        of_each_arm("approximate_mixup", _approximate_like_mixup),
    ),
    Claim(
        "R3",
        "Mixup raises the entropy of predictions and lowers the calibration error",
        "Regularization; Calibration",
        "order only",
        (MINUTES, HOURS),
        of_each_arm("mixup", _less_certain, **MIXUP),
    ),
]
# Correction and calibration are about uncertain labels, of which clean digits have few.
OPEN = [
    Claim(
        "Q3 correction",
        "Where labels are wrong, the corrected prediction improves accuracy, "
        "likelihood and calibration error of a mixup model",
        "open question",
        "none",
        (MINUTES,),
        of_each_arm("mixup", _corrected_against_plain, wrong_labels=True, **MIXUP),
    ),
    Claim(
        "Q3 calibration",
        "Where labels are wrong, mixup raises the entropy of predictions and lowers "
        "the calibration error",
        "open question",
        "none",
        (MINUTES,),
        of_each_arm("mixup", _less_certain, wrong_labels=True, **MIXUP),
    ),
]
LOSSES = Claim(
    "E3",
    "MixupE has a higher training loss (clean examples, inference mode) and a lower "
    "test loss than mixup and ERM",
    "MixupE",
    "order only",
    (HOURS,),
    of_each_arm("mixupe", _losses),
)
