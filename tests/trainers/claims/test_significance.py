"""Tests and intervals against NumPy, exact counts and numerical integrals."""

import math

import numpy as np
import pytest

from trainers.claims import significance


def students_tail(statistic, freedom):
    """The chance beyond a value, by the integral of the density."""
    # With x = tan(angle) the tail is an interval.
    angles = np.linspace(math.atan(statistic), math.pi / 2, 200_001)[:-1]
    x = np.tan(angles)
    log_scale = math.lgamma((freedom + 1) / 2) - math.lgamma(freedom / 2)
    scale = math.exp(log_scale) / math.sqrt(freedom * math.pi)
    density = scale * (1 + x**2 / freedom) ** (-(freedom + 1) / 2)
    return np.trapezoid(density * (1 + x**2), angles)


@pytest.mark.parametrize("values", [[0.1, 0.4], [0.3, -0.1, 0.2, 0.25, 0.0]])
@pytest.mark.parametrize("bound", [0.0, 0.2])
def test_chances_are_those_of_students_t(values, bound):
    above, below = significance.chances_above(values, bound, scale=1.0)
    error = np.std(values, ddof=1) / np.sqrt(len(values))
    statistic = (np.mean(values) - bound) / error
    tail = students_tail(statistic, len(values) - 1)
    np.testing.assert_allclose([above, below], [tail, 1 - tail], atol=1e-4)


def test_small_chances_keep_their_digits():
    values = np.linspace(0.99, 1.01, 10)
    above, _ = significance.chances_above(values, 0.0, 1.0)
    _, below = significance.chances_above(-values, 0.0, 1.0)
    assert 0 < above == pytest.approx(below, rel=1e-9, abs=0)
    assert above < 1e-17


@pytest.mark.parametrize(("agreeing", "opposing"), [(10, 0), (7, 3), (1, 1), (0, 4)])
def test_sign_test_counts(agreeing, opposing):
    number = agreeing + opposing

    def at_least(count):
        ways = sum(math.comb(number, k) for k in range(count, number + 1))
        return ways / 2**number

    np.testing.assert_allclose(
        significance.sign_test(agreeing, opposing),
        [at_least(agreeing), at_least(opposing)],
    )


def test_without_a_sign_nothing_follows():
    assert significance.sign_test(0, 0) == (1.0, 1.0)


def test_equal_values_are_counted():
    above, below = significance.chances_above([0.25] * 5, 0.0, scale=0.5)
    assert (above, below) == (pytest.approx(2**-5), 1.0)
    assert significance.chances_above([0.0] * 9, 0.0, scale=0.5) == (1.0, 1.0)


def test_rounding_is_neither_scale_nor_sign():
    noise = 0.1 + 0.2 - 0.3
    assert noise > 0
    assert significance.chances_above([noise] * 9, 0.0, scale=0.3) == (1.0, 1.0)
    assert significance.chances_above([noise, 0.0] * 5, 0.0, scale=0.3) == (1.0, 1.0)
    # The same digits are a difference where the numbers themselves are as small.
    above, _ = significance.chances_above([noise] * 9, 0.0, scale=1e-16)
    assert above == pytest.approx(2**-9)


def test_interval_of_a_mean():
    # The 97.5 % quantile of Student's t with two degrees of freedom.
    quantile = 0.95 * math.sqrt(2 / (1 - 0.95**2))
    values = [0.1, 0.4, 0.35]
    half = quantile * np.std(values, ddof=1) / np.sqrt(3)
    expected = np.mean(values) - half, np.mean(values) + half
    np.testing.assert_allclose(significance.mean_interval(values), expected)
    assert all(map(math.isnan, significance.mean_interval([0.3])))
    assert all(map(math.isnan, significance.mean_interval([0.3, math.inf])))


def test_interval_of_a_share():
    # Of n in n: the lower end is the share whose n-th power is 2.5 %.
    low, high = significance.share_interval([1.0] * 10)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 10)), 1.0)


def test_means_of_infinities():
    assert significance.mean([1.0, math.inf]) == math.inf
    assert math.isnan(significance.mean([-math.inf, math.inf]))
