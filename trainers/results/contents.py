"""What is in a JSON file of results: told by its contents, not by its name."""

import math
from typing import Any, NotRequired, TypedDict

from trainers.errors import UsageError
from trainers.results.schema import parsed
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


class _Options(TypedDict):
    example: str


class _Settings(TypedDict):
    steps: int


_Packages = TypedDict("_Packages", {"keras-mixup": str})


class _Versions(TypedDict):
    packages: _Packages


class _Field(TypedDict):
    alpha: float | None
    seed: float
    values: list[float]


class _Picture(TypedDict):
    points: list[list[float]]
    labels: list[float]
    places: list[list[float]]
    probability: list[_Field]


class _Run(TypedDict):
    alpha: float | None
    seed: int
    measured: list[dict[str, float]]


class Example(TypedDict):
    """The contents of the results.json of `trainers.toys`."""

    options: _Options
    settings: _Settings
    versions: _Versions
    summary: list[dict[str, Any]]
    runs: list[_Run]
    picture: NotRequired[_Picture | None]


class Table(TypedDict):
    """The results of a method on a table."""

    settings: dict[str, Any] | None
    candidates: list[Any]
    errors: list[float]


# The contents of the results.json of `trainers.tabular`: by data set, by method.
Tables = dict[str, dict[str, Table]]


def kind_of(content: dict[str, Any]) -> str:
    """Returns which of the kinds an object is.

    Raises:
        UsageError: when it is none of them, or not in their form, naming the leaf.
    """
    if any(names <= set(content) for names in _OTHERS):
        return OTHER
    is_example = {"options", "summary", "runs"} <= set(content)
    try:
        if is_example:
            _check_example(parsed(Example, content, ""))
        elif not any(parsed(Tables, content, "").values()):
            raise UsageError("it is empty")
    except UsageError as error:
        raise UsageError(f"it holds no results of this project: {error}.") from error
    return EXAMPLE if is_example else TABLES


def _check_example(content: Example) -> None:
    name = content["options"]["example"]
    if name not in EXAMPLES:
        raise UsageError(f"options.example is none of {', '.join(EXAMPLES)}")
    keys = [column.key for column in EXAMPLES[name].columns]
    measured = [run["measured"] for run in content["runs"]]
    if not (content["summary"] and measured and all(measured)):
        raise UsageError("summary, runs or runs.measured is empty")
    for row in content["summary"]:
        parsed(float | None, row.get("alpha", ""), "summary.alpha")
        for key in keys:
            mean = parsed(dict[str, Any], row.get(key), f"summary.{key}").get("mean")
            parsed(float, "" if mean is None else mean, f"summary.{key}.mean")
    for row in (row for rows in measured for row in rows):
        for key in ("step", *keys):
            if row.get(key) is None or math.isnan(row[key]):
                raise UsageError(f"runs.measured.{key} is not a number")
    if picture := content.get("picture"):
        _check_picture(picture)


def _check_picture(picture: _Picture) -> None:
    places, points = picture["places"], picture["points"]
    size = math.prod(map(len, places))
    fits = (
        bool(picture["probability"])
        and all(len(field["values"]) == size for field in picture["probability"])
        and {len(point) for point in points} == {len(places)}
        and len(points) == len(picture["labels"])
    )
    if not fits:
        raise UsageError("picture holds lists of lengths that do not fit")
