"""Processes and devices that train together, in processes of their own."""

import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import time

import keras
import numpy as np
import pytest

from trainers.run import process_group, supervisor

pytestmark = pytest.mark.jax
ROOT = pathlib.Path(__file__).resolve().parents[3]
OPTIONS = {
    "dataset": "iris",
    "architecture": "own_network:normalized",
    "dropout": 0.1,
    "optimizer": "sgd",
    "learning_rate": 0.1,
    "batch_size": 8,
    "num_labels": 30,
    "num_validation": 15,
    "steps": 6,
    "evaluate_every": 3,
    "linearity_points": 2,
    "backend": "jax",
    "strategy": "data_parallel",
}


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def start(workdir, devices=1, before=(), cwd=None, **options):
    """Starts one process of a training."""
    options = {**OPTIONS, **options, "workdir": workdir}
    environment = {
        **os.environ,
        "XLA_FLAGS": f"--xla_force_host_platform_device_count={devices}",
        "PYTHONPATH": f"{ROOT}:{ROOT}/tests/trainers",
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return subprocess.Popen(
        [*before, sys.executable, "-m", "trainers.run", *flags],
        **{"env": environment, "cwd": cwd or ROOT, "text": True},
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE},
    )


def start_two(workdir, each=({}, {}), **options):
    address = f"127.0.0.1:{free_port()}"
    group = {"coordinator": address, "num_processes": 2}
    return [
        start(workdir, **{**group, "process_id": number, **options, **own})
        for number, own in enumerate(each)
    ]


def ended(process):
    """Returns the exit code and the lines on the standard error stream."""
    try:
        _, err = process.communicate(timeout=300)
    finally:
        process.kill()
    return process.returncode, err.splitlines()


def weights(folder):
    path = pathlib.Path(folder, "checkpoints")
    with np.load(max(path.glob("step_*.npz"))) as arrays:
        return [arrays[name] for name in sorted(arrays) if name != "header"]


def assert_same(folder, other):
    for one, two in zip(weights(folder), weights(other), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-5, atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["erm", "mixup", "ict"])
def test_processes_and_devices_train_as_one(method, tmp_path):
    names = ("one", "devices", "processes")
    one, devices, processes = (str(tmp_path / name) for name in names)
    runs = [
        start(one, method=method, strategy="none"),
        start(devices, devices=2, method=method),
        *start_two(processes, method=method),
    ]
    assert [ended(run) for run in runs] == [(0, [])] * 4
    assert_same(one, devices)
    assert_same(one, processes)
    files = [
        sorted(p.name for p in pathlib.Path(f).iterdir()) for f in (one, processes)
    ]
    assert files[0] == files[1]
    results = [
        json.loads(pathlib.Path(path, "result.json").read_text())
        for path in (one, processes)
    ]
    assert results[0]["accuracy"] == results[1]["accuracy"]
    assert results[0]["linearity"].keys() == results[1]["linearity"].keys()


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_process_ends_all_and_fewer_go_on(killed, tmp_path):
    folder, whole = str(tmp_path / "run"), str(tmp_path / "whole")
    long = {"steps": 400, "evaluate_every": 50, "linearity_points": 0}
    # So small that rounding does not grow.
    long["learning_rate"] = 1e-3
    running = start_two(folder, **long)
    deadline = time.monotonic() + 200
    while not list(pathlib.Path(folder).glob("checkpoints/step_*")):
        assert time.monotonic() < deadline
        assert [run.poll() for run in running] == [None, None]
        time.sleep(0.1)
    running[killed].kill()
    since = time.monotonic()
    code, lines = ended(running[1 - killed])
    assert time.monotonic() - since < 60
    ended(running[killed])
    assert code == 1
    assert lines == [f"error: {process_group.lost_message()}"]
    # The number of steps is part of the run: what is left is done by one process.
    runs = [start(folder, **long), start(whole, **{**long, "strategy": "none"})]
    assert [ended(run)[0] for run in runs] == [0, 0]
    losses = [
        json.loads(pathlib.Path(path, "result.json").read_text())["student"]["test"]
        for path in (folder, whole)
    ]
    assert losses[0]["cross_entropy"] == pytest.approx(
        losses[1]["cross_entropy"], rel=1e-3
    )


@pytest.mark.slow
def test_what_differs_between_processes_is_named(tmp_path):
    folder = str(tmp_path / "run")
    runs = start_two(folder, ({}, {"learning_rate": 0.2}))
    for run in runs:
        assert ended(run) == (
            2,
            [
                "error: All processes must have the same flags; received "
                "--learning_rate=0.1 of process 0 and --learning_rate=0.2 of process 1."
            ],
        )
    assert not os.path.exists(folder)


@pytest.mark.slow
def test_data_that_differ_between_processes(tmp_path):
    generator = np.random.default_rng(0)
    places = [tmp_path / "a", tmp_path / "b"]
    for place in places:
        place.mkdir()
        x = generator.normal(size=(90, 4)).astype("float32")
        np.savez(place / "data.npz", X=x, y=np.arange(90) % 3)
    own = [{"cwd": place, "dataset": "data.npz"} for place in places]
    for run in start_two(str(tmp_path / "run"), own):
        code, (line,) = ended(run)
        assert code == 2
        assert line.startswith("error: All processes must have the same data set; rec")


@pytest.mark.slow
def test_processes_that_do_not_meet(tmp_path):
    address = f"127.0.0.1:{free_port()}"
    group = {"coordinator": address, "num_processes": 2, "process_id": 1}
    since = time.monotonic()
    code, (line,) = ended(start(str(tmp_path / "run"), **group))
    assert time.monotonic() - since < process_group.JOIN_SECONDS + 60
    assert code == 1
    assert "did not all meet at --coordinator within" in line


@pytest.mark.slow
def test_between_two_network_namespaces(tmp_path):
    if os.geteuid() or not shutil.which("ip"):
        pytest.skip("needs root and iproute2")
    names = [f"mix{os.getpid()}{letter}" for letter in "ab"]
    inside = [["ip", "netns", "exec", name] for name in names]
    steps = [["ip", "netns", "add", name] for name in names]
    link = f"ip -n {names[0]} link add v0 type veth peer name v1 netns {names[1]}"
    steps.append(link.split())
    for number, name in enumerate(names):
        device, address = f"v{number}", f"10.231.7.{number + 1}/24"
        steps.append(["ip", "-n", name, "addr", "add", address, "dev", device])
        steps += [["ip", "-n", name, "link", "set", d, "up"] for d in (device, "lo")]
        # A machine tells others the address that its own name stands for.
        hosts = pathlib.Path("/etc/netns", name, "hosts")
        hosts.parent.mkdir(parents=True)
        hosts.write_text(
            f"127.0.0.1 localhost\n{address[:-3]} {socket.gethostname()}\n"
        )
    folder = str(tmp_path / "run")
    try:
        for step in steps:
            if subprocess.run(step, capture_output=True).returncode:
                pytest.skip("network namespaces are not allowed here")
        group = {"coordinator": f"10.231.7.1:{free_port()}", "num_processes": 2}
        runs = [
            start(folder, before=before, process_id=number, **group)
            for number, before in enumerate(inside)
        ]
        assert [ended(run) for run in runs] == [(0, [])] * 2
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
            shutil.rmtree(f"/etc/netns/{name}", ignore_errors=True)
    assert os.path.exists(f"{folder}/result.json")


def test_a_batch_that_devices_cannot_share(tmp_path, capsys):
    from trainers.run import command

    options = {**OPTIONS, "architecture": "mlp_4", "batch_size": 7}
    flags = [f"--{name}={value}" for name, value in options.items()]
    assert command.main(["run", *flags, f"--workdir={tmp_path / 'run'}"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --batch_size must be a multiple of 4, the devices")
    assert keras.distribution.distribution() is None


@pytest.mark.parametrize(
    ("code", "text", "words"),
    [
        (-signal.SIGABRT, "PollForError", process_group.lost_message()),
        (-signal.SIGABRT, "DEADLINE_EXCEEDED\nRegisterTask", "did not all meet"),
        (-signal.SIGABRT, "INVALID_ARGUMENT: RegisterTask", "the same --num_processes"),
        (-signal.SIGKILL, "", "was ended by SIGKILL"),
        (5, "a\nb\n\n", "ended with code 5. b"),
    ],
)
def test_how_a_process_ended_is_told_in_a_line(code, text, words):
    assert words in supervisor._words(code, text)
