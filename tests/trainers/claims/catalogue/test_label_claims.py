"""Claims on accuracy and the number of labels."""

import dataclasses

import numpy as np
import pytest

from trainers.claims.rule import (
    AS_CLAIMED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    OPPOSITE,
    SUPPORTED,
)

DIRECTIONS = {SUPPORTED: 0.1, INCONCLUSIVE: 0.0, NOT_CARRIED_OVER: -0.1}
LABELS = (20, 100)
POINTS = (2, 3, 4, 5)


def baselines(made, labels=LABELS, accuracy=0.6):
    return [
        record
        for salt, number in enumerate(labels)
        for method in ("erm", "mixup")
        for record in made.arm(method, accuracy, num_labels=number, salt=salt)
    ]


def ict(made, slope=0.0, accuracy=0.6, labels=LABELS, points=POINTS, **more):
    """Runs whose accuracy grows with K, the more the fewer labels if asked so."""
    slopes = slope if isinstance(slope, dict) else dict.fromkeys(labels, slope)
    return [
        record
        for number in labels
        for k in points
        for record in made.arm(
            "ict",
            accuracy + slopes[number] * (k - 2),
            salt=100 + k + number,
            num_points=k,
            num_labels=number,
            **more,
        )
    ]


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_a1(made, expected):
    records = [*baselines(made), *ict(made, accuracy=0.6 + DIRECTIONS[expected])]
    (one,) = made.judged("A1", records)
    assert one.verdict == expected
    assert len(one.outcomes) == 2 * 2 * 4
    assert one.outcomes[0].name == "accuracy, ICT[2] and ERM: 20 labels"
    assert one.finding.setting == (
        "digits, wide_resnet_10_1, 1500 steps, 20 and 100 labels; K = 2, 3, 4 and 5; "
        "ICT: probabilities, weight 10, teacher 0.99, alpha 0.5"
    )
    gap = 100 * DIRECTIONS[expected]
    assert one.outcomes[0].mean == pytest.approx(gap, abs=1e-9)
    assert one.outcomes[0].unit.name == "points"


def test_accuracy_is_that_on_the_test_split(made):
    records = [*baselines(made), *ict(made, accuracy=0.7)]
    before = made.judged("A1", records)
    for record in records:
        wrong = 0.99 if record.method == "erm" else 0.01
        record.result["accuracy"]["validation"] = wrong
    assert made.judged("A1", records) == before


def test_a1_at_one_number_of_labels_is_not_enough(made):
    low = ict(made, accuracy=0.5, labels=(20,))
    records = [*baselines(made), *low, *ict(made, accuracy=0.7, labels=(100,))]
    (one,) = made.judged("A1", records)
    assert one.verdict == NOT_CARRIED_OVER


def test_what_is_not_there_is_named(made):
    whole = [*baselines(made), *ict(made, 0.02, accuracy=0.7)]

    def without(**settings):
        wanted = {name: str(value) for name, value in settings.items()}
        return [r for r in whole if not wanted.items() <= r.settings.items()]

    records = without(method="ict", num_points=5, num_labels=100)
    (one,) = made.judged("A1", records)
    names = [f"accuracy, ICT[5] and {other}: 100 labels" for other in ("ERM", "mixup")]
    assert (one.verdict, one.missing) == (INCONCLUSIVE, names)
    (one,) = made.judged("A2 growth", records)
    step = "accuracy, ICT[5] and ICT[4]: 100 labels"
    assert (one.verdict, one.missing) == (INCONCLUSIVE, [step])
    (one,) = made.judged("A2 slope", records)
    slope = "accuracy, slope over K and 0: 100 labels"
    assert (one.verdict, one.missing) == (INCONCLUSIVE, [slope])
    assert [outcome.verdict for outcome in one.outcomes] == [AS_CLAIMED]
    assert made.judged("A2 convergence", records) == []
    (one,) = made.judged("A1", without(method="mixup"))
    assert (one.verdict, len(one.missing)) == (INCONCLUSIVE, 8)


def test_mixup_of_another_alpha_is_no_partner(made):
    records = [*baselines(made), *ict(made, accuracy=0.7, alpha=2.0)]
    (one,) = made.judged("A1", records)
    assert one.verdict == INCONCLUSIVE
    assert {name.split()[3] for name in one.missing} == {"mixup:"}


@pytest.mark.parametrize("expected", DIRECTIONS)
@pytest.mark.parametrize(("claim", "each"), [("A2 growth", 3), ("A2 slope", 1)])
def test_growth(made, claim, each, expected):
    slope = DIRECTIONS[expected] / 5
    (one,) = made.judged(claim, ict(made, slope))
    assert one.verdict == expected
    assert [outcome.mean for outcome in one.outcomes] == pytest.approx(
        [100 * slope] * each * 2, abs=1e-9
    )


def test_growth_that_ends_early_is_none_up_to_five(made):
    records = ict(made, 0.05, points=(2, 3, 4)) + ict(made, 0.0, points=(5,))
    (one,) = made.judged("A2 growth", records)
    assert one.verdict == NOT_CARRIED_OVER
    against = [o.name for o in one.outcomes if o.verdict == OPPOSITE]
    assert against == [
        f"accuracy, ICT[5] and ICT[4]: {labels} labels" for labels in LABELS
    ]


def test_slopes_are_least_squares_of_each_seed(made):
    records = ict(made, 0.01, labels=(20,))
    (one,) = made.judged("A2 slope", records)
    slopes = [
        np.polyfit(
            POINTS,
            [
                record.result["accuracy"]["test"]
                for k in POINTS
                for record in records
                if (record.seed, record.num_points) == (seed, k)
            ],
            deg=1,
        )[0]
        for seed in range(10)
    ]
    (outcome,) = one.outcomes
    assert outcome.mean == pytest.approx(100 * np.mean(slopes))
    half = 2.2621571627409915 * np.std(slopes, ddof=1) / np.sqrt(10)
    assert outcome.low == pytest.approx(100 * (np.mean(slopes) - half))


@pytest.mark.parametrize("expected", DIRECTIONS)
def test_convergence(made, expected):
    gap = DIRECTIONS[expected] / 5
    (one,) = made.judged("A2 convergence", ict(made, {20: 0.02 + gap, 100: 0.02}))
    assert one.verdict == expected
    (outcome,) = one.outcomes
    assert outcome.name == "accuracy, slope over K: 20 labels and 100 labels"


def test_all_labels_are_the_most(made):
    slopes = {20: 0.04, "all": 0.0}
    records = ict(made, slopes, labels=(20,)) + [
        record for k in POINTS for record in made.arm("ict", 0.6, salt=k, num_points=k)
    ]
    (one,) = made.judged("A2 convergence", records)
    assert one.outcomes[0].name == "accuracy, slope over K: 20 labels and all labels"
    assert one.verdict == SUPPORTED
    assert ", 20 and all labels; " in one.finding.setting


def test_one_k_has_no_slope_and_one_number_of_labels_no_end(made):
    for claim in ("A2 growth", "A2 slope"):
        assert made.judged(claim, ict(made, points=(2,))) == []
    assert made.judged("A2 convergence", ict(made, labels=(20,))) == []


def test_a_seed_that_one_k_lacks_is_left_out_and_counted(made):
    records = [r for r in ict(made, 0.02) if (r.num_points, r.seed) != (3, 4)]
    (one,) = made.judged("A2 slope", records)
    assert [outcome.seeds for outcome in one.outcomes] == [9, 9]
    assert one.seeds_due == 10


def test_seeds_of_each_line_are_its_own(made):
    records = [
        *made.arm("erm", 0.5, seeds=range(5, 15), num_labels=20),
        *made.arm("mixup", 0.5, seeds=range(10), num_labels=20),
        *made.arm("ict", 0.6, seeds=[9, 8, 7, 6, 5, 4, 3, 2, 1, 0], num_labels=20),
    ]
    (one,) = made.judged("A1", records)
    assert [outcome.seeds for outcome in one.outcomes] == [5, 10]
    assert one.seeds_due == 15
    by_seed = {(r.method, r.seed): r.result["accuracy"]["test"] for r in records}
    gaps = [100 * (by_seed["ict", s] - by_seed["erm", s]) for s in range(5, 10)]
    assert one.outcomes[0].mean == pytest.approx(np.mean(gaps))


def test_a_run_without_a_number_decides_nothing(made):
    records = [*baselines(made), *ict(made, accuracy=0.7)]
    broken = next(r for r in records if r.method == "erm" and r.seed == 3)
    broken.result["accuracy"]["test"] = float("nan")
    (one,) = made.judged("A1", records)
    assert one.verdict == INCONCLUSIVE
    assert sum(outcome.not_finite for outcome in one.outcomes) == 4


def test_one_seed_decides_nothing(made):
    records = [
        made.record("erm", 0, 0.5),
        made.record("mixup", 0, 0.5),
        made.record("ict", 0, 0.9),
    ]
    (one,) = made.judged("A1", records)
    assert one.verdict == INCONCLUSIVE


def test_options_of_ict_are_settings_of_their_own(made):
    records = [
        *baselines(made),
        *ict(made, accuracy=0.7),
        *ict(made, accuracy=0.5, target="logits"),
        *ict(made, accuracy=0.5, mean_dominant_weight=0.8),
        *ict(made, accuracy=0.5, label_noise=0.2),
    ]
    found = made.judged("A1", records)
    assert sorted(one.verdict for one in found) == [NOT_CARRIED_OVER, SUPPORTED]


def test_a_training_that_was_measured_twice_counts_once(made):
    records = [*baselines(made), *ict(made, 0.02, accuracy=0.7)]
    once = made.judged("A1", records)
    again = [
        dataclasses.replace(
            one, settings={**one.settings, "linearity_start": "previous"}
        )
        for one in records
    ]
    assert made.judged("A1", records + again) == once
    assert made.judged("A1", again + records) == once


def test_the_teacher_is_judged_by_its_own_accuracy(made):
    records = [*baselines(made), *ict(made, accuracy=0.5)]
    assert made.judged("A1 teacher", records) == []
    for record in records:
        if record.method == "ict":
            accuracy = record.result["accuracy"]["test"] + 0.2
            record.result["teacher"] = {"test": {"accuracy": accuracy}}
    (one,) = made.judged("A1 teacher", records)
    assert one.verdict == SUPPORTED
    assert one.outcomes[0].mean == pytest.approx(10, abs=1e-9)
    assert made.judged("A1", records)[0].verdict == NOT_CARRIED_OVER
