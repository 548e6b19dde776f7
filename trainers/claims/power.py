"""What a number of seeds would have detected, in a share of all repetitions."""

import functools
import math
from collections.abc import Callable

from trainers.claims.significance import sign_test

POWER = 0.8


@functools.cache
def detectable_difference(number: int, level: float) -> float:
    """Returns the true difference that a one-sided t-test detects.

    The test's statistic follows the noncentral t-distribution.

    Args:
        number: int, how many values, at least 2.
        level: float, the level of the test.

    Returns:
        The difference in true standard deviations.
    """
    from scipy import stats

    critical, freedom = _critical(number - 1, level), number - 1
    return _least(
        lambda effect: stats.nct.sf(critical, freedom, effect * math.sqrt(number))
    )


@functools.cache
def detectable_margin(freedom: float, level: float) -> float:
    """Returns the margin within which a right mean is found to lie.

    By two one-sided t-tests.

    Args:
        freedom: float, the degrees of freedom of the tests.
        level: float, the level of each.

    Returns:
        The margin in true standard errors of the mean.
    """
    from scipy import integrate, special

    critical = _critical(freedom, level)

    def inside(tail: float, margin: float) -> float:
        # The standard error of a sample that a share `tail` of samples exceeds.
        error = math.sqrt(special.chdtri(freedom, tail) / freedom)
        return 2 * special.ndtr(margin - critical * error) - 1

    def chance(margin: float) -> float:
        # With a larger error neither of the tests can reject.
        least = special.chdtrc(freedom, freedom * (margin / critical) ** 2)
        return integrate.quad(inside, least, 1.0, args=(margin,))[0]

    return _least(chance)


def detectable_share(number: int, level: float) -> float | None:
    """Returns the true share that a sign test finds to be above one half.

    Args:
        number: int, how many seeds.
        level: float, the level of the test.

    Returns:
        The share, `None` where all of so few seeds show nothing.
    """
    from scipy import special

    for count in range(number + 1):
        if sign_test(count, number - count)[0] <= level:
            # The chance of at least k of n is an incomplete beta function of the share.
            return float(special.betaincinv(count, number - count + 1, POWER))
    return None


def _critical(freedom: float, level: float) -> float:
    from scipy import stats

    return float(stats.t.ppf(1 - level, freedom))


def _least(chance: Callable[[float], float]) -> float:
    """The effect whose chance is `POWER`."""
    from scipy import optimize

    high = 1.0
    while chance(high) < POWER:
        high *= 2
    return float(optimize.brentq(lambda effect: chance(effect) - POWER, 0.0, high))
