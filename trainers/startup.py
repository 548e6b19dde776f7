"""The first moments of a command: its streams, and Ctrl-C while it imports the rest.

Python imports this package before the module that `python -m trainers.NAME` names, so
`begin` comes before the imports that take a second or more.
"""

import contextlib
import errno
import io
import os
import select
import signal
import sys

_INTERRUPTED = 130


def begin():
    """Prepares the process of a command.

    A stream that is closed becomes the null device: the next file that is opened would
    take its number, and get what is printed. A stream that breaks, as under `| head`,
    loses the rest of the text and does not end the command. Until the command itself
    begins, Ctrl-C ends the process.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number, which is this one.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout, sys.stderr = patient(1, sys.stdout), patient(2, sys.stderr)
    # A process in the background of a shell ignores Ctrl-C.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _end)


@contextlib.contextmanager
def interruptible():
    """Lets Ctrl-C raise `KeyboardInterrupt` within the block, as usual."""
    if signal.getsignal(signal.SIGINT) is not _end:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, _end)


def flush_output():
    """Brings what was printed to its place.

    Raises:
        OSError: when some of it could not be written, unless its reader has left.
    """
    if sys.stdout is not None:
        sys.stdout.flush()
    failure = getattr(getattr(sys.stdout, "buffer", None), "failure", None)
    if failure is not None and failure.errno != errno.EPIPE:
        raise OSError(failure.errno, failure.strerror, "standard output")


def _end(number, frame):
    with contextlib.suppress(OSError):
        os.write(2, b"error: interrupted\n")
    os._exit(_INTERRUPTED)


def patient(number, stream):
    """Returns the stream of a number; `stream` is Python's own, or `None`."""
    return io.TextIOWrapper(
        _Buffer(_PatientFile(number, "w", closefd=False)),
        encoding=getattr(stream, "encoding", "utf-8"),
        # The name of a file may be no text.
        errors="backslashreplace",
        line_buffering=getattr(stream, "line_buffering", True),
        write_through=getattr(stream, "write_through", False),
    )


class _Buffer(io.BufferedWriter):
    @property
    def failure(self):
        return self.raw.failure


class _PatientFile(io.FileIO):
    """Drops everything from the first error on.

    Attributes:
        failure: the `OSError`, or `None`.
    """

    failure = None

    def write(self, data):
        while self.failure is None:
            try:
                written = super().write(data)
            except OSError as error:
                self.failure = error
                break
            if written is not None:
                return written
            # A pipe that does not block is full.
            select.select([], [self], [])
        return len(data)
