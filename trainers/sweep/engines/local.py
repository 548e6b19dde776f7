"""Does tasks side by side on this machine, each with cores or a GPU of its own."""

import contextlib
import dataclasses
import os
import subprocess

from trainers.sweep import processes
from trainers.sweep.engines.scheduler import Scheduler


@dataclasses.dataclass(frozen=True)
class Slot:
    """The part of the machine that one run has to itself.

    Attributes:
        number: int, which no other slot has.
        cores: tuple of core numbers; empty where the system cannot bind a process.
        gpu: the GPU's number or name for CUDA, or `None`.
    """

    number: int
    cores: tuple[int, ...]
    gpu: str | None = None

    def start(self, arguments, log_path):
        """Starts Python with `arguments` here; what it prints goes to a file.

        See `trainers.sweep.processes.start`.
        """
        environment = dict(os.environ)
        if self.gpu is not None:
            environment["CUDA_VISIBLE_DEVICES"] = self.gpu
        with open(log_path, "wb") as log:
            return processes.start(
                arguments,
                self.cores,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment,
            )


def engine(options, tasks, log_folder, on_change):
    """Returns the engine of a sweep on this machine."""
    return Scheduler(tasks, slots(options.jobs), log_folder, on_change)


def slots(number=None):
    """Returns the slots of this machine.

    Args:
        number: int, how many to make; `None` for one for each GPU or, where there is
            none, for each core. TensorFlow and JAX take their threads from the cores
            that they may use, so no two runs compete for one.
    """
    gpus, cores = visible_gpus(), available_cores()
    number = number or len(gpus) or max(1, len(cores))
    shares = [
        tuple(cores[i::number]) or tuple(cores and [cores[i % len(cores)]])
        for i in range(number)
    ]
    return [
        Slot(i, share, gpus[i % len(gpus)] if gpus else None)
        for i, share in enumerate(shares)
    ]


def available_cores():
    """Returns the numbers of the cores that this process may use, if that is known."""
    if not hasattr(os, "sched_getaffinity"):
        return []
    return sorted(os.sched_getaffinity(0))


def visible_gpus():
    """Returns the GPUs that CUDA would show to a process, as it names them."""
    if "CUDA_VISIBLE_DEVICES" in os.environ:
        names = os.environ["CUDA_VISIBLE_DEVICES"].split(",")
        return [name.strip() for name in names if name.strip() not in ("", "-1")]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        listed = subprocess.run(
            ["nvidia-smi", "--list-gpus"], capture_output=True, text=True, timeout=20
        )
        if listed.returncode == 0:
            return [str(i) for i, _ in enumerate(listed.stdout.splitlines())]
    return []
