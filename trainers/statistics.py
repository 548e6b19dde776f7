"""Means over seeds, with their intervals."""

import math
import statistics


def mean_and_interval(values):
    """Returns `(mean, low, high)`: the mean over seeds and its 95 % interval.

    The interval is Student's. One value has no interval: low and high are NaN. Where a
    value is not finite, as of a run that diverged, all three are NaN: leaving it out
    would praise what failed.
    """
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan, math.nan
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.nan, math.nan
    from scipy import stats

    quantile = stats.t.ppf(0.975, len(values) - 1)
    half = quantile * standard_deviation(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half


def standard_deviation(values):
    """Returns the standard deviation of a sample; NaN where a value is not finite."""
    finite = all(map(math.isfinite, values))
    return statistics.stdev(values) if finite else math.nan
