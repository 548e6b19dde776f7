"""Each kind of comparison: pairs, directions, margins, power."""

import dataclasses
import math

import numpy as np
import pytest
from scipy import stats

from trainers.claims import power
from trainers.claims.comparisons import Difference, Holds, Somewhere, Within

FIRST = {0: 0.5, 1: 0.7, 2: 0.6, 4: 0.9}
SECOND = {1: 0.65, 2: 0.45, 3: 0.2, 4: 0.5}


def test_seeds_are_paired_by_their_number():
    one = Difference("", FIRST, SECOND, "above", due=frozenset({7}))
    np.testing.assert_allclose(one.values, [0.05, 0.15, 0.4])
    np.testing.assert_allclose(one.means, [2.2 / 3, 1.6 / 3])
    assert one.seeds == [1, 2, 4]
    assert one.seeds_due == {0, 1, 2, 3, 4, 7}
    shuffled = dict(reversed(SECOND.items()))
    assert Difference("", FIRST, shuffled, "above").values == one.values


def test_p_values_are_those_of_the_paired_t_test():
    one = Difference("", FIRST, SECOND, "above")
    pairs = [0.7, 0.6, 0.9], [0.65, 0.45, 0.5]
    supports, opposes = (
        stats.ttest_rel(*pairs, alternative=side).pvalue for side in ("greater", "less")
    )
    np.testing.assert_allclose(one.p_values(), [supports, opposes])
    turned = Difference("", FIRST, SECOND, "below")
    np.testing.assert_allclose(turned.p_values(), [opposes, supports])


def test_a_number_stands_for_every_seed():
    one = Difference("", FIRST, 0.5, "above")
    np.testing.assert_allclose(one.values, [0.0, 0.2, 0.1, 0.4])
    assert one.means[1] == 0.5
    assert one.seeds_due == set(FIRST)


@pytest.mark.parametrize(
    ("gap", "claimed", "expected"),
    [
        (0.2, "above", (2**-6, 1.0)),
        (0.2, "below", (1.0, 2**-6)),
        (0.0, "above", (1.0, 1.0)),
    ],
)
def test_identical_differences_are_counted(gap, claimed, expected):
    # As binary fractions, so that all differences are the same to the last digit.
    first = {seed: seed / 8 + gap for seed in range(6)}
    second = {seed: seed / 8 for seed in range(6)}
    one = Difference("", first, second, claimed)
    assert one.p_values() == pytest.approx(expected)
    assert one.detectable(0.05) is None


def test_detectable_is_in_measured_standard_deviations():
    one = Difference("", FIRST, 0.5, "above")
    expected = np.std(one.values, ddof=1) * power.detectable_difference(4, 0.01)
    assert one.detectable(0.01) == pytest.approx(expected)
    assert Difference("", FIRST, 0.9, "above").detectable(0.01) == pytest.approx(
        expected
    )


def within(mean, margin=0.1, spread=0.01, number=10, published=3.0):
    deviations = np.linspace(-spread, spread, number)
    values = dict(enumerate(published + mean + deviations))
    return Within("", values, published, margin)


def test_equivalence_is_two_one_sided_tests():
    one = within(0.04, spread=0.1)
    values = np.array(one.values)
    lower = stats.ttest_1samp(values, -0.1, alternative="greater").pvalue
    upper = stats.ttest_1samp(values, 0.1, alternative="less").pvalue
    inside, outside = one.p_values()
    assert inside == pytest.approx(max(lower, upper))
    assert outside == pytest.approx(1.0)
    assert one.means == pytest.approx((3.04, 3.0))


@pytest.mark.parametrize("sign", [-1, 1])
def test_outside_is_told_on_both_sides(sign):
    inside, outside = within(sign * 0.14, spread=0.1).p_values()
    values = np.array(within(0.14, spread=0.1).values)
    beyond = stats.ttest_1samp(values, 0.1, alternative="greater").pvalue
    assert outside == pytest.approx(2 * beyond)
    assert inside == pytest.approx(1 - beyond)


def test_on_the_margin_neither_is_shown():
    inside, outside = within(0.1).p_values()
    assert inside == pytest.approx(0.5)
    assert outside == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("mean", "expected"),
    [(0.05, (2**-8, 1.0)), (0.25, (1.0, 2 * 2**-8)), (0.125, (1.0, 1.0))],
)
def test_identical_values_and_a_margin(mean, expected):
    one = within(mean, margin=0.125, spread=0.0, number=8)
    np.testing.assert_allclose(one.p_values(), expected, atol=1e-12)
    assert one.detectable(0.05) is None


def test_detectable_margin():
    one = within(0.04, spread=0.1)
    error = np.std(one.values, ddof=1) / math.sqrt(10)
    expected = error * power.detectable_margin(9, 0.05)
    assert one.detectable(0.05) == pytest.approx(expected)


WELCH = {"deviation": 0.08, "trials": 5}


def test_a_published_deviation_counts():
    one = dataclasses.replace(within(0.04, spread=0.1), **WELCH)
    ours = np.mean(one.values), np.std(one.values, ddof=1), 10

    def p_value(bound, side):
        return stats.ttest_ind_from_stats(
            *ours, bound, 0.08, 5, equal_var=False, alternative=side
        ).pvalue

    inside, outside = one.p_values()
    expected = max(p_value(-0.1, "greater"), p_value(0.1, "less"))
    assert inside == pytest.approx(expected)
    beyond = min(p_value(-0.1, "less"), p_value(0.1, "greater"))
    assert outside == pytest.approx(min(1.0, 2 * beyond))
    # Of two samples with these means and deviations, by another function.
    spread = np.array([-1, -1, 0, 1, 1]) * 0.08
    sample = 3.0 + spread / np.std(spread, ddof=1) * 0.08
    values = list(one.first.values())
    interval = stats.ttest_ind(values, sample, equal_var=False).confidence_interval()
    assert one.interval == pytest.approx(tuple(interval))
    assert one.detectable(0.05) > within(0.04, spread=0.1).detectable(0.05)


def test_a_published_deviation_counts_also_where_all_seeds_agree():
    one = dataclasses.replace(within(0.0, spread=0.0), **WELCH)
    distance = 0.1 / (0.08 / math.sqrt(5))
    assert one.p_values()[0] == pytest.approx(stats.t.sf(distance, 4))


def test_one_seed_has_no_welch():
    one = Within("", {0: 1.0}, 1.0, 0.5, **WELCH)
    assert all(map(math.isnan, one.interval))


def test_in_most_runs():
    one = Holds("", {seed: seed != 3 for seed in range(10)})
    assert one.means == (0.9, 0.5)
    for_it = sum(math.comb(10, k) for k in (9, 10)) / 2**10
    against = sum(math.comb(10, k) for k in range(1, 11)) / 2**10
    assert one.p_values() == pytest.approx((for_it, against))
    low, high = one.interval
    # Clopper and Pearson's ends: 2.5 % of such shares give as much, or as little.
    assert stats.binom.sf(8, 10, low) == pytest.approx(0.025)
    assert stats.binom.cdf(9, 10, high) == pytest.approx(0.025)


def parts(*gaps, number=10):
    values = np.linspace(-0.02, 0.02, number)
    return [
        Difference(f"part {gap}", dict(enumerate(gap + values)), 0.0, "above")
        for gap in gaps
    ]


def test_somewhere_needs_one_and_is_opposed_by_all():
    one = Somewhere("a layer", parts(-0.1, 0.008, 0.006))
    chances = [part.p_values() for part in one.parts]
    assert one.p_values()[0] == pytest.approx(3 * chances[1][0])
    assert one.p_values()[1] == max(against for _, against in chances)
    assert one.surest.name == "part 0.008"
    assert (one.values, one.interval) == (one.surest.values, one.surest.interval)
    expected = one.surest.detectable(0.05 / 3)
    assert one.detectable(0.05) == pytest.approx(expected)
    assert one.seeds_due == set(range(10))
    against = Somewhere("a layer", parts(-0.1, -0.2))
    assert against.p_values()[0] == 1.0
    assert against.p_values()[1] == against.parts[0].p_values()[1] < 0.001


def test_somewhere_with_a_part_that_cannot_be_tested():
    missing = Difference("none", {}, {}, "above")
    assert Somewhere("a", [*parts(0.1), missing]).values == []
    broken = parts(-0.1)[0]
    broken.first[3] = math.nan
    one = Somewhere("a", [broken, *parts(-0.1)])
    # It could be the layer, so that nothing is against the claim.
    assert one.p_values() == (1.0, 1.0)
    assert Somewhere("a", [broken, *parts(0.1)]).p_values()[0] < 0.001


def test_somewhere_holds_its_level():
    """Where no part differs, 5 % of the claims are supported at most.

    False alarms: with a true rate of 5 % more than 77 of 1000 come with a chance of
    0.01 %.
    """
    generator = np.random.default_rng(0)
    supported = 0
    for _ in range(1000):
        values = generator.normal(size=(4, 6)) + generator.normal(size=6)
        found = [Difference("", dict(enumerate(v)), 0.0, "above") for v in values]
        supported += Somewhere("a", found).p_values()[0] <= 0.05
    assert supported <= 77
