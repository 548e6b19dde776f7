"""Pooled estimates against their definitions and simulated settings."""

import math

import numpy as np
import pytest
from scipy import optimize, stats

from trainers.claims import estimates
from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import POINTS, Difference, Holds
from trainers.results.settings import MINUTES

# Made up, with a spread between settings that their own variances do not explain.
MEANS = [0.10, 0.30, 0.35, 0.65, 0.45, 0.15]
VARIANCES = [0.03, 0.03, 0.05, 0.01, 0.05, 0.02]


def pooled(*findings):
    found = [Finding(MINUTES, "here", list(each)) for each in findings]
    claim = Claim("X1", "", "open question", "", (MINUTES,), lambda results: found)
    return estimates.pooled(judge([claim], None))


def difference(values, kind="layer 1", claimed="below", name="", **more):
    return Difference(name, dict(enumerate(values)), 0.0, claimed, kind=kind, **more)


def test_the_variance_between_settings_is_dersimonians_and_lairds():
    """By their moment equation: Cochran's Q is its mean under that variance."""
    weights = 1 / np.array(VARIANCES)

    def excess(between):
        # The mean of Q, from the variances of the means and of their weighted mean.
        total = np.array(VARIANCES) + between
        share = weights / weights.sum()
        expected = weights @ (total - 2 * share * total + share**2 @ total)
        center = share @ MEANS
        return expected - weights @ (np.array(MEANS) - center) ** 2

    between = optimize.brentq(excess, 0.0, 10.0)
    weights_of_all = 1 / (np.array(VARIANCES) + between)
    mean, low, high = estimates.random_effects(MEANS, VARIANCES)
    assert between > 0.005
    assert mean == pytest.approx(np.average(MEANS, weights=weights_of_all))
    assert low + high == pytest.approx(2 * mean)


def test_equal_variances_give_the_plain_mean_and_its_interval():
    mean, low, high = estimates.random_effects(MEANS, [0.02] * 6)
    interval = stats.t.interval(0.95, 5, np.mean(MEANS), stats.sem(MEANS))
    assert (mean, low, high) == pytest.approx((np.mean(MEANS), *interval))
    # So do settings of which one is exact, or has one seed.
    for other in (0.0, math.inf):
        found = estimates.random_effects(MEANS, [0.02] * 5 + [other])
        assert found == pytest.approx((mean, low, high))


def test_one_setting_has_no_interval():
    mean, low, high = estimates.random_effects([0.5], [0.1])
    assert mean == 0.5
    assert math.isnan(low)
    assert math.isnan(high)


@pytest.mark.parametrize("settings", [3, 10])
@pytest.mark.parametrize("between", [0.0, 1.0])
def test_the_interval_holds_the_truth_in_95_percent(settings, between):
    """Of 2000 repetitions at least 92 % hold it: 6 standard errors below 95 %."""
    generator = np.random.default_rng(settings)
    held = 0
    for _ in range(2000):
        deviations = generator.uniform(0.3, 1.5, settings)
        truths = generator.normal(2.0, between, settings)
        seeds = generator.normal(truths, deviations, (10, settings))
        variances = seeds.var(axis=0, ddof=1) / 10
        _, low, high = estimates.random_effects(seeds.mean(axis=0), variances)
        held += low <= 2.0 <= high
    assert held >= 0.92 * 2000


def test_a_setting_counts_once_whatever_its_arms():
    values = np.array([-0.2, -0.1, -0.3])
    once = pooled([difference(values)], [difference(values / 2)])
    twice = pooled(
        [difference(values + 0.05), difference(values - 0.05)],
        [difference(values / 2)],
    )
    assert once == twice
    (one,) = once
    assert (one.kind, one.settings, one.as_claimed) == ("layer 1", 2, 2)
    assert one.low < one.mean < one.high


def test_kinds_signs_and_units():
    found = pooled(
        [
            difference([0.1, 0.2], "a", unit=POINTS),
            difference([0.1, 0.2], "", name="b"),
        ],
        [difference([-0.5, -0.4], "a", unit=POINTS), Holds("c", {0: True})],
    )
    assert [one.kind for one in found] == ["a", "b"]
    assert [(one.settings, one.as_claimed) for one in found] == [(2, 1), (1, 0)]
    assert found[0].unit == POINTS
    assert -50 < found[0].mean < 20
    assert found[1].mean == pytest.approx(0.15)


def test_what_is_not_finite_is_left_out():
    found = pooled([difference([0.1, math.nan])], [difference([0.1, 0.3])])
    assert [one.settings for one in found] == [1]


def test_of_nothing_there_is_no_estimate():
    claim = Claim("X1", "", "open question", "", (MINUTES,))
    assert estimates.pooled(judge([claim], None)) == []
