"""Claims on the examples of when mixup fails."""

import pytest

from trainers.claims.rule import (
    AS_CLAIMED,
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    SUPPORTED,
)

SEEDS = 10


def values(made, salt, seeds=SEEDS, **means):
    """What each seed measured last; errors are the same for all."""
    spread = made.wiggle(salt, seeds=seeds)
    exact = ("training_error",)
    return [
        {key: mean + (0 if key in exact else x) for key, mean in means.items()}
        for x in spread
    ]


def judged(made, claim, name, by_alpha, **more):
    found = {name: made.example(name, by_alpha, **more)}
    return made.judged(claim, examples=found)


def counterexample(made, error=1 / 3, weak=0.84, strong=0.35, seeds=SEEDS):
    return {
        None: values(made, 1, seeds, training_error=0.0, probability=1.0),
        1.0: values(made, 2, seeds, training_error=0.0, probability=weak),
        32.0: values(made, 3, seeds, training_error=0.0, probability=0.6),
        128.0: values(made, 4, seeds, training_error=error, probability=strong),
    }


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, SUPPORTED),
        ({"error": 0.0}, CONTRADICTED),
        ({"weak": 0.4}, CONTRADICTED),
        ({"strong": 0.6}, CONTRADICTED),
        ({"strong": 0.5}, INCONCLUSIVE),
        ({"seeds": 5}, SUPPORTED),
        ({"seeds": 4}, INCONCLUSIVE),
    ],
)
def test_counterexample(made, changes, expected):
    found = counterexample(made, **changes)
    (one,) = judged(made, "D1", "counterexample", found)
    assert one.verdict == expected
    assert len(one.outcomes) == 5
    words = "counterexample, hidden units 512, 5000 steps of all examples"
    assert (one.finding.scale, one.finding.setting) == ("minutes", words)


def test_one_run_in_ten_may_differ(made):
    found = counterexample(made)
    found[1.0][3]["training_error"] = 1 / 3
    (one,) = judged(made, "D1", "counterexample", found)
    assert {outcome.verdict for outcome in one.outcomes[:3]} == {AS_CLAIMED}
    found[1.0][4]["training_error"] = 1 / 3
    (one,) = judged(made, "D1", "counterexample", found)
    assert one.verdict == INCONCLUSIVE


def test_errors_that_are_not_finite_are_no_fit(made):
    found = counterexample(made)
    for run in found[None]:
        run["training_error"] = float("nan")
    (one,) = judged(made, "D1", "counterexample", found)
    assert one.verdict == CONTRADICTED


@pytest.mark.parametrize(
    ("weak", "strong", "expected"),
    [
        (0.84, 0.35, SUPPORTED),
        (0.86, 0.33, SUPPORTED),
        (0.89, 0.35, INCONCLUSIVE),
        (0.7, 0.35, CONTRADICTED),
        (0.84, 0.45, CONTRADICTED),
    ],
)
def test_probabilities(made, weak, strong, expected):
    found = counterexample(made, weak=weak, strong=strong)
    (one,) = judged(made, "D1 probabilities", "counterexample", found)
    assert one.verdict == expected
    assert [outcome.margin for outcome in one.outcomes] == [0.05, 0.05]


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ((0.0, 0.0), SUPPORTED),
        ((0.0, 0.1), NOT_CARRIED_OVER),
        ((0.1, 0.0), NOT_CARRIED_OVER),
    ],
)
def test_without_collinearity(made, errors, expected):
    found = {
        alpha: values(made, 1, training_error=error, test_error=0.5)
        for alpha, error in zip((None, 1024.0), errors)
    }
    (one,) = judged(made, "D2", "collinear_free", found)
    assert one.verdict == expected


@pytest.mark.parametrize(
    ("angle", "expected"),
    [(0.5, SUPPORTED), (1.0, INCONCLUSIVE), (1.5, NOT_CARRIED_OVER)],
)
def test_direction(made, angle, expected):
    found = {
        alpha: values(made, place, angle=angle if alpha == 128.0 else 0.1)
        for place, alpha in enumerate((None, 1.0, 128.0))
    }
    (one,) = judged(made, "D3", "separable", found)
    assert one.verdict == expected
    assert one.finding.setting == (
        "separable, no hidden layer, 2000 steps of all examples"
    )
    assert {outcome.unit.name for outcome in one.outcomes} == {"degrees"}


def moons(made, strong=0.1, weak=0.0, erm=0.0):
    numbers = {None: erm, 1.0: weak, 1024.0: strong}
    found = {}
    for alpha, error in numbers.items():
        spread = made.wiggle(7, size=0.004) if alpha == 1024.0 else [0.0] * SEEDS
        found[alpha] = [{"training_error": error + x} for x in spread]
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, SUPPORTED),
        ({"strong": 0.0}, INCONCLUSIVE),
        ({"weak": 0.2}, CONTRADICTED),
        ({"erm": 0.05}, CONTRADICTED),
    ],
)
def test_two_moons(made, changes, expected):
    (one,) = judged(made, "D4", "two_moons", moons(made, **changes))
    assert one.verdict == expected
    assert one.outcomes[1].mean == pytest.approx(
        100 * (changes.get("strong", 0.1) - changes.get("erm", 0.0)), abs=1e-9
    )


def test_settings_that_were_not_run_are_named(made):
    found = moons(made)
    del found[1024.0]
    (one,) = judged(made, "D4", "two_moons", found)
    assert (one.verdict, len(one.outcomes)) == (INCONCLUSIVE, 1)
    assert one.missing == [f"training error, alpha 1024 and {n}" for n in ("ERM", "1")]
    found = counterexample(made)
    del found[128.0]
    (one,) = judged(made, "D1", "counterexample", found)
    assert (one.verdict, len(one.missing)) == (INCONCLUSIVE, 2)


def test_settings_of_none_of_the_claim_decide_nothing(made):
    found = {32.0: values(made, 3, training_error=0.0, probability=0.6)}
    assert judged(made, "D1", "counterexample", found) == []
    assert made.judged("D4", examples={}) == []


def test_other_steps_are_said(made):
    (one,) = judged(made, "D4", "two_moons", moons(made), steps=7)
    assert one.finding.setting == (
        "two_moons, hidden units 500, 7 steps of all examples"
    )
