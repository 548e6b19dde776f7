"""What is done on a machine of a cluster: one run, in a process of its own.

Ray calls these functions there, so the machine needs this checkout.
"""

import dataclasses
import os
import signal
import socket
import subprocess
import time

from trainers import files
from trainers.errors import RunFailure
from trainers.run.packages import installed_packages
from trainers.sweep import processes
from trainers.sweep.engines import local
from trainers.sweep.engines.scheduler import PATIENCE_SECONDS

# How long a run waits for the same run of a driver that was killed, or on a machine
# that was cut off, to be gone. A file server may keep the lock of a dead machine for
# a minute and a half.
ORPHAN_SECONDS = 150
# Of a run, these are as on the driver's machine, not as on its own, where Ray sets
# some of them for its workers.
_AS_ON_THE_DRIVER = ("JAX_", "KERAS_", "MKL_", "OMP_", "PYTHON", "TF_", "TORCH", "XLA_")


@dataclasses.dataclass(frozen=True)
class Share:
    """What each run gets of the machine that it is on, and of the driver's.

    Attributes:
        num_cores: int, the number of cores that it may use.
        num_gpus: float, how many GPUs Ray gives it.
        folder: path of the driver's current folder.
        environment: dictionary of `driver_environment`.
    """

    num_cores: int
    num_gpus: float
    folder: str
    environment: dict

    def cores(self, number):
        """Returns the cores of the run with this number among those of a machine."""
        there = local.available_cores()
        if self.num_cores >= len(there):
            return there
        first = number * self.num_cores
        return [there[(first + i) % len(there)] for i in range(self.num_cores)]

    def environment_here(self):
        """Returns the environment of a run on this machine."""
        here = {
            name: text
            for name, text in os.environ.items()
            if not name.startswith(("RAY_", *_AS_ON_THE_DRIVER))
        }
        if not self.num_gpus:
            # Others may have been given them.
            here["CUDA_VISIBLE_DEVICES"] = "-1"
        return here | self.environment


def driver_environment():
    """Returns the variables of this process that its runs get on all machines."""
    return {
        name: text
        for name, text in os.environ.items()
        if name.startswith(_AS_ON_THE_DRIVER)
    }


def complaint(share, probe, token, packages):
    """Returns why this machine cannot do runs of a sweep, or `None`.

    Args:
        share: the `Share` of its runs.
        probe: path of a file that the driver wrote into the folder of the sweep.
        token: str, what the file holds.
        packages: `{name: version}` of the driver's packages.
    """
    here = socket.gethostname()
    try:
        with open(probe, encoding="utf-8") as file:
            is_shared = file.read() == token
    except OSError:
        is_shared = False
    if not is_shared:
        return (
            f"the folder {os.path.dirname(probe)!r} of this machine is not that of "
            f"{here}: choose a --workdir on a file system that all machines share"
        )
    if not os.path.isdir(share.folder):
        return f"{here} has no folder {share.folder!r}: start the sweep in a shared one"
    there = installed_packages()
    for name in sorted({*there, *packages}):
        if there.get(name) != packages.get(name):
            return (
                f"{name} is {there.get(name, 'missing')} on {here} and "
                f"{packages.get(name, 'missing')} here: install the same on all "
                "machines"
            )
    return None


def run(arguments, log_path, number, share):
    """Runs Python with `arguments` on this machine and returns its exit code.

    Args:
        arguments: list of strings.
        log_path: path of the file for what it prints.
        number: int, which no other run of this sweep on this machine has.
        share: its `Share`.
    """
    # A machine that was started in the background of a shell ignores Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with _log(log_path) as log:
        process = processes.start(
            arguments,
            share.cores(number),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=share.environment_here(),
            cwd=share.folder,
        )
    try:
        # Ray's Ctrl-C is no signal: it would not wake what waits without a limit.
        while not _has_ended(process, 1):
            pass
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        _has_ended(process, PATIENCE_SECONDS)
    finally:
        process.kill()
        process.wait()
    return process.returncode


def _has_ended(process, seconds):
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _log(path):
    """Opens a log, which is locked until each process that writes to it has ended."""
    deadline = time.monotonic() + ORPHAN_SECONDS
    while (log := files.lock(path)) is None:
        if time.monotonic() > deadline:
            raise RunFailure(f"another process still writes to {path}")
        time.sleep(0.2)
    log.truncate(0)
    return log
