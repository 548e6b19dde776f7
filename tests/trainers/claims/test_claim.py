"""Judgements: what was made, what is missing, how many seeds there should be."""

from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import PLAIN, Difference
from trainers.claims.rule import (
    AS_CLAIMED,
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    NOT_RUN,
    SUPPORTED,
)
from trainers.results.settings import GPU, HOURS, MINUTES


def difference(name, gap, seeds=range(10), unit=PLAIN, **more):
    first = {seed: gap + seed / 1000 for seed in seeds}
    return Difference(name, first, 0.0, "above", unit, **more)


def judged(*findings):
    claim = Claim("X1", "text", "source", "none", (MINUTES,), lambda results: findings)
    return judge([claim], None)


def test_each_setting_has_a_verdict():
    first = Finding(MINUTES, "here", [difference("a", 0.1)])
    second = Finding(HOURS, "there", [difference("a", -0.1)])
    found = judged(first, second)
    assert [one.verdict for one in found] == [SUPPORTED, CONTRADICTED]
    assert [one.finding for one in found] == [first, second]


def test_a_claim_never_vanishes():
    nothing = Finding(MINUTES, "here", [difference("a", 0.1, seeds=())])
    for findings in ([], [nothing], [Finding(MINUTES, "here", [])]):
        (one,) = judged(*findings)
        assert (one.verdict, one.finding, one.outcomes) == (NOT_RUN, None, [])
    (one,) = judge([Claim("X2", "text", "source", "none", (GPU,))], None)
    assert one.verdict == NOT_RUN


def test_a_part_that_was_not_measured_is_named():
    part = difference("b", 0.1, seeds=())
    (one,) = judged(Finding(MINUTES, "here", [difference("a", 0.1), part]))
    assert (one.verdict, one.missing) == (INCONCLUSIVE, ["b"])
    assert [outcome.verdict for outcome in one.outcomes] == [AS_CLAIMED]
    (one,) = judged(Finding(MINUTES, "here", [difference("a", -0.1), part]))
    assert one.verdict == CONTRADICTED


def test_seeds_that_should_be_there():
    whole, part = difference("a", 0.1), difference("b", 0.1, range(7))
    (one,) = judged(Finding(MINUTES, "here", [whole, part]))
    assert [outcome.seeds for outcome in one.outcomes] == [10, 7]
    assert one.seeds_due == 10
    more = difference("c", 0.1, range(7), due=frozenset(range(20, 26)))
    assert judged(Finding(MINUTES, "here", [more]))[0].seeds_due == 13


def test_away_from_the_publication_a_claim_is_not_contradicted():
    away = Finding(MINUTES, "here", [difference("a", -0.1)], distance=("steps",))
    assert judged(away)[0].verdict == NOT_CARRIED_OVER
    near = Finding(MINUTES, "here", [difference("a", 0.1)], distance=("steps",))
    assert judged(near)[0].verdict == SUPPORTED


def test_the_distance_is_that_of_the_runs(made):
    settings = made.record("ict", 0, dataset="cifar10", target="logits").settings
    here = Finding(MINUTES, "here", [difference("a", -0.1)], settings)
    claim = Claim("X1", "", "Linearity, fig. 1", "", (MINUTES,), lambda results: [here])
    (one,) = judge([claim], None)
    assert one.finding.distance == ("network", "steps", "weight", "teacher")
    assert one.verdict == NOT_CARRIED_OVER
