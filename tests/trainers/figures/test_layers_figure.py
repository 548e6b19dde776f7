"""NonLin by layer at the end of training."""

import csv
import gzip
import json
import math
import pathlib

import numpy as np
import pytest
from scipy import stats

from trainers.figures import layers_figure

DOCS = pathlib.Path(__file__).resolve().parents[3] / "docs"
ICT = {"target": "logits", "consistency_weight": "100.0"}
EXCESS, NONLIN, ACCURACY = (
    "NonLin without its floor",
    "NonLin with its floor",
    "test accuracy, %",
)


@pytest.fixture
def measured(record):
    """A function that makes the runs of an arm, measured seven times each."""

    def make(variant, values, first=0, **settings):
        runs = []
        for seed, value in enumerate(values, first):
            one = record(variant, seed, accuracy=value, **settings)
            one.result["linearity"].clear()
            # The first two of seven are far off.
            one.history[:] = [
                {"step": step, "nonlin/a": value + off, "nonlin_floor/a": 0.1}
                for step, off in enumerate([9.0, 9.0, 0.0, 0.1, 0.2, 0.3, 0.4])
            ]
            runs.append(one)
        return runs

    return make


def lines_of(drawing):
    return {row["line"]: row["seeds"] for row in drawing.rows}


def test_the_end_of_a_training_is_the_mean_of_five_measurements(measured):
    runs = measured("erm", [0.5, 0.6]) + measured("ict_k2", [0.2, 0.4], **ICT)
    (one,) = layers_figure.drawings(runs)
    assert one.name == "layers_blobs_mlp_8_40steps_50labels"
    assert "blobs.npz with 50 labels, mlp_8, 40 steps" in one.caption
    rows = {(row["line"], row["shown"], row["layer"]): row for row in one.rows}
    assert len(rows) == len(one.rows) == 2 * 3
    assert rows["ICT[2]", NONLIN, "a"]["mean"] == pytest.approx(0.3 + 0.2)
    assert rows["ICT[2]", EXCESS, "a"]["mean"] == pytest.approx(0.3 + 0.2 - 0.1)
    assert rows["ERM", ACCURACY, None]["mean"] == pytest.approx(55)
    assert rows["ERM", NONLIN, "a"]["seeds"] == 2


def test_lines_are_compared_on_the_seeds_that_all_have(measured):
    runs = measured("erm", [0.5] * 6) + measured("ict_k2", [0.2] * 3, 3, **ICT)
    (one,) = layers_figure.drawings(runs + measured("mixup", [0.3] * 4, 2))
    assert lines_of(one) == {"ERM": 3, "ICT[2]": 3, "mixup": 3}
    assert "seeds 3 to 5" in one.caption
    apart = measured("erm", [0.5]) + measured("ict_k2", [0.2], 7, **ICT)
    assert layers_figure.drawings(apart) == []


def test_other_objectives_and_other_mixups_are_left_out(measured):
    value = [0.2, 0.3]
    others = (
        measured("ict_k2", value, **{**ICT, "target": "probabilities"})
        + measured("ict_k2", value, **{**ICT, "consistency_weight": "1.0"})
        + measured("mixup", value, alpha="8.0")
        + measured("mixup", value, mix_labels="false")
        + measured("mixup", value, dropout="0.5")
        + measured("mixup_k3", value)
        + measured("manifold_mixup", value)
        + measured("erm", value)
    )
    assert layers_figure.drawings(others) == []
    published = measured("ict_k2", value, **ICT) + measured("ict_k4", value, **ICT)
    (one,) = layers_figure.drawings(others + published + measured("mixup", value))
    assert list(lines_of(one)) == ["ERM", "ICT[2]", "ICT[4]", "mixup"]


def test_a_setting_without_the_objective_has_no_figure_nor_part_in_a_name(measured):
    here = measured("erm", [0.5]) + measured("ict_k2", [0.2], **ICT)
    there = measured("erm", [0.5], augmentation="crop") + measured("mixup", [0.5])
    elsewhere = measured("erm", [0.5], num_labels="20", augmentation="crop")
    (one,) = layers_figure.drawings(here + there + elsewhere)
    assert one.name == "layers_blobs_mlp_8_40steps_50labels"


def test_what_has_no_floor_or_another_start_is_left_out(measured):
    runs = measured("erm", [0.5]) + measured("ict_k2", [0.2], **ICT)
    previous = [
        run
        for variant, settings in (("erm", {}), ("ict_k2", ICT))
        for run in measured(variant, [0.5], linearity_start="previous", **settings)
    ]
    assert layers_figure.drawings(previous) == []
    for run in runs:
        for row in run.history:
            del row["nonlin_floor/a"]
    assert layers_figure.drawings(runs) == []


def test_a_run_that_measured_other_layers_is_no_crash(measured):
    runs = measured("erm", [0.5, 0.6]) + measured("ict_k2", [0.2, 0.4], **ICT)
    for row in runs[1].history:
        for name in ("nonlin", "nonlin_floor"):
            row[f"{name}/b"] = row.pop(f"{name}/a")
    (one,) = layers_figure.drawings(runs)
    plain = [row for row in one.rows if (row["line"], row["shown"]) == ("ERM", NONLIN)]
    assert [(row["layer"], row["seeds"]) for row in plain] == [("a", 1), ("b", 1)]


def test_the_committed_numbers_are_those_of_the_runs():
    with gzip.open(DOCS / "results" / "digits_published.jsonl.gz", "rt") as file:
        runs = [json.loads(line) for line in file]
    variants = {"ERM": "digits_erm", "mixup": "digits_mixup"}
    for points in (2, 4):
        name = f"ICT[{points}]"
        variants[name] = f"digits_ict_published_teacher_k{points}"
        variants[f"{name}, teacher decay none"] = f"digits_ict_published_k{points}"
    checked = 0
    for labels in (50, 200):
        name = f"layers_digits_wide_resnet_10_1_1500steps_{labels}labels.csv"
        with open(DOCS / "figures" / name) as file:
            rows = list(csv.DictReader(file))
        for row in rows:
            variant = f"{variants[row['line']]}_{labels}labels"
            own = [run for run in runs if run["variant"] == variant]
            values = np.array([read(run, row["shown"], row["layer"]) for run in own])
            half = stats.t.ppf(0.975, 9) * values.std(ddof=1) / math.sqrt(10)
            expected = [values.mean(), values.mean() - half, values.mean() + half]
            stated = [float(row[key]) for key in ("mean", "low", "high")]
            np.testing.assert_allclose(stated, expected, rtol=1e-9, atol=1e-12)
            assert (len(own), row["seeds"]) == (10, "10")
            checked += 1
    assert checked == 2 * 6 * (2 * 6 + 1)


def read(run, shown, layer):
    """A number of a run as a file of docs/results holds it."""
    if shown == ACCURACY:
        return 100 * run["result"]["accuracy"]["test"]
    last = [row for row in run["history"] if f"nonlin/{layer}" in row][-5:]
    floors = np.array([row[f"nonlin_floor/{layer}"] for row in last])
    values = np.array([row[f"nonlin/{layer}"] for row in last])
    return np.mean(values - floors * (shown == EXCESS))
