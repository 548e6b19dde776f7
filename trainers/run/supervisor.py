"""A process beside that which trains, which says in one line why it ended.

JAX ends a process whose peers are lost by an abort, with a page of text and no chance
to say anything. So the process that the user started stays outside, and trains in
another.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading

from trainers import startup
from trainers.errors import RunFailure
from trainers.run import process_group

# In the environment of the process that trains: the numbers of its pipe and streams.
_VARIABLE = "KERAS_MIXUP_MEMBER"
_OURS = (0, 1, 2, 130)


def is_member():
    """Whether this is the process that trains, beside its supervisor."""
    return _VARIABLE in os.environ


def begin_member():
    """Prepares the process that trains, and ends it with its supervisor.

    What native code prints goes to a file of the supervisor, and what Python prints to
    the user.
    """
    pipe, held = map(int, os.environ[_VARIABLE].split(","))
    stderr = os.dup(2)
    os.dup2(held, 2)
    sys.stderr = startup.patient(stderr, sys.stderr)
    threading.Thread(target=_end_with, args=(pipe,), daemon=True).start()


def end_member(code):
    """Ends the process that trains at once: JAX would wait for lost processes."""
    startup.flush_output()
    sys.stderr.flush()
    os._exit(code)


def supervise(argv):
    """Runs a command in a process of its own and returns its exit code.

    Raises:
        RunFailure: when it ended without a word.
    """
    reading, writing = os.pipe()
    with tempfile.TemporaryFile() as held:
        numbers = (reading, held.fileno())
        child = subprocess.Popen(
            [sys.executable, "-m", "trainers.run", *argv[1:]],
            env={**os.environ, _VARIABLE: ",".join(map(str, numbers))},
            pass_fds=numbers,
            start_new_session=True,  # Ctrl-C comes through here, once.
        )
        os.close(reading)
        with _forwarded(child):
            code = child.wait()
        os.close(writing)
        if code in _OURS:
            return code
        held.seek(0)
        raise RunFailure(_words(code, held.read().decode(errors="replace")))


def _words(code, text):
    if "RegisterTask" in text or "Connect()" in text:
        if "Unexpected task" in text or "INVALID_ARGUMENT" in text:
            return (
                "All processes must have the same --num_processes, and each a "
                "different --process_id; the first process refused this one."
            )
        return (
            "The processes did not all meet at --coordinator within "
            f"{process_group.JOIN_SECONDS} s: check the address, the port, a firewall, "
            "and that as many processes as --num_processes were started."
        )
    if code == -signal.SIGABRT:
        return process_group.lost_message()
    if code < 0:
        return f"The training process was ended by {signal.Signals(-code).name}."
    last = [line for line in text.splitlines() if line.strip()][-1:]
    return f"The training process ended with code {code}. {' '.join(last)[:200]}"


@contextlib.contextmanager
def _forwarded(child):
    """Hands signals on to the process that trains."""

    def forward(number, frame):
        with contextlib.suppress(ProcessLookupError):
            child.send_signal(number)

    before = {n: signal.signal(n, forward) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with(pipe):
    """Waits for the end of the supervisor, whichever way it comes."""
    os.read(pipe, 1)
    os._exit(1)
