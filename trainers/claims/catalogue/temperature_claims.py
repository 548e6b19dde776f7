"""Claims on the corrected prediction and on calibration, after temperature scaling."""

from trainers.claims.catalogue.calibration_claims import MIXUP, NATS
from trainers.claims.claim import Claim
from trainers.claims.comparisons import POINTS, Difference, Within
from trainers.claims.evaluations import compare, of_each_arm
from trainers.results.arms import Arm
from trainers.results.quantities import score
from trainers.results.settings import HOURS, MINUTES, Setting

# Fixed before the first run, in docs/planned_digits.md.
_MARGINS = {
    "accuracy": (0.01, POINTS),
    "cross_entropy": (0.01, NATS),
    "expected_calibration_error": (0.01, POINTS),
}


def _corrected_is_scaled(setting: Setting, arm: Arm) -> list[Within]:
    """R12: both predictions score alike, each at its temperature."""
    comparisons = []
    for name, (margin, unit) in _MARGINS.items():
        plain = arm.values(score(name, "scaled"))
        gained = {
            seed: value - plain[seed]
            for seed, value in arm.values(score(name, "corrected_scaled")).items()
            if seed in plain
        }
        words = f"corrected minus plain at their temperatures: {name.replace('_', ' ')}"
        comparisons.append(Within(words, gained, 0.0, margin, unit))
    return comparisons


def _less_certain(setting: Setting, arm: Arm) -> list[Difference]:
    """R12: R3, each network at its temperature."""
    erm = setting.counterpart(arm, "erm")
    measures = (
        ("predictive entropy", "above", NATS),
        ("expected calibration error", "below", POINTS),
    )
    return [
        compare(
            *(arm, erm, f"mixup and ERM at their temperatures: {words}"),
            *(score(words.replace(" ", "_"), "scaled"), claimed, unit),
        )
        for words, claimed, unit in measures
    ]


CLAIMS = [
    Claim(
        "R12",
        "The corrected prediction is temperature scaling: at fitted temperatures it "
        "scores within a point and .01 nats of the plain one",
        "Regularization",
        "exact where all classes are equally frequent, of the shrunk example",
        (MINUTES, HOURS),
        of_each_arm("mixup", _corrected_is_scaled, **MIXUP),
    ),
    Claim(
        "R12 rest",
        "After temperature scaling, mixup still raises the entropy of predictions and "
        "lowers the calibration error",
        "Calibration",
        "order only",
        (MINUTES, HOURS),
        of_each_arm("mixup", _less_certain, **MIXUP),
    ),
]
