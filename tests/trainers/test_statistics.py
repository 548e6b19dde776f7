"""Tests of means over seeds."""

import math

import numpy as np
import pytest
from scipy import stats

from trainers.statistics import mean_and_interval, standard_deviation


def test_intervals_are_those_of_students_t():
    values = [0.1, 0.4, 0.35]
    expected = stats.t.interval(0.95, 2, loc=np.mean(values), scale=stats.sem(values))
    np.testing.assert_allclose(mean_and_interval(values), (np.mean(values), *expected))
    assert standard_deviation(values) == pytest.approx(np.std(values, ddof=1))


def test_one_value_has_no_interval():
    mean, low, high = mean_and_interval([0.3])
    assert (mean, math.isnan(low), math.isnan(high)) == (0.3, True, True)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_diverged_is_not_averaged_away(odd):
    assert all(map(math.isnan, mean_and_interval([1.0, odd, 2.0])))
    assert math.isnan(standard_deviation([1.0, odd]))
