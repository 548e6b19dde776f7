"""Judgements as words."""

import math

import numpy as np
import pytest

from trainers.claims import rule, words
from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import POINTS, Difference, Holds, Within
from trainers.claims.estimates import Estimate
from trainers.results.settings import GPU, MINUTES


def difference(gap, name="a", number=10, **more):
    values = dict(enumerate(gap + np.linspace(-0.02, 0.02, number)))
    return Difference(name, values, 0.0, "above", **more)


def judgement(*comparisons, distance=()):
    finding = [Finding(MINUTES, "here", list(comparisons), distance=distance)]
    claim = Claim("X1", "text", "source", "none", (MINUTES,), lambda results: finding)
    (one,) = judge([claim], None)
    return one


def outcome(comparison):
    return judgement(comparison).outcomes[0]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (12.345, "+12.3"),
        (-1.239, "-1.24"),
        (0.05, "+0.0500"),
        (-0.00001, "+0.0000"),
        (0.0, "0"),
        (math.nan, "none"),
    ],
)
def test_numbers(value, text):
    assert words.number(value) == text


def test_numbers_beside_each_other_have_the_same_digits():
    assert words.number(0.8215, size=1.38) == "+0.82"
    assert words.number(0.8215, sign="", size=0.5) == "0.8215"
    assert words.number(0.8215, POINTS) == "+0.82"
    assert words.number(0.0004, POINTS) == "+0.00"
    found = outcome(difference(0.985))
    assert words.means(found) == "0.9850, 0"
    assert words.estimate(found) == "+0.9850 [+0.9754, +0.9946]"
    assert words.estimate(outcome(difference(0.996))) == "+1.00 [+0.99, +1.01]"


def test_estimates():
    # Half a width of the interval is 2.262 standard errors.
    half = 2.2621571627 * np.std(np.linspace(-2, 2, 10), ddof=1) / np.sqrt(10)
    points = words.estimate(outcome(difference(0.05, unit=POINTS)))
    assert points == f"+5.00 points [+{5 - half:.2f}, +{5 + half:.2f}]"
    assert words.estimate(outcome(difference(0.05))).startswith("+0.0500 [+0.0")
    share = words.estimate(outcome(Holds("a", {s: s < 9 for s in range(10)})))
    assert share == "90 % of the runs [55 %, 100 %]"
    one_seed = words.estimate(outcome(difference(0.05, number=1, unit=POINTS)))
    assert one_seed == "+3.00 points (one seed)"
    broken = difference(0.05)
    broken.first[3] = math.nan
    assert words.estimate(outcome(broken)) == "not finite in 1 of 10 seeds"


def test_what_is_claimed():
    within = Within("a", {0: 1.0, 1: 1.1}, 1.0, 0.5)
    flipped = Difference("a", {0: 1.0}, 0.0, "below")
    comparisons = (difference(0.1), flipped, within, Holds("a", {0: True}))
    found = [words.claimed(outcome(one)) for one in comparisons]
    assert found == ["> 0", "< 0", "± 0.5000", "in most runs"]


def test_power_stands_with_what_is_undecided_alone():
    assert words.found(outcome(difference(0.1))) == "as claimed"
    inconclusive = outcome(difference(0.0, unit=POINTS))
    expected = f"{inconclusive.detectable:.2f} points"
    assert words.found(inconclusive) == f"undecided; 80 % power for {expected}"
    within = outcome(Within("a", difference(0.0).first, 0.0, 0.001))
    assert words.power(within) == f"a margin of {within.detectable:.4f}"
    share = Holds("a", {s: s < 6 for s in range(10)})
    assert words.found(outcome(share)) == "undecided; 80 % power for 92 % of all runs"
    assert words.found(outcome(Holds("a", {0: True, 1: True}))) == "undecided"
    assert words.found(outcome(difference(0.0, number=1))) == "undecided"


def test_verdicts_of_a_claim():
    assert words.verdict(judgement(difference(0.1))) == "supported"
    assert words.verdict(judgement(difference(0.1), difference(-0.1))) == "contradicted"
    one = judgement(difference(0.0), difference(0.1))
    power = words.power(one.outcomes[0])
    assert words.verdict(one) == f"inconclusive (80 % power for {power})"
    wide = Difference("b", {0: -1.0, 1: 1.0, 2: 0.0}, 0.0, "above")
    both = judgement(difference(0.0), wide)
    ends = [words.power(outcome) for outcome in both.outcomes]
    assert words.verdict(both) == f"inconclusive (80 % power for {' to '.join(ends)})"
    # Powers in different units make no range.
    mixed = judgement(difference(0.0), difference(0.0, unit=POINTS))
    assert words.verdict(mixed) == "inconclusive"


def test_seeds():
    assert words.seeds(judgement(difference(0.1))) == "10"
    assert words.seeds(judgement(difference(0.1), difference(0.1, number=7))) == (
        "7 to 10 of 10"
    )
    due = frozenset(range(12))
    assert words.seeds(judgement(difference(0.1, due=due))) == "10 of 12"


def family(*gaps):
    names = "abcdefgh"
    return judgement(*(difference(gap, name) for name, gap in zip(names, gaps)))


def test_the_deciding_ones_come_first():
    one = family(0.1, 0.3, 0.0, -0.1, -0.3, 0.2, 0.006)
    found = [outcome.name for outcome in words.decisive(one, 5)]
    assert found == ["e", "d", "g", "c", "a"]
    assert [outcome.name for outcome in words.decisive(one, 7)] == list("abcdefg")


def test_counts():
    assert words.counted(family(0.1, 0.1, 0.0, -0.1).outcomes) == (
        "1 opposite, 1 undecided, 2 as claimed"
    )


def test_verdicts_over_settings_as_symbols():
    supported, against = judgement(difference(0.1)), judgement(difference(-0.1))
    afar = judgement(difference(-0.1), distance=("data",))
    inconclusive = judgement(difference(0.0))
    assert words.tally([supported]) == "1✓"
    found = [inconclusive, supported, against, supported, afar]
    assert words.tally(found) == "2✓ 1✗ 1≠ 1?"
    nothing = judge([Claim("X", "", "", "", (GPU,))], None)
    assert words.tally(nothing) == "–"
    assert set(words.SYMBOLS) == set(rule.VERDICTS)


def test_how_many_are_as_claimed():
    assert words.as_claimed(family(0.1, 0.1, -0.1)) == "2 of 3"
    one = judgement(difference(0.1), difference(0.0, number=0))
    assert words.as_claimed(one) == "1 of 2 (1 not run)"


def test_what_differs_from_the_publication():
    assert words.distance(judgement(difference(0.1))) == ""
    afar = judgement(difference(0.1), distance=("data", "steps"))
    assert words.distance(afar) == "data, steps"


def test_estimates_over_settings():
    one = Estimate("a", 1.0, 0.5, 1.5, 3, 2, POINTS)
    assert words.pooled(one) == "+1.00 points [+0.50, +1.50]"
    alone = Estimate("a", -1.0, math.nan, math.nan, 1, 0, POINTS)
    assert words.pooled(alone) == "-1.00 points"


def test_p_values():
    assert words.p_value(outcome(difference(0.0))) == "0.5000"
    # Against the claim, and so of the other test.
    assert words.p_value(outcome(difference(-0.9))) == "<0.0001"
    assert words.p_value(outcome(difference(0.9))) == "<0.0001"
