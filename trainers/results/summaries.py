"""Numbers over seeds, and words for them."""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Literal

from trainers.results.schema import Result
from trainers.statistics import mean_and_interval, standard_deviation


def mean_nonlin(
    result: Result, key: Literal["value", "floor"] = "value"
) -> float | None:
    """Returns the mean over all layers but `layer_0`, `None` without one.

    Args:
        result: the contents of a result.json.
        key: "value" for NonLin, or "floor".
    """
    layers = result["linearity"].items()
    values = [layer[key] for name, layer in layers if name != "layer_0"]
    return statistics.fmean(values) if values else None


def mean_and_deviation(values: Iterable[float], digits: int) -> str:
    """Returns "mean ± standard deviation" of values; of one, itself."""
    values = list(values)
    if not values:
        return ""
    mean = f"{statistics.fmean(values):.{digits}f}"
    if len(values) == 1:
        return mean
    return f"{mean} ± {standard_deviation(values):.{digits}f}"


def spread(values: Sequence[float], digits: int) -> str:
    """Returns the same, but counts runs that diverged where there are some."""
    finite = sum(map(math.isfinite, values))
    if finite < len(values):
        return f"{len(values) - finite} of {len(values)} not finite"
    return mean_and_deviation(values, digits)


def interval(values: Sequence[float], digits: int) -> str:
    """Returns the words for the 95 % interval of a mean, if there is one."""
    if len(values) < 2 or not all(map(math.isfinite, values)):
        return ""
    _, low, high = mean_and_interval(values)
    return f"[{low:.{digits}f}, {high:.{digits}f}]"
