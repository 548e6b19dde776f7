"""A finished run, as far as figures and claims need it."""

import dataclasses
from typing import Any

from trainers.command_line import as_recorded
from trainers.errors import UsageError
from trainers.options import under_present_names
from trainers.results.roles import default_settings
from trainers.results.schema import Evaluation, Result, Row, parsed
from trainers.run.experiment import Experiment
from trainers.run.run_folder import run_name


@dataclasses.dataclass(frozen=True)
class Record:
    """A finished run.

    Attributes:
        variant: what all seeds of its kind share, the name of its folder's folder.
        settings: `{flag: text}` of its experiment.
        result: the contents of result.json.
        history: the rows of metrics.jsonl, by step.
        evaluation: the contents of evaluation.json, `None` where there is none.
        versions: the contents of versions.json.
    """

    variant: str
    settings: dict[str, str]
    result: Result
    history: list[Row]
    evaluation: Evaluation | None
    versions: dict[str, Any]

    @property
    def name(self) -> str:
        """A name that no other run of the sweep has."""
        return run_name(self.variant, self.seed)

    @property
    def key(self) -> tuple[str, int, tuple[tuple[str, str], ...]]:
        """What no other run has, of whichever sweep: the variant and all settings."""
        return self.variant, self.seed, tuple(sorted(self.settings.items()))

    @property
    def seed(self) -> int:
        return int(self.settings["seed"])

    @property
    def walked_split(self) -> str | None:
        """Where it was attacked, deformed and walked between examples, or `None`."""
        splits = ((self.evaluation or {}).get("options") or {}).get("split")
        return splits[-1] if splits else None

    @property
    def num_labels(self) -> int | None:
        """The number of labels, `None` for all."""
        text = self.settings["num_labels"]
        return None if text == "all" else int(text)

    @property
    def num_points(self) -> int:
        return int(self.settings["num_points"])

    @property
    def method(self) -> str:
        return self.settings["method"]


def from_content(content: dict[str, Any]) -> Record:
    """Returns the record in an object of JSON.

    Raises:
        UsageError: when it is not the record of a run, naming the first leaf that is
            damaged or foreign.
    """
    try:
        record: Record = parsed(Record, content, "")
        # A flag that came later was at its default then.
        settings = default_settings(identity_only=True)
        settings |= under_present_names(record.settings)
        record = dataclasses.replace(record, settings=settings)
        _check_settings(record)
        _check_history(record)
        _check_between(record)
    except UsageError as error:
        raise UsageError(f"it is not the result of a run: {error}.") from error
    return record


def _check_settings(record: Record) -> None:
    """Checks that each is one that an experiment may have, or of another version."""
    settings = record.settings
    for field in dataclasses.fields(Experiment):
        try:
            if field.name in settings:
                as_recorded(field, settings[field.name])
        except ValueError as error:
            reason = str(error).rstrip(".")
            raise UsageError(f"settings.{field.name}: {reason}") from error
    if min(record.seed, record.num_points, record.num_labels or 1) < 0:
        raise UsageError("settings.seed, num_points or num_labels is negative")
    steps = record.result["steps"]
    if str(steps) != settings["steps"]:
        raise UsageError(
            f"result.steps is {steps}, but settings.steps is {settings['steps']}"
        )


def _check_history(record: Record) -> None:
    for number, row in enumerate(record.history):
        if type(row.get("step")) is not int:
            raise UsageError(f"history.{number}.step is not an integer")


def _check_between(record: Record) -> None:
    between = (record.evaluation or {}).get("between") or {}
    if len({len(values) for values in between.values()}) > 1:
        raise UsageError("evaluation.between holds lists of different lengths")


def rounded(value: Any, digits: int) -> Any:
    """Returns dictionaries, lists and numbers with floats of so many digits."""
    if isinstance(value, dict):
        return {name: rounded(one, digits) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one, digits) for one in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value
