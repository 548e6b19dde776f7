"""What is read of an evaluation, and what is not."""

import pytest

from trainers.results.arms import arms_of
from trainers.results.quantities import (
    accuracy_of_teacher,
    accuracy_on_test,
    attacked,
    between,
    deformed,
    last,
    last_measurements,
    names_in,
    nonlin,
    score,
)

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
    names = names_in((arm, None), "fgsm", "white_box")
    assert names == ["0.01", "0.03"]


def test_results_are_read_each_by_its_name(made):
    layers = {"layer_1": (0.3, 0.1)}
    one = made.record("ict", 0, 0.6, layers)
    assert (nonlin("layer_1")(one), nonlin("layer_2")(one)) == (0.3, None)
    assert nonlin("layer_1", excess=True)(one) == pytest.approx(0.2)
    assert (accuracy_on_test(one), accuracy_of_teacher(one)) == (0.6, None)
    one.result["teacher"] = {"test": {"accuracy": 0.7}}
    assert accuracy_of_teacher(one) == 0.7


def test_nonlin_is_the_mean_of_the_last_five_measurements(made):
    one = made.record("ict", 0)
    # The first two are far off, and other rows lie between.
    for step, (value, floor) in enumerate(
        [(9.0, 9.0)] * 2 + [(0.1 * n, 0.01 * n) for n in range(1, 6)]
    ):
        one.history.append({"step": step, "nonlin/a": value, "nonlin_floor/a": floor})
        one.history.append({"step": step, "loss": 1.0})
    assert last_measurements("a")(one) == pytest.approx(0.3)
    assert last_measurements("a", excess=True)(one) == pytest.approx(0.27)
    assert last_measurements("b")(one) is None
    for row in one.history:
        row.pop("nonlin_floor/a", None)
    assert last_measurements("a", excess=True)(one) is None
