"""Misses and gradients between two examples."""

import numpy as np

from trainers.figures import between_figure
from trainers.statistics import mean_and_interval


def walked(misses, weights=(0.0, 0.5, 1.0), split="test", num_pairs=100, **more):
    return {
        "options": {"split": ["train", split], "num_pairs": num_pairs},
        **more,
        "between": {
            "weights": list(weights),
            "misses": misses,
            "gradient_norms": [2 * value for value in misses],
        },
    }


def test_lines_are_means_over_seeds(record):
    values = [[0.1, 0.3, 0.1], [0.2, 0.5, 0.0]]
    found = [record("a", i, evaluation=walked(v)) for i, v in enumerate(values)]
    (one,) = between_figure.drawings(
        [*found, record("b", 0), record("c", 0, evaluation={})]
    )
    assert one.name == "between_blobs_mlp_8_40steps_50labels"
    rows = {(row["measure"], row["line"], row["weight"]): row for row in one.rows}
    assert len(rows) == len(one.rows) == 6
    middle = rows["misses", "a", 0.5]
    np.testing.assert_allclose(
        [middle["mean"], middle["low"], middle["high"]], mean_and_interval([30, 50])
    )
    np.testing.assert_allclose(rows["gradient_norms", "a", 1.0]["mean"], 0.1)


def test_other_weights_are_in_figures_of_their_own(record):
    found = [
        record("a", 0, evaluation=walked([0.1, 0.3, 0.1])),
        record("a", 1, evaluation=walked([0.1, 0.2], weights=(0.0, 1.0))),
    ]
    assert [len(one.rows) for one in between_figure.drawings(found)] == [6, 4]


def test_nothing_was_measured_between_examples(record):
    assert between_figure.drawings([record("a", 0, evaluation={"between": None})]) == []


def test_walks_between_other_examples_are_not_drawn_as_test_examples(record):
    evaluation = walked([0.1, 0.3, 0.1], split="validation")
    assert between_figure.drawings([record("a", 0, evaluation=evaluation)]) == []


def test_other_numbers_of_pairs_are_in_figures_of_their_own(record):
    found = [
        record("a", seed, evaluation=walked([0.1, 0.3, 0.1], num_pairs=num_pairs))
        for seed, num_pairs in enumerate([100, 200])
    ]
    assert len(between_figure.drawings(found)) == 2


def test_students_and_teachers_are_in_figures_of_their_own(record):
    found = [
        record("a", seed, evaluation=walked([0.1, 0.3, 0.1], network=network))
        for seed, network in enumerate(["student", "teacher"])
    ]
    one, other = between_figure.drawings(found)
    assert "of the student is neither" in one.caption
    assert "of the teacher is neither" in other.caption
