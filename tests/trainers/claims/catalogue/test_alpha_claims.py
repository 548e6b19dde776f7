"""Training error and gap along alpha."""

import math

import pytest

from trainers.claims.rule import (
    AS_CLAIMED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    OPPOSITE,
    SUPPORTED,
)

ALPHAS = (0.1, 1.0, 32.0)
# By a decade of alpha.
SLOPES = {SUPPORTED: 0.05, INCONCLUSIVE: 0.0, NOT_CARRIED_OVER: -0.05}


def scored(made, train, test, salt, method="mixup", **more):
    """Runs with these accuracies in the last row of the history; the first misleads."""
    names = ("accuracy/train_student", "accuracy/test_student")
    history = [
        [
            {"step": 1, **dict.fromkeys(names, 0.1)},
            {"step": 2, names[0]: train + x, names[1]: test + z},
        ]
        for x, z in zip(made.wiggle(salt), made.wiggle(salt + 1))
    ]
    return made.arm(method, test, salt=salt, history=history, **more)


def along(made, error=0.0, gap=0.0, alphas=ALPHAS, **more):
    """Mixup whose training error and gap grow by so much with a decade of alpha."""
    records = []
    for place, alpha in enumerate(alphas):
        train = 0.7 - error * math.log10(alpha)
        test = train - 0.3 - gap * math.log10(alpha)
        records += scored(made, train, test, 10 * place, alpha=alpha, **more)
    return records


@pytest.mark.parametrize("expected", SLOPES)
def test_the_training_error_grows(made, expected):
    (one,) = made.judged("R9 error", along(made, error=SLOPES[expected]))
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == ["above", "above"]
    slope, ends = one.outcomes
    assert slope.mean == pytest.approx(100 * SLOPES[expected], abs=0.5)
    assert ends.mean == pytest.approx(100 * SLOPES[expected] * math.log10(320), abs=1)
    assert ends.name == "training error, alpha 32 and 0.1"
    assert one.finding.setting == (
        "digits, wide_resnet_10_1, 1500 steps, all labels; mixup; alpha 0.1, 1 and 32"
    )


@pytest.mark.parametrize("expected", SLOPES)
def test_the_gap_shrinks(made, expected):
    # The accuracy in training goes the other way, and must not count.
    records = along(made, error=-SLOPES[expected], gap=-SLOPES[expected])
    (one,) = made.judged("R9 gap", records)
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == ["below", "below"]


def test_both_the_slope_and_the_ends_count(made):
    # Lower in the middle than at both ends.
    records = [
        *scored(made, 0.70, 0.5, 1, alpha=0.1),
        *scored(made, 0.90, 0.5, 2, alpha=8.0),
        *scored(made, 0.65, 0.5, 3, alpha=32.0),
    ]
    (one,) = made.judged("R9 error", records)
    slope, ends = one.outcomes
    assert (slope.verdict, ends.verdict) == (OPPOSITE, AS_CLAIMED)
    assert one.verdict != SUPPORTED


@pytest.mark.parametrize("alphas", [(0.1, 32.0), (1.0, 2.0, 8.0)])
def test_few_alphas_that_are_near_say_nothing(made, alphas):
    assert made.judged("R9 error", along(made, 0.1, alphas=alphas)) == []


def test_other_runs_are_not_mixed_in(made):
    records = [
        *along(made, error=0.05),
        *along(made, error=-0.05, label_noise=0.5),
        *along(made, error=-0.05, dropout=0.5),
        *along(made, error=-0.05, mix_labels=False),
        *along(made, error=-0.05, num_points=4),
    ]
    (one,) = made.judged("R9 error", records)
    assert one.verdict == SUPPORTED
    found = made.judged("R9 error", records + along(made, -0.05, num_labels=50))
    assert sorted(one.verdict for one in found) == [NOT_CARRIED_OVER, SUPPORTED]


def test_runs_that_were_not_scored_say_nothing(made):
    records = [r for a in ALPHAS for r in made.arm("mixup", 0.5, alpha=a)]
    assert made.judged("R9 error", records) == []


def test_slopes_are_of_the_seeds_that_every_alpha_has(made):
    records = along(made, error=0.05)
    del records[0]
    (one,) = made.judged("R9 error", records)
    assert ([outcome.seeds for outcome in one.outcomes], one.seeds_due) == ([9, 9], 10)
