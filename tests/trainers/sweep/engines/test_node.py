"""What is done on a machine of a cluster, on this one."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from trainers import files
from trainers.errors import RunFailure
from trainers.run.packages import installed_packages
from trainers.sweep.engines import local, node
from trainers.sweep.engines.node import Share, driver_environment


def share(folder=".", num_cores=1, num_gpus=0.0, environment=()):
    return Share(num_cores, num_gpus, str(folder), dict(environment))


@pytest.mark.parametrize(
    ("num_cores", "number", "cores"),
    [
        (1, 0, [3]),
        (2, 1, [7, 9]),
        # Ray was told of more cores than there are.
        (1, 4, [3]),
        (3, 1, [9, 3, 5]),
        (8, 0, [3, 5, 7, 9]),
    ],
)
def test_each_run_has_its_number_of_cores(monkeypatch, num_cores, number, cores):
    monkeypatch.setattr(local, "available_cores", lambda: [3, 5, 7, 9])
    assert share(num_cores=num_cores).cores(number) == cores


def test_a_run_has_the_machine_s_environment_and_the_driver_s_settings(monkeypatch):
    for name, text in {
        "HOME": "/here",
        "RAY_JOB_ID": "1",
        # Of Ray, for its workers.
        "OMP_NUM_THREADS": "1",
        "XLA_FLAGS": "--here",
        "CUDA_VISIBLE_DEVICES": "3",
    }.items():
        monkeypatch.setenv(name, text)
    environment = share(environment={"XLA_FLAGS": "--there"}).environment_here()
    assert environment["HOME"] == "/here"
    assert environment["XLA_FLAGS"] == "--there"
    assert not {"RAY_JOB_ID", "OMP_NUM_THREADS"} & set(environment)
    assert environment["CUDA_VISIBLE_DEVICES"] == "-1"
    with_gpu = share(num_gpus=0.5).environment_here()
    assert with_gpu["CUDA_VISIBLE_DEVICES"] == "3"


def test_only_settings_leave_the_driver(monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    sent = driver_environment()
    assert sent["JAX_ENABLE_X64"] == "1"
    assert "SECRET_TOKEN" not in sent


def test_a_run_prints_to_its_log_in_the_driver_s_folder(tmp_path):
    log = tmp_path / "log"
    log.write_text("of a run before")
    code = (
        "import json, os, sys; print(json.dumps([os.getcwd(), "
        "list(os.sched_getaffinity(0)), os.environ['KERAS_HOME']])); sys.exit(3)"
    )
    mine = share(tmp_path, environment={"KERAS_HOME": "/home"})
    assert node.run(["-c", code], str(log), 0, mine) == 3
    core = local.available_cores()[0]
    assert json.loads(log.read_text()) == [str(tmp_path), [core], "/home"]


def test_a_run_waits_for_the_one_that_outlived_its_driver(tmp_path):
    log = str(tmp_path / "log")
    # It holds the log by what it prints to alone.
    with files.lock(log) as held:
        code = "import time; time.sleep(1); print('old', flush=True)"
        orphan = subprocess.Popen([sys.executable, "-c", code], stdout=held)
    assert node.run(["-c", "print('new')"], log, 0, share(tmp_path)) == 0
    assert orphan.poll() == 0
    assert (tmp_path / "log").read_text() == "new\n"


def test_a_run_that_waits_in_vain_says_so(tmp_path, monkeypatch):
    log = str(tmp_path / "log")
    monkeypatch.setattr(node, "ORPHAN_SECONDS", 0.1)
    with (
        files.lock(log),
        pytest.raises(RunFailure, match="another process still writes to"),
    ):
        node.run(["-c", "1"], log, 0, share(tmp_path))


def test_an_interrupted_run_may_end_well(tmp_path):
    up = tmp_path / "up"
    code = (
        f"import time\ntry:\n    open({str(up)!r}, 'w'); time.sleep(60)\n"
        "except KeyboardInterrupt:\n    print('saved'); raise SystemExit(130)"
    )

    def interrupt():
        while not up.exists():
            time.sleep(0.01)
        # As Ray does it.
        import _thread

        _thread.interrupt_main()

    # As in a shell's background.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=interrupt).start()
    assert node.run(["-c", code], str(tmp_path / "log"), 0, share(tmp_path)) == 130
    assert (tmp_path / "log").read_text() == "saved\n"


def test_a_machine_complains_of_what_it_lacks(tmp_path):
    probe = tmp_path / "probe"
    packages = installed_packages()

    def complaint(folder=tmp_path, packages=packages):
        return node.complaint(share(folder), str(probe), "token", packages)

    assert f"the folder '{tmp_path}' of this machine is not that of" in complaint()
    probe.write_text("that of another sweep")
    assert "is not that of" in complaint()
    probe.write_text("token")
    assert complaint() is None
    assert "has no folder '/no/such': start the sweep" in complaint("/no/such")
    here = os.uname().nodename
    keras = packages["keras"]
    assert complaint(packages={**packages, "keras": "3.0"}) == (
        f"keras is {keras} on {here} and 3.0 here: install the same on all machines"
    )
    del packages["keras"]
    assert f"keras is {keras} on {here} and missing here" in complaint()
