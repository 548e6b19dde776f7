"""Where results are: the files in a folder, and what they are for."""

import contextlib
import os
import re
from collections.abc import Iterator

RUN, RECORDS, OBJECT = "run", "records", "object"
# What is left out, and said so.
FOREIGN, STRAY, CLOSED = "foreign", "stray", "closed"

_SEED_FOLDER = re.compile(r"seed\d+")
# What the commands leave besides numbers: tables, captions, figures, logs, reports.
_SILENT = (".md", ".txt", ".csv", ".png", ".svg", ".html", ".log", ".flags")
# The runs behind tables and examples are in their summaries.
_SILENT_FOLDERS = ("logs", "tensorboard", "checkpoints", "trained", "__pycache__")
_SUMMARY = "results.jsonl"


def find(path: str) -> Iterator[tuple[str, str]]:
    """Lists what there is to read at a path.

    Args:
        path: path of a file, or of a folder that holds results at any depth.

    Returns:
        Iterator of `(kind, path)` in the order of the names: `RUN`, the folder of a run
        of a sweep; `RECORDS`, a file of records; `OBJECT`, a JSON file; `FOREIGN`,
        another file; `STRAY`, the folder of a run of no sweep; `CLOSED`, a folder that
        cannot be listed. Hidden files and what the commands leave besides are passed
        over.
    """
    if os.path.isdir(path):
        yield from _in_folder(path, set())
    else:
        yield _kind(path) or FOREIGN, path


def _in_folder(folder: str, seen: set[str]) -> Iterator[tuple[str, str]]:
    real = os.path.realpath(folder)
    if real in seen:  # A link to a folder above it.
        return
    seen.add(real)
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        yield CLOSED, folder
        return
    paths = [os.path.join(folder, name) for name in names]
    is_sweep = any(map(_is_variant, paths))
    if {"flags.txt", "result.json"} & set(names) and not is_sweep:
        # A run that is no part of a sweep has a name of another kind.
        of_sweep = _SEED_FOLDER.fullmatch(os.path.basename(os.path.abspath(folder)))
        yield (RUN if of_sweep else STRAY), folder
        return
    for name, path in zip(names, paths):
        if os.path.isdir(path):
            if name not in _SILENT_FOLDERS:
                yield from _in_folder(path, seen)
        # A sweep writes its summary of what the folders of its runs hold.
        elif (kind := _kind(path)) and not (is_sweep and name == _SUMMARY):
            yield kind, path


def _kind(path: str) -> str | None:
    name = os.path.basename(path)
    if name.endswith((".jsonl", ".jsonl.gz")):
        return RECORDS
    if name.endswith(".json"):
        return OBJECT
    return None if name.endswith(_SILENT) else FOREIGN


def _is_variant(path: str) -> bool:
    """Whether it holds finished runs."""
    with contextlib.suppress(OSError):
        return any(
            _SEED_FOLDER.fullmatch(name)
            and os.path.isfile(os.path.join(path, name, "result.json"))
            for name in os.listdir(path)
        )
    return False
