import dataclasses
import glob
import os

import keras
import numpy as np
import pytest

from trainers import files
from trainers.backend import default_backend
from trainers.errors import RunFailure, UsageError
from trainers.results import reading
from trainers.run import command as run
from trainers.run import training
from trainers.run.run_folder import RunFolder
from trainers.tabular import command as tabular
from trainers.tabular.command import Tabular, compare
from trainers.tabular.sets import SETS, location
from trainers.tabular.tabular_tables import tables


@pytest.fixture
def data_dir(tmp_path):
    rng = np.random.RandomState(0)
    for name in ("iris", "cmc"):
        y = np.arange(60) % 3
        x = rng.normal(size=(60, 4)) + np.eye(4)[y]
        np.savez(tmp_path / f"{name}.npz", X=x.astype("float32"), y=y)
    return str(tmp_path)


@pytest.fixture
def calls(monkeypatch):
    """Puts a formula in the place of training, and collects what is trained."""
    collected = []

    def formula(experiment):
        with RunFolder(experiment) as folder:
            collected.append(experiment)
            penalty = 0.0 if experiment.method == "erm" else abs(experiment.alpha - 0.5)
            penalty += abs((experiment.eta or 1.0) - 1.0) + experiment.seed / 1000
            right = 0.9 - penalty / 10
            scored, other = ("validation", "test")[:: 1 if experiment.seed > 99 else -1]
            accuracy = {scored: right, other: 0.0}
            files.write_json(folder.file("result.json"), {"accuracy": accuracy})

    monkeypatch.setattr(training, "train", formula)
    return collected


def small(data_dir, **options):
    defaults = {"trials": 2, "choice_trials": 1, "epochs": 1, "datasets": ("iris",)}
    workdir = os.path.join(data_dir, "runs")
    options = {"data_dir": data_dir, "workdir": workdir, **defaults, **options}
    return Tabular(**options)


def results_on_disk(data_dir):
    pattern = os.path.join(data_dir, "runs", "trained", "**", "result.json")
    return sorted(glob.glob(pattern, recursive=True))


def test_a_run_is_that_of_the_command_that_trains_one(data_dir, capsys):
    options = small(data_dir, methods=("erm", "mixup"), trials=1, choose=False)
    results = compare(options)
    assert results["iris"]["mixup"]["settings"] == {"alpha": 1.0}
    output = capsys.readouterr()
    lines = [line for line in output.err.splitlines() if "done" in line]
    assert lines == [f"{number} of 2 done" for number in range(3)]
    assert "| iris |" in output.out
    erm, mixup = map(os.path.dirname, results_on_disk(data_dir))
    for folder, method in ((erm, "erm"), (mixup, "mixup")):
        assert os.path.basename(os.path.dirname(folder)).startswith(f"tabular_{method}")
        assert {name for name in os.listdir(folder) if name[0] != "."} == {
            *("flags.txt", "metrics.jsonl", "result.json", "timing.json"),
            *("data.json", "versions.json"),
        }
        again = os.path.join(data_dir, "again", method)
        flags = [f"--flagfile={folder}/flags.txt", f"--workdir={again}"]
        assert run.main(["run", *flags, "--keep=all"]) == 0
        result = files.read_json(os.path.join(again, "result.json"))
        assert result == files.read_json(os.path.join(folder, "result.json"))
        error = 100 * (1 - result["student"]["test"]["accuracy"])
        assert results["iris"][method]["errors"] == [error]
        assert os.path.exists(os.path.join(again, "model.keras"))


def test_settings_are_chosen_on_validation_data_of_other_seeds(data_dir, calls):
    results = compare(small(data_dir))["iris"]
    assert results["erm"]["settings"] == {}
    assert results["mixup"]["settings"] == {"alpha": 0.5}
    assert results["mixupe"]["settings"] == {"alpha": 0.5, "eta": 1.0}
    assert len(results["mixupe"]["candidates"]) == 5 * 2
    for experiment in calls:
        # Nothing is set aside in the trials, but what the loader insists on.
        assert experiment.num_validation == (None if experiment.seed >= 100 else 1)
    np.testing.assert_allclose(results["mixup"]["errors"], [10.0, 10.01])


def test_steps_are_epochs_of_the_training_split(data_dir, calls):
    compare(small(data_dir, epochs=10))
    steps = {experiment.seed: experiment.steps for experiment in calls}
    # 60 examples, 12 for the test; of 48, 10 for validation; batches of 16.
    assert steps == {100: 10 * 3, 0: 10 * 3, 1: 10 * 3}
    assert {experiment.steps_per_execution for experiment in calls} == {
        1 if keras.config.backend() == "torch" else 30
    }


def test_what_is_done_is_not_repeated(data_dir, calls):
    options = small(data_dir, datasets=("iris", "cmc"))
    results = compare(options)
    found = results_on_disk(data_dir)
    assert len(found) == len(calls) == 2 * (5 + 5 * 2 + 3 * 2)
    calls.clear()
    os.remove(found[3])
    assert compare(options) == results
    assert len(calls) == 1
    calls.clear()
    more = compare(dataclasses.replace(options, trials=3))
    assert len(calls) == 2 * 3
    assert more["cmc"]["erm"]["errors"][:2] == results["cmc"]["erm"]["errors"]


def test_one_failed_run_spoils_no_other(data_dir, calls, monkeypatch, capsys):
    formula = training.train

    def fragile(experiment):
        if (experiment.method, experiment.seed) == ("mixup", 1):
            raise MemoryError("no\nroom")
        formula(experiment)

    options = small(data_dir)
    with monkeypatch.context() as patches:
        patches.setattr(training, "train", fragile)
        with pytest.raises(
            RunFailure, match=r"1 of 21 failed, .*/tabular_mixup_.*/seed1 \(no room\)"
        ):
            compare(options)
    with open(os.path.join(data_dir, "runs", "table.md")) as file:
        assert "10.00 (1 failed)" in file.read()
    calls.clear()
    assert len(compare(options)["iris"]["mixup"]["errors"]) == 2
    assert len(calls) == 1


def test_candidates_that_fail_are_not_chosen(data_dir, calls, monkeypatch):
    formula = training.train

    def fragile(experiment):
        if experiment.seed >= 100 and experiment.alpha == 0.5:
            raise RunFailure("the network's outputs are no longer finite")
        if experiment.seed >= 100 and experiment.method == "mixupe":
            raise ValueError("nothing works")
        formula(experiment)

    monkeypatch.setattr(training, "train", fragile)
    with pytest.raises(RunFailure):
        compare(small(data_dir))
    results = files.read_json(os.path.join(data_dir, "runs", "results.json"))["iris"]
    assert results["mixup"]["settings"] == {"alpha": 0.2}
    assert results["mixupe"]["settings"] is None
    assert results["mixupe"]["errors"] == []


def test_sets_that_are_complete_are_there_to_be_read_after_ctrl_c(
    data_dir, calls, monkeypatch
):
    formula = training.train

    def interrupted(experiment):
        if experiment.seed < 100 and "cmc" in experiment.dataset:
            raise KeyboardInterrupt
        formula(experiment)

    monkeypatch.setattr(training, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        compare(small(data_dir, datasets=("iris", "cmc")))
    results = files.read_json(os.path.join(data_dir, "runs", "results.json"))
    assert list(results) == ["iris"]
    assert len(results["iris"]["mixupe"]["errors"]) == 2


def test_the_runs_are_no_results_besides_the_table(data_dir, calls):
    results = compare(small(data_dir))
    found = reading.read([os.path.join(data_dir, "runs")])
    assert found.tables == results
    assert not found.records
    assert not found.complaints


def test_the_table_holds_the_published_figures(data_dir):
    result = {"settings": {"alpha": 0.2}, "errors": [3.0, 5.0]}
    text = tables(
        {"letter": {"erm": {**result, "settings": {}}, "mixup": result}},
        small(data_dir, methods=("erm", "mixup"), datasets=("letter",)),
    )
    row = "| letter | 4.00 ± 1.41 | 4.56 ± 0.27 | 4.00 ± 1.41 | 3.71 ± 0.18 |"
    assert row in text.splitlines()
    assert "| letter | 0.2 |" in text.splitlines()


def test_other_options_need_another_folder(data_dir, calls):
    compare(small(data_dir))
    with pytest.raises(RunFailure, match=r"--steps=3 there, --steps=6 here.*Choose a"):
        compare(small(data_dir, epochs=2))


def test_a_flag_that_came_later_does_not_void_results(data_dir, calls):
    options = small(data_dir, methods=("erm",))
    compare(options)
    for path in results_on_disk(data_dir):
        flags = os.path.join(os.path.dirname(path), "flags.txt")
        with open(flags) as file:
            lines = [line for line in file if "--label_smoothing=" not in line]
        with open(flags, "w") as file:
            file.writelines(lines)
    calls.clear()
    compare(options)
    assert not calls


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"datasets": ("iris", "wine")}, "--datasets must name some of balance_scale,"),
        ({"datasets": ()}, "--datasets must name some of"),
        ({"methods": ("erm", "erm")}, "--methods must name some of erm,mixup,mixupe"),
        ({"trials": 101}, "--trials must be at most 100"),
        ({"trials": 0}, "--trials must be at least 1"),
        ({"datasets": ("letter",)}, "--data_dir must hold a file letter.npz"),
        ({"workdir": "/dev/null/runs"}, "--workdir=/dev/null/runs cannot be written"),
    ],
)
def test_mistakes_are_one_line(data_dir, options, message):
    with pytest.raises(UsageError, match=message):
        compare(small(data_dir, **options))


def test_a_damaged_set_stops_all_at_once(data_dir):
    with open(os.path.join(data_dir, "cmc.npz"), "wb") as file:
        file.write(b"PK\x03\x04 half")
    with pytest.raises(UsageError, match=r"expected a whole \.npz file"):
        compare(small(data_dir, datasets=("iris", "cmc")))


def test_the_command_line(data_dir, calls, capsys):
    folder = os.path.join(data_dir, "runs")
    flags = [f"--data_dir={data_dir}", f"--workdir={folder}", "--datasets=iris,cmc"]
    flags += ["--trials=1", "--choice_trials=1", f"--backend={default_backend()}"]
    assert tabular.main(["tabular", *flags]) == 0
    assert "36 of 36 done" in capsys.readouterr().err
    assert tabular.main(["tabular", *flags, "--datasets=none"]) == 2
    assert tabular.main(["tabular", "--help"]) == 0


def test_sets_can_come_from_openml(data_dir):
    assert location("letter", "openml") == "openml:6"
    assert len({one.openml_id for one in SETS.values()}) == len(SETS) == 7
