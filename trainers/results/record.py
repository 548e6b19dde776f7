"""A finished run, as far as figures and claims need it."""

import dataclasses
import numbers

from trainers import strict_json
from trainers.command_line import as_recorded
from trainers.errors import UsageError
from trainers.results.roles import default_settings
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
    def key(self):
        """What no other run has, of whichever sweep: the variant and all settings."""
        return self.variant, self.seed, tuple(sorted(self.settings.items()))

    @property
    def seed(self):
        return int(self.settings["seed"])

    @property
    def walked_split(self):
        """Where it was attacked, deformed and walked between examples, or `None`."""
        splits = ((self.evaluation or {}).get("options") or {}).get("split")
        return splits[-1] if splits else None

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


def from_content(content):
    """Returns the record in an object of JSON.

    Raises:
        UsageError: when it is not the record of a run.
    """
    try:
        record = Record(**content)
        # A flag that came later was at its default then.
        defaults = default_settings(identity_only=True)
        record = dataclasses.replace(
            record,
            settings={**defaults, **record.settings},
            result=strict_json.with_nans(record.result),
            history=strict_json.with_nans(record.history),
            evaluation=_with_nans(record.evaluation),
        )
        whole = _is_whole(record)
    except (AttributeError, KeyError, TypeError, ValueError):
        whole = False
    if not whole:
        raise UsageError("it is not the result of a run.")
    return record


def _with_nans(evaluation):
    """The same with NaN for `null`, where that does not stand for something else."""
    if evaluation is None:
        return None
    numbers_alone = ("scores", "between", "deformations", "train_labels")
    read = {
        name: strict_json.with_nans(evaluation[name])
        for name in numbers_alone
        if evaluation.get(name)
    }
    if evaluation.get("fgsm"):
        read["fgsm"] = {
            kind: rates and strict_json.with_nans(rates)
            for kind, rates in evaluation["fgsm"].items()
        }
    return {**evaluation, **read}


def _is_whole(record):
    """Whether it holds what every finished run has, in the form that it has there."""
    settings, result = record.settings, record.result
    accuracy, linearity = result["accuracy"], result["linearity"]
    layers = [layer[key] for layer in linearity.values() for key in ("value", "floor")]
    steps, values = [], []
    for row in record.history:
        steps.append(row["step"])
        values += row.values()
    return (
        isinstance(record.variant, str)
        and _are_settings(settings)
        and min(record.seed, record.num_points, record.num_labels or 1) >= 0
        and str(result["steps"]) == settings["steps"]
        and {"student"} <= set(result)
        and are_numbers([accuracy["validation"], accuracy["test"], *layers, *values])
        and all(isinstance(step, int) for step in steps)
        and (record.evaluation is None or _is_evaluation(record.evaluation))
        and isinstance(record.versions, dict)
    )


def _are_settings(settings):
    """Whether each is one that an experiment may have, or of another version."""
    for field in dataclasses.fields(Experiment):
        if field.name in settings:
            as_recorded(field, settings[field.name])
    return all(isinstance(text, str) for text in settings.values())


def _is_evaluation(evaluation):
    """Whether figures can be drawn from what is there of it."""
    options = evaluation.get("options") or {}
    attacks = (evaluation.get("fgsm") or {}).values()
    rates = [rate for rates in attacks for rate in (rates or {}).values()]
    deformed = (evaluation.get("deformations") or {}).values()
    bins = [
        one[key]
        for by_split in evaluation.get("reliability", {}).values()
        for rows in by_split.values()
        for one in rows
        for key in ("low", "high", "count", "confidence", "accuracy")
    ]
    between = evaluation.get("between") or {}
    lengths = {len(values) for values in between.values()}
    return (
        isinstance(options, dict)
        and len(lengths) <= 1
        and are_numbers([value for value in bins if value is not None])
        and are_numbers([value for values in between.values() for value in values])
        and are_numbers([*rates, *deformed])
    )


def rounded(value, digits):
    """Returns dictionaries, lists and numbers with floats of so many digits."""
    if isinstance(value, dict):
        return {name: rounded(one, digits) for name, one in value.items()}
    if isinstance(value, list):
        return [rounded(one, digits) for one in value]
    return float(f"{value:.{digits}g}") if isinstance(value, float) else value


def are_numbers(values):
    """Whether all values of JSON are numbers."""
    return all(isinstance(value, numbers.Real) for value in values)
