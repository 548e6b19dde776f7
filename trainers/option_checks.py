"""The checks that the options of every command share."""

import dataclasses
import math
import os

from trainers.errors import UsageError
from trainers.options import choices_in_words, is_choice

# A larger number is a typing error, or asks for more memory than there is.
_MOST = 10**8


def check_fields(options):
    """Raises `UsageError` for an option that is outside its declared bounds."""
    for field in dataclasses.fields(options):
        _check_field(field, getattr(options, field.name))


def _check_field(field, value):
    if value is None:
        return
    if not is_choice(field, value):
        raise UsageError(
            f"--{field.name} must be one of {choices_in_words(field)}; received "
            f"{value!r}."
        )
    if isinstance(value, float) and not math.isfinite(value):
        raise UsageError(f"--{field.name} must be finite; received {value}.")
    for text in value if isinstance(value, tuple) else (value,):
        if isinstance(text, str) and not _is_plain(text):
            raise UsageError(
                f"--{field.name} must be text on one line, in UTF-8, without spaces at "
                f"its ends, since flags.txt keeps it so; received {text!r}."
            )
    for one in value if isinstance(value, tuple) else (value,):
        _check_bounds(field, one)


def _check_bounds(field, value):
    bounds = dict(field.metadata)
    if type(value) is int and not {"high", "below"} & set(bounds):
        bounds["high"] = _MOST
    for kind, (holds, words) in _BOUNDS.items():
        bound = bounds.get(kind)
        if bound is not None and not holds(value, bound):
            raise UsageError(
                f"--{field.name} must be {words} {bound}; received {value}."
            )


def _is_plain(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return text == text.strip() and len(text.splitlines()) <= 1


_BOUNDS = {
    "low": (lambda value, bound: value >= bound, "at least"),
    "above": (lambda value, bound: value > bound, "greater than"),
    "high": (lambda value, bound: value <= bound, "at most"),
    "below": (lambda value, bound: value < bound, "less than"),
}


def check_output(flag, path):
    """Raises `UsageError` unless `path` can be that of a file to write."""
    folder, name = os.path.split(path)
    writable = os.path.isdir(folder or ".") and os.access(folder or ".", os.W_OK)
    if not name or os.path.isdir(path) or not writable:
        raise UsageError(
            f"--{flag} must be a file, in a folder that exists and can be written to; "
            f"received {path!r}."
        )
