"""What runs left behind: read from their folders, or from one file of them."""

import dataclasses
import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any

from trainers import files, strict_json
from trainers.command_line import one_line, read_flags
from trainers.errors import UsageError
from trainers.options import to_flags
from trainers.results.record import Record, from_content
from trainers.run.experiment import Experiment
from trainers.run.user_modules import without_imports

# Of a file that is none of ours, every line is wrong.
_MOST_COMPLAINTS = 3


def write(path: str, records: Iterable[Record]) -> None:
    """Writes records to one file, a line each, in one atomic step.

    A path that ends in .gz is that of a compressed file. The same records make the same
    bytes. A number that is not finite is written as `null`, and read as NaN.
    """
    lines = [
        # A run of an earlier version may have ended in NaN.
        strict_json.dumps(
            strict_json.with_nulls(dataclasses.asdict(record)), separators=(",", ":")
        )
        for record in records
    ]
    content = "".join(f"{line}\n" for line in lines).encode()
    with files.replacing(path) as temporary, open(temporary, "wb") as file:
        if not path.endswith(".gz"):
            file.write(content)
            return
        # Neither the time nor the file's name is part of what is written.
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as compressed:
            compressed.write(content)


def read_run(folder: str) -> Iterator[Record | str]:
    """Reads the folder of a run, whose name is `VARIANT/seedN`.

    Returns:
        Iterator of a `Record`, or of a line that says why there is none; of nothing
        before the run is finished.
    """
    try:
        result = files.read_json(os.path.join(folder, "result.json"))
        if result is not None:
            yield _read_finished(folder, result)
    except (UsageError, OSError, UnicodeDecodeError) as error:
        yield f"{folder} is left out: {one_line(error)}"


def read_file(path: str) -> Iterator[Record | str]:
    """Reads a file that `write` made.

    Returns:
        Iterator of a `Record` for each line, or of a line of text that says what is
        wrong with it.
    """
    wrong = 0
    try:
        with open_text(path) as lines:
            for number, line in enumerate(lines, 1):
                where = f"line {number} of {path}"
                try:
                    yield from_content(_object(line, where))
                except UsageError as error:
                    wrong += 1
                    if wrong <= _MOST_COMPLAINTS:
                        yield f"{where} is left out: {one_line(error)}"
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        yield f"{path} is left out from where it is damaged: {one_line(error)}"
    if wrong > _MOST_COMPLAINTS:
        yield f"{wrong - _MOST_COMPLAINTS} more lines of {path} are left out."


def open_text(path: str) -> IO[str]:
    """Opens a file of text, compressed or not."""
    opened = gzip.open if path.endswith(".gz") else open
    return opened(path, "rt", encoding="utf-8")


def _read_finished(folder: str, result: Any) -> Record:
    # What is read is data: the module of a method of the user's own stays unimported.
    with without_imports():
        experiment = read_flags(Experiment, os.path.join(folder, "flags.txt"))
    return from_content(
        {
            "variant": os.path.basename(os.path.dirname(os.path.abspath(folder))),
            "settings": to_flags(experiment, identity_only=True),
            "result": result,
            "history": _read_history(os.path.join(folder, "metrics.jsonl")),
            "evaluation": files.read_json(os.path.join(folder, "evaluation.json")),
            "versions": files.read_json(os.path.join(folder, "versions.json"), {}),
        }
    )


def _read_history(path: str) -> list[Any]:
    with open(path, encoding="utf-8") as lines:
        return [_object(line, path) for line in lines]


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        return strict_json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where} is cut short or damaged: {error}") from error
