"""NonLin against training time."""

import math

import numpy as np
import pytest

from trainers.figures import nonlin_figure
from trainers.statistics import mean_and_interval


def test_lines_are_means_over_seeds(record):
    values = {"mixup": [0.2, 0.3, 0.7], "erm": [0.5]}
    found = [record(v, i, value=x) for v in values for i, x in enumerate(values[v])]
    (one,) = nonlin_figure.drawings(found)
    assert one.name == "linearity_blobs_mlp_8_40steps_50labels"
    assert "seeds 0 to 2" in one.caption
    rows = {(row["layer"], row["line"], row["time"]): row for row in one.rows}
    assert len(rows) == len(one.rows) == 2 * 2 * 2
    end = rows["b", "mixup", 1000.0]
    mean, low, high = mean_and_interval([0.1 + x for x in values["mixup"]])
    np.testing.assert_allclose(
        [end["mean"], end["low"], end["high"]], [mean, low, high]
    )
    assert (end["floor"], end["seeds"]) == (pytest.approx(0.05), 3)
    assert rows["b", "mixup", 0.0]["mean"] == pytest.approx(0.1)
    assert math.isnan(rows["b", "ERM", 1000.0]["low"])


def test_other_measures_are_in_figures_of_their_own_and_say_so(record):
    previous, relative, plain = nonlin_figure.drawings(
        [
            record("c", 0, linearity_start="previous"),
            record("d", 0, linearity_measure="relative"),
            record("a", 0),
        ]
    )
    name = "linearity_blobs_mlp_8_40steps_50labels"
    assert previous.name == f"{name}_layer_to_layer"
    assert "NonLin of each layer, from the layer before it" in previous.caption
    assert previous.draw.keywords["label"] == "layer-to-layer NonLin"
    assert relative.name == f"{name}_relative"
    assert "relative NonLin of each layer, from the input" in relative.caption
    assert (plain.name, plain.draw.keywords["label"]) == (name, "NonLin")


def test_runs_that_measured_no_linearity_are_left_out(record):
    bare = record("a", 0)
    bare.history[:] = [{"step": 20, "loss": 1.0}]
    assert nonlin_figure.drawings([bare]) == []


def test_curves_of_other_lengths_are_drawn_from_left_to_right(record):
    short, whole = record("a", 0), record("a", 1)
    short.history[:] = [row for row in short.history if row["step"] != 0]
    (one,) = nonlin_figure.drawings([short, whole])
    times = [(row["time"], row["seeds"]) for row in one.rows if row["layer"] == "b"]
    assert times == [(0.0, 1), (1000.0, 2)]


def test_a_missing_floor_is_no_crash(record):
    run = record("a", 0)
    for row in run.history:
        row.pop("nonlin_floor/a", None)
    (one,) = nonlin_figure.drawings([run])
    assert math.isnan(one.rows[0]["floor"])
