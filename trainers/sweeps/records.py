"""What the runs of a sweep left behind: read from their folders, or from one file."""

import dataclasses
import glob
import json
import os

from trainers.common import files
from trainers.common.command_line import one_line, parse
from trainers.common.errors import UsageError
from trainers.common.options import to_flags
from trainers.experiments.experiment import Experiment
from trainers.sweeps.grid import run_name


@dataclasses.dataclass(frozen=True)
class Record:
    """A finished run, as far as figures and claims need it.

    Attributes:
        variant: what all seeds of its kind share, the name of its folder's folder.
        settings: `{flag: text}` of its experiment.
        result: the contents of result.json.
        history: the rows of metrics.jsonl, by step.
        evaluation: the contents of evaluation.json, `None` where there is none.
        versions: the contents of versions.json.
    """

    variant: str
    settings: dict
    result: dict
    history: list
    evaluation: dict | None
    versions: dict

    @property
    def name(self):
        """A name that no other run of the sweep has."""
        return run_name(self.variant, self.seed)

    @property
    def seed(self):
        return int(self.settings["seed"])

    @property
    def num_labels(self):
        """The number of labels, `None` for all."""
        text = self.settings["num_labels"]
        return None if text == "all" else int(text)

    @property
    def num_points(self):
        return int(self.settings["num_points"])

    @property
    def method(self):
        return self.settings["method"]


def read(paths):
    """Reads the records of sweeps.

    Args:
        paths: list of paths, of a folder of `VARIANT/seedN` or of a file that `write`
            made.

    Returns:
        `(records, complaints)`: records by variant, labels and seed, and one line for
        each file that is no part of a finished run.
    """
    records, complaints = [], []
    for path in paths:
        found = _read_folder(path) if os.path.isdir(path) else _read_file(path)
        for one in found:
            (complaints if isinstance(one, str) else records).append(one)
    unique = {}
    for record in records:
        key = (record.variant, record.seed)
        if key in unique:
            complaints.append(f"{record.name} is there twice.")
        unique.setdefault(key, record)
    return [unique[key] for key in sorted(unique)], complaints


def write(path, records):
    """Writes records to one file, a line each, in one atomic step."""
    lines = [
        json.dumps(dataclasses.asdict(record), sort_keys=True, separators=(",", ":"))
        for record in records
    ]
    files.write_text(path, "".join(f"{line}\n" for line in lines))


def _read_folder(path):
    for folder in sorted(
        glob.glob(os.path.join(glob.escape(path), run_name("*", "*")))
    ):
        if not os.path.isdir(folder):
            continue
        try:
            record = _read_run(folder)
        except (UsageError, OSError) as error:
            yield f"{folder} is left out: {one_line(error)}"
        else:
            if record is not None:
                yield record


def _read_run(folder):
    """Returns the record of a run's folder, `None` before the run is finished."""
    result = files.read_json(os.path.join(folder, "result.json"))
    if result is None:
        return None
    experiment = parse(Experiment, ["", f"--flagfile={folder}/flags.txt"])
    return _checked(
        Record(
            variant=os.path.basename(os.path.dirname(folder)),
            settings=to_flags(experiment, identity_only=True),
            result=result,
            history=_read_history(os.path.join(folder, "metrics.jsonl")),
            evaluation=files.read_json(os.path.join(folder, "evaluation.json")),
            versions=files.read_json(os.path.join(folder, "versions.json"), {}),
        )
    )


def _read_history(path):
    with open(path, encoding="utf-8") as lines:
        return [_object(line, path) for line in lines]


def _read_file(path):
    try:
        with open(path, encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                where = f"line {number} of {path}"
                try:
                    yield _checked(Record(**_object(line, where)))
                except (UsageError, TypeError) as error:
                    yield f"{where} is left out: {one_line(error)}"
    except (OSError, UnicodeDecodeError) as error:
        yield f"{path} is left out: {one_line(error)}"


def _object(line, where):
    try:
        value = json.loads(line)
    except ValueError as error:
        raise UsageError(f"{where} is cut short or damaged: {error}") from error
    if not isinstance(value, dict):
        raise UsageError(f"{where} holds no object.")
    return value


def _checked(record):
    """The record, if it holds what every finished run has."""
    result, settings = record.result, record.settings
    whole = (
        {"accuracy", "student", "linearity", "steps"} <= set(result)
        and {"seed", "num_labels", "num_points", "method", "steps"} <= set(settings)
        and str(result["steps"]) == settings["steps"]
    )
    if not whole:
        raise UsageError("it is not the result of a run.")
    return record
