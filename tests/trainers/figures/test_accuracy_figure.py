"""Accuracy against the number of labels."""

import numpy as np

from trainers.figures import accuracy_figure


def runs(record, variant, accuracies, **settings):
    return [
        record(
            f"{variant}_{n}labels", seed, accuracy=value, num_labels=str(n), **settings
        )
        for n, values in accuracies.items()
        for seed, value in enumerate(values)
    ]


def test_accuracies_are_means_over_seeds(record):
    found = runs(record, "ict_k3", {100: [0.75, 0.85], 20: [0.5, 0.6]})
    (one,) = accuracy_figure.drawings(found)
    assert one.name == "accuracy_blobs_mlp_8_40steps"
    assert "with 20, 100 labels" in one.caption
    assert [(r["line"], r["labels"], r["seeds"]) for r in one.rows] == [
        ("ICT[3]", 20, 2),
        ("ICT[3]", 100, 2),
    ]
    np.testing.assert_allclose([row["mean"] for row in one.rows], [55, 80])


def test_other_settings_are_lines_of_their_own(record):
    values = {20: [0.5], 50: [0.6]}
    found = runs(record, "mixup", values) + runs(record, "mixup", values, alpha="2.0")
    (one,) = accuracy_figure.drawings(found)
    assert {row["line"] for row in one.rows} == {
        "mixup, alpha 0.5",
        "mixup, alpha 2",
    }
    assert {row["seeds"] for row in one.rows} == {1}


def test_accuracies_after_other_steps_are_not_joined(record):
    values = {20: [0.5], 50: [0.6]}
    found = [run for s in ("40", "80") for run in runs(record, "a", values, steps=s)]
    assert [len(one.rows) for one in accuracy_figure.drawings(found)] == [2, 2]


def test_what_is_not_drawn_takes_no_part_in_the_names(record):
    found = runs(record, "ict", {20: [0.5], 50: [0.6]}, consistency_weight="100.0")
    (one,) = accuracy_figure.drawings([*found, record("ict", 0)])
    assert {row["line"] for row in one.rows} == {"ICT[2]"}


def test_one_number_of_labels_makes_no_line(record):
    found = runs(record, "a", {20: [0.5], 50: [0.6]})
    alone = runs(record, "b", {20: [0.4]})
    every = [record("a_alllabels", 0, num_labels="all")]
    (one,) = accuracy_figure.drawings(found + alone + every)
    assert {(row["line"], row["labels"]) for row in one.rows} == {("a", 20), ("a", 50)}
    assert accuracy_figure.drawings(alone + every) == []
