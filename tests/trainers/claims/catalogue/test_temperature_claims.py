"""The corrected prediction, and calibration, at fitted temperatures."""

import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED

NAMES = (
    "accuracy",
    "cross_entropy",
    "expected_calibration_error",
    "predictive_entropy",
)


def evaluations(made, salt, size=0.01, **kinds):
    """An evaluation for each seed; a kind is `{score: mean}`, by default 0.5."""
    found = []
    for index in range(10):
        scores = {
            kind: {
                "test": {
                    name: means.get(name, 0.5)
                    + made.wiggle(salt + place, size=size)[index]
                    for place, name in enumerate(NAMES)
                }
            }
            for kind, means in kinds.items()
        }
        found.append(made.evaluation(scores=scores))
    return found


@pytest.mark.parametrize("name", NAMES[:3])
@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (0.0, SUPPORTED),
        (0.005, SUPPORTED),
        (-0.005, SUPPORTED),
        (0.0099, SUPPORTED),
        (0.02, NOT_CARRIED_OVER),
        (-0.02, NOT_CARRIED_OVER),
    ],
)
def test_corrected_and_plain_are_alike_at_their_temperatures(made, name, gap, expected):
    # The same wiggle for both, so that the difference is the gap of every seed.
    found = evaluations(
        made,
        1,
        plain={name: 0.1},
        corrected={name: 0.9},
        scaled={},
        corrected_scaled={name: 0.5 + gap},
    )
    (one,) = made.judged("R12", made.arm("mixup", evaluation=found))
    assert one.verdict == expected
    assert [outcome.margin for outcome in one.outcomes] == [1.0, 0.01, 1.0]
    place = NAMES.index(name)
    assert one.outcomes[place].mean == pytest.approx(gap * (1 if place == 1 else 100))


def test_predictions_that_vary_are_not_known_to_be_alike(made):
    one_kind = evaluations(made, 1, size=0.05, scaled={})
    other = evaluations(made, 50, size=0.05, corrected_scaled={})
    for first, second in zip(one_kind, other):
        first["scores"] |= second["scores"]
    (one,) = made.judged("R12", made.arm("mixup", evaluation=one_kind))
    assert one.verdict == INCONCLUSIVE


def test_without_temperatures_nothing_is_judged(made):
    found = evaluations(made, 1, plain={}, corrected={})
    records = [
        *made.arm("mixup", evaluation=found),
        *made.arm("erm", evaluation=found),
    ]
    assert made.judged("R12", records) == made.judged("R12 rest", records) == []


@pytest.mark.parametrize(
    ("entropy", "error", "expected"),
    [
        (0.6, 0.4, SUPPORTED),
        (0.5, 0.5, INCONCLUSIVE),
        (0.4, 0.4, NOT_CARRIED_OVER),
        (0.6, 0.6, NOT_CARRIED_OVER),
    ],
)
def test_what_is_left_of_calibration(made, entropy, error, expected):
    means = {"predictive_entropy": entropy, "expected_calibration_error": error}
    # Without temperatures it is the other way.
    plain = {name: 1 - mean for name, mean in means.items()}
    mixup = evaluations(made, 1, plain=plain, scaled=means)
    erm = evaluations(made, 50, plain={}, scaled={})
    records = [
        *made.arm("mixup", evaluation=mixup),
        *made.arm("erm", evaluation=erm),
    ]
    (one,) = made.judged("R12 rest", records)
    assert one.verdict == expected
    assert [outcome.name for outcome in one.outcomes] == [
        "mixup and ERM at their temperatures: predictive entropy",
        "mixup and ERM at their temperatures: expected calibration error",
    ]
