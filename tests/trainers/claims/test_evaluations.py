"""What is read of an evaluation, and what is not."""

import pytest

from trainers.claims import evaluations
from trainers.claims.catalogue.label_claims import accuracy_on_test
from trainers.claims.evaluations import attacked, between, deformed, last, score
from trainers.results.arms import arms_of

FOUND = {
    "scores": {
        "plain": {"validation": {"accuracy": 0.1}, "test": {"accuracy": 0.6}},
        "corrected": {"test": {"accuracy": 0.7}},
    },
    "fgsm": {"white_box": {"0.01": 0.3}, "black_box": {"0.01": 0.4}},
    "deformations": {"rotation_20": 0.5},
    "between": {"misses": [9.0, 0.2, 0.4, 9.0], "gradient_norms": [1.0, 2.0]},
}
ON_ONE_SPLIT = {
    attacked("white_box", "0.01"): 0.3,
    attacked("black_box", "0.01"): 0.4,
    deformed("rotation_20"): 0.5,
    between("misses"): pytest.approx(0.3),
}


def evaluated(made, **changes):
    return made.record("mixup", 0, evaluation=made.evaluation(**{**FOUND, **changes}))


def test_scores_are_those_on_the_test_split(made):
    for splits in (["validation", "test"], ["test", "train"]):
        record = evaluated(made, options={"split": splits})
        assert score("accuracy")(record) == 0.6
        assert score("accuracy", "corrected")(record) == 0.7
        assert score("entropy")(record) is None


@pytest.mark.parametrize("read", ON_ONE_SPLIT)
def test_what_is_measured_on_one_split_counts_on_the_test_split(made, read):
    assert read(evaluated(made)) == ON_ONE_SPLIT[read]
    for options in ({"split": ["test", "validation"]}, {"split": []}, {}, None):
        assert read(evaluated(made, options=options)) is None


@pytest.mark.parametrize("read", [score("accuracy"), *ON_ONE_SPLIT])
def test_without_an_evaluation_there_is_nothing(made, read):
    assert read(made.record("mixup", 0)) is None
    bare = made.evaluation(options={"split": ["test"]})
    assert read(made.record("mixup", 0, evaluation=bare)) is None


@pytest.mark.parametrize("read", [score("accuracy"), *ON_ONE_SPLIT])
def test_the_network_is_the_one_that_is_reported(made, read):
    assert read(evaluated(made, network="teacher")) is None
    found = made.evaluation(**FOUND, network="teacher")
    teacher = made.record("ict", 0, evaluation=found, evaluated_network="teacher")
    assert read(teacher) is not None


def test_a_way_of_two_places_has_no_middle(made):
    assert between("gradient_norms")(evaluated(made)) is None


def test_the_last_value_of_a_metric(made):
    history = [{"step": 1, "a": 3.0}, {"step": 2, "a": 2.0}, {"step": 2, "b": 1.0}]
    record = made.record("erm", 0, history=history)
    assert (last("a")(record), last("b")(record), last("c")(record)) == (2.0, 1.0, None)


def test_names_of_every_seed(made):
    first = {"white_box": {"0.01": 0.3}}
    second = {"white_box": {"0.03": 0.3}}
    (arm,) = arms_of(
        made.record("erm", seed, evaluation=made.evaluation(fgsm=fgsm))
        for seed, fgsm in enumerate((first, second, None))
    )
    names = evaluations.names_in((arm, None), "fgsm", "white_box")
    assert names == ["0.01", "0.03"]


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
