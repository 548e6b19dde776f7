"""Means over seeds, with their intervals."""

import math
import statistics


def mean_and_interval(values):
    """Returns `(mean, low, high)`: the mean over seeds and its 95 % interval.

    The interval is Student's. One value has no interval: low and high are NaN.
    """
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, math.nan, math.nan
    from scipy import stats

    quantile = stats.t.ppf(0.975, len(values) - 1)
    half = quantile * statistics.stdev(values) / math.sqrt(len(values))
    return mean, mean - half, mean + half
