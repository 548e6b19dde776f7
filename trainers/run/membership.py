"""Which of the processes that train together this one is, from flags or a launcher."""

import dataclasses
import os
import re
from collections.abc import Mapping

from trainers.errors import UsageError

# What sets the number of processes and this one's: of Keras, Slurm and Open MPI.
_LAUNCHERS = (
    ("KERAS_DISTRIBUTION_NUM_PROCESSES", "KERAS_DISTRIBUTION_PROCESS_ID"),
    ("SLURM_NTASKS", "SLURM_PROCID"),
    ("OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"),
)


@dataclasses.dataclass(frozen=True)
class Membership:
    """One of the processes that train together.

    Args:
        coordinator: "HOST:PORT" of the first process, or `None` where there is one
            process, or JAX learns it from the launcher.
        num_processes: int.
        process_id: int, from 0 on.
    """

    coordinator: str | None = None
    num_processes: int = 1
    process_id: int = 0

    @property
    def is_alone(self) -> bool:
        """Whether there are no others."""
        return self.num_processes == 1

    @property
    def is_first(self) -> bool:
        """Whether it writes the run's folder."""
        return self.process_id == 0


def membership_of(
    experiment, environment: Mapping[str, str] | None = None
) -> Membership:
    """Returns the membership that flags say, or else a launcher's environment.

    Args:
        experiment: an `Experiment`.
        environment: variables by name, by default those of this process.

    Raises:
        UsageError: when they do not say it, or contradict themselves.
    """
    if experiment.strategy != "data_parallel":
        return Membership()
    environment = os.environ if environment is None else environment
    number, index = experiment.num_processes, experiment.process_id
    if number is None and index is None:
        number, index = _launched(environment)
    coordinator = experiment.coordinator
    keras_address = environment.get("KERAS_DISTRIBUTION_JOB_ADDRESSES", "")
    coordinator = coordinator or keras_address.split(",")[0] or None
    if number is None and index is None and coordinator is None:
        return Membership()
    _check(coordinator, number, index, environment)
    return Membership(coordinator, number, index)


def _launched(environment):
    for names in _LAUNCHERS:
        texts = [environment.get(name) for name in names]
        if None not in texts:
            try:
                return tuple(map(int, texts))
            except ValueError:
                raise UsageError(
                    f"{' and '.join(names)} must be integers; received "
                    f"{' and '.join(map(repr, texts))}."
                ) from None
    return None, None


def _check(coordinator, number, index, environment):
    if number is None or index is None:
        missing = "num_processes" if number is None else "process_id"
        raise UsageError(
            "--coordinator, --num_processes and --process_id go together, unless a "
            f"launcher says them; --{missing} is missing."
        )
    if not 0 <= index < number:
        raise UsageError(
            f"--process_id must be from 0 to {number - 1}, with --num_processes="
            f"{number}; received {index}."
        )
    launched = any(name in environment for name in ("SLURM_PROCID", _LAUNCHERS[2][1]))
    if coordinator is None and number > 1 and not launched:
        raise UsageError(
            "--coordinator=HOST:PORT is missing: the address of the process "
            "--process_id=0, with a free port, the same for all processes."
        )
    if coordinator is not None:
        check_address(coordinator)


def check_address(text: str) -> None:
    """Raises `UsageError` for what is no HOST:PORT."""
    found = re.fullmatch(r"([\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})", text)
    if not found or not 0 < int(found[2]) < 2**16:
        raise UsageError(
            "--coordinator must be HOST:PORT, as 10.0.0.1:1234 or [::1]:1234, with a "
            f"port from 1 to 65535; received {text!r}."
        )
