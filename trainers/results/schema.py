"""The form of what a run leaves: declared once, checked once, when it is read.

Leaves are typed dictionaries and not objects, for what is read to be written again byte
for byte, with whatever a later version adds.
"""

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from trainers.errors import UsageError

# `{name: value}` of what `trainers.run.scores` measures.
Scores = dict[str, float]
# A row of metrics.jsonl: the step, and `{name: value}` of what was measured there.
Row = dict[str, float]


class Layer(TypedDict):
    value: float
    floor: float
    standard_error: NotRequired[float]


class Accuracy(TypedDict):
    validation: float
    test: float


class Result(TypedDict):
    """The contents of result.json."""

    steps: int
    accuracy: Accuracy
    student: dict[str, Scores]
    teacher: NotRequired[dict[str, Scores]]
    linearity: dict[str, Layer]
    evaluated_network: NotRequired[str]


class Bin(TypedDict):
    low: float
    high: float
    count: float
    confidence: float | None
    accuracy: float | None


class EvaluationOptions(TypedDict, total=False):
    split: list[str]


class Evaluation(TypedDict, total=False):
    """The contents of evaluation.json."""

    options: EvaluationOptions | None
    network: str
    black_box: str | None
    scores: dict[str, dict[str, Scores]] | None
    reliability: dict[str, dict[str, list[Bin]]]
    fgsm: dict[str, dict[str, float] | None] | None
    deformations: dict[str, float] | None
    between: dict[str, list[float]] | None
    train_labels: Scores | None


_WORDS = {float: "a number", int: "an integer", str: "text"}
# Working them out takes longer than a record.
_hints = functools.cache(typing.get_type_hints)


def parsed(form: Any, value: Any, where: str) -> Any:
    """Returns a value of JSON in the form of a type.

    Where the type says `float`, `null` stands for a number that was not finite, and is
    read as NaN. Names that a typed dictionary does not have are kept as they are.

    Args:
        form: `Any`, a type, or a dataclass or typed dictionary of such.
        value: what JSON can hold.
        where: the name of the value, such as "evaluation.between"; may be empty.

    Raises:
        UsageError: when it has another form, naming the leaf.
    """
    kind, parts = typing.get_origin(form) or form, typing.get_args(form)
    if kind is types.UnionType:
        return None if value is None else parsed(parts[0], value, where)
    if kind is list:
        return _list(parts[0], value, where)
    if kind is dict:
        return _dictionary(parts[1], value, where)
    if dataclasses.is_dataclass(form) or typing.is_typeddict(form):
        return _fields(form, value, where)
    return _leaf(form, value, where)


def _leaf(form: Any, value: Any, where: str) -> Any:
    if form is float and value is None:
        return math.nan
    kinds = (int, float) if form is float else (form,)
    # A type and no instance: `true` is no number.
    if form is not Any and type(value) not in kinds:
        raise _foreign(where, _WORDS[form])
    return value


def _list(form: Any, value: Any, where: str) -> list[Any]:
    of_numbers = form is float
    if not isinstance(value, list) or (
        of_numbers and not _types(value) <= {int, float, type(None)}
    ):
        raise _foreign(where, "a list of numbers" if of_numbers else "a list")
    return [parsed(form, one, f"{where}.{n}") for n, one in enumerate(value)]


def _dictionary(form: Any, value: Any, where: str) -> dict[str, Any]:
    _check_object(value, where)
    # The quick way for the many rows of a history.
    if form is float and _types(value.values()) <= {int, float}:
        return value
    return {name: parsed(form, one, _name(where, name)) for name, one in value.items()}


def _fields(form: Any, value: Any, where: str) -> Any:
    _check_object(value, where)
    forms = _hints(form)
    required = form.__required_keys__ if typing.is_typeddict(form) else set(forms)
    for name in forms:
        if name in required and name not in value:
            raise UsageError(f"{_name(where, name)} is missing")
    found = {
        name: parsed(forms.get(name, Any), one, _name(where, name))
        for name, one in value.items()
    }
    if typing.is_typeddict(form):
        return found
    if unknown := set(found) - set(forms):
        raise UsageError(f"{_name(where, min(unknown))} is not part of it")
    return form(**found)


def _types(values: Iterable[Any]) -> set[type]:
    return set(map(type, values))


def _check_object(value: Any, where: str) -> None:
    if not isinstance(value, dict):
        raise _foreign(where, "an object")


def _name(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name


def _foreign(where: str, expected: str) -> UsageError:
    return UsageError(f"{where or 'it'} is not {expected}")
