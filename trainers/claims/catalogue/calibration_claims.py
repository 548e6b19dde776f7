"""Claims on fit, calibration and the corrected prediction."""

from trainers.claims.arms import values_of
from trainers.claims.catalogue.label_claims import accuracy_on_test
from trainers.claims.claim import Claim
from trainers.claims.comparisons import POINTS, Difference, Unit
from trainers.claims.evaluations import compare, last, of_each_line, score
from trainers.claims.naming import method_name

NATS = Unit("nats")
MIXUP = {"mixes_labels": True, "num_points": 2}
_SCORES = (
    ("accuracy", "above", POINTS),
    ("cross_entropy", "below", NATS),
    ("expected_calibration_error", "below", POINTS),
)


def _corrected_against_plain(bench, line):
    """R1: higher accuracy, lower likelihood loss and calibration error."""
    return [
        Difference(
            f"corrected and plain: {name.replace('_', ' ')}",
            line.values(score(name, "corrected")),
            line.values(score(name)),
            claimed,
            unit,
            frozenset(line.records),
        )
        for name, claimed, unit in _SCORES
    ]


def _corrected_near_approximate(bench, line):
    """R1: nearer to approximate mixup than the plain prediction is."""
    approximate = bench.beside(line, "approximate_mixup", alpha=line.alpha)
    comparisons = []
    for name, _, unit in _SCORES[:2]:
        target = values_of(approximate, score(name))
        corrected, plain = (
            {
                seed: abs(value - target[seed])
                for seed, value in line.values(score(name, kind)).items()
                if seed in target
            }
            for kind in ("corrected", "plain")
        )
        words = f"corrected and plain: distance in {name.replace('_', ' ')}"
        due = frozenset(line.records) | frozenset(target)
        comparisons.append(Difference(words, corrected, plain, "below", unit, due))
    return comparisons


_FIT = (
    ("training accuracy", last("accuracy/train_student"), "below"),
    ("test accuracy", accuracy_on_test, "above"),
)


def _approximate_like_mixup(bench, line):
    """R2: both fit the training set less than ERM, and the test set better."""
    erm = bench.beside(line, "erm")
    each = {"approximate mixup": line, "mixup": bench.beside(line, "mixup")}
    return [
        compare(one, erm, f"{method} and ERM: {name}", read, claimed, POINTS)
        for method, one in each.items()
        for name, read, claimed in _FIT
    ]


def _less_certain(bench, line):
    """R3: a higher entropy and a lower calibration error than ERM."""
    erm = bench.beside(line, "erm")
    measures = (
        ("predictive_entropy", "above", NATS),
        ("expected_calibration_error", "below", POINTS),
    )
    return [
        compare(
            *(line, erm, f"mixup and ERM: {name.replace('_', ' ')}"),
            *(score(name), claimed, unit),
        )
        for name, claimed, unit in measures
    ]


def _losses(bench, line):
    """E3: against mixup and ERM, a higher loss in training and a lower one in test."""
    measures = (
        ("training loss", last("loss/train_student"), "above"),
        ("test loss", last("loss/test_student"), "below"),
    )
    others = {method: bench.beside(line, method) for method in ("mixup", "erm")}
    return [
        compare(
            *(line, other, f"MixupE and {method_name(method)}: {name}"),
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
        "S, C",
        of_each_line("mixup", _corrected_against_plain, **MIXUP),
    ),
    Claim(
        "R1 distance",
        "The correction brings a mixup model close to approximate mixup",
        "Regularization",
        "order only",
        "S, C",
        of_each_line("mixup", _corrected_near_approximate, **MIXUP),
    ),
    Claim(
        "R2",
        "Approximate mixup behaves like mixup: lower training accuracy and higher test "
        "accuracy than ERM",
        "Regularization",
        "order only",
        "S",
        of_each_line("approximate_mixup", _approximate_like_mixup),
    ),
    Claim(
        "R3",
        "Mixup raises the entropy of predictions and lowers the calibration error",
        "Regularization; Calibration",
        "order only",
        "S, C",
        of_each_line("mixup", _less_certain, **MIXUP),
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
        "S",
        of_each_line("mixup", _corrected_against_plain, wrong_labels=True, **MIXUP),
    ),
    Claim(
        "Q3 calibration",
        "Where labels are wrong, mixup raises the entropy of predictions and lowers "
        "the calibration error",
        "open question",
        "none",
        "S",
        of_each_line("mixup", _less_certain, wrong_labels=True, **MIXUP),
    ),
]
LOSSES = Claim(
    "E3",
    "MixupE has a higher training loss (clean examples, inference mode) and a lower "
    "test loss than mixup and ERM",
    "MixupE",
    "order only",
    "C",
    of_each_line("mixupe", _losses),
)
