import dataclasses
import glob
import json
import os

import numpy as np
import pytest

from trainers.errors import RunFailure, UsageError
from trainers.run.experiment import Experiment, default_backend
from trainers.run.training import train
from trainers.tabular import command as tabular
from trainers.tabular import trials
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

    def formula(experiment, split):
        collected.append((experiment, split))
        penalty = 0.0 if experiment.method == "erm" else abs(experiment.alpha - 0.5)
        penalty += abs((experiment.eta or 1.0) - 1.0) + experiment.seed / 1000
        return {"accuracy": 0.9 - penalty / 10, "cross_entropy": 1.0}

    monkeypatch.setattr(trials, "train_and_score", formula)
    return collected


def small(data_dir, **options):
    defaults = {"trials": 2, "choice_trials": 1, "epochs": 1, "datasets": ("iris",)}
    workdir = os.path.join(data_dir, "runs")
    options = {"data_dir": data_dir, "workdir": workdir, **defaults, **options}
    return Tabular(**options)


def results_on_disk(data_dir):
    return sorted(glob.glob(os.path.join(data_dir, "runs", "*", "*", "*.json")))


@pytest.mark.parametrize("method", ["erm", "mixupe"])
def test_a_run_equals_that_of_the_experiment(data_dir, method):
    experiment = dataclasses.replace(
        trials._recipe(method),
        dataset=location("iris", data_dir),
        architecture="mlp_8",
        steps=30,
        evaluate_every=30,
        seed=3,
        workdir=os.path.join(data_dir, "run"),
    )
    scores = trials.train_and_score(experiment, "test")
    expected = train(experiment)["student"]["test"]
    assert scores["accuracy"] == expected["accuracy"]
    np.testing.assert_allclose(
        scores["cross_entropy"], expected["cross_entropy"], rtol=1e-4
    )


def test_trains_for_real(data_dir, capsys):
    options = small(data_dir, methods=("erm", "mixup"), trials=1, choose=False)
    results = compare(options)
    assert 0 <= results["iris"]["mixup"]["errors"][0] <= 100
    assert results["iris"]["mixup"]["settings"] == {"alpha": 1.0}
    output = capsys.readouterr().out
    assert "[2/2] iris mixup_alpha1.0 seed0: test error" in output
    assert "| iris |" in output


def test_settings_are_chosen_on_validation_data_of_other_seeds(data_dir, calls):
    results = compare(small(data_dir))["iris"]
    assert results["erm"]["settings"] == {}
    assert results["mixup"]["settings"] == {"alpha": 0.5}
    assert results["mixupe"]["settings"] == {"alpha": 0.5, "eta": 1.0}
    assert len(results["mixupe"]["candidates"]) == len(trials.GRIDS["mixupe"])
    for experiment, split in calls:
        assert (experiment.seed >= 100) == (split == "validation")
        # Nothing is set aside in the trials, but what the loader insists on.
        assert experiment.num_validation == (None if split == "validation" else 1)
    np.testing.assert_allclose(results["mixup"]["errors"], [10.0, 10.01])


def test_steps_are_epochs_of_the_training_split(data_dir, calls):
    compare(small(data_dir, epochs=10))
    steps = {split: experiment.steps for experiment, split in calls}
    # 60 examples, 12 for the test; of 48, 10 for validation; batches of 16.
    assert steps == {"validation": 10 * 3, "test": 10 * 3}
    large = small(data_dir)
    assert trials._steps_at_once(30) == 30
    assert trials._steps_at_once(10 * 1009) == 10
    assert large.epochs == 1


def test_what_is_done_is_not_repeated(data_dir, calls):
    options = small(data_dir, datasets=("iris", "cmc"))
    results = compare(options)
    files = results_on_disk(data_dir)
    settings = len(trials.GRIDS["mixup"]) + len(trials.GRIDS["mixupe"])
    assert len(files) == len(calls) == 2 * (settings + 3 * 2)
    calls.clear()
    os.remove(files[3])
    assert compare(options) == results
    assert len(calls) == 1
    calls.clear()
    more = compare(dataclasses.replace(options, trials=3))
    assert len(calls) == 2 * 3
    assert more["cmc"]["erm"]["errors"][:2] == results["cmc"]["erm"]["errors"]


def test_one_failed_run_spoils_no_other(data_dir, calls, monkeypatch, capsys):
    formula = trials.train_and_score

    def fragile(experiment, split):
        if (experiment.method, experiment.seed) == ("mixup", 1):
            raise MemoryError("no\nroom")
        return formula(experiment, split)

    monkeypatch.setattr(trials, "train_and_score", fragile)
    options = small(data_dir)
    with pytest.raises(
        RunFailure, match=r"1 run failed, .* MemoryError: no room\. The"
    ):
        compare(options)
    with open(os.path.join(data_dir, "runs", "table.md")) as file:
        assert "10.00 (1 failed)" in file.read()
    monkeypatch.setattr(trials, "train_and_score", formula)
    calls.clear()
    assert len(compare(options)["iris"]["mixup"]["errors"]) == 2
    assert len(calls) == 1


def test_candidates_that_fail_are_not_chosen(data_dir, calls, monkeypatch):
    formula = trials.train_and_score

    def fragile(experiment, split):
        if split == "validation" and experiment.alpha == 0.5:
            raise ValueError("the network's outputs are no longer finite")
        if split == "validation" and experiment.method == "mixupe":
            raise ValueError("nothing works")
        return formula(experiment, split)

    monkeypatch.setattr(trials, "train_and_score", fragile)
    with pytest.raises(RunFailure):
        compare(small(data_dir))
    with open(os.path.join(data_dir, "runs", "results.json")) as file:
        results = json.load(file)["iris"]
    assert results["mixup"]["settings"] == {"alpha": 0.2}
    assert results["mixupe"]["settings"] is None
    assert results["mixupe"]["errors"] == []


def test_outputs_that_are_not_finite_are_a_failure(data_dir, monkeypatch):
    broken = {"accuracy": 0.3, "cross_entropy": float("nan")}
    monkeypatch.setattr(trials, "score", lambda *_: broken)
    experiment = Experiment(
        method="erm", dataset=location("iris", data_dir), architecture="linear", steps=1
    )
    with pytest.raises(ValueError, match="no longer finite"):
        trials.train_and_score(experiment, "test")


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
    with pytest.raises(UsageError, match=r"with another --steps\. Choose another"):
        compare(small(data_dir, epochs=2))


def test_a_flag_that_came_later_does_not_void_results(data_dir, calls):
    options = small(data_dir, methods=("erm",))
    compare(options)
    for path in results_on_disk(data_dir):
        with open(path) as file:
            content = json.load(file)
        del content["flags"]["label_smoothing"]
        with open(path, "w") as file:
            json.dump(content, file)
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
    assert "about 0 s left" in capsys.readouterr().out
    assert tabular.main(["tabular", *flags, "--datasets=none"]) == 2
    assert tabular.main(["tabular", "--help"]) == 0


def test_sets_can_come_from_openml(data_dir):
    assert location("letter", "openml") == "openml:6"
    assert len({one.openml_id for one in SETS.values()}) == len(SETS) == 7
