"""The rule by which comparisons become a verdict.

A claim stands or falls as a whole: each of its comparisons is tested on both sides, the
p-values are corrected for their number by Holm's method, and at a level of 5 % it is

* shown, when every comparison goes the claimed way,
* contradicted, when one goes the other way,
* undecided, otherwise.
"""

import dataclasses

from trainers.verdicts.comparisons import interval

LEVEL = 0.05
SHOWN, CONTRADICTED, UNDECIDED = "shown", "contradicted", "undecided"
NOT_RUN = "not run at this scale"
# A mean of fewer has no interval.
_FEWEST_SEEDS = 2


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What was found of one comparison.

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
        detectable: the difference that would have been shown with a power of 80 %, or
            `None`.
        verdict: "shown", "contradicted" or "undecided".
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


def outcomes(comparisons):
    """Returns the `Outcome` of each comparison of a family.

    Args:
        comparisons: list of comparisons; see `trainers.verdicts.comparisons`.
    """
    tested = [_p_values(comparison) for comparison in comparisons]
    two_sided = [min(1.0, 2 * min(pair)) for pair in tested]
    return [
        _outcome(comparison, pair, p, LEVEL / len(comparisons))
        for comparison, pair, p in zip(comparisons, tested, holm(two_sided))
    ]


def verdict(found):
    """Returns the verdict on a claim from the outcomes of its comparisons."""
    verdicts = {outcome.verdict for outcome in found}
    if not verdicts:
        return NOT_RUN
    if CONTRADICTED in verdicts:
        return CONTRADICTED
    return SHOWN if verdicts == {SHOWN} else UNDECIDED


def holm(p_values):
    """Returns p-values that are corrected for their number (Holm, 1979)."""
    corrected, largest = [0.0] * len(p_values), 0.0
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(order) - rank) * p_values[index]))
        corrected[index] = largest
    return corrected


def _p_values(comparison):
    if len(comparison.values) < _FEWEST_SEEDS:
        return 1.0, 1.0
    return comparison.p_values()


def _outcome(comparison, pair, p, level):
    supports, opposes = pair
    found = UNDECIDED
    if p <= LEVEL:
        found = SHOWN if supports < opposes else CONTRADICTED
    values = comparison.values
    first, second = comparison.means
    low, high = interval(comparison)
    return Outcome(
        name=comparison.name,
        claimed=comparison.claimed,
        seeds=len(values),
        first=first,
        second=second,
        mean=sum(values) / len(values),
        low=low,
        high=high,
        p=p,
        detectable=comparison.detectable(level),
        verdict=found,
    )
