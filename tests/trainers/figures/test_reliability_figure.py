"""Reliability, all seeds together."""

import numpy as np
import pytest

from trainers.figures import reliability_figure


def bins(counts, confidences, accuracies):
    number = len(counts)
    return [
        {
            "low": place / number,
            "high": (place + 1) / number,
            "count": count,
            "confidence": confidence if count else None,
            "accuracy": accuracy if count else None,
        }
        for place, (count, confidence, accuracy) in enumerate(
            zip(counts, confidences, accuracies)
        )
    ]


def evaluation(plain, corrected=None, network="student"):
    other = bins([9, 9], [0.2, 0.6], [0.1, 0.1])
    found = {"plain": {"validation": other, "test": plain}}
    if corrected:
        found["corrected"] = {"validation": other, "test": corrected}
    return {"network": network, "reliability": found}


def test_bins_are_pooled_over_examples_not_over_seeds(record):
    # By hand, from the single predictions of both seeds.
    rng = np.random.default_rng(0)
    everything, found = [], []
    for seed, size in enumerate((40, 100)):
        confidence = rng.uniform(0, 1, size)
        right = rng.uniform(0, 1, size) < confidence**2
        everything.append((confidence, right))
        chosen = [(confidence >= low) & (confidence < low + 0.5) for low in (0, 0.5)]
        rows = bins(
            [int(one.sum()) for one in chosen],
            [confidence[one].mean() for one in chosen],
            [right[one].mean() for one in chosen],
        )
        found.append(record("mixup", seed, evaluation=evaluation(rows)))
    (one,) = reliability_figure.drawings(found)
    confidence, right = map(np.concatenate, zip(*everything))
    for row, low in zip(one.rows, (0, 0.5)):
        chosen = (confidence >= low) & (confidence < low + 0.5)
        assert (row["count"], row["seeds"]) == (chosen.sum(), 2)
        assert row["share"] == pytest.approx(chosen.mean())
        assert row["confidence"] == pytest.approx(confidence[chosen].mean())
        assert row["accuracy"] == pytest.approx(right[chosen].mean())
    assert "on test examples" in one.caption


def test_the_corrected_prediction_is_a_line_of_its_own(record):
    plain, corrected = (
        bins([0, 4], [0, 0.9], [0, 0.5]),
        bins([1, 3], [0.3, 0.8], [1, 0]),
    )
    (one,) = reliability_figure.drawings(
        [
            record("mixup", 0, evaluation=evaluation(plain, corrected)),
            record("erm", 0, evaluation=evaluation(plain)),
        ]
    )
    assert list(dict.fromkeys(row["line"] for row in one.rows)) == [
        "ERM",
        "mixup",
        "mixup, corrected",
    ]
    assert one.rows[0] | {"line": ""} == {
        **{"line": "", "low": 0.0, "high": 0.5, "count": 0, "share": 0.0, "seeds": 1},
        **{"confidence": None, "accuracy": None},
    }
    assert one.rows[-1]["accuracy"] == 0


def test_other_bins_and_networks_are_not_pooled(record):
    two, three = bins([1, 1], [0.1, 0.9], [0, 1]), bins([1] * 3, [0.1] * 3, [0] * 3)
    found = [
        record("a", 0, evaluation=evaluation(two)),
        record("a", 1, evaluation=evaluation(three)),
        record("a", 2, evaluation=evaluation(two, network="teacher")),
    ]
    drawn = reliability_figure.drawings(found)
    assert [len(one.rows) for one in drawn] == [2, 3, 2]
    assert "Reliability of the teacher" in drawn[2].caption


def test_runs_that_were_not_evaluated_are_left_out(record):
    runs = [record("a", 0), record("a", 1, evaluation={"reliability": {}})]
    assert reliability_figure.drawings(runs) == []


@pytest.mark.parametrize("order", [("validation", "test"), ("test", "validation")])
def test_the_test_split_is_drawn_whatever_the_order_in_the_file(record, order):
    found = evaluation(bins([0, 4], [0, 0.9], [0, 0.5]))
    by_split = found["reliability"]["plain"]
    found["reliability"]["plain"] = {split: by_split[split] for split in order}
    (one,) = reliability_figure.drawings([record("a", 0, evaluation=found)])
    assert "on test examples" in one.caption
    assert [row["count"] for row in one.rows] == [0, 4]
