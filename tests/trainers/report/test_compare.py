import json
import pathlib

import pytest

from trainers.report import compare


def write_run(folder, seed, accuracy, nonlin, teacher=None):
    folder = folder / f"seed{seed}"
    folder.mkdir(parents=True)
    (folder / "flags.txt").write_text(f"--method=erm\n--seed={seed}\n")

    def scores(value):
        return {split: {"accuracy": value} for split in ("test", "validation")}

    result = {
        "student": scores(accuracy),
        "linearity": {
            f"layer_{i}": {"value": v, "floor": v / 2}
            for i, v in enumerate([9.0, nonlin, nonlin + 0.2])
        },
    }
    if teacher is not None:
        result["teacher"] = scores(teacher)
    (folder / "result.json").write_text(json.dumps(result))


def test_tables(tmp_path, capsys):
    for seed, accuracy in ((3, 0.5), (4, 0.7)):
        write_run(tmp_path / "erm", seed, accuracy, 0.3)
    for seed, accuracy in ((3, 0.6), (4, 0.9), (5, 1.0)):
        write_run(tmp_path / "ict", seed, accuracy, 0.1, teacher=0.8)
    assert compare.main([str(tmp_path / "erm"), str(tmp_path / "ict")]) == 0
    printed = capsys.readouterr().out
    assert (
        "| erm | 3, 4 | 60.00 ± 14.14 |  | 60.00 ± 14.14 | 0.4000 ± 0.0000 |" in printed
    )
    assert "| ict | 3, 4, 5 | 83.33 ± 20.82 | 80.00 ± 0.00 |" in printed
    # Paired over the seeds that both have: +10 and +20 points.
    assert "| ict | +15.00 [-48.53, +78.53] | -0.2000 [-0.2000, -0.2000] |" in printed
    assert "| erm | 9.0000 (4.5000) | 0.3000 (0.1500) | 0.5000 (0.2500) |" in printed


@pytest.mark.parametrize("last", ["test", "validation"])
def test_evaluations_are_compared_where_there_are_some(tmp_path, capsys, last):
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
    assert compare.main([str(tmp_path / "erm"), str(tmp_path / "mixup")]) == 0
    table = capsys.readouterr().out.split("\n\n")[-1].splitlines()
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


def test_students_and_teachers_are_told_apart(tmp_path, capsys):
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
    assert compare.main([str(tmp_path / "ict")]) == 0
    table = capsys.readouterr().out.split("\n\n")[-1].splitlines()
    assert table[0] == "| on the test split | ict | ict, teacher |"
    assert table[2] == "| accuracy | 0.3000 | 0.4000 |"


def test_runs_that_measured_no_linearity(tmp_path, capsys):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    path = tmp_path / "erm" / "seed3" / "result.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "linearity": {}}))
    assert compare.main([str(tmp_path / "erm")]) == 0
    assert "NonLin (floor)" not in capsys.readouterr().out


@pytest.mark.parametrize("unfinished", [False, True])
def test_a_folder_without_finished_runs(tmp_path, capsys, unfinished):
    if unfinished:
        (tmp_path / "seed0").mkdir()
    assert compare.main([str(tmp_path)]) == 2
    assert "Expected finished runs" in capsys.readouterr().err


def failure(folders, capsys):
    assert compare.main([str(folder) for folder in folders]) == 2
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.err


def test_damaged_runs(tmp_path, capsys):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    run = tmp_path / "erm" / "seed3"
    (run / "evaluation.json").write_text('{"scores": ')
    assert "evaluation.json' cannot be read" in failure([tmp_path / "erm"], capsys)
    (run / "result.json").write_text("{")
    assert "result.json' cannot be read" in failure([tmp_path / "erm"], capsys)
    (run / "flags.txt").unlink()
    assert "Expected a --seed in" in failure([tmp_path / "erm"], capsys)


def test_two_runs_of_a_seed_are_of_two_recipes(tmp_path, capsys):
    write_run(tmp_path, 3, 0.5, 0.3)
    (tmp_path / "seed3").rename(tmp_path / "other")
    write_run(tmp_path, 3, 0.7, 0.3)
    assert "found two of seed 3" in failure([tmp_path], capsys)


def test_one_run_has_no_deviation(tmp_path, capsys):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    assert compare.main([str(tmp_path / "erm")]) == 0
    assert "| erm | 3 | 50.00 |  | 50.00 | 0.4000 |" in capsys.readouterr().out


def test_folders_of_one_name_are_told_apart(tmp_path, capsys):
    folders = [str(tmp_path / name / "erm") for name in ("a", "b")]
    for folder, accuracy in zip(folders, (0.5, 0.7)):
        write_run(pathlib.Path(folder), 3, accuracy, 0.3)
    assert compare.main([*folders, folders[0] + "/"]) == 0
    printed = capsys.readouterr().out
    assert printed.count(f"| {folders[0]} | 3 | 50.00 |") == 1
    assert printed.count(f"| {folders[1]} | 3 | 70.00 |") == 1


def test_networks_of_different_layers(tmp_path, capsys):
    write_run(tmp_path / "erm", 3, 0.5, 0.3)
    write_run(tmp_path / "mlp", 3, 0.5, 0.3)
    path = tmp_path / "mlp" / "seed3" / "result.json"
    result = json.loads(path.read_text())
    del result["linearity"]["layer_2"]
    path.write_text(json.dumps(result))
    for names in (["erm", "mlp"], ["mlp", "erm"]):
        assert compare.main([str(tmp_path / name) for name in names]) == 0
        printed = capsys.readouterr().out
        assert "| mlp | 9.0000 (4.5000) | 0.3000 (0.1500) |  |" in printed
        assert "| erm | 9.0000 (4.5000) | 0.3000 (0.1500) | 0.5000 (0.25" in printed
