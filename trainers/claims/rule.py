"""The rule by which comparisons become a verdict.

It is worded in `trainers.claims.introduction`, for pages and terminals alike.
"""

import dataclasses
import math
from collections.abc import Sequence

from trainers.claims import significance
from trainers.claims.comparisons import PLAIN, Comparison, Unit, Within

LEVEL = 0.05
VERDICTS = SUPPORTED, CONTRADICTED, INCONCLUSIVE = (
    "supported",
    "contradicted",
    "inconclusive",
)
NOT_RUN = "not run at this scale"
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
        p: float, two-sided and corrected for the number of comparisons.
        detectable: the difference, margin or share that would have been detected with a
            power of 80 %, or `None`.
        verdict: "supported", "contradicted" or "inconclusive".
        margin: float, of "within", else `None`.
        unit: the `trainers.claims.comparisons.Unit` of the numbers.
        not_finite: int, seeds whose value is no finite number.
    """

    name: str
    claimed: str
    seeds: int
    first: float
    second: float
    mean: float
    low: float
    high: float
    p: float
    detectable: float | None
    verdict: str
    margin: float | None = None
    unit: Unit = PLAIN
    not_finite: int = 0


def outcomes(comparisons: Sequence[Comparison]) -> list[Outcome]:
    """Returns the `Outcome` of each comparison of a family.

    Args:
        comparisons: list of comparisons; see `trainers.claims.comparisons`. Each has
            values.
    """
    tested = [p_values(comparison) for comparison in comparisons]
    two_sided = [min(1.0, 2 * min(pair)) for pair in tested]
    return [
        _outcome(comparison, pair, p, LEVEL / len(comparisons))
        for comparison, pair, p in zip(comparisons, tested, holm(two_sided))
    ]


def verdict(found: Sequence[Outcome], is_whole: bool = True) -> str:
    """Returns the verdict on a claim from the outcomes of its comparisons.

    Args:
        found: list of `Outcome`.
        is_whole: bool, whether these are all comparisons of the claim: one that was not
            made cannot contradict it, but without it the claim is not supported.
    """
    verdicts = {outcome.verdict for outcome in found}
    if not verdicts:
        return NOT_RUN
    if CONTRADICTED in verdicts:
        return CONTRADICTED
    return SUPPORTED if verdicts == {SUPPORTED} and is_whole else INCONCLUSIVE


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


def _outcome(
    comparison: Comparison, pair: tuple[float, float], p: float, level: float
) -> Outcome:
    supports, opposes = pair
    found = INCONCLUSIVE
    if p <= LEVEL:
        found = SUPPORTED if supports < opposes else CONTRADICTED
    detectable = comparison.detectable(level) if _is_testable(comparison) else None
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
        p=p,
        detectable=None if detectable is None else factor * detectable,
        verdict=found,
        margin=factor * comparison.margin if isinstance(comparison, Within) else None,
        unit=comparison.unit,
        not_finite=_not_finite(comparison),
    )
