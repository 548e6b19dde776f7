"""Which of two weight decays a method prefers."""

import pytest

from trainers.claims.rule import INCONCLUSIVE, NOT_CARRIED_OVER, SUPPORTED


def runs(made, erm, mixup, decays=(1e-4, 5e-4), **settings):
    """Runs of both, from `(accuracy at the smaller decay, at the larger)` of each."""
    return [
        record
        for salt, (method, accuracies) in enumerate((("erm", erm), ("mixup", mixup)))
        for place, (decay, accuracy) in enumerate(zip(decays, accuracies))
        for record in made.arm(
            method, accuracy, salt=2 * salt + place, weight_decay=decay, **settings
        )
    ]


@pytest.mark.parametrize(
    ("erm", "mixup", "expected"),
    [
        ((0.7, 0.8), (0.9, 0.8), SUPPORTED),
        ((0.7, 0.8), (0.8, 0.8), INCONCLUSIVE),
        ((0.8, 0.7), (0.9, 0.8), NOT_CARRIED_OVER),
        ((0.7, 0.8), (0.8, 0.9), NOT_CARRIED_OVER),
    ],
)
def test_each_method_prefers_its_own(made, erm, mixup, expected):
    (one,) = made.judged("R7", runs(made, erm, mixup))
    assert one.verdict == expected
    assert [outcome.name for outcome in one.outcomes] == [
        "accuracy of ERM, weight decay 0.0005 and 0.0001",
        "accuracy of mixup, weight decay 0.0005 and 0.0001",
    ]
    differences = [erm[1] - erm[0], mixup[1] - mixup[0]]
    found = [outcome.mean for outcome in one.outcomes]
    assert found == pytest.approx([100 * d for d in differences], abs=1)


def test_settings_that_differ_in_more_are_not_compared(made):
    small = runs(made, (0.7,), (0.9,), (1e-4,))
    assert made.judged("R7", small) == []
    longer = runs(made, (0.8,), (0.8,), (5e-4,), steps=3000)
    assert made.judged("R7", [*small, *longer]) == []
    none = runs(made, (0.8,), (0.8,), (0.0,))
    assert made.judged("R7", [*small, *none]) == []


def test_a_method_that_was_not_run_is_missing(made):
    records = [
        record
        for record in runs(made, (0.7, 0.8), (0.9, 0.8))
        if record.method == "erm"
    ]
    (one,) = made.judged("R7", records)
    assert one.verdict == INCONCLUSIVE
    assert len(one.missing) == 1
