"""Only what was measured alike is compared."""

import pytest

from trainers.claims import evaluations
from trainers.results.arms import arms_of
from trainers.results.quantities import accuracy_on_test, last, score

FOUND = {"scores": {"plain": {"test": {"accuracy": 0.6}}}}


def test_what_no_evaluation_says_is_compared_whatever_they_were(made):
    first, second = arms_of(
        [
            *made.arm("erm", seeds=range(2), evaluation=[made.evaluation()] * 2),
            *made.arm("mixup", seeds=range(2)),
        ]
    )
    one = evaluations.compare(second, first, "", accuracy_on_test, "above")
    assert one.seeds == [0, 1]


@pytest.mark.parametrize(
    "other",
    [
        {"options": {"split": ["test"], "num_examples": 100, "seed": 0}},
        {"options": {"split": ["test"], "num_examples": None, "seed": 1}},
        {"black_box": "digits-all_erm_seed3"},
    ],
)
def test_only_what_was_evaluated_alike_is_paired(made, other):
    usual = [made.evaluation(**FOUND)] * 4
    unlike = [made.evaluation(**{**FOUND, **other})] * 2 + usual[:2]
    first, second = arms_of(
        [
            *made.arm("erm", seeds=range(4), evaluation=usual),
            *made.arm("mixup", seeds=range(4), evaluation=unlike),
        ]
    )
    one = evaluations.compare(second, first, "", score("accuracy"), "above")
    assert one.seeds == [2, 3]
    assert one.seeds_due == {0, 1, 2, 3}


def test_a_seed_that_was_not_evaluated_is_due(made):
    (arm,) = arms_of(
        made.record("erm", seed, evaluation=made.evaluation(**FOUND) if seed else None)
        for seed in range(3)
    )
    one = evaluations.compare(arm, None, "", score("accuracy"), "above")
    assert (one.values, one.seeds_due) == ([], {0, 1, 2})
    one = evaluations.compare(arm, arm, "", score("accuracy"), "above")
    assert (one.seeds, one.seeds_due) == ([1, 2], {0, 1, 2})


def test_scores_on_the_way_of_as_many_examples_are_paired(made):
    rows = [[{"step": 1, "loss/test_student": 0.5}]] * 2
    scored = {"seeds": range(2), "history": rows}
    first, second = arms_of(
        [
            *made.arm("erm", **scored, scored_examples=100),
            *made.arm("mixup", **scored, scored_examples=50),
        ]
    )
    one = evaluations.compare(second, first, "", last("loss/test_student"), "above")
    assert (one.seeds, one.seeds_due) == ([], {0, 1})
