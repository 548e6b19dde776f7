"""Loss of clean training and of test examples against the steps."""

import numpy as np

from trainers.figures import loss_figure
from trainers.statistics import mean_and_interval


def scored(record, variant, seed, train, test):
    run = record(variant, seed, scored_examples="30")
    for step, values in enumerate(zip(train, test)):
        run.history.append(
            dict(
                zip(
                    ("step", "loss/train_student", "loss/test_student"), (step, *values)
                )
            )
        )
    return run


def test_lines_are_means_over_seeds(record):
    found = [
        scored(record, "a", 0, [2.0, 1.0], [3.0, 2.0]),
        scored(record, "a", 1, [4.0, 1.5], [3.0, 2.5]),
        scored(record, "b", 0, [9.0], [9.0]),
        record("unscored", 0),
    ]
    (one,) = loss_figure.drawings(found)
    assert one.name == "losses_blobs_mlp_8_40steps_50labels"
    assert "the first 30" in one.caption
    rows = {(r["split"], r["line"], r["step"]): r for r in one.rows}
    assert len(rows) == len(one.rows) == 6
    row = rows["train", "a", 1]
    np.testing.assert_allclose(
        [row["mean"], row["low"], row["high"]], mean_and_interval([1.0, 1.5])
    )
    assert rows["test", "a", 1]["mean"] == 2.25
    assert rows["test", "b", 0]["seeds"] == 1


def test_nothing_was_scored(record):
    assert loss_figure.drawings([record("a", 0)]) == []
