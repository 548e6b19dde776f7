"""Tests and intervals of a mean, and of a share, over seeds."""

import math
import statistics
from collections.abc import Sequence

import numpy as np

from trainers.statistics import mean_and_interval

# Differences of equal numbers differ from 0 in the last digits of those numbers.
_ROUNDING = 1e-12


def chances_above(
    values: Sequence[float], bound: float, scale: float
) -> tuple[float, float]:
    """Returns the p-values of a mean above a bound, and of one below it.

    By Student's t-test, or, where all values are the same and that has no scale, by the
    sign test.

    Args:
        values: list of finite floats, at least 2.
        bound: float.
        scale: float, the size of the numbers that values are differences of.
    """
    from scipy import stats

    if are_equal(values, scale):
        beyond = np.array(values) - bound
        larger = int(np.sum(beyond > _ROUNDING * scale))
        return sign_test(larger, int(np.sum(beyond < -_ROUNDING * scale)))
    above, below = (
        float(stats.ttest_1samp(values, bound, alternative=side).pvalue)
        for side in ("greater", "less")
    )
    return above, below


def are_equal(values: Sequence[float], scale: float) -> bool:
    """Whether values are the same, apart from rounding."""
    return bool(np.ptp(values) <= _ROUNDING * scale)


def sign_test(agreeing: int, opposing: int) -> tuple[float, float]:
    """Returns the p-values of more than one half, and of less, by exact counts."""
    from scipy import stats

    number = agreeing + opposing
    if number == 0:
        return 1.0, 1.0
    more, less = (
        float(stats.binomtest(agreeing, number, alternative=side).pvalue)
        for side in ("greater", "less")
    )
    return more, less


def mean(values: Sequence[float]) -> float:
    """Returns a mean; of infinities on both sides NaN, where `fmean` raises."""
    return sum(values) / len(values)


def mean_interval(values: Sequence[float]) -> tuple[float, float]:
    """Returns the 95 % interval of a mean, NaN without one."""
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    low, high = mean_and_interval(values)[1:]
    return float(low), float(high)


def error_and_freedom(
    values: Sequence[float], deviation: float, trials: int
) -> tuple[float, float]:
    """Returns the standard error of a difference from a published mean.

    Both means are uncertain, with deviations that may differ (Welch, 1947).

    Args:
        values: list of finite floats, at least 2.
        deviation: float, the published standard deviation.
        trials: int, the number of published values, at least 2.

    Returns:
        The standard error, and the degrees of freedom of Welch and Satterthwaite.
    """
    shares = [
        (statistics.variance(values) / len(values), len(values) - 1),
        (deviation**2 / trials, trials - 1),
    ]
    variance = sum(share for share, _ in shares)
    freedom = variance**2 / sum(share**2 / number for share, number in shares)
    return math.sqrt(variance), freedom


def share_interval(flags: Sequence[float]) -> tuple[float, float]:
    """Returns the 95 % interval of a share, Clopper and Pearson's."""
    from scipy import stats

    found = stats.binomtest(round(sum(flags)), len(flags)).proportion_ci(0.95)
    return float(found.low), float(found.high)
