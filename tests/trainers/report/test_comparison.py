import json
import pathlib

import pytest

from trainers.options import to_flags
from trainers.report import command as report
from trainers.run.experiment import Experiment


def write_run(folder, seed, accuracy, nonlin, teacher=None, method="erm"):
    folder = folder / f"seed{seed}"
    folder.mkdir(parents=True)
    experiment = Experiment(method=method, seed=seed, steps=40, backend="tensorflow")
    flags = to_flags(experiment, identity_only=True)
    text = "".join(f"--{name}={value}\n" for name, value in flags.items())
    (folder / "flags.txt").write_text(text)
    (folder / "metrics.jsonl").write_text("")

    def scores(value):
        return {split: {"accuracy": value} for split in ("test", "validation")}

    result = {
        "steps": 40,
        "accuracy": {"test": accuracy, "validation": accuracy},
        "student": scores(accuracy),
        "linearity": {
            f"layer_{i}": {"value": v, "floor": v / 2}
            for i, v in enumerate([9.0, nonlin, nonlin + 0.2])
        },
    }
    if teacher is not None:
        result["teacher"] = scores(teacher)
    (folder / "result.json").write_text(json.dumps(result))


@pytest.fixture
def compare(tmp_path, capsys, monkeypatch):
    """A function from folders to the code, the tables and the complaints."""
    # Nothing is to be drawn and judged but once.
    monkeypatch.setattr("trainers.report.figures_part.FIGURES", {})
    monkeypatch.setattr(report, "CLAIMS", [])

    def compare(*folders):
        results = f"--results={','.join(map(str, folders))}"
        workdir = tmp_path / "report"
        code = report.main(["report", results, f"--workdir={workdir}"])
        captured = capsys.readouterr()
        printed = captured.out.split("\n\n")[:-1]
        if code == 0:
            text = (workdir / "report.md").read_text()
            assert all(table in text for table in printed)
            assert ("## Comparison" in text) == bool(printed)
        return code, "\n\n".join(printed), captured.err

    return compare


def test_tables(tmp_path, compare):
    for seed, accuracy in ((3, 0.5), (4, 0.7)):
        write_run(tmp_path / "erm", seed, accuracy, 0.3)
    for seed, accuracy in ((3, 0.6), (4, 0.9), (5, 1.0)):
        write_run(tmp_path / "ict", seed, accuracy, 0.1, teacher=0.8, method="ict")
    code, printed, err = compare(tmp_path / "erm", tmp_path / "ict")
    assert (code, err) == (0, "")
    assert (
        "| erm | 3, 4 | 60.00 ± 14.14 |  | 60.00 ± 14.14 | 0.4000 ± 0.0000 |" in printed
    )
    assert "| ict | 3, 4, 5 | 83.33 ± 20.82 | 80.00 ± 0.00 |" in printed
    # Paired over the seeds that both have: +10 and +20 points.
    assert "| ict | +15.00 [-48.53, +78.53] | -0.2000 [-0.2000, -0.2000] |" in printed
    assert "| erm | 9.0000 (4.5000) | 0.3000 (0.1500) | 0.5000 (0.2500) |" in printed


@pytest.mark.parametrize("last", ["test", "validation"])
def test_evaluations_are_compared_where_there_are_some(tmp_path, compare, last):
    for seed in (3, 4):
        write_run(tmp_path / "mixup", seed, 0.5, 0.3)
        evaluation = {
            "network": "student",
            "options": {"split": ["test", last]},
            "scores": {
                "plain": {"test": {"accuracy": 0.1 * seed}},
                "corrected": {"test": {"accuracy": 0.2 * seed}},
            },
            "fgsm": {"white_box": {"0.03": 0.25}, "black_box": None},
            "deformations": None,
            "between": {
                "weights": [0, 0.5],
                "misses": [0, 0.3],
                "gradient_norms": [1, 2],
            },
            "train_labels": {"clean": 0.9},
        }
        path = tmp_path / "mixup" / f"seed{seed}" / "evaluation.json"
        path.write_text(json.dumps(evaluation))
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    code, printed, _ = compare(tmp_path / "erm", tmp_path / "mixup")
    assert code == 0
    table = printed.split("\n\n")[-1].splitlines()
    expected = [
        "| on the test split | mixup | mixup, corrected |",
        "| --- | --- | --- |",
        "| accuracy | 0.3500 ± 0.0707 | 0.7000 ± 0.1414 |",
        "| accuracy, FGSM of 0.03, white box | 0.2500 ± 0.0000 |  |",
        "| misses halfway | 0.3000 ± 0.0000 |  |",
        "| gradient norm halfway | 2.0000 ± 0.0000 |  |",
        "| training accuracy, clean labels | 0.9000 ± 0.0000 |  |",
    ]
    if last != "test":
        # What was measured on the last split alone is not of the test's.
        del expected[3:6]
    assert table == expected


def test_students_and_teachers_are_told_apart(tmp_path, compare):
    for seed, network in ((3, "student"), (4, "teacher")):
        write_run(tmp_path / "ict", seed, 0.5, 0.3)
        evaluation = {
            "network": network,
            "options": {"split": ["test"]},
            "scores": {"plain": {"test": {"accuracy": 0.1 * seed}}},
            "fgsm": None,
            "deformations": None,
            "between": None,
            "train_labels": None,
        }
        path = tmp_path / "ict" / f"seed{seed}" / "evaluation.json"
        path.write_text(json.dumps(evaluation))
    code, printed, _ = compare(tmp_path / "ict")
    assert code == 0
    table = printed.split("\n\n")[-1].splitlines()
    assert table[0] == "| on the test split | ict | ict, teacher |"
    assert table[2] == "| accuracy | 0.3000 | 0.4000 |"


def test_runs_that_measured_no_linearity(tmp_path, compare):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    path = tmp_path / "erm" / "seed3" / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "linearity": {}}))
    code, printed, _ = compare(tmp_path / "erm")
    assert code == 0
    assert "| erm | 3 | 50.00 |  | 50.00 |  |" in printed
    assert "NonLin (floor)" not in printed


@pytest.mark.parametrize("unfinished", [False, True])
def test_a_folder_without_finished_runs(tmp_path, compare, unfinished):
    if unfinished:
        (tmp_path / "seed0").mkdir()
    code, printed, err = compare(tmp_path)
    assert (code, printed) == (2, "")
    assert "No results were found" in err


def test_damaged_runs_are_told_and_left_out(tmp_path, compare):
    for seed in (3, 4):
        write_run(tmp_path / "erm", seed, 0.5, 0.3)
    run = tmp_path / "erm" / "seed3"
    for name, complaint in (
        ("evaluation.json", "evaluation.json' cannot be read"),
        ("result.json", "result.json' cannot be read"),
        ("flags.txt", "seed3 is left out"),
    ):
        (run / name).write_text('{"scores": ')
        code, printed, err = compare(tmp_path / "erm")
        assert code == 0
        assert complaint in err
        assert err.count("\n") == 1
        assert "| erm | 4 | 50.00 |" in printed
        (run / name).unlink()
        write_again = tmp_path / "again"
        write_run(write_again, 3, 0.5, 0.3)
        for path in (write_again / "seed3").iterdir():
            path.rename(run / path.name)
        (write_again / "seed3").rmdir()


def test_two_runs_of_a_seed_are_of_two_recipes(tmp_path, compare):
    write_run(tmp_path / "a", 3, 0.5, 0.3)
    (tmp_path / "a" / "seed3").rename(tmp_path / "a" / "seed4")
    write_run(tmp_path / "a", 3, 0.7, 0.3, method="mixup")
    code, printed, err = compare(tmp_path / "a")
    assert (code, printed) == (0, "")
    assert "found two of one seed" in err
    assert err.count("\n") == 1


def test_a_sweep_and_a_file_are_not_compared(tmp_path, compare):
    for name in ("erm", "mixup"):
        write_run(tmp_path / "sweep" / name, 3, 0.5, 0.3, method=name)
    assert compare(tmp_path / "sweep") == (0, "", "")
    code, printed, err = compare(tmp_path / "sweep" / "erm", tmp_path / "none")
    assert (code, printed) == (0, "")
    assert "there is no such file" in err


def test_one_run_has_no_deviation(tmp_path, compare):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    _, printed, _ = compare(tmp_path / "erm")
    assert "| erm | 3 | 50.00 |  | 50.00 | 0.4000 |" in printed


def test_folders_of_one_name_are_told_apart(tmp_path, compare):
    folders = [str(tmp_path / name / "erm") for name in ("a", "b")]
    for folder, accuracy in zip(folders, (0.5, 0.7)):
        write_run(pathlib.Path(folder), 3, accuracy, 0.3)
    code, printed, _ = compare(*folders, folders[0] + "/")
    assert code == 0
    assert printed.count(f"| {folders[0]} | 3 | 50.00 |") == 1
    assert printed.count(f"| {folders[1]} | 3 | 70.00 |") == 1


def test_networks_of_different_layers(tmp_path, compare):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    write_run(tmp_path / "mlp", 3, 0.5, 0.3)
    path = tmp_path / "mlp" / "seed3" / "result.json"
    result = json.loads(path.read_text())
    del result["linearity"]["layer_2"]
    path.write_text(json.dumps(result))
    for names in (["erm", "mlp"], ["mlp", "erm"]):
        _, printed, _ = compare(*(tmp_path / name for name in names))
        assert "| mlp | 9.0000 (4.5000) | 0.3000 (0.1500) |  |" in printed
        assert "| erm | 9.0000 (4.5000) | 0.3000 (0.1500) | 0.5000 (0.25" in printed


@pytest.mark.parametrize("changed", ["linearity_start=previous", "layer_2"])
def test_nonlin_of_another_measure_is_not_subtracted(tmp_path, compare, changed):
    for seed in range(2):
        write_run(tmp_path / "erm", seed, 0.5, 0.3)
        write_run(tmp_path / "mixup", seed, 0.5 + 0.1 * seed, 0.2, method="mixup")
    _, printed, _ = compare(tmp_path / "erm", tmp_path / "mixup")
    assert " | -0.1000 [-0.1000, -0.1000] |" in printed
    for folder in (tmp_path / "mixup").iterdir():
        if changed.startswith("layer"):
            result = json.loads((folder / "result.json").read_text())
            del result["linearity"][changed]
            (folder / "result.json").write_text(json.dumps(result))
        else:
            with (folder / "flags.txt").open("a") as flags:
                flags.write(f"--{changed}\n")
    _, printed, _ = compare(tmp_path / "erm", tmp_path / "mixup")
    name = "mixup" if changed.startswith("layer") else "mixup, linearity_start previous"
    (line,) = [row for row in printed.splitlines() if row.startswith(f"| {name} | +5")]
    assert line.endswith("] |  |")
    assert f"| {name} | 9.0000 (4.5000) |" in printed


def test_runs_of_two_settings_are_of_two_recipes(tmp_path, compare):
    for seed, method in enumerate(("erm", "mixup")):
        write_run(tmp_path / "a", seed, 0.5, 0.3, method=method)
    code, printed, err = compare(tmp_path / "a")
    assert (code, printed) == (0, "")
    assert "or of two settings" in err


def test_evaluations_with_other_options_have_tables_of_their_own(tmp_path, compare):
    for seed, bins in ((3, 15), (4, 9)):
        write_run(tmp_path / "erm", seed, 0.5, 0.3)
        evaluation = {
            "options": {"split": ["test"], "num_bins": bins},
            "scores": {"plain": {"test": {"accuracy": 0.1 * seed}}},
        }
        path = tmp_path / "erm" / f"seed{seed}" / "evaluation.json"
        path.write_text(json.dumps(evaluation))
    _, printed, _ = compare(tmp_path / "erm")
    tables = [table.splitlines() for table in printed.split("\n\n")[-2:]]
    assert [(table[0], table[2]) for table in tables] == [
        ("| on the test split, num_bins 15 | erm |", "| accuracy | 0.3000 |"),
        ("| on the test split, num_bins 9 | erm |", "| accuracy | 0.4000 |"),
    ]
