"""Files that are whole or absent, whenever the process dies."""

import contextlib
import fcntl
import os

from trainers import strict_json
from trainers.errors import UsageError


@contextlib.contextmanager
def replacing(path):
    """Yields a path to write to; what was written there replaces `path` at the end.

    The file keeps its suffix (Keras goes by it), reaches the disk before it takes the
    name, and vanishes when the block fails.
    """
    folder, name = os.path.split(path)
    temporary = os.path.join(folder, f".tmp-{name}")
    try:
        yield temporary
        _flush_to_disk(temporary)
        os.replace(temporary, path)
        _flush_to_disk(folder or ".")
    except BaseException:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise


def _flush_to_disk(path):
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_text(path, text):
    """Writes a text file in one atomic step."""
    with (
        replacing(path) as temporary,
        # A name of a file may be no text; it must not cost the page that tells it.
        open(temporary, "w", encoding="utf-8", errors="backslashreplace") as file,
    ):
        file.write(text)


def write_json(path, value):
    """Writes a JSON file in one atomic step.

    Raises:
        RunFailure: when a number is not finite; nothing is written then.
    """
    text = strict_json.dumps(value, os.path.basename(path), indent=2)
    write_text(path, text + "\n")


def read_json(path, default=None):
    """Returns the object in a JSON file, or `default` where there is no file.

    Raises:
        UsageError: when the file is damaged.
    """
    try:
        with open(path, "rb") as file:
            return strict_json.loads(file.read())
    except FileNotFoundError:
        return default
    except (ValueError, OSError) as error:
        raise UsageError(f"{path!r} cannot be read: {error}") from error


def make_workdir(path):
    """Makes a folder for results, before work is done that would be lost.

    Raises:
        UsageError: when nothing can be written there.
    """
    try:
        os.makedirs(path, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"--workdir={path} cannot be written: {error.strerror}. Choose another."
        ) from error
    if not os.access(path, os.W_OK):
        raise UsageError(
            f"--workdir={path} cannot be written: no permission. Choose another."
        )


def lock(path):
    """Returns a file that is open and locked, `None` where another process has it.

    The kernel lets go of the lock with the file, also when the process is killed.
    """
    file = open(path, "a")  # noqa: SIM115
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
