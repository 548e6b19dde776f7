"""Runs that were read more than once."""

import collections
import dataclasses
import math
from collections.abc import Sequence
from typing import Any

from trainers.results.record import Record

# Of a number that is told with six digits.
_ROUNDING = 1e-5


def without_duplicates(
    found: Sequence[tuple[str, Record]],
) -> tuple[list[Record], list[str]]:
    """Leaves each run once: the one that was found first.

    Two runs are one when variant and all settings are the same, the seed among them.

    Args:
        found: list of `(path, record)`: where each record was found.

    Returns:
        `(records, complaints)`: records by variant, seed and settings, and one line
        for each pair of paths that hold the same runs.
    """
    first: dict[Any, tuple[str, Record]] = {}
    same: collections.Counter[tuple[str, str]] = collections.Counter()
    other = collections.defaultdict[tuple[str, str], list[str]](list)
    for path, record in found:
        there, before = first.setdefault(record.key, (path, record))
        if before is record:
            continue
        if _agree(before, record):
            same[there, path] += 1
        else:
            other[there, path].append(record.name)
    complaints = [
        f"{_twice(count, *pair)}, and counted once." for pair, count in same.items()
    ]
    complaints += [
        f"{_twice(len(names), *pair)}, with other results; the first are kept: "
        f"{', '.join(names[:3])}{', ...' * (len(names) > 3)}."
        for pair, names in other.items()
    ]
    return [first[key][1] for key in sorted(first)], complaints


def _agree(one: Record, other: Record) -> bool:
    """Whether they are the same, but for the digits that packing leaves out."""
    return one == other or _near(dataclasses.asdict(one), dataclasses.asdict(other))


def _near(one: Any, other: Any) -> bool:
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_near(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_near, one, other))
    if isinstance(one, float) and isinstance(other, float):
        both_nan = math.isnan(one) and math.isnan(other)
        return both_nan or math.isclose(one, other, rel_tol=_ROUNDING)
    return bool(one == other)


def _twice(count: int, there: str, path: str) -> str:
    where = "there twice" if there == path else f"in {there} too"
    return f"{count} run{'s' * (count > 1)} of {path}: {where}"
