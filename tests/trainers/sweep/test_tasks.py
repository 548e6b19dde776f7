import dataclasses
import json
import pathlib

import pytest

from trainers.errors import UsageError
from trainers.evaluate.command import Evaluation
from trainers.options import to_flags
from trainers.sweep.command import Sweep
from trainers.sweep.grid import expand
from trainers.sweep.tasks import Training, tasks_of


@pytest.fixture
def tasks(tmp_path):
    """Of two recipes and three seeds, with evaluations."""
    grid = Sweep(
        recipes=("digits_erm", "digits_mixup"),
        seeds=("0-2",),
        workdir=str(tmp_path),
        evaluate=True,
    )
    return tasks_of(expand(grid), grid.evaluate, "digits_erm")


def test_a_seed_is_done_before_the_next(tasks):
    assert [task.name for task in tasks] == [
        f"digits_{method}/seed{seed}{kind}"
        for seed in range(3)
        for kind in ("", " (evaluation)")
        for method in ("erm", "mixup")
    ]


def test_the_next_seed_of_the_recipe_attacks(tasks, tmp_path):
    attackers = {
        task.name.split()[0]: [need.name for need in task.needs]
        for task in tasks
        if task.needs
    }
    assert attackers == {
        f"digits_{method}/seed{seed}": [
            f"digits_{method}/seed{seed}",
            f"digits_erm/seed{(seed + 1) % 3}",
        ]
        for method in ("erm", "mixup")
        for seed in range(3)
    }
    assert f"--black_box={tmp_path}/digits_erm/seed1" in tasks[2].arguments


def test_the_attacker_has_the_same_data_labels_and_network(tmp_path):
    grid = Sweep(
        recipes=("digits_erm", "digits_mixup"),
        seeds=("0-1",),
        vary=("label_noise=0.2:0.8",),
        num_labels=("all", "50"),
        workdir=str(tmp_path),
    )
    for task in tasks_of(expand(grid), True, "digits_erm"):
        if task.needs:
            own, attacker = (need.name.split("/")[0] for need in task.needs)
            assert attacker == own.replace("mixup", "erm")


def test_a_run_that_ended_in_nan_in_an_earlier_version_stays_done(tasks):
    training = tasks[0]
    folder = pathlib.Path(training.experiment.folder)
    folder.mkdir(parents=True)
    flags = to_flags(training.experiment).items()
    lines = [f"--{name}={text}" for name, text in flags]
    (folder / "flags.txt").write_text("\n".join(lines))
    assert not training.is_done()
    (folder / "result.json").write_text('{"accuracy": {"test": NaN}}')
    assert training.is_done()


@pytest.fixture
def trained(monkeypatch):
    """Every training counts as done, until the set that it returns names it."""
    again = set()
    done = lambda training: training.name not in again  # noqa: E731
    monkeypatch.setattr(Training, "is_done", done)
    return again


def evaluation(black_box, **options):
    """What `trainers.evaluate` would write, as far as it says how it was done."""
    recorded = dataclasses.asdict(Evaluation(workdir="there", **options))
    del recorded["workdir"], recorded["black_box"]
    return json.dumps({"options": recorded, "black_box": black_box})


@pytest.mark.parametrize(
    ("contents", "done"),
    [
        (evaluation("digits-50_erm_seed1"), True),
        (evaluation("digits-50_erm_seed2"), False),
        (evaluation(None), False),
        (evaluation("digits-50_erm_seed1", num_pairs=7), False),
        (evaluation("digits-50_erm_seed1")[:-9], False),
    ],
)
def test_an_evaluation_of_another_kind_is_not_done(
    tasks, tmp_path, contents, done, trained
):
    assert not tasks[2].is_done()
    path = pathlib.Path(tmp_path, "digits_erm", "seed0", "evaluation.json")
    path.parent.mkdir(parents=True)
    path.write_text(contents)
    assert tasks[2].is_done() == done


@pytest.mark.parametrize("need", ["digits_erm/seed0", "digits_erm/seed1"])
def test_what_is_trained_anew_is_evaluated_anew(tasks, tmp_path, need, trained):
    path = pathlib.Path(tmp_path, "digits_erm", "seed0", "evaluation.json")
    path.parent.mkdir(parents=True)
    path.write_text(evaluation("digits-50_erm_seed1"))
    assert tasks[2].is_done()
    trained.add(need)
    assert not tasks[2].is_done()


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("black_box=there", "--evaluate_set=black_box=... is of no use: --black_box"),
        ("workdir=there", "--evaluate_set=workdir=... is of no use: --workdir of"),
        ("help", "--evaluate_set takes settings; received 'help'"),
    ],
)
def test_settings_of_evaluations_that_the_sweep_decides(tmp_path, word, message):
    runs = expand(Sweep(recipes=("digits_erm",), workdir=str(tmp_path)))
    with pytest.raises(UsageError, match=message):
        tasks_of(runs, True, settings=[word])


def test_settings_of_evaluations(tmp_path, trained):
    runs = expand(Sweep(recipes=("digits_erm",), workdir=str(tmp_path)))
    task = tasks_of(runs, True, settings=["num_pairs=7"])[-1]
    assert "--num_pairs=7" in task.arguments
    path = pathlib.Path(tmp_path, "digits_erm", "seed4", "evaluation.json")
    path.parent.mkdir(parents=True)
    path.write_text(evaluation(None, num_pairs=7))
    assert task.is_done()
    with pytest.raises(UsageError, match=r"--evaluate_set: .*pairs"):
        tasks_of(runs, True, settings=["pairs=7"])
    with pytest.raises(UsageError, match="add --evaluate"):
        Sweep(recipes=("digits_erm",), evaluate_set=("num_pairs=7",))
