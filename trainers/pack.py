"""Packs results into one small file: `python -m trainers.pack --help`."""

import dataclasses
import os
import sys

from trainers import files, strict_json
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.option_checks import check_fields, check_output
from trainers.options import option
from trainers.results import reading, records
from trainers.results.record import Record, rounded

USAGE = """
Packs the results of sweeps into one compressed file, to be shared.

  python -m trainers.pack --results=runs/digits --file=digits.jsonl.gz
  python -m trainers.pack --results=runs/examples/separable --file=separable.json
  python -m trainers.figures --results=digits.jsonl.gz,separable.json

The file holds what figures, claims and reports need: settings, results, histories,
evaluations and versions, but no networks. Results of trainers.toys or
trainers.tabular become a .json. The same results make the same file, byte for byte.
"""


@dataclasses.dataclass(frozen=True)
class Pack:
    """Which results are packed, and how.

    Example:

    ```python
    from trainers.pack import Pack, pack

    pack(Pack(results=("runs/digits",), file="digits.jsonl.gz"))
    ```
    """

    results: tuple[str, ...] = option(
        (), "folders or files of results; required", "What"
    )
    file: str = option(
        "results.jsonl.gz",
        "path of the file: a .jsonl.gz of runs, or a .json of one example or of the "
        "tables",
        "How",
    )
    digits: int = option(
        6, "significant digits of every number; float32 has seven", "How", low=1
    )

    def __post_init__(self):
        check_fields(self)
        if not self.results:
            raise UsageError("--results must name a folder or file, as runs/digits.")
        if not self.file.endswith((".jsonl.gz", ".json")):
            raise UsageError(
                f"--file must end in .jsonl.gz or .json; received {self.file!r}."
            )
        check_output("file", self.file)


def pack(options):
    """Writes what results hold to a file, and returns it as it is there."""
    found = reading.read(options.results)
    for complaint in found.complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    write = _write_records if options.file.endswith(".gz") else _write_object
    packed = write(options, found)
    if write is _write_records:
        left, words = _objects(found), "examples and tables, which a .json holds"
    else:
        left, words = found.records, "runs, which a .jsonl.gz holds"
    if left:
        print(f"warning: left out are {len(left)} {words}.", file=sys.stderr)
    size = os.path.getsize(options.file)
    print(f"{options.file}: {size / 1e3:.0f} kB")
    return packed


def _write_records(options, found):
    if not found.records:
        raise UsageError(
            f"--results={','.join(options.results)}: no finished run was found there."
        )
    packed = [
        Record(**rounded(dataclasses.asdict(record), options.digits))
        for record in found.records
    ]
    records.write(options.file, packed)
    return packed


def _write_object(options, found):
    objects = _objects(found)
    if len(objects) != 1:
        raise UsageError(
            f"--file={options.file} holds one example, or the tables; "
            f"--results={','.join(options.results)} has {len(objects)} of them."
        )
    packed = rounded(objects[0], options.digits)
    text = strict_json.dumps(packed, options.file, separators=(",", ":"))
    files.write_text(options.file, text + "\n")
    return packed


def _objects(found):
    return [*found.examples.values(), *([found.tables] if found.tables else [])]


def main(argv=None):
    """Runs the command line and returns the exit code."""
    return run_command(pack, Pack, USAGE, sys.argv if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
