"""Runs in processes of their own: exit codes, one line on stderr, kill -9."""

import glob
import importlib.util
import os
import pathlib
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from trainers.run.checkpoint import Checkpoints

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FLAGS = {
    "dataset": "digits",
    "num_labels": 50,
    "architecture": "mlp_16",
    "dropout": 0.3,
    "augmentation": "crop",
    "batch_size": 16,
    # Long enough that a signal finds it at work, whatever the machine.
    "steps": 1210,
    "evaluate_every": 20,
    "linearity_points": 5,
    "linearity_examples": 32,
}
SECONDS = 300


def start(*arguments, module="trainers.run", stdout=subprocess.PIPE):
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("TF_CPP_MIN_LOG_LEVEL", "XLA_FLAGS")
    }
    environment["KERAS_BACKEND"] = keras.config.backend()
    return subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env=environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_run(workdir):
    flags = {**FLAGS, "workdir": workdir}
    return start(*(f"--{name}={value}" for name, value in flags.items()))


def finish(process):
    out, err = process.communicate(timeout=SECONDS)
    return process.returncode, out, err


def checkpoints(workdir):
    return set(glob.glob(os.path.join(workdir, "checkpoints", "step_*")))


def stop_after_a_new_checkpoint(workdir, number, seconds):
    """Starts the run and sends it a signal in the middle of its work."""
    before = checkpoints(workdir)
    process = start_run(workdir)
    deadline = time.monotonic() + SECONDS
    while checkpoints(workdir) <= before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.002)
    time.sleep(seconds)
    process.send_signal(number)
    code, _, err = finish(process)
    assert err.count("\n") == (code > 0), err
    return code


def test_help_is_quick_and_needs_no_backend():
    began = time.monotonic()
    code, out, err = finish(start("--help"))
    assert (code, err) == (0, "")
    assert "--consistency_weight" in out
    assert "tensorflow" in out
    # Importing a backend takes seconds.
    assert time.monotonic() - began < 20
    code, out, err = finish(start("--help", module="trainers.benchmark"))
    assert (code, err) == (0, "")


def test_a_mistake_is_one_line():
    code, out, err = finish(start("--alhpa=1"))
    assert (code, out) == (2, "")
    assert err == (
        "error: Unknown command line flag 'alhpa'. Did you mean: alpha. --help lists "
        "the flags.\n"
    )


@pytest.mark.slow
def test_a_training_outlives_who_reads_what_it_prints(tmp_path):
    read, write = os.pipe()
    os.close(read)
    flags = {**FLAGS, "steps": 20, "linearity_points": 0, "workdir": tmp_path / "run"}
    process = start(
        *(f"--{name}={value}" for name, value in flags.items()), stdout=write
    )
    os.close(write)
    code, _, err = finish(process)
    assert (code, err) == (0, "")
    assert (tmp_path / "run" / "result.json").is_file()


@pytest.mark.slow
def test_a_backend_that_is_not_installed(tmp_path):
    backends = ("tensorflow", "jax", "torch")
    other = next((b for b in backends if not importlib.util.find_spec(b)), None)
    if other is None:
        pytest.skip("all backends are installed")
    code, _, err = finish(start(f"--backend={other}", f"--workdir={tmp_path}/run"))
    assert code == 2
    assert err.startswith(f"error: --backend={other} needs a package")
    assert err.count("\n") == 1


@pytest.mark.slow
def test_a_mistake_in_the_data_is_one_line(tmp_path):
    missing = tmp_path / "none.npz"
    code, _, err = finish(start(f"--dataset={missing}", f"--workdir={tmp_path}/run"))
    assert code == 2
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert str(missing) in err


# On JAX a killed sweep is gone through, in test_sweep.
@pytest.mark.tensorflow
@pytest.mark.slow
def test_killed_runs_end_as_one_that_was_never_killed(tmp_path):
    whole, killed = str(tmp_path / "whole"), str(tmp_path / "killed")
    code, _, err = finish(start_run(whole))
    assert (code, err) == (0, "")
    assert stop_after_a_new_checkpoint(killed, signal.SIGKILL, 0) == -9
    assert stop_after_a_new_checkpoint(killed, signal.SIGINT, 0.05) == 130
    assert stop_after_a_new_checkpoint(killed, signal.SIGKILL, 0.1) == -9
    code, out, err = finish(start_run(killed))
    assert (code, err) == (0, "")
    assert "Resumed after step" in out
    for name in ("result.json", "metrics.jsonl"):
        one, other = (pathlib.Path(path, name) for path in (whole, killed))
        assert one.read_bytes() == other.read_bytes()
    states = [Checkpoints(f"{path}/checkpoints").load() for path in (whole, killed)]
    assert states[0][0] == states[1][0] == FLAGS["steps"]
    for (name, a), (_, b) in zip(states[0][1], states[1][1]):
        np.testing.assert_array_equal(a, b, err_msg=name)
    code, out, _ = finish(start_run(killed))
    assert code == 0
    assert "finished already" in out
