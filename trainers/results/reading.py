"""Reads the results of sweeps, of the examples and of the tabular comparison."""

import dataclasses
import os
from collections.abc import Iterable
from typing import Any

from trainers import files
from trainers.command_line import one_line
from trainers.errors import UsageError
from trainers.results import contents, finding, records
from trainers.results.contents import Example, Tables
from trainers.results.duplicates import without_duplicates
from trainers.results.record import Record


@dataclasses.dataclass(frozen=True)
class Results:
    """Everything that figures, claims and reports rest on.

    Attributes:
        records: list of `trainers.results.record.Record`, by variant, seed and
            settings.
        examples: `{name: contents}` of each results.json of `trainers.toys`.
        tables: the contents of the results.json of `trainers.tabular`, or `None`.
        complaints: one line for each file, or pair of them, that was left out, and why.
    """

    records: list[Record]
    examples: dict[str, Example]
    tables: Tables | None
    complaints: list[str]


def read(paths: Iterable[str | os.PathLike[str]]) -> Results:
    """Reads results.

    Damaged and foreign files are left out and named among the complaints. Of two copies
    of a result, the first that the paths name counts.

    Args:
        paths: list of paths, each of a folder of a sweep, a file of its records, a
            folder or file of `trainers.toys` or `trainers.tabular`, or a folder
            that holds any of these.

    Returns:
        `Results`, the same whatever the order of the files on the disk.
    """
    reader = _Reader()
    for path in paths:
        reader.read(str(path))
    found, twice = without_duplicates(reader.found)
    return Results(
        records=found,
        examples={name: reader.examples[name] for name in sorted(reader.examples)},
        tables=reader.tables,
        complaints=reader.complaints + twice,
    )


class _Reader:
    """Collects what is read."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Record]] = []
        self.examples: dict[str, Example] = {}
        self.tables: Tables | None = None
        self.complaints: list[str] = []
        self._origins: dict[str, tuple[str, Any]] = {}

    def read(self, path: str) -> None:
        kinds = {
            finding.RUN: self._run,
            finding.RECORDS: self._records,
            finding.OBJECT: self._object,
            finding.FOREIGN: self._foreign,
            finding.STRAY: self._stray,
            finding.CLOSED: self._closed,
        }
        for kind, one in finding.find(path):
            kinds[kind](one)

    def _run(self, folder: str) -> None:
        sweep = os.path.dirname(os.path.dirname(os.path.normpath(folder))) or "."
        self._keep(sweep, records.read_run(folder))

    def _records(self, path: str) -> None:
        self._keep(path, records.read_file(path))

    def _keep(self, origin: str, read: Iterable[Record | str]) -> None:
        for one in read:
            if isinstance(one, str):
                self.complaints.append(one)
            else:
                self.found.append((origin, one))

    def _object(self, path: str) -> None:
        try:
            content = files.read_json(path)
            if content is None:
                raise UsageError("there is no such file.")
            kind = contents.kind_of(content)
        except (UsageError, OSError) as error:
            self._complain(path, error)
            return
        if kind == contents.EXAMPLE:
            name = content["options"]["example"]
            if self._is_first(path, f"the example {name}", content):
                self.examples[name] = content
        elif kind == contents.TABLES and self._is_first(path, "the tables", content):
            self.tables = content

    def _is_first(self, path: str, what: str, content: Any) -> bool:
        there, before = self._origins.setdefault(what, (path, content))
        if before is content:
            return True
        same = "the same" if before == content else "other results"
        self._complain(path, f"{what} is in {there} already, with {same}.")
        return False

    def _foreign(self, path: str) -> None:
        there = os.path.exists(path)
        why = "it is no file of results." if there else "there is no such file."
        self._complain(path, why)

    def _stray(self, path: str) -> None:
        self._complain(
            path, "it is a run by itself; those of a sweep are in VARIANT/seedN."
        )

    def _closed(self, path: str) -> None:
        self._complain(path, "the folder cannot be listed.")

    def _complain(self, path: str, why: object) -> None:
        self.complaints.append(f"{path} is left out: {one_line(why)}")
