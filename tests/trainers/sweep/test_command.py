"""Sweeps as processes of their own: kill -9, failures, what is printed."""

import glob
import os
import pathlib
import signal
import subprocess
import sys
import time

import keras
import pytest

from trainers import files
from trainers.results import reading
from trainers.sweep import command as sweep
from trainers.sweep.grid import expand
from trainers.sweep.tasks import tasks_of

ROOT = pathlib.Path(__file__).resolve().parents[3]
SMALL = {
    "dataset": "digits",
    "num_labels": 50,
    "architecture": "mlp_6",
    "batch_size": 16,
    "evaluate_every": 5,
    "linearity_points": 2,
    "linearity_examples": 8,
    "augmentation": "none",
    "backend": keras.config.backend(),
}


@pytest.fixture
def recipe(tmp_path):
    """A function that writes a recipe and returns its path."""

    def write(name, **options):
        path = tmp_path / f"{name}.flags"
        lines = [f"--{key}={value}\n" for key, value in {**SMALL, **options}.items()]
        path.write_text("".join(lines))
        return str(path)

    return write


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "trainers.sweep", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process):
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_dry_run_lists_the_runs_and_does_nothing(recipe, tmp_path, capsys):
    arguments = [
        f"--recipes={recipe('mixup', method='mixup')}",
        "--num_points=2,3",
        "--seeds=0-1",
        "--evaluate",
        f"--workdir={tmp_path}/sweep",
        "--dry_run",
    ]
    assert sweep.main(["sweep", *arguments]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:8]] == [
        [f"mixup_k{k}/seed{seed}", *kind, "to", "do"]
        for seed in (0, 1)
        for kind in ((), ("(evaluation)",))
        for k in (2, 3)
    ]
    assert lines[-1] == "8 in all, 8 to do."
    assert not (tmp_path / "sweep").exists()


def test_mistakes_are_one_line(capsys):
    assert sweep.main(["sweep", "--recipes=digits_none"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert sweep.main(["sweep", "--help"]) == 0
    assert "--num_points" in capsys.readouterr().out


def test_a_black_box_that_is_not_in_the_grid(recipe, tmp_path, capsys):
    erm = recipe("erm", method="erm")
    arguments = [f"--recipes={erm}", "--evaluate", f"--workdir={tmp_path}/sweep"]
    for more in (["--black_box=ict"], ["--black_box=erm", "--seeds=0"]):
        assert sweep.main(["sweep", *arguments, *more]) == 2
        assert "the grid has no run of that recipe" in capsys.readouterr().err


def test_a_folder_of_another_experiment_is_not_taken_for_done(
    recipe, finished_folder, capsys
):
    folder = pathlib.Path(finished_folder("erm"))
    workdir = folder.parent / "sweep"
    (workdir / "mine").mkdir(parents=True)
    folder.rename(workdir / "mine" / "seed1")
    grid = expand(
        sweep.Sweep(recipes=(recipe("mine"),), seeds=("1",), workdir=str(workdir))
    )
    (task,) = tasks_of(grid)
    assert not task.is_done()
    assert sweep.collect(str(workdir), grid) == []
    assert "mine/seed1 holds another experiment" in capsys.readouterr().err
    flags = (workdir / "mine" / "seed1" / "flags.txt").read_text()
    own = recipe("mine")
    pathlib.Path(own).write_text(flags)
    grid = expand(sweep.Sweep(recipes=(own,), seeds=("1",), workdir=str(workdir)))
    (task,) = tasks_of(grid)
    assert task.is_done()
    assert [one.name for one in sweep.collect(str(workdir), grid)] == ["mine/seed1"]


@pytest.mark.parametrize("content", [b"--method=\xff", b"--help", b"--method=none"])
def test_flags_that_are_damaged_are_of_no_run_that_is_done(
    recipe, finished_folder, content
):
    folder = pathlib.Path(finished_folder("erm"))
    workdir = folder.parent / "sweep"
    (workdir / "mine").mkdir(parents=True)
    folder.rename(workdir / "mine" / "seed1")
    (workdir / "mine" / "seed1" / "flags.txt").write_bytes(content)
    grid = expand(
        sweep.Sweep(recipes=(recipe("mine"),), seeds=("1",), workdir=str(workdir))
    )
    (task,) = tasks_of(grid)
    assert not task.is_done()
    (complaint,) = reading.read([str(workdir)]).complaints
    assert complaint.startswith(f"{workdir}/mine/seed1 is left out: ")


def test_two_sweeps_do_not_share_a_folder(recipe, tmp_path, capsys):
    with files.lock(str(tmp_path / ".lock")):
        flags = [f"--recipes={recipe('erm')}", f"--workdir={tmp_path}"]
        assert sweep.main(["sweep", *flags]) == 2
    assert "Another sweep is running" in capsys.readouterr().err


# What a sweep does depends on no backend, and processes start sooner on JAX.
@pytest.mark.jax
@pytest.mark.slow
def test_one_failure_stops_nothing_else(recipe, tmp_path):
    good = recipe("good", method="mixup", steps=3)
    bad = recipe("bad", method="erm", dataset=tmp_path / "none.npz", steps=3)
    workdir = tmp_path / "sweep"
    arguments = [f"--recipes={bad},{good}", "--seeds=0", f"--workdir={workdir}"]
    arguments += ["--evaluate", "--jobs=2"]
    code, out, err = finish(start(*arguments))
    assert code == 1
    assert err.splitlines()[-1].startswith("error: 2 of 4 failed")
    assert "bad/seed0 (exit code 2: " in err
    assert "bad/seed0 (evaluation) (needs bad/seed0)" in err
    assert "good/seed0" in out
    assert (workdir / "good" / "seed0" / "evaluation.json").exists()
    # What is done is not repeated; a second sweep in the folder waits for the first.
    code, out, err = finish(start(*arguments, f"--recipes={good}"))
    assert (code, err) == (0, "2 of 2 done\n")
    assert len((workdir / "results.jsonl").read_text().splitlines()) == 1


# On TensorFlow killed runs are gone through, in test_processes.
@pytest.mark.jax
@pytest.mark.slow
def test_killed_sweeps_end_as_one_that_was_never_killed(recipe, tmp_path, monkeypatch):
    # A kill would leave half an entry in the cache of what JAX compiled.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    recipes = [
        recipe("ict", method="ict", steps=400),
        recipe("erm", method="erm", steps=400),
    ]
    arguments = [f"--recipes={','.join(recipes)}", "--num_points=3", "--seeds=4"]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    code, table, err = finish(start(*arguments, f"--workdir={whole}"))
    assert (code, err.splitlines()[-1]) == (0, "2 of 2 done"), err
    for number in (signal.SIGKILL, signal.SIGINT):
        process = start(*arguments, f"--workdir={killed}")
        wait_for_a_new_checkpoint(killed, process)
        process.send_signal(number)
        code, _, err = finish(process)
        assert code in (-9, 130), err
    code, again, err = finish(start(*arguments, f"--workdir={killed}"))
    assert code == 0, err
    assert again.replace(str(killed), str(whole)) == table
    one, other = (folder / "results.jsonl" for folder in (whole, killed))
    assert one.read_bytes() == other.read_bytes()


def wait_for_a_new_checkpoint(folder, process):
    def found():
        return set(glob.glob(os.path.join(folder, "*", "*", "checkpoints", "step_*")))

    before = found()
    deadline = time.monotonic() + 200
    while found() <= before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
