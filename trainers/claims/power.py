"""What a number of seeds would have detected, in a share of all repetitions.

The standard deviation of a sample is a random share of the true one; the chances below
are means over it, at evenly spaced quantiles.
"""

import functools
import math

import numpy as np

POWER = 0.8
_QUANTILES = 4000


@functools.cache
def detectable_difference(number, level):
    """Returns the true difference that a two-sided t-test shows.

    Args:
        number: int, how many values, at least 2.
        level: float, the level of the test.

    Returns:
        The difference in true standard deviations.
    """
    from scipy import special

    critical = _critical(number, level) * _deviations(number)
    return _least(
        # In the other tail the test finds the opposite.
        lambda effect: np.mean(special.ndtr(effect * math.sqrt(number) - critical))
    )


@functools.cache
def detectable_margin(number, level):
    """Returns the margin within which a right mean is found to lie.

    By two one-sided t-tests, each at half of `level`, as each side of a two-sided one.

    Args:
        number: int, how many values, at least 2.
        level: float, the level of the test.

    Returns:
        The margin in true standard deviations.
    """
    from scipy import special

    critical = _critical(number, level) * _deviations(number)

    def chance(margin):
        inside = special.ndtr(margin * math.sqrt(number) - critical)
        return np.mean(np.maximum(0.0, 2 * inside - 1))

    return _least(chance)


def detectable_share(number, level):
    """Returns the true share that a two-sided sign test shows to be above one half.

    Args:
        number: int, how many seeds.
        level: float, the level of the test.

    Returns:
        The share, `None` where all of so few seeds show nothing.
    """
    from scipy import special, stats

    enough = [
        count
        for count in range(number + 1)
        if 2 * stats.binom.sf(count - 1, number, 0.5) <= level
    ]
    if not enough:
        return None
    # The chance of at least k of n is an incomplete beta function of the share.
    return float(special.betaincinv(enough[0], number - enough[0] + 1, POWER))


def _critical(number, level):
    from scipy import stats

    return stats.t.ppf(1 - level / 2, number - 1)


def _deviations(number):
    """Standard deviations of samples, in true ones."""
    from scipy import stats

    quantiles = (np.arange(_QUANTILES) + 0.5) / _QUANTILES
    return np.sqrt(stats.chi2.ppf(quantiles, number - 1) / (number - 1))


def _least(chance):
    """The effect whose chance is `POWER`."""
    from scipy import optimize

    high = 1.0
    while chance(high) < POWER:
        high *= 2
    return optimize.brentq(lambda effect: chance(effect) - POWER, 0.0, high)
