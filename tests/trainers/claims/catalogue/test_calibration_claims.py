"""Claims on fit, calibration and the corrected prediction."""

import pytest

from trainers.claims.rule import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    SUPPORTED,
)

DIRECTIONS = {SUPPORTED: 0.1, INCONCLUSIVE: 0.0, NOT_CARRIED_OVER: -0.1}


def scores(made, salt, accuracy=0.5, loss=0.5, error=0.5, entropy=0.5):
    """Scores on the test split, one for each seed."""
    values = {
        "accuracy": accuracy,
        "cross_entropy": loss,
        "expected_calibration_error": error,
        "predictive_entropy": entropy,
    }
    wiggles = [made.wiggle(salt + place) for place in range(len(values))]
    return [
        {
            name: value + wiggles[place][index]
            for place, (name, value) in enumerate(values.items())
        }
        for index in range(10)
    ]


def evaluations(made, plain, corrected=None):
    """An evaluation for each seed, with validation scores that say the opposite."""
    found = []
    for index in range(10):
        kinds = {"plain": {"test": plain[index], "validation": {"accuracy": 0.0}}}
        if corrected:
            kinds["corrected"] = {"test": corrected[index]}
        found.append(made.evaluation(scores=kinds))
    return found


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_the_correction(made, expected):
    gap = DIRECTIONS[expected]
    corrected = scores(made, 50, 0.5 + gap, 0.5 - gap, 0.5 - gap)
    found = evaluations(made, scores(made, 1), corrected)
    (one,) = made.judged("R1 correction", made.arm("mixup", evaluation=found))
    assert one.verdict == expected
    assert [(o.name, o.claimed, o.unit.name) for o in one.outcomes] == [
        ("corrected and plain: accuracy", "above", "points"),
        ("corrected and plain: cross entropy", "below", "nats"),
        ("corrected and plain: expected calibration error", "below", "points"),
    ]


def test_each_score_counts(made):
    for name in ("accuracy", "loss", "error"):
        good = {"accuracy": 0.6, "loss": 0.4, "error": 0.4}
        corrected = scores(made, 50, **{**good, name: 1 - good[name]})
        found = evaluations(made, scores(made, 1), corrected)
        (one,) = made.judged("R1 correction", made.arm("mixup", evaluation=found))
        assert one.verdict == NOT_CARRIED_OVER


def test_without_a_correction_nothing_is_judged(made):
    found = evaluations(made, scores(made, 1))
    assert made.judged("R1 correction", made.arm("mixup", evaluation=found)) == []
    assert made.judged("R1 correction", made.arm("mixup")) == []


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_the_distance(made, expected):
    gap = DIRECTIONS[expected]
    # On the other side of approximate mixup as often as on the same one.
    corrected = scores(made, 50, accuracy=0.8 - gap, loss=0.2 + gap)
    found = evaluations(made, scores(made, 1, accuracy=0.2, loss=0.8), corrected)
    target = evaluations(made, scores(made, 90))
    records = [
        *made.arm("mixup", evaluation=found),
        *made.arm("approximate_mixup", evaluation=target),
        *made.arm("approximate_mixup", evaluation=found, alpha=2.0),
    ]
    (one,) = made.judged("R1 distance", records)
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == ["below", "below"]
    assert made.judged("R1 distance", records[:10]) == []


def test_a_seed_on_which_approximate_mixup_diverged_is_counted(made):
    found = evaluations(made, scores(made, 1), scores(made, 50))
    target = evaluations(made, scores(made, 90))
    mixup = made.arm("mixup", evaluation=found)
    approximate = made.arm("approximate_mixup", evaluation=target)
    (one,) = made.judged("R1 distance", [*mixup, *approximate[3:]])
    assert [outcome.seeds for outcome in one.outcomes] == [7, 7]
    assert one.seeds_due == 10


def history(made, salt, name, value):
    """The history of each seed, whose last row counts."""
    return [
        [{"step": 1, name: 9.0}, {"step": 2, name: value + x}]
        for x in made.wiggle(salt)
    ]


def fitted(made, method, train, test, salt):
    rows = history(made, salt, "accuracy/train_student", train)
    return made.arm(method, test, history=rows, salt=salt)


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_approximate_mixup_fits_as_mixup_does(made, expected):
    gap = DIRECTIONS[expected]
    records = [
        *fitted(made, "erm", 0.8, 0.5, 1),
        *fitted(made, "mixup", 0.8 - gap, 0.5 + gap, 2),
        *fitted(made, "approximate_mixup", 0.8 - gap, 0.5 + gap, 3),
    ]
    (one,) = made.judged("R2", records)
    assert one.verdict == expected
    assert [(o.name, o.claimed) for o in one.outcomes] == [
        ("approximate mixup and ERM: training accuracy", "below"),
        ("approximate mixup and ERM: test accuracy", "above"),
        ("mixup and ERM: training accuracy", "below"),
        ("mixup and ERM: test accuracy", "above"),
    ]


def test_fit_without_mixup_or_training_scores_is_not_shown(made):
    erm, approximate = (
        fitted(made, "erm", 0.8, 0.5, 1),
        fitted(made, "approximate_mixup", 0.7, 0.6, 3),
    )
    (one,) = made.judged("R2", [*erm, *approximate])
    assert (one.verdict, len(one.missing)) == (INCONCLUSIVE, 2)
    for record in erm:
        record.history.clear()
    (one,) = made.judged("R2", [*erm, *approximate])
    assert (one.verdict, len(one.missing)) == (INCONCLUSIVE, 3)


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_entropy_and_calibration(made, expected):
    gap = DIRECTIONS[expected]
    low = evaluations(made, scores(made, 1))
    high = evaluations(made, scores(made, 50, entropy=0.5 + gap, error=0.5 - gap))
    records = [
        *made.arm("erm", evaluation=low),
        *made.arm("mixup", evaluation=high),
        # Labels that are wrong, and inputs mixed alone, are not meant.
        *made.arm("erm", evaluation=high, label_noise=0.5),
        *made.arm("mixup", evaluation=low, label_noise=0.5),
        *made.arm("mixup", evaluation=low, mix_labels=False),
    ]
    (one,) = made.judged("R3", records)
    assert one.verdict == expected
    assert [outcome.claimed for outcome in one.outcomes] == ["above", "below"]


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_entropy_and_calibration_where_labels_are_wrong(made, expected):
    gap = DIRECTIONS[expected]
    low = evaluations(made, scores(made, 1))
    high = evaluations(made, scores(made, 50, entropy=0.5 + gap, error=0.5 - gap))
    records = [
        *made.arm("erm", evaluation=low, label_noise=0.5),
        *made.arm("mixup", evaluation=high, label_noise=0.5),
        # Labels that are right are not meant here.
        *made.arm("erm", evaluation=high),
        *made.arm("mixup", evaluation=low),
    ]
    (one,) = made.judged("Q3 calibration", records)
    # Of an open question nothing is published.
    contradicted = expected == NOT_CARRIED_OVER
    assert one.verdict == (CONTRADICTED if contradicted else expected)
    assert "50 % of them random" in one.finding.setting


def losing(made, method, train, test, salt):
    train, test = (
        history(made, salt, f"loss/{split}_student", value)
        for split, value in (("train", train), ("test", test))
    )
    rows = [one + other for one, other in zip(train, test)]
    return made.arm(method, history=rows)


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_losses(made, expected):
    gap = DIRECTIONS[expected]
    records = [
        *losing(made, "erm", 0.3, 0.5, 1),
        *losing(made, "mixup", 0.3, 0.5, 2),
        *losing(made, "mixupe", 0.3 + gap, 0.5 - gap, 3),
    ]
    (one,) = made.judged("E3", records)
    assert one.verdict == expected
    assert [(o.name, o.claimed) for o in one.outcomes] == [
        ("MixupE and mixup: training loss", "above"),
        ("MixupE and mixup: test loss", "below"),
        ("MixupE and ERM: training loss", "above"),
        ("MixupE and ERM: test loss", "below"),
    ]


def test_a_loss_that_is_infinite_decides_nothing(made):
    records = [
        *losing(made, "erm", 0.3, 0.5, 1),
        *losing(made, "mixup", 0.3, 0.5, 2),
        *losing(made, "mixupe", 0.4, 0.4, 3),
    ]
    records[0].history[-1]["loss/test_student"] = float("inf")
    (one,) = made.judged("E3", records)
    assert one.verdict == INCONCLUSIVE
    assert [outcome.not_finite for outcome in one.outcomes] == [0, 0, 0, 1]


def test_losses_of_other_examples_are_not_compared(made):
    records = [
        *losing(made, "erm", 0.3, 0.5, 1),
        *losing(made, "mixup", 0.3, 0.5, 2),
        *losing(made, "mixupe", 0.4, 0.4, 3),
    ]
    for record in records:
        number = "100" if record.method == "mixupe" else "1000"
        record.settings["scored_examples"] = number
    assert made.judged("E3", records) == []
