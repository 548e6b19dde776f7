"""Judgements as words: what was measured, and how sure it is."""

import math

from trainers.verdicts.rule import CONTRADICTED, NOT_RUN, SHOWN, UNDECIDED

_MOST_NAMED = 3


def measured(judgement):
    """Returns what was measured: all of a few comparisons, of many the deciding ones.

    Of a claim that is shown the least certain comparison decides, otherwise those that
    are not shown.
    """
    found = judgement.outcomes
    if not found:
        return ""
    if len(found) <= _MOST_NAMED:
        return "; ".join(_outcome(judgement, one) for one in found)
    shown = [one for one in found if one.verdict == SHOWN]
    rest = [one for one in found if one.verdict == CONTRADICTED] or [
        one for one in found if one.verdict == UNDECIDED
    ]
    if not rest:
        least = max(found, key=lambda one: one.p)
        return f"all of {len(found)}; least certain {_outcome(judgement, least)}"
    rest = sorted(rest, key=lambda one: one.p)
    named = "; ".join(_outcome(judgement, one) for one in rest[:_MOST_NAMED])
    more = len(rest) - _MOST_NAMED
    others = f" and {more} more" if more > 0 else ""
    return f"{len(shown)} of {len(found)} shown; {rest[0].verdict}: {named}{others}"


def verdict(judgement):
    """Returns the verdict, with the power of one that is undecided."""
    undecided = [one for one in judgement.outcomes if one.verdict == UNDECIDED]
    differences = [one.detectable for one in undecided if one.detectable is not None]
    if judgement.verdict != UNDECIDED or not differences:
        return judgement.verdict
    low, high = (number(judgement, x, "") for x in (min(differences), max(differences)))
    width = low if low == high else f"{low} to {high}"
    unit = f" {judgement.finding.unit}" if judgement.finding.unit else ""
    return f"{UNDECIDED} (80 % power for {width}{unit})"


def seeds(judgement):
    """Returns how many seeds the comparisons had."""
    numbers = sorted({one.seeds for one in judgement.outcomes})
    return " to ".join(map(str, {numbers[0]: 0, numbers[-1]: 0})) if numbers else ""


def number(judgement, value, sign="+"):
    """Returns a value in the unit of the finding, with three digits that count."""
    value = value * judgement.finding.factor
    if math.isnan(value):
        return "none"
    digits = 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 4
    return f"{round(value, digits) + 0.0:{sign}.{digits}f}"


def _outcome(judgement, one):
    return f"{one.name} {estimate(judgement, one)}"


def estimate(judgement, one):
    """Returns a mean and its 95 % interval; of a share, both in percent."""
    if one.claimed == "true":
        return f"in {one.mean:.0%} of the runs [{one.low:.0%}, {one.high:.0%}]"
    mean, low, high = (number(judgement, x) for x in (one.mean, one.low, one.high))
    return f"{mean} [{low}, {high}]"


def overview(judgements):
    """Returns the verdicts of one claim in a few words, by scale.

    Args:
        judgements: those of one claim.
    """
    claim = judgements[0].claim
    words = []
    for scale in "SCG":
        verdicts = [
            one.verdict
            for one in judgements
            if one.finding is not None and one.finding.scale == scale
        ]
        if verdicts or scale in claim.scale:
            words.append(f"{scale}: {_counted(verdicts)}")
    return "; ".join(words)


def _counted(verdicts):
    if not verdicts:
        return NOT_RUN
    known = {word: verdicts.count(word) for word in (SHOWN, CONTRADICTED, UNDECIDED)}
    if len(verdicts) == 1:
        return verdicts[0]
    return ", ".join(
        f"{word} in {count} of {len(verdicts)}"
        for word, count in known.items()
        if count
    )
