"""NonLin of mixup less that of plain training, seed by seed."""

import numpy as np
import pytest
from scipy import stats

from trainers.figures import difference_figure

LARGE = {"dataset": "cifar10", "architecture": "wide_resnet_10_1"}


def runs(record, method, values, first=0, floor=0.05, **settings):
    """Runs whose layer bends by a value more at step 40, and by half of it at 20."""
    found = []
    for seed, value in enumerate(values, first):
        one = record(method, seed, **{**LARGE, **settings})
        one.history[:] = [
            {"step": 40, "loss": 1.0},
            *(
                {"step": step, "nonlin/a": value * step / 40, "nonlin_floor/a": floor}
                for step in (0, 20, 40)
            ),
            {"step": 40, "accuracy/test_student": 0.5},
        ]
        found.append(one)
    return found


def test_differences_are_of_runs_of_one_seed(record):
    plain, mixed = np.array([0.1, 0.3, 0.2]), np.array([0.25, 0.4, 0.45])
    records = runs(record, "mixup", mixed, floor=0.02) + runs(record, "erm", plain)
    (one,) = difference_figure.drawings(records)
    assert one.name == "difference_cifar10_wide_resnet_10_1_40steps_50labels"
    assert "of differences between runs of one seed" in one.caption
    found = {(row["line"], row["step"]): row for row in one.rows}
    assert list(found) == sorted(found)
    assert len(found) == len(one.rows) == 6
    for step in (0, 20, 40):
        differences = (mixed - plain) * step / 40
        expected = differences.mean()
        last = found["with the floor", step]
        assert last["mean"] == pytest.approx(expected)
        assert last["seeds"] == 3
        assert found["without the floor", step]["mean"] == pytest.approx(
            expected + 0.03
        )
    low, high = stats.t.interval(
        0.95, 2, (mixed - plain).mean(), stats.sem(mixed - plain)
    )
    assert (last["low"], last["high"]) == pytest.approx((low, high))


def test_seeds_of_one_method_alone_are_left_out(record):
    records = runs(record, "mixup", [0.2, 0.3]) + runs(record, "erm", [9.0, 0.1], 1)
    (one,) = difference_figure.drawings(records)
    (last,) = [r for r in one.rows if (r["line"], r["step"]) == ("with the floor", 40)]
    assert last["mean"] == pytest.approx(0.3 - 9.0)
    assert last["seeds"] == 1
    records = runs(record, "mixup", [0.2]) + runs(record, "erm", [0.1], 1)
    assert difference_figure.drawings(records) == []


def test_each_alpha_has_a_figure(record):
    records = [
        *runs(record, "erm", [0.1, 0.2]),
        *runs(record, "mixup", [0.3, 0.4], alpha="0.5"),
        *runs(record, "mixup", [0.6, 0.7], alpha="2.0"),
    ]
    found = difference_figure.drawings(records)
    means = {one.caption.split(" less")[0]: one.rows[-1]["mean"] for one in found}
    assert means == pytest.approx(
        {"NonLin of mixup, alpha 0.5": 0.2, "NonLin of mixup, alpha 2": 0.5}
    )


@pytest.mark.parametrize(
    "settings",
    [
        {"dataset": "digits"},
        {"linearity_start": "previous"},
        {"num_points": "4"},
        {"mix_labels": "false"},
        {"dropout": "0.5"},
    ],
)
def test_other_runs_are_left_out(record, settings):
    method = {"num_points": "2"} if "num_points" in settings else settings
    records = runs(record, "mixup", [0.2], **settings)
    records += runs(record, "erm", [0.1], **method)
    assert difference_figure.drawings(records) == []


def test_layers_without_a_floor_have_no_line_without_it(record):
    records = runs(record, "mixup", [0.2]) + runs(record, "erm", [0.1])
    for one in records:
        for row in one.history:
            row.pop("nonlin_floor/a", None)
    (one,) = difference_figure.drawings(records)
    assert {row["line"] for row in one.rows} == {"with the floor"}
