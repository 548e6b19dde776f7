"""Mixing inputs alone, with smoothed labels."""

import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED

INPUTS = {"mix_labels": False, "alpha": 1.0}


@pytest.mark.parametrize(
    ("accuracy", "expected"),
    [(0.4, SUPPORTED), (0.5, INCONCLUSIVE), (0.6, NOT_CARRIED_OVER)],
)
def test_smoothing_does_not_make_up_for_labels_that_are_not_mixed(
    made, accuracy, expected
):
    records = [
        *made.arm("mixup", 0.5, salt=1, alpha=1.0),
        # None of these is the one to compare with.
        *made.arm("mixup", 0.1, salt=2, alpha=8.0),
        *made.arm("mixup", 0.1, salt=3, alpha=1.0, label_smoothing=0.1),
        *made.arm("mixup", 0.1, salt=4, **INPUTS),
        *made.arm("mixup", accuracy, salt=5, label_smoothing=0.1, **INPUTS),
    ]
    (one,) = made.judged("R11", records)
    assert one.verdict == expected
    (outcome,) = one.outcomes
    assert outcome.name == "accuracy, inputs alone with smoothing 0.1, and mixup"
    assert outcome.second == pytest.approx(50.0)


def test_each_smoothing_is_judged_and_dropout_is_not(made):
    mixup = made.arm("mixup", 0.5, salt=1, alpha=1.0)
    smooth = [
        record
        for place, smoothing in enumerate((0.1, 0.2))
        for record in made.arm(
            "mixup", 0.4, salt=place, label_smoothing=smoothing, **INPUTS
        )
    ]
    both = made.arm("mixup", 0.4, label_smoothing=0.1, dropout=0.5, **INPUTS)
    assert len(made.judged("R11", [*mixup, *smooth, *both])) == 2
    assert made.judged("R11", mixup) == []
    assert made.judged("R11", smooth) == []
