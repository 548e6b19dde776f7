"""JSON without `NaN` and `Infinity`, which no other reader takes, and damaged JSON.

Numbers that are a result must be finite: `dumps` refuses others. Numbers of a history
need not be: `with_nulls` writes `null` in their place, and `with_nans` reads it again.
"""

import json
import math

from trainers.errors import RunFailure

_MOST_NAMES = 3


def dumps(value, what="The result", **form):
    """Returns the text of an object whose numbers are finite.

    Args:
        value: what JSON can hold.
        what: its name, for the message.
        form: arguments of `json.dumps`, as `indent`.

    Raises:
        RunFailure: when a number is not finite, naming the first ones.
    """
    check(value, what)
    return json.dumps(value, allow_nan=False, **form)


def loads(text):
    """Returns the object in a text, or in bytes.

    Raises:
        ValueError: when there is none, whatever else is there.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"expected an object in it, found a {type(value).__name__}")
    return value


def check(value, what):
    """Raises `RunFailure` when a number in `value` is not finite."""
    if names := not_finite(value):
        raise RunFailure(
            f"{what} must hold finite numbers; received NaN or infinity in "
            f"{listed(names)}. Nothing was written: the network has diverged, or its "
            "inputs are too large."
        )


def not_finite(value):
    """Returns the names of the numbers that are not finite, as `test.accuracy`."""
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list | tuple):
        parts = enumerate(value)
    else:
        return [""] if isinstance(value, float) and not math.isfinite(value) else []
    return [f"{k}.{name}".rstrip(".") for k, one in parts for name in not_finite(one)]


def listed(names):
    """Returns the first of some names, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def with_nulls(value):
    """Returns the same with `None` for each number that is not finite."""
    if isinstance(value, dict):
        return {name: with_nulls(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [with_nulls(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def with_nans(value):
    """Returns the same with NaN for each `None`."""
    if isinstance(value, dict):
        return {name: with_nans(one) for name, one in value.items()}
    if isinstance(value, list):
        return [with_nans(one) for one in value]
    return math.nan if value is None else value
