"""Power against means over chi, exact counts and simulated seeds.

The simulations have 20 000 repetitions with a fixed seed: a share of 80 % is met within
1.2 points in all but one of 40 000 cases.
"""

import math

import numpy as np
import pytest
from scipy import stats

from trainers.claims import power

REPETITIONS = 20_000


@pytest.mark.parametrize("number", [2, 3, 5, 10, 30])
@pytest.mark.parametrize("level", [0.05, 0.05 / 24])
def test_power_is_its_mean_over_the_deviations_of_samples(number, level):
    quantiles = (np.arange(4000) + 0.5) / 4000
    deviations = np.sqrt(stats.chi2.ppf(quantiles, number - 1) / (number - 1))
    critical = stats.t.ppf(1 - level, number - 1) * deviations

    effect = power.detectable_difference(number, level)
    found = stats.norm.cdf(effect * math.sqrt(number) - critical)
    assert found.mean() == pytest.approx(0.8, abs=1e-5)

    margin = power.detectable_margin(number - 1, level)
    inside = 2 * stats.norm.cdf(margin - critical) - 1
    assert np.maximum(0, inside).mean() == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("number", range(2, 31))
def test_more_seeds_show_smaller_differences(number):
    assert power.detectable_difference(number + 1, 0.05) < power.detectable_difference(
        number, 0.05
    )
    assert power.detectable_margin(number + 1, 0.05) < power.detectable_margin(
        number, 0.05
    )


def simulated(number, mean):
    generator = np.random.default_rng(0)
    values = generator.normal(mean, 1.0, (REPETITIONS, number))
    return values.mean(axis=1), values.std(axis=1, ddof=1) / math.sqrt(number)


@pytest.mark.parametrize("number", [2, 5, 10])
def test_differences_in_simulated_seeds(number):
    level = 0.05 / 3
    means, errors = simulated(number, power.detectable_difference(number, level))
    shown = stats.t.sf(means / errors, number - 1) <= level
    assert shown.mean() == pytest.approx(0.8, abs=0.012)


@pytest.mark.parametrize("number", [2, 5, 10])
def test_margins_in_simulated_seeds(number):
    level = 0.05 / 3
    margin = power.detectable_margin(number - 1, level) / math.sqrt(number)
    means, errors = simulated(number, 0.0)
    lower = stats.t.sf((means + margin) / errors, number - 1)
    upper = stats.t.sf((margin - means) / errors, number - 1)
    shown = np.maximum(lower, upper) <= level
    assert shown.mean() == pytest.approx(0.8, abs=0.012)


@pytest.mark.parametrize("number", [5, 6, 10, 25])
def test_a_share_is_shown_as_often_as_counts_say(number):
    share = power.detectable_share(number, 0.05)

    def chance(count, share):
        return sum(
            math.comb(number, k) * share**k * (1 - share) ** (number - k)
            for k in range(count, number + 1)
        )

    enough = min(k for k in range(number + 1) if chance(k, 0.5) <= 0.05)
    assert chance(enough, share) == pytest.approx(0.8)


def test_four_seeds_show_nothing_of_a_share():
    assert power.detectable_share(4, 0.05) is None
    assert power.detectable_share(5, 0.05) is not None
