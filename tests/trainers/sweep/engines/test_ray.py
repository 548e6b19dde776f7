"""Sweeps on a Ray cluster: what is lost there, and a cluster of two machines."""

import contextlib
import glob
import importlib.util
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import pytest

from trainers.sweep import command as sweep
from trainers.sweep.engines.ray import MOST_LOSSES, Ray

ROOT = pathlib.Path(__file__).resolve().parents[4]
SMALL = {
    "dataset": "digits",
    "num_labels": 50,
    "architecture": "mlp_6",
    "batch_size": 16,
    "evaluate_every": 50,
    "linearity_points": 2,
    "linearity_examples": 8,
    "augmentation": "none",
    "method": "mixup",
    "backend": "jax",
}


class Task:
    size, kind, needs, arguments = 1, "task", (), ()
    finished = False

    def __init__(self, name):
        self.name = name

    def is_done(self):
        return self.finished


class Process:
    """A process that has ended: well, in a word of why, or with its machine."""

    returncode = 0

    def __init__(self, place, why=None, lost=None):
        self.place, self.why, self.lost = place, why, lost

    def poll(self):
        return self.returncode


class Cluster:
    """Two machines, on which processes end as they are told."""

    def __init__(self, *ends):
        self.ends, self.started = list(ends), []
        self.distrusted = []

    def slots(self):
        names = [name for name in "ab" if name not in self.distrusted]
        return [Slot(self, name) for name in names]

    def distrust(self, name):
        self.distrusted.append(name)


class Slot:
    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name

    def __eq__(self, other):
        return self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def start(self, arguments, log_path):
        self.cluster.started.append(self.name)
        end = self.cluster.ends.pop(0)
        return end(self.name) if callable(end) else Process(self.name, **end)


def test_what_is_lost_with_its_machine_is_done_on_another(tmp_path):
    task = Task("one")

    def finishes(place):
        task.finished = True
        return Process(place)

    cluster = Cluster({"lost": "NodeDiedError"}, finishes)
    engine = Ray([task], cluster, str(tmp_path))
    engine.run()
    assert (engine.done, engine.failed, engine.num_lost) == ([task], {}, 1)
    assert cluster.started == ["a", "b"]


def test_what_came_to_its_end_unseen_is_done(tmp_path):
    task = Task("one")

    def finishes(place):
        task.finished = True
        return Process(place, lost="NodeDiedError")

    engine = Ray([task], Cluster(finishes), str(tmp_path))
    engine.run()
    assert (engine.done, engine.failed) == ([task], {})


def test_a_run_that_takes_its_machines_down_is_given_up(tmp_path):
    cluster = Cluster(*[{"lost": "OutOfMemoryError"}] * MOST_LOSSES)
    cluster.distrust = lambda name: None
    engine = Ray([Task("one")], cluster, str(tmp_path))
    engine.run()
    why = f"lost with its machine {MOST_LOSSES} times (OutOfMemoryError)"
    assert list(engine.failed.values()) == [why]


def test_what_cannot_be_started_has_failed(tmp_path):
    engine = Ray([Task("one")], Cluster({"why": "no space left"}), str(tmp_path))
    engine.run()
    assert list(engine.failed.values()) == ["no space left"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--address=1.2.3.4:6379"], "--address needs --engine=ray: add it."),
        (["--cores_per_run=2"], "--cores_per_run needs --engine=ray: add it."),
        (["--engine=ray", "--jobs=2"], "leave --jobs out"),
        (["--engine=ray", "--in_process"], "leave --in_process out"),
        (["--engine=ray", "--address=ray://a:1"], "--address must be auto or HOST:"),
        (["--engine=ray", "--address=a:x"], "--address must be auto or HOST:PORT"),
        (["--engine=ray", "--cores_per_run=0"], "--cores_per_run must be at least 1"),
        (["--engine=none"], "--engine must be one of local, ray; received 'none'."),
    ],
)
def test_mistaken_flags(flags, message, capsys):
    assert sweep.main(["sweep", "--recipes=digits_erm", *flags]) == 2
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_ray_that_is_not_installed(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ray", None)
    monkeypatch.delitem(sys.modules, "trainers.sweep.engines.ray_cluster", False)
    flags = ["--recipes=digits_erm", f"--workdir={tmp_path}", "--engine=ray"]
    assert sweep.main(["sweep", *flags]) == 2
    assert capsys.readouterr().err == (
        "error: --engine=ray needs ray, which is not installed: pip install "
        '"keras-mixup[ray]"\n'
    )


class Machines:
    """A Ray cluster on this machine: a head without cores, and nodes of one core.

    Attributes:
        address: HOST:PORT.
    """

    def __init__(self, folder):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self._processes = []
        self._log = open(f"{folder}/log", "a")  # noqa: SIM115
        port = self.address.partition(":")[2]
        head = [f"--port={port}", "--head", "--num-cpus=0", f"--temp-dir={folder}"]
        self._start([], [*head, "--include-dashboard=false"])
        self.nodes = [self.add(), self.add()]

    def add(self, *before):
        """Starts a node, by a program that starts programs if one is given."""
        return self._start(before, [f"--address={self.address}", "--num-cpus=1"])

    def _start(self, before, flags):
        # The command ends when the node is up; a session of its own holds all of it.
        start = [sys.executable, "-m", "ray.scripts.scripts", "start", *flags]
        process = subprocess.Popen(
            [*before, *start, "--object-store-memory=80000000", "--block"],
            env={**os.environ, "RAY_USAGE_STATS_ENABLED": "0"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._processes.append(process)
        # One after another: those that start together may take each other's ports.
        up, number = b"Ray runtime started", len(self._processes)
        log = pathlib.Path(self._log.name)
        wait_until(lambda: log.read_bytes().count(up) == number)
        return process

    def of(self, argument):
        """Returns the node on which the process with this argument runs."""
        arguments = argument.encode() + b"\0"
        (pid,) = (
            int(path.parent.name)
            for path in pathlib.Path("/proc").glob("[0-9]*/cmdline")
            if arguments in _read(path)
        )
        while pid > 1:
            for node in self.nodes:
                if node.pid == pid:
                    return node
            # The fourth field, counted behind the name, which may hold spaces.
            stat = _read(pathlib.Path(f"/proc/{pid}/stat"))
            pid = int(stat.rpartition(b") ")[2].split()[1])
        raise LookupError(argument)

    def kill(self, process):
        """Ends a machine as when its power fails."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def close(self):
        for process in reversed(self._processes):
            self.kill(process)
        self._log.close()


def _read(path):
    try:
        return path.read_bytes()
    except OSError:  # It has ended.
        return b""


@pytest.fixture(scope="module")
def machines():
    # Under a short name, since those of sockets are limited.
    folder = tempfile.mkdtemp(prefix="ray")
    cluster = Machines(folder)
    yield cluster
    cluster.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start(tmp_path, monkeypatch):
    """A function that starts a sweep of two seeds, and one that awaits its end."""
    # A kill would leave half an entry in the cache of what JAX compiled.
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    recipe = tmp_path / "small.flags"
    recipe.write_text("".join(f"--{k}={v}\n" for k, v in SMALL.items()))

    def start(*flags, recipes=recipe):
        shared = [f"--recipes={recipes}", "--seeds=0-1", *flags]
        return subprocess.Popen(
            [sys.executable, "-m", "trainers.sweep", *shared],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def finish(process):
    out, err = process.communicate(timeout=400)
    return process.returncode, out, err


def runs_with_a_checkpoint(folder):
    pattern = os.path.join(folder, "*", "*", "checkpoints", "step_*")
    return {os.path.dirname(path) for path in glob.glob(pattern)}


def wait_until(condition, seconds=200):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


needs_ray = pytest.mark.skipif(
    importlib.util.find_spec("ray") is None or sys.platform != "linux",
    reason="needs the extra ray, and Linux",
)


@pytest.mark.slow
@needs_ray
class TestCluster:
    def test_equals_the_local_engine(self, machines, start, tmp_path):
        bad = tmp_path / "bad.flags"
        bad.write_text(f"--dataset={tmp_path}/none.npz\n--backend=jax\n")
        recipes = f"{bad},{tmp_path}/small.flags"
        flags = ["--set=steps=4", "--evaluate", "--evaluate_set=num_examples=20"]
        ends = {}
        for name, more in (
            ("here", ["--jobs=2"]),
            ("there", ["--engine=ray", f"--address={machines.address}"]),
        ):
            workdir = f"{tmp_path}/{name}"
            ended = finish(
                start(*flags, *more, f"--workdir={workdir}", recipes=recipes)
            )
            assert ended[0] == 1, ended
            ends[name] = [text.replace(workdir, "") for text in ended[1:]]
            # Progress, and the reasons of what failed.
            assert len(ends[name][1].splitlines()) == 10, ends[name][1]
            ends[name][1] = ends[name][1].splitlines()[-1]
        assert "bad/seed0 (exit code 2: " in ends["there"][1]
        assert ends["there"] == ends["here"]
        one, other = (tmp_path / name / "results.jsonl" for name in ("here", "there"))
        assert len(one.read_text().splitlines()) == 2
        assert one.read_bytes() == other.read_bytes()

    def test_a_machine_dies_then_the_driver(self, machines, start, tmp_path):
        flags = ["--set=steps=3000"]
        code, table, err = finish(start(*flags, "--jobs=2", f"--workdir={tmp_path}/a"))
        assert code == 0, err
        workdir = f"{tmp_path}/b"
        flags += [f"--workdir={workdir}", "--engine=ray"]
        flags += [f"--address={machines.address}"]
        driver = start(*flags)
        wait_until(lambda: len(runs_with_a_checkpoint(workdir)) == 2)
        # Who comes second is refused.
        code, _, err = finish(start(*flags))
        assert (code, err.count("\n")) == (2, 1)
        assert err.startswith("error: Another sweep is running in")
        driver.kill()
        finish(driver)
        # What the first one started must not be in the way of the second.
        driver = start(*flags)
        log = pathlib.Path(workdir, "logs", "small_seed1.log")
        wait_until(lambda: "Resumed after step" in log.read_text())
        # The one that just went on, so that it is in the middle of its work.
        machines.kill(machines.of(f"--workdir={workdir}/small/seed1"))
        code, again, err = finish(driver)
        assert code == 0, err
        assert err.splitlines()[-1] == "2 of 2 done; 1 lost with their machines"
        assert again.replace(workdir, f"{tmp_path}/a") == table
        one, other = (tmp_path / name / "results.jsonl" for name in "ab")
        assert one.read_bytes() == other.read_bytes()

    def test_a_folder_that_is_not_shared(self, machines, start, tmp_path):
        # A machine whose folder of that name is another.
        workdir = tmp_path / "own"
        workdir.mkdir()
        hide = f'mount -t tmpfs none "{workdir}" && exec "$@"'
        before = ["unshare", "--mount", "sh", "-c", hide, "sh"]
        if subprocess.run([*before, "true"], capture_output=True).returncode:
            pytest.skip("may not hide a folder")
        other = machines.add(*before)
        more = ["--set=steps=1", f"--workdir={workdir}", "--engine=ray"]
        try:
            # It takes a while to join.
            for _ in range(10):
                code, _, err = finish(start(*more, f"--address={machines.address}"))
                if code:
                    break
                shutil.rmtree(workdir / "small")
        finally:
            machines.kill(other)
        assert code == 2, err
        assert err.count("\n") == 1
        assert err.startswith(f"error: --engine=ray: the folder '{workdir}' of this")

    def test_more_than_any_machine_has(self, machines, start, tmp_path):
        more = ["--engine=ray", f"--address={machines.address}", "--cores_per_run=64"]
        code, _, err = finish(start(*more, f"--workdir={tmp_path}/sweep"))
        assert (code, err.count("\n")) == (2, 1)
        assert "--cores_per_run=64 and --gpus_per_run=0 are more than any" in err

    def test_a_cluster_that_cannot_be_reached(self, start, tmp_path):
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = f"127.0.0.1:{free.getsockname()[1]}"
        more = ["--engine=ray", f"--address={address}", f"--workdir={tmp_path}/sweep"]
        code, _, err = finish(start(*more))
        assert (code, err.count("\n")) == (2, 1)
        assert f"--address={address}: no Ray cluster can be reached there" in err
