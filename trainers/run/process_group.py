"""The processes that train together on JAX: how they meet, and that they agree."""

import contextlib
import hashlib
import json
import os

import numpy as np

from trainers.command_line import one_line
from trainers.errors import RunFailure, UsageError
from trainers.options import to_flags

# Seconds in which all processes must have started.
JOIN_SECONDS = 60
# Seconds after which a process that gives no sign of life is given up.
HEARTBEAT_SECONDS = 30
# May differ: which process this is, and what only the first one writes.
_OWN = {"process_id", "coordinator", "num_processes", "workdir", "data_dir", "keep"}
_LOST = (
    "another process of this run has ended or cannot be reached. The same command, "
    "given to all processes, resumes the run"
)


def join(member):
    """Meets the other processes; nothing may have been computed before.

    Raises:
        UsageError: when they do not all come in time.
    """
    if member.is_alone:
        return
    import jax

    # It would take SIGTERM for itself.
    jax.config.update("jax_enable_preemption_service", False)
    launched = member.coordinator is None
    try:
        jax.distributed.initialize(
            member.coordinator,
            member.num_processes,
            member.process_id,
            cluster_detection_method=None if launched else "deactivate",
            initialization_timeout=JOIN_SECONDS,
            heartbeat_timeout_seconds=HEARTBEAT_SECONDS,
            shutdown_timeout_seconds=HEARTBEAT_SECONDS,
        )
        with _silent_stdout():  # Gloo prints that it is connected.
            gathered("connected")
    except Exception as error:
        raise UsageError(
            f"The {member.num_processes} processes could not meet at "
            f"{member.coordinator or 'the address of the launcher'}: "
            f"{one_line(error)[:200]}"
        ) from error


def leave():
    """Waits until all processes are done."""
    import jax

    if jax.process_count() > 1:
        jax.distributed.shutdown()


def gathered(value):
    """Returns the JSON values that all processes gave, in their order."""
    import jax
    from jax.experimental import multihost_utils

    if jax.process_count() == 1:
        return [value]
    data = np.frombuffer(json.dumps(value).encode(), "uint8")
    sizes = multihost_utils.process_allgather(np.array([len(data)])).reshape(-1)
    padded = np.zeros(int(sizes.max()), "uint8")
    padded[: len(data)] = data
    rows = multihost_utils.process_allgather(padded)
    return [json.loads(bytes(row[:size])) for row, size in zip(rows, sizes)]


def check_agreement(what, mine):
    """Raises `UsageError` unless all processes have the same values.

    Args:
        what: what they are, as "flags".
        mine: `{name: text}`.
    """
    first, *others = gathered(mine)
    for number, other in enumerate(others, 1):
        names = [n for n in sorted({*first, *other}) if first.get(n) != other.get(n)]
        if names:
            name = names[0]
            raise UsageError(
                f"All processes must have the same {what}; received {name}="
                f"{first.get(name)} of process 0 and {name}={other.get(name)} of "
                f"process {number}."
            )


def flags_of(experiment):
    """`{flag: text}` that all processes must share, with the data of local files."""
    flags = {
        f"--{name}": text
        for name, text in to_flags(experiment).items()
        if name not in _OWN
    }
    if os.path.isfile(experiment.architecture):
        with open(experiment.architecture, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()[:16]
        flags["contents of --architecture"] = digest
    return flags


def fingerprint(source):
    """`{part: digest}` of a data set; where it is read by index, of 1000 examples."""
    parts = {
        "train": (*source.train, source.unlabeled),
        "validation": source.validation,
        "test": source.test,
    }
    return {name: _digest(arrays) for name, arrays in parts.items()}


def _digest(arrays):
    from keras_mixup.data import indexed

    digest = hashlib.sha256()
    for array in arrays:
        if array is None:
            continue
        digest.update(f"{array.dtype} {array.shape}".encode())
        if not indexed.in_memory(array):
            array = array[np.unique(np.linspace(0, len(array) - 1, 1000, dtype=int))]
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()[:16]


def from_first(member, arrays):
    """Returns the arrays of the first process, on all of them.

    Args:
        member: a `Membership`.
        arrays: list of arrays of the same shapes and types on every process.
    """
    from jax.experimental import multihost_utils

    if member.is_alone:
        return arrays
    received = multihost_utils.broadcast_one_to_all(
        [_as_bytes(array) for array in arrays], is_source=member.is_first
    )
    return [_from_bytes(data, array) for data, array in zip(received, arrays)]


def _as_bytes(array):
    return np.frombuffer(np.ascontiguousarray(array).tobytes(), "uint8")


def _from_bytes(data, like):
    flat = np.frombuffer(np.asarray(data, "uint8").tobytes(), like.dtype)
    return flat.reshape(like.shape)


@contextlib.contextmanager
def losses_in_words():
    """Tells the end of another process in words, in place of those of the network."""
    try:
        yield
    except (UsageError, RunFailure, KeyboardInterrupt):
        raise
    except Exception as error:
        signs = ("Gloo", "NCCL", "coordination service", "Connection closed")
        if any(sign in str(error) for sign in signs):
            raise RunFailure(f"{_LOST}.") from error
        raise


def lost_message():
    """The line about a process that was ended because another was lost."""
    return f"{_LOST}."


@contextlib.contextmanager
def _silent_stdout():
    stdout = os.dup(1)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 1)
        try:
            yield
        finally:
            os.dup2(stdout, 1)
            os.close(stdout)
