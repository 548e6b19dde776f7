"""The rule by which comparisons become a verdict.

It is worded in `trainers.claims.introduction`, for pages and terminals alike.
"""

import dataclasses
import math
from collections.abc import Collection, Sequence

from trainers.claims import significance
from trainers.claims.comparisons import PLAIN, Comparison, Unit, Within

LEVEL = 0.05
# On a claim in a setting.
VERDICTS = SUPPORTED, CONTRADICTED, NOT_CARRIED_OVER, INCONCLUSIVE = (
    "supported",
    "contradicted",
    "did not carry over",
    "inconclusive",
)
NOT_RUN = "not run at this scale"
# On a comparison.
AS_CLAIMED, OPPOSITE, UNDECIDED = "as claimed", "opposite", "undecided"
# A mean of fewer has no interval.
_FEWEST_SEEDS = 2


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was found of one comparison; its numbers are in its unit.

    Attributes:
        name: of the comparison.
        claimed: "above", "below", "within" or "true".
        seeds: int, how many.
        first: float, the mean of the one side.
        second: float, the mean of the other.
        mean: float, the mean of the differences, or the share of the seeds.
        low: float, the lower end of its 95 % interval.
        high: float, the upper end.
        p_for: float, of the one-sided test for the claim.
        p_against: float, of that against it, corrected for the number of comparisons.
        detectable: the difference, margin or share that would have been detected with a
            power of 80 %, or `None`.
        verdict: `AS_CLAIMED`, `OPPOSITE` or `UNDECIDED`.
        margin: float, of "within", else `None`.
        unit: the `trainers.claims.comparisons.Unit` of the numbers.
        not_finite: int, seeds whose value is no finite number.
        kind: what the comparison is of, whatever the arm and the setting.
    """

    name: str
    claimed: str
    seeds: int
    first: float
    second: float
    mean: float
    low: float
    high: float
    p_for: float
    p_against: float
    detectable: float | None
    verdict: str
    margin: float | None = None
    unit: Unit = PLAIN
    not_finite: int = 0
    kind: str = ""


def outcomes(comparisons: Sequence[Comparison]) -> list[Outcome]:
    """Returns the `Outcome` of each comparison of a claim in a setting.

    Args:
        comparisons: list of comparisons; see `trainers.claims.comparisons`. Each has
            values.
    """
    tested = [p_values(comparison) for comparison in comparisons]
    against = holm([opposing for _, opposing in tested])
    return [
        _outcome(comparison, supporting, opposing)
        for comparison, (supporting, _), opposing in zip(comparisons, tested, against)
    ]


def found(p_for: float, p_against: float) -> str:
    """Returns the verdict on a comparison.

    Args:
        p_for: float, of the one-sided test for the claim. It needs no correction: a
            claim needs all its comparisons, so a false one is supported no more often
            than its false comparison passes (an intersection-union test; Berger, 1982).
        p_against: float, of the test against it, corrected by `holm`: one of all is
            enough.
    """
    if p_for <= LEVEL:
        return AS_CLAIMED
    return OPPOSITE if p_against <= LEVEL else UNDECIDED


def verdict(
    comparisons: Collection[str], is_whole: bool = True, is_published: bool = True
) -> str:
    """Returns the verdict on a claim in a setting.

    Args:
        comparisons: the verdicts on its comparisons.
        is_whole: bool, whether these are all comparisons of the claim: one that was not
            made cannot contradict it, but without it the claim is not supported.
        is_published: bool, whether the setting is that of the publication. In another
            one a claim cannot be contradicted.
    """
    if not comparisons:
        return NOT_RUN
    if OPPOSITE in comparisons:
        return CONTRADICTED if is_published else NOT_CARRIED_OVER
    is_supported = is_whole and set(comparisons) == {AS_CLAIMED}
    return SUPPORTED if is_supported else INCONCLUSIVE


def holm(p_values: Sequence[float]) -> list[float]:
    """Returns p-values that are corrected for their number (Holm, 1979)."""
    corrected, largest = [0.0] * len(p_values), 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def p_values(comparison: Comparison) -> tuple[float, float]:
    """Returns the one-sided p-values for a comparison and against it.

    Both are 1 where there is nothing to test: values that are not finite, or too few.
    """
    return comparison.p_values() if _is_testable(comparison) else (1.0, 1.0)


def _is_testable(comparison: Comparison) -> bool:
    return len(comparison.values) >= _FEWEST_SEEDS and not _not_finite(comparison)


def _not_finite(comparison: Comparison) -> int:
    return sum(not math.isfinite(value) for value in comparison.values)


def _outcome(comparison: Comparison, p_for: float, p_against: float) -> Outcome:
    detectable = comparison.detectable(LEVEL) if _is_testable(comparison) else None
    factor = comparison.unit.factor
    first, second = (factor * mean for mean in comparison.means)
    low, high = (factor * end for end in comparison.interval)
    return Outcome(
        name=comparison.name,
        claimed=comparison.claimed,
        seeds=len(comparison.values),
        first=first,
        second=second,
        mean=factor * significance.mean(comparison.values),
        low=low,
        high=high,
        p_for=p_for,
        p_against=p_against,
        detectable=None if detectable is None else factor * detectable,
        verdict=found(p_for, p_against),
        margin=factor * comparison.margin if isinstance(comparison, Within) else None,
        unit=comparison.unit,
        not_finite=_not_finite(comparison),
        kind=comparison.kind or comparison.name,
    )
