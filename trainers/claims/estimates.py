"""One estimate of an effect over all settings: verdicts alone hide its size."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from trainers.claims.claim import Judgement
from trainers.claims.comparisons import Difference, Unit
from trainers.results.arms import grouped
from trainers.statistics import mean_and_interval

_SIGNS = {"above": 1, "below": -1}


@dataclasses.dataclass(frozen=True)
class Estimate:
    """The mean of an effect over settings, in its unit.

    Attributes:
        kind: that of the comparisons.
        mean: float.
        low: float, the lower end of the 95 % interval; NaN of a single setting.
        high: float, the upper end.
        settings: int, how many.
        as_claimed: int, in how many of them the mean difference has the claimed sign.
        unit: `trainers.claims.comparisons.Unit`.
    """

    kind: str
    mean: float
    low: float
    high: float
    settings: int
    as_claimed: int
    unit: Unit


def pooled(judgements: Sequence[Judgement]) -> list[Estimate]:
    """Returns the estimates of a claim, one for each kind of its differences.

    In a setting the differences of a kind, such as those of ICT[2] and of ICT[4] at
    layer 3, share seeds and baseline: of a seed their mean counts.

    Settings are taken to be drawn from many. They are not independent where they share
    the runs of a baseline, so that intervals are somewhat too narrow then.

    Args:
        judgements: those on one claim.
    """
    of_settings = [_by_kind(one) for one in judgements if one.finding]
    kinds = dict.fromkeys(kind for found in of_settings for kind in found)
    return [
        _estimate(kind, [found[kind] for found in of_settings if kind in found])
        for kind in kinds
    ]


def random_effects(
    means: Sequence[float], variances: Sequence[float]
) -> tuple[float, float, float]:
    """Returns a mean over settings and its 95 % interval.

    The variance between settings is DerSimonian and Laird's (1986), the interval
    Hartung and Knapp's (2001), which holds its level with few settings too.

    Args:
        means: list of floats, one a setting.
        variances: the squares of their standard errors. Where one is 0 or none, all
            settings weigh the same.
    """
    if len(means) < 2 or not all(0 < one < math.inf for one in variances):
        return mean_and_interval(means)
    from scipy import stats

    effects, freedom = np.array(means), len(means) - 1
    weights = 1 / np.array(variances)
    center = weights @ effects / weights.sum()
    heterogeneity = weights @ (effects - center) ** 2
    scale = weights.sum() - weights @ weights / weights.sum()
    between = max(0.0, (heterogeneity - freedom) / scale)
    weights = 1 / (np.array(variances) + between)
    mean = weights @ effects / weights.sum()
    error = math.sqrt(weights @ (effects - mean) ** 2 / freedom / weights.sum())
    half = stats.t.ppf(0.975, freedom) * error
    return float(mean), float(mean - half), float(mean + half)


def _by_kind(judgement: Judgement) -> dict[str, list[Difference]]:
    assert judgement.finding is not None
    differences = [
        one
        for one in judgement.finding.comparisons
        if isinstance(one, Difference) and _is_finite(one)
    ]
    return grouped(differences, lambda one: one.kind or one.name)


def _is_finite(difference: Difference) -> bool:
    values = difference.values
    return bool(values) and all(map(math.isfinite, values))


def _estimate(kind: str, settings: list[list[Difference]]) -> Estimate:
    first = settings[0][0]
    means, variances = zip(*map(_mean_and_variance, settings))
    mean, low, high = (first.unit.factor * v for v in random_effects(means, variances))
    sign = _SIGNS[first.claimed]
    agreeing = sum(sign * value > 0 for value in means)
    return Estimate(kind, mean, low, high, len(settings), agreeing, first.unit)


def _mean_and_variance(differences: list[Difference]) -> tuple[float, float]:
    """The mean difference of a setting, and the square of its standard error."""
    of_seeds: dict[int, list[float]] = {}
    for one in differences:
        for seed, value in zip(one.seeds, one.values):
            of_seeds.setdefault(seed, []).append(value)
    values = [sum(found) / len(found) for found in of_seeds.values()]
    if len(values) < 2:
        return values[0], math.inf
    return float(np.mean(values)), float(np.var(values, ddof=1)) / len(values)
