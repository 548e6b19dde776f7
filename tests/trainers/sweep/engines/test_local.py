import json
import os
import pathlib
import signal
import subprocess
import sys
import time

import pytest

from trainers.sweep.engines import local as module
from trainers.sweep.engines.local import slots, visible_gpus


@pytest.fixture
def cores(monkeypatch):
    monkeypatch.setattr(module, "visible_gpus", list)
    monkeypatch.setattr(module, "available_cores", lambda: [0, 2, 5])


@pytest.mark.parametrize(
    ("number", "shares"),
    [
        (None, [(0,), (2,), (5,)]),
        (2, [(0, 5), (2,)]),
        (1, [(0, 2, 5)]),
        (5, [(0,), (2,), (5,), (0,), (2,)]),
    ],
)
def test_cores_are_shared_out(cores, number, shares):
    made = slots(number)
    assert [slot.cores for slot in made] == shares
    assert len(set(made)) == len(made)


def test_each_gpu_is_a_slot_with_its_share_of_the_cores(cores, monkeypatch):
    monkeypatch.setattr(module, "visible_gpus", lambda: ["0", "1"])
    assert [(slot.gpu, slot.cores) for slot in slots()] == [("0", (0, 5)), ("1", (2,))]
    assert [slot.gpu for slot in slots(3)] == ["0", "1", "0"]


@pytest.mark.parametrize(
    ("text", "names"), [("", []), ("-1", []), ("0, 3", ["0", "3"])]
)
def test_gpus_are_those_that_cuda_shows(monkeypatch, text, names):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", text)
    assert visible_gpus() == names


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="cannot bind")
def test_a_process_gets_its_core_its_gpu_and_ctrl_c(tmp_path):
    core = module.available_cores()[-1]
    code = (
        "import json, os, signal; print(json.dumps([list(os.sched_getaffinity(0)), "
        "os.environ['CUDA_VISIBLE_DEVICES'], "
        "signal.getsignal(signal.SIGINT) is signal.default_int_handler]))"
    )
    # As in a shell's background, which the process must not inherit.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    log = tmp_path / "log"
    assert module.Slot(0, (core,), "7").start(["-c", code], log).wait() == 0
    assert json.loads(log.read_text()) == [[core], "7", True]


@pytest.mark.skipif(sys.platform != "linux", reason="of Linux alone")
def test_a_process_dies_with_the_sweep(tmp_path):
    child = "print('up', flush=True); import time; time.sleep(60)"
    parent = (
        "import os, signal, time\n"
        "from trainers.sweep.engines.local import Slot\n"
        f"log = {str(tmp_path / 'log')!r}\n"
        f"process = Slot(0, ()).start(['-c', {child!r}], log)\n"
        "while not os.path.getsize(log): time.sleep(0.01)\n"
        "print(process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    root = pathlib.Path(__file__).resolve().parents[4]
    done = subprocess.run(
        [sys.executable, "-c", parent], cwd=root, capture_output=True, text=True
    )
    assert done.returncode == -9, done.stderr
    assert _ends(int(done.stdout))


def _ends(pid):
    """Whether a process that is no child of ours ends within seconds."""
    for _ in range(500):
        try:
            with open(f"/proc/{pid}/stat") as file:
                if file.read().split(")")[1].split()[0] == "Z":
                    return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False
