"""Judgements as words: what was measured, and how sure it is."""

import collections
import math
from collections.abc import Sequence

from trainers.claims.claim import Judgement
from trainers.claims.comparisons import PLAIN, Unit
from trainers.claims.estimates import Estimate
from trainers.claims.naming import percent
from trainers.claims.rule import (
    AS_CLAIMED,
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_CARRIED_OVER,
    OPPOSITE,
    SUPPORTED,
    UNDECIDED,
    Outcome,
)

_FOUND = (OPPOSITE, UNDECIDED, AS_CLAIMED)
SYMBOLS = {
    SUPPORTED: "✓",
    CONTRADICTED: "✗",
    NOT_CARRIED_OVER: "≠",
    INCONCLUSIVE: "?",
}
_NOT_RUN = "–"
LEGEND = ", ".join([*(f"{v} {k}" for k, v in SYMBOLS.items()), f"{_NOT_RUN} not run"])
_CLAIMED = {"above": "> 0", "below": "< 0", "true": "in most runs"}


def decisive(judgement: Judgement, most: int) -> list[Outcome]:
    """Returns those of the outcomes that decide, all where they are few.

    First come the opposite and the undecided, the surest first, then those as claimed,
    the least sure first.

    Args:
        judgement: `trainers.claims.claim.Judgement`.
        most: int, how many.
    """
    found = judgement.outcomes
    if len(found) <= most:
        return list(found)

    def rank(one: Outcome) -> tuple[int, float]:
        p = -one.p_for if one.verdict == AS_CLAIMED else min(one.p_for, one.p_against)
        return _FOUND.index(one.verdict), p

    return sorted(found, key=rank)[:most]


def counted(outcomes: Sequence[Outcome]) -> str:
    """Returns how many comparisons have which verdict, as "3 as claimed"."""
    numbers = {v: sum(one.verdict == v for one in outcomes) for v in _FOUND}
    return ", ".join(f"{number} {v}" for v, number in numbers.items() if number)


def verdict(judgement: Judgement) -> str:
    """Returns the verdict, with the power of one that is inconclusive."""
    if judgement.verdict != INCONCLUSIVE:
        return judgement.verdict
    undecided = [one for one in judgement.outcomes if one.verdict == UNDECIDED]
    known = [one for one in undecided if one.detectable is not None]
    if not known or len({(one.claimed == "true", one.unit) for one in known}) > 1:
        return judgement.verdict
    ends = min(known, key=_detectable), max(known, key=_detectable)
    words = dict.fromkeys(power(one) for one in ends)
    return f"{INCONCLUSIVE} (80 % power for {' to '.join(words)})"


def _detectable(one: Outcome) -> float:
    return one.detectable or 0.0


def power(one: Outcome) -> str:
    """Returns what an undecided comparison would have detected, empty if nothing."""
    if one.detectable is None:
        return ""
    if one.claimed == "true":
        return f"{percent(one.detectable)} of all runs"
    margin = "a margin of " if one.claimed == "within" else ""
    return margin + _with_unit(number(one.detectable, one.unit, ""), one)


def seeds(judgement: Judgement) -> str:
    """Returns how many seeds the comparisons had, of how many that were run."""
    numbers = sorted({one.seeds for one in judgement.outcomes})
    if not numbers:
        return ""
    words = " to ".join(dict.fromkeys(map(str, (numbers[0], numbers[-1]))))
    due = judgement.seeds_due
    return words if numbers[0] == due else f"{words} of {due}"


def claimed(one: Outcome) -> str:
    """Returns what is claimed of a difference, such as "> 0"."""
    if one.claimed == "within":
        return f"± {number(one.margin or 0.0, one.unit, '')}"
    return _CLAIMED[one.claimed]


def means(one: Outcome) -> str:
    """Returns the means of both sides; of a share that is nothing new."""
    if one.claimed == "true":
        return ""
    return ", ".join(sides(one))


def sides(one: Outcome) -> list[str]:
    """Returns the means of both sides."""
    if one.claimed == "true":
        return [percent(one.first), percent(one.second)]
    size = max(abs(one.first), abs(one.second))
    return [number(mean, one.unit, "", size) for mean in (one.first, one.second)]


def estimate(one: Outcome) -> str:
    """Returns a mean and its 95 % interval; of a share, all in percent."""
    if one.not_finite:
        return f"not finite in {one.not_finite} of {one.seeds} seeds"
    if one.claimed == "true":
        return (
            f"{percent(one.mean)} of the runs [{percent(one.low)}, {percent(one.high)}]"
        )
    if math.isnan(one.low):
        return f"{_with_unit(number(one.mean, one.unit), one)} (one seed)"
    return _with_interval(one)


def p_value(one: Outcome) -> str:
    """Returns a p-value, of the test that decides, with four digits."""
    p = one.p_against if one.verdict == OPPOSITE else one.p_for
    return "<0.0001" if p < 1e-4 else f"{p:.4f}"


def found(one: Outcome) -> str:
    """Returns the verdict on a comparison, with its power if it is undecided."""
    if one.verdict != UNDECIDED or not power(one):
        return one.verdict
    return f"{UNDECIDED}; 80 % power for {power(one)}"


def number(value: float, unit: Unit = PLAIN, sign: str = "+", size: float = 0.0) -> str:
    """Returns a number with three digits that count.

    Args:
        value: float.
        unit: `trainers.claims.comparisons.Unit`; it has only so many decimals.
        sign: "+" for a sign before positive numbers too, or "".
        size: the size of the numbers that stand beside it, if that is more.
    """
    if math.isnan(value) or value == 0:
        return "none" if value else "0"
    size = max(size, abs(value))
    digits = min(1 if size >= 10 else 2 if size >= 1 else 4, unit.decimals)
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def _with_unit(words: str, one: Outcome | Estimate) -> str:
    return f"{words} {one.unit.name}".rstrip()


def tally(judgements: Sequence[Judgement]) -> str:
    """Returns how many settings have which verdict, in symbols, as "5✓ 4?"."""
    counts = collections.Counter(one.verdict for one in judgements)
    found = [f"{counts[k]}{v}" for k, v in SYMBOLS.items() if counts[k]]
    return " ".join(found) or _NOT_RUN


def as_claimed(judgement: Judgement) -> str:
    """Returns how many comparisons are as claimed, of all, as "3 of 8"."""
    number = sum(one.verdict == AS_CLAIMED for one in judgement.outcomes)
    missing = len(judgement.missing)
    rest = f" ({missing} not run)" if missing else ""
    return f"{number} of {len(judgement.outcomes) + missing}{rest}"


def distance(judgement: Judgement) -> str:
    """Returns what differs from the published recipe, empty if nothing."""
    return ", ".join(judgement.finding.distance) if judgement.finding else ""


def pooled(one: Estimate) -> str:
    """Returns the words for an estimate over settings, with its 95 % interval."""
    if math.isnan(one.low):
        return _with_unit(number(one.mean, one.unit), one)
    return _with_interval(one)


def _with_interval(one: Outcome | Estimate) -> str:
    size = max(abs(one.low), abs(one.high))
    ends = (one.mean, one.low, one.high)
    mean, low, high = (number(value, one.unit, "+", size) for value in ends)
    return f"{_with_unit(mean, one)} [{low}, {high}]"
