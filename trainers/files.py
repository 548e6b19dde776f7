"""Files that are whole or absent, whenever the process dies."""

import contextlib
import json
import os


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
    with replacing(path) as temporary, open(temporary, "w") as file:
        file.write(text)


def write_json(path, value):
    """Writes a JSON file in one atomic step."""
    write_text(path, json.dumps(value, indent=2) + "\n")


def read_json(path, default=None):
    """Returns the contents of a JSON file, or `default` where there is none."""
    try:
        with open(path) as file:
            return json.load(file)
    except FileNotFoundError:
        return default
