"""A Ray cluster: reaching it, which of its machines can do runs, and runs there."""

import contextlib
import dataclasses
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import warnings

from trainers import files
from trainers.command_line import one_line
from trainers.errors import RunFailure, UsageError
from trainers.run.packages import installed_packages
from trainers.sweep.engines import node

# Ray counts its users, which nobody asked for.
os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
# It leaves the GPUs of a run without a share alone; a run hides them for itself.
os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
# It prints what its machines say in the midst of the progress line.
os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", "^")

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

# How long a cluster may take to answer.
ANSWER_SECONDS = 45
# How often the machines of the cluster are asked for.
LOOK_SECONDS = 2
# How long a machine that lost a run gets none: Ray sees its death a little later.
DISTRUST_SECONDS = 30
# How long a sweep waits for a machine when the last has gone.
DESERTED_SECONDS = 90
_CONNECT = {"log_to_driver": False, "logging_level": logging.CRITICAL}
_TRIAL = (
    "import logging, sys, ray; ray.init(sys.argv[1], log_to_driver=False, "
    "logging_level=logging.CRITICAL)"
)


def connect(address):
    """Makes this process a driver of the cluster at an address.

    Args:
        address: "HOST:PORT", or "auto" for the cluster that this machine is part of.

    Raises:
        UsageError: when there is no cluster that answers.
    """
    why = _refusal(address)
    if why is None:
        ends = signal.getsignal(signal.SIGTERM)
        ray.init(address, **_CONNECT)
        # Ray's own way to end prints the stack.
        signal.signal(signal.SIGTERM, ends)
        return
    raise UsageError(
        f"--address={address}: no Ray cluster can be reached there from this machine, "
        f"which must be part of it ({why}). Start it with ray start, or choose another "
        "address."
    )


def _refusal(address):
    """Why a cluster cannot be reached, or `None`."""
    if address != "auto":
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), 5).close()
        except OSError as error:
            return one_line(error)
    # In a process of its own, since Ray tries for minutes, prints, and may abort.
    try:
        trial = subprocess.run(
            [sys.executable, "-c", _TRIAL, address],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ANSWER_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"no answer within {ANSWER_SECONDS} s"
    last = (trial.stderr.splitlines() or ["no reason was given"])[-1]
    return one_line(last) if trial.returncode else None


class RayCluster:
    """The machines of the cluster that this process is connected to.

    Each is asked once whether it sees the folder of the sweep and has the packages of
    this one.

    Args:
        share: the `trainers.sweep.engines.node.Share` of each run.
        folder: path of the folder of the sweep.
    """

    def __init__(self, share, folder):
        self._share = share
        self._answers, self._questions = {}, {}
        self._slots, self._looked = [], float("-inf")
        self._inhabited, self._distrusted = time.monotonic(), {}
        token = secrets.token_hex()
        self._probe = os.path.join(os.path.abspath(folder), ".shared")
        files.write_text(self._probe, token)
        self._asked = (share, self._probe, token, installed_packages())

    def check(self):
        """Waits until each machine has answered.

        Raises:
            UsageError: for a machine that cannot do runs, and when there is none.
        """
        capacities = self._capacities()
        for name, capacity in capacities.items():
            if capacity:
                why = self._answer(name, ANSWER_SECONDS)
                if why is not None:
                    raise UsageError(f"--engine=ray: {why}.")
        if not any(capacities.values()):
            raise UsageError(
                f"--cores_per_run={self._share.num_cores} and "
                f"--gpus_per_run={self._share.num_gpus:g} are more than any machine of "
                "the cluster has."
            )

    def slots(self):
        """Returns the `RaySlot` of each run that the cluster has room for now.

        A machine that comes later and cannot do runs is left out with a warning.

        Raises:
            RunFailure: when there has been no machine for a while.
        """
        now = time.monotonic()
        if now - self._looked >= LOOK_SECONDS:
            self._slots, self._looked = list(self._find_slots(now)), now
        if self._slots:
            self._inhabited = now
        elif now - self._inhabited > DESERTED_SECONDS:
            raise RunFailure(
                f"the cluster has had no machine for runs for {DESERTED_SECONDS} s. "
                "The same command goes on when it has."
            )
        return self._slots

    def distrust(self, name):
        """Leaves out a machine for a while, since it lost a run."""
        self._distrusted[name] = time.monotonic()
        self._looked = float("-inf")

    def close(self):
        """Leaves the cluster."""
        ray.shutdown()
        with contextlib.suppress(OSError):
            os.remove(self._probe)

    def _find_slots(self, now):
        for name, capacity in self._capacities().items():
            lost = self._distrusted.get(name, float("-inf"))
            if not capacity or now - lost < DISTRUST_SECONDS:
                continue
            if self._answer(name, 0) is None and name in self._answers:
                for number in range(capacity):
                    yield RaySlot(name, number, self._share)

    def _capacities(self):
        """`{id: number of runs}` of each machine that is up."""
        return {
            one["NodeID"]: self._capacity(one["Resources"])
            for one in ray.nodes()
            if one["Alive"]
        }

    def _capacity(self, resources):
        capacity = int(resources.get("CPU", 0) // self._share.num_cores)
        if self._share.num_gpus:
            gpus = resources.get("GPU", 0) / self._share.num_gpus
            capacity = min(capacity, int(gpus + 1e-6))
        return capacity

    def _answer(self, name, seconds):
        """What a machine answered, `None` too while it has not."""
        if name not in self._answers:
            if name not in self._questions:
                ask = _there(node.complaint, name, num_cpus=0)
                self._questions[name] = ask.remote(*self._asked)
            answered, _ = ray.wait([self._questions[name]], timeout=seconds)
            if answered or seconds:
                self._answers[name] = self._received(name, answered)
                if self._answers[name] is not None and not seconds:
                    warnings.warn(f"{self._answers[name]}.", stacklevel=2)
        return self._answers.get(name)

    def _received(self, name, answered):
        if not answered:
            return f"machine {name[:8]} gave no answer within {ANSWER_SECONDS} s"
        try:
            return ray.get(self._questions.pop(name))
        except ray.exceptions.RayError as error:
            return (
                f"machine {name[:8]} cannot run trainers, which must be in "
                f"{os.getcwd()!r} there too, with its packages ({one_line(error)})"
            )


@dataclasses.dataclass(frozen=True)
class RaySlot:
    """The part of a machine of the cluster that one run has to itself.

    Attributes:
        name: the id by which Ray knows the machine.
        number: int, which no other slot of the machine has.
        share: the `trainers.sweep.engines.node.Share` of the run.
    """

    name: str
    number: int
    share: node.Share = dataclasses.field(compare=False)

    def start(self, arguments, log_path):
        """Starts Python with `arguments` there and returns the `RayRun`."""
        resources = {"num_cpus": self.share.num_cores, "num_gpus": self.share.num_gpus}
        run = _there(node.run, self.name, **resources)
        log_path = os.path.abspath(log_path)
        reference = run.remote(arguments, log_path, self.number, self.share)
        return RayRun(reference, self.name)


def _there(function, name, **resources):
    """A function as a task on one machine; whoever asked tries again, not Ray."""
    place = NodeAffinitySchedulingStrategy(name, soft=False)
    return ray.remote(function).options(
        max_retries=0, scheduling_strategy=place, **resources
    )


class RayRun:
    """A process on another machine, to be handled like a `subprocess.Popen`.

    Args:
        reference: of the task of Ray that waits for the process.

    Attributes:
        returncode: int, `None` while it runs.
        why: str, why the process could not be started, or `None`.
        lost: str, what became of a process whose end nobody saw, or `None`.
        place: str, the id of its machine.
    """

    def __init__(self, reference, place):
        self._reference = reference
        self.place = place
        self.returncode = self.why = self.lost = None

    def poll(self):
        """Returns the exit code, `None` while it runs."""
        if self.returncode is None and ray.wait([self._reference], timeout=0)[0]:
            self._end()
        return self.returncode

    def wait(self, timeout=ANSWER_SECONDS):
        """Waits for the end; `subprocess.TimeoutExpired` when it does not come."""
        ray.wait([self._reference], timeout=timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired("a task of Ray", timeout)
        return self.returncode

    def send_signal(self, number):
        """Interrupts it: Ray has no other signal."""
        if self.poll() is None:
            ray.cancel(self._reference)

    def kill(self):
        """Ends it, also when it does not listen."""
        if self.poll() is None:
            ray.cancel(self._reference, force=True)

    def _end(self):
        self.returncode = 1
        try:
            self.returncode = ray.get(self._reference)
        except ray.exceptions.TaskCancelledError:
            self.returncode = -signal.SIGINT
        except ray.exceptions.RayTaskError as error:
            self.why = one_line(error.cause)
        except ray.exceptions.RayError as error:
            self.lost = type(error).__name__
