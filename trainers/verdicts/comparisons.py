"""Single statements about what was measured over seeds, and the tests of them."""

import dataclasses
import math
import statistics

import numpy as np

from trainers.common.statistics import mean_and_interval


@dataclasses.dataclass(frozen=True)
class Difference:
    """The claim that a quantity is above, or below, another one, seed by seed.

    Paired over the seeds that both have. The test is Student's, or, where every seed
    has the very same difference and that test has no scale, the sign test.

    Args:
        name: what sets it apart in its family, such as "layer_3".
        first: `{seed: float}`.
        second: `{seed: float}`, or a number for all seeds.
        claimed: "above" or "below": where `first` is said to lie.
    """

    name: str
    first: dict
    second: dict | float
    claimed: str

    @property
    def pairs(self):
        """Pairs of values, by seed."""
        if not isinstance(self.second, dict):
            return [(self.first[seed], self.second) for seed in sorted(self.first)]
        seeds = sorted(set(self.first) & set(self.second))
        return [(self.first[seed], self.second[seed]) for seed in seeds]

    @property
    def values(self):
        """The differences, `first - second`."""
        return [first - second for first, second in self.pairs]

    @property
    def means(self):
        """The means of both sides over the pairs."""
        return tuple(statistics.fmean(side) for side in zip(*self.pairs))

    def p_values(self):
        """Returns the one-sided p-values `(for, against)` the claim."""
        from scipy import stats

        values = np.array(self.values) * (1 if self.claimed == "above" else -1)
        if _all_equal(values):
            return _sign_test(int(np.sum(values > 0)), int(np.sum(values < 0)))
        above = stats.ttest_1samp(values, 0.0, alternative="greater").pvalue
        return float(above), float(1 - above)

    def detectable(self, level, power=0.8):
        """Returns the true difference that these seeds would have shown.

        Of a two-sided t-test at `level`, with the standard deviation that was
        measured, in a share `power` of all repetitions; by the noncentral
        t-distribution. `None` where all seeds agree.
        """
        values = self.values
        if len(values) < 2 or _all_equal(values):
            return None
        return _detectable_effect(len(values), level, power) * statistics.stdev(values)


@dataclasses.dataclass(frozen=True)
class Within:
    """The claim that a mean lies within a margin around a published figure.

    Tested as equivalence, by two one-sided t-tests (Schuirmann, 1987).

    Args:
        name: what sets it apart in its family.
        first: `{seed: float}`.
        second: float, the published figure.
        margin: float, at least 0.
    """

    name: str
    first: dict
    second: float
    margin: float
    claimed = "within"

    @property
    def values(self):
        """How far the values are from the published one."""
        return [self.first[seed] - self.second for seed in sorted(self.first)]

    @property
    def means(self):
        """The mean, and the published figure."""
        return statistics.fmean(self.first.values()), self.second

    def p_values(self):
        """Returns the p-values of lying inside the margin, and of lying outside."""
        from scipy import stats

        values = np.array(self.values)
        if _all_equal(values):
            inside = int(np.sum(np.abs(values) <= self.margin))
            return _sign_test(inside, len(values) - inside)
        above = stats.ttest_1samp(values, -self.margin, alternative="greater").pvalue
        below = stats.ttest_1samp(values, self.margin, alternative="less").pvalue
        # One of two chances to be outside counts, so it is doubled.
        outside = min(1.0, 2 * min(1 - above, 1 - below))
        return float(max(above, below)), float(outside)

    def detectable(self, level, power=0.8):
        """Returns `None`: what could be shown is the margin."""
        return None


@dataclasses.dataclass(frozen=True)
class Holds:
    """The claim that something is so, in the typical run.

    Tested as: in more than half of all seeds, by the exact binomial test.

    Args:
        name: what sets it apart in its family.
        first: `{seed: bool}`.
    """

    name: str
    first: dict
    claimed = "true"

    @property
    def values(self):
        """A 1 for each seed in which it is so, else a 0."""
        return [float(self.first[seed]) for seed in sorted(self.first)]

    @property
    def means(self):
        """The share of the seeds, and one half."""
        return statistics.fmean(self.values), 0.5

    def p_values(self):
        """Returns the one-sided p-values `(for, against)` the claim."""
        holds = int(sum(self.values))
        return _sign_test(holds, len(self.values) - holds)

    def detectable(self, level, power=0.8):
        """Returns `None`: a share has no scale of its own."""
        return None


def interval(comparison):
    """Returns the 95 % interval of the mean of a comparison's values."""
    if isinstance(comparison, Holds):
        return _share_interval(comparison.values)
    low, high = mean_and_interval(comparison.values)[1:]
    return float(low), float(high)


def _share_interval(values):
    """Clopper and Pearson's."""
    from scipy import stats

    found = stats.binomtest(round(sum(values)), len(values)).proportion_ci(0.95)
    return float(found.low), float(found.high)


def _all_equal(values):
    # Rounding aside: differences of equal numbers differ in their last digits.
    return np.ptp(values) <= 1e-12 * max(1.0, float(np.max(np.abs(values))))


def _sign_test(agreeing, opposing):
    from scipy import stats

    number = agreeing + opposing
    if number == 0:
        return 1.0, 1.0
    return tuple(
        float(stats.binomtest(count, number, alternative="greater").pvalue)
        for count in (agreeing, opposing)
    )


def _detectable_effect(number, level, power):
    """The effect, in standard deviations, that a two-sided t-test finds."""
    from scipy import optimize, stats

    freedom = number - 1
    critical = stats.t.ppf(1 - level / 2, freedom)

    def lack(effect):
        # The other tail adds nothing where the power is of interest.
        return stats.nct.sf(critical, freedom, effect * math.sqrt(number)) - power

    high = 1.0
    while lack(high) < 0:
        high *= 2
    return optimize.brentq(lack, 0.0, high)
