import csv
import math

import numpy as np
import pytest
from scipy import stats

from trainers import figures
from trainers.common.statistics import mean_and_interval
from trainers.drawings import drawing, labels, linearity
from trainers.drawings.groups import setting
from trainers.sweeps import records
from trainers.sweeps.records import Record

SETTINGS = {
    "dataset": "sets/blobs.npz",
    "num_labels": "50",
    "num_points": "2",
    "architecture": "mlp_8",
    "method": "mixup",
    "steps": "40",
    "batch_size": "16",
    "linearity_measure": "unit_norm",
    "linearity_start": "input",
}


def record(variant, seed, value=0.2, accuracy=0.5, **settings):
    """A run whose second layer bends by `value` more at its end."""
    settings = {**SETTINGS, "seed": str(seed), **settings}
    history = [{"step": 20, "loss": 1.0}]
    for step in (0, 40):
        row = {"step": step}
        for layer, size in (("a", 0.0), ("b", value * step / 40)):
            row[f"nonlin/{layer}"] = 0.1 + size
            row[f"nonlin_floor/{layer}"] = 0.05
        history.append(row)
    result = {
        "steps": int(settings["steps"]),
        "accuracy": {"validation": 0.0, "test": accuracy},
        "student": {},
        "linearity": {
            "a": {"value": 0.1, "floor": 0.05},
            "b": {"value": 0.1 + value, "floor": 0.05},
        },
    }
    return Record(variant, settings, result, history, None, {})


def test_intervals_are_those_of_students_t():
    values = [0.1, 0.4, 0.35]
    mean, low, high = mean_and_interval(values)
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    np.testing.assert_allclose((mean, low, high), (np.mean(values), *expected))
    mean, low, high = mean_and_interval([0.3])
    assert (mean, math.isnan(low), math.isnan(high)) == (0.3, True, True)


def test_setting_names_data_network_steps_and_seeds():
    found = [record("a", seed) for seed in (2, 3, 4)]
    assert setting(found) == (
        "sets/blobs.npz with 50 labels, mlp_8, 40 steps of 16 labelled examples, "
        "seeds 2 to 4"
    )
    mixed = [record("a", 0), record("b", 7, num_labels="all")]
    assert "with 50, all labels" in setting(mixed)
    assert setting(mixed).endswith("seeds 0, 7")


def test_lines_of_linearity_are_means_over_seeds():
    values = {"mixup": [0.2, 0.3, 0.7], "erm": [0.5]}
    found = [record(v, i, x) for v in values for i, x in enumerate(values[v])]
    (one,) = linearity.drawings(found)
    assert one.name == "linearity_blobs_mlp_8_40steps_50labels"
    assert "seeds 0 to 2" in one.caption
    rows = {(row["layer"], row["variant"], row["time"]): row for row in one.rows}
    assert len(rows) == len(one.rows) == 2 * 2 * 2
    end = rows["b", "mixup", 1000.0]
    mean, low, high = mean_and_interval([0.1 + x for x in values["mixup"]])
    np.testing.assert_allclose(
        [end["mean"], end["low"], end["high"]], [mean, low, high]
    )
    assert (end["floor"], end["seeds"]) == (pytest.approx(0.05), 3)
    assert rows["b", "mixup", 0.0]["mean"] == pytest.approx(0.1)
    assert math.isnan(rows["b", "erm", 1000.0]["low"])


def test_what_cannot_be_compared_is_in_figures_of_its_own():
    found = [
        record("a", 0),
        record("b", 0, num_labels="20"),
        record("c", 0, linearity_start="previous"),
        record("d", 0, linearity_measure="relative"),
        record("e", 0, architecture="mlp_9"),
        record("f", 0, steps="80"),
    ]
    assert {one.name for one in linearity.drawings(found)} == {
        "linearity_blobs_mlp_8_40steps_50labels",
        "linearity_blobs_mlp_8_40steps_20labels",
        "linearity_blobs_mlp_8_40steps_50labels_layer_to_layer",
        "linearity_blobs_mlp_8_40steps_50labels_relative",
        "linearity_blobs_mlp_9_40steps_50labels",
        "linearity_blobs_mlp_8_80steps_50labels",
    }


def test_no_figure_takes_the_place_of_another(tmp_path, capsys):
    path = str(tmp_path / "results.jsonl")
    records.write(path, [record("a", 0), record("b", 0, dataset="other/blobs.npz")])
    folder = tmp_path / "figures"
    assert run(f"--results={path}", f"--workdir={folder}") == 0
    name = "linearity_blobs_mlp_8_40steps_50labels"
    assert {one.stem for one in folder.iterdir()} == {name, f"{name}_2"}


def test_accuracies_after_other_steps_are_not_joined():
    found = [
        record("a", 0, num_labels=str(n), steps=str(steps))
        for n in (20, 50)
        for steps in (40, 80)
    ]
    assert [len(one.rows) for one in labels.drawings(found)] == [2, 2]


def test_runs_that_measured_no_linearity_are_left_out():
    bare = record("a", 0)
    bare.history[:] = [{"step": 20, "loss": 1.0}]
    assert linearity.drawings([bare]) == []


def test_accuracy_against_labels():
    accuracies = {20: [0.5, 0.6], 100: [0.75, 0.85]}
    found = [
        record(f"ict_k3_{n}labels", seed, accuracy=value, num_labels=str(n))
        for n, values in accuracies.items()
        for seed, value in enumerate(values)
    ]
    assert labels.drawings(found[:2]) == []
    (one,) = labels.drawings([*found, record("all", 0, num_labels="all")])
    assert one.name == "accuracy_blobs_mlp_8_40steps"
    assert [(r["variant"], r["labels"], r["seeds"]) for r in one.rows] == [
        ("ict_k3", 20, 2),
        ("ict_k3", 100, 2),
    ]
    np.testing.assert_allclose([row["mean"] for row in one.rows], [55, 80])


@pytest.fixture
def results(tmp_path):
    found = [
        record(f"{variant}_{n}labels", seed, 0.1 * seed, num_labels=str(n))
        for variant in "abcdefghi"
        for n in (20, 50)
        for seed in range(3)
    ]
    path = str(tmp_path / "results.jsonl")
    records.write(path, found)
    return path


def run(*arguments):
    return figures.main(["figures", *arguments])


def test_every_file_is_written_and_the_same_each_time(results, tmp_path, capsys):
    contents = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        assert run(f"--results={results}", f"--workdir={folder}") == 0
        contents.append({p.name: p.read_bytes() for p in folder.iterdir()})
    assert contents[0] == contents[1]
    names = (
        "linearity_blobs_mlp_8_40steps_20labels",
        "linearity_blobs_mlp_8_40steps_50labels",
        "accuracy_blobs_mlp_8_40steps",
    )
    assert set(contents[0]) == {
        f"{name}.{kind}" for name in names for kind in ("csv", "txt", "svg", "png")
    }
    printed = capsys.readouterr().out
    for name in names:
        caption = contents[0][f"{name}.txt"].decode().strip()
        assert caption in printed
        assert contents[0][f"{name}.png"].startswith(b"\x89PNG")
        assert b"dc:date" not in contents[0][f"{name}.svg"]
    with open(tmp_path / "one" / "accuracy_blobs_mlp_8_40steps.csv") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 9 * 2
    assert float(rows[0]["mean"]) == 50.0


def test_only_the_figures_that_were_asked_for(results, tmp_path, capsys):
    folder = tmp_path / "figures"
    flags = [f"--results={results}", f"--workdir={folder}"]
    assert run(*flags, "--figures=labels") == 0
    assert {path.stem for path in folder.iterdir()} == {"accuracy_blobs_mlp_8_40steps"}


def test_numbers_are_there_where_nothing_can_be_drawn(tmp_path):
    def fail(figure, axes):
        raise RuntimeError("no ink")

    one = drawing.Drawing("name", "caption", [{"x": 1.5}], fail)
    with pytest.raises(RuntimeError):
        drawing.write(str(tmp_path), one)
    assert (tmp_path / "name.csv").read_text() == "x\n1.5\n"
    assert {path.name for path in tmp_path.iterdir()} == {"name.csv", "name.txt"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "--results must name a folder or file"),
        (["--results=none"], "no finished run was found"),
        (["--results=none", "--figures=pie"], "--figures must name some of linearity"),
    ],
)
def test_mistakes(arguments, message, capsys):
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_foreign_files_are_told_and_skipped(results, tmp_path, capsys):
    with open(results, "a") as file:
        file.write('{"variant": "cut')
    assert run(f"--results={results}", f"--workdir={tmp_path / 'figures'}") == 0
    assert "line 55" in capsys.readouterr().err
