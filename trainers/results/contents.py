"""What is in a JSON file of results: told by its contents, not by its name."""

import math

from trainers.errors import UsageError
from trainers.results.record import are_numbers
from trainers.toys.problems import EXAMPLES

EXAMPLE, TABLES, OTHER = "example", "tables", "other"

# What the commands write that nothing is drawn from: a trial of the tabular comparison,
# a benchmark, linearity of a saved network, collinearity of a data set.
_OTHERS = (
    {"error", "flags"},
    {"options", "ratios"},
    {"options", "linearity"},
    {"num_mixtures", "num_flipped"},
)


def kind_of(content):
    """Returns which of the kinds an object is.

    Raises:
        UsageError: when it is none of them, or not in their form.
    """
    if {"options", "summary", "runs"} <= set(content):
        kind, whole = EXAMPLE, _is_example
    elif any(names <= set(content) for names in _OTHERS):
        return OTHER
    else:
        kind, whole = TABLES, _are_tables
    try:
        good = whole(content)
    except (AttributeError, KeyError, TypeError, ValueError):
        good = False
    if not good:
        raise UsageError("it holds no results of this project.")
    return kind


def _is_example(content):
    columns = EXAMPLES[content["options"]["example"]].columns
    keys = [column.key for column in columns]
    summary = [row[key]["mean"] for row in content["summary"] for key in keys]
    measured = [row for run in content["runs"] for row in run["measured"]]
    values = [row[key] for row in measured for key in ("step", *keys)]
    alphas = [one["alpha"] for one in content["summary"] + content["runs"]]
    seeds = [run["seed"] for run in content["runs"]]
    return (
        bool(summary and measured)
        and all(run["measured"] for run in content["runs"])
        and are_numbers(summary + values + seeds)
        and are_numbers([alpha for alpha in alphas if alpha is not None])
        and isinstance(content["settings"]["steps"], int)
        and isinstance(content["versions"]["packages"]["keras-mixup"], str)
        and (content.get("picture") is None or _is_picture(content["picture"]))
    )


def _is_picture(picture):
    places, fields = picture["places"], picture["probability"]
    size = math.prod(map(len, places))
    values = [value for one in fields for value in one["values"]]
    lists = [*picture["points"], *places, picture["labels"]]
    return (
        bool(fields)
        and all(len(one["values"]) == size for one in fields)
        and {len(point) for point in picture["points"]} == {len(places)}
        and len(picture["points"]) == len(picture["labels"])
        and are_numbers(values + [value for one in lists for value in one])
        and all({"alpha", "seed"} <= set(one) for one in fields)
    )


def _are_tables(content):
    results = [result for methods in content.values() for result in methods.values()]
    return bool(results) and all(
        isinstance(one["settings"], dict | None)
        and isinstance(one["candidates"], list)
        and isinstance(one["errors"], list)
        and are_numbers(one["errors"])
        for one in results
    )
