"""Single statements about what was measured over seeds, and the tests of them."""

import dataclasses
import math
import statistics
from collections.abc import Mapping, Sequence

from trainers.claims import power, significance


@dataclasses.dataclass(frozen=True)
class Unit:
    """What values are told in.

    Attributes:
        name: such as "points"; empty for a number without a unit.
        factor: by what values are multiplied to be in it.
        decimals: how many are told at most.
    """

    name: str = ""
    factor: float = 1.0
    decimals: int = 4


PLAIN = Unit()
POINTS = Unit("points", 100.0, 2)


@dataclasses.dataclass(frozen=True)
class Difference:
    """The claim that a quantity is above, or below, another one, seed by seed.

    Paired over the seeds that both have. The test is Student's, or, where every seed
    has the very same difference and that test has no scale, the sign test.

    Args:
        name: what sets it apart in its family, such as "mixup and ERM: layer 3".
        first: `{seed: float}`.
        second: `{seed: float}`, or a number for all seeds.
        claimed: "above" or "below": where `first` is said to lie.
        unit: the `Unit` of both.
        due: seeds that were run for it, beside those that either of both has.
        kind: what it is of, in any setting, such as "layer 3": over settings, estimates
            of a kind are pooled. Empty: what `name` says.
    """

    name: str
    first: Mapping[int, float]
    second: Mapping[int, float] | float
    claimed: str
    unit: Unit = PLAIN
    due: frozenset[int] = frozenset()
    kind: str = ""

    @property
    def seeds(self) -> list[int]:
        """The seeds that it rests on, in order."""
        return sorted(set(self.first) & self._seeds_of_second)

    @property
    def seeds_due(self) -> set[int]:
        """All seeds that were run for it, also those that lack a partner."""
        return set(self.first) | self._seeds_of_second | self.due

    @property
    def _seeds_of_second(self) -> set[int]:
        """Those of a number are all."""
        second = self.second if isinstance(self.second, Mapping) else self.first
        return set(second)

    @property
    def pairs(self) -> list[tuple[float, float]]:
        """Pairs of values, by seed."""
        if isinstance(self.second, Mapping):
            return [(self.first[seed], self.second[seed]) for seed in self.seeds]
        return [(self.first[seed], self.second) for seed in self.seeds]

    @property
    def values(self) -> list[float]:
        """The differences, `first - second`."""
        return [first - second for first, second in self.pairs]

    @property
    def means(self) -> tuple[float, float]:
        """The means of both sides over the pairs."""
        first, second = zip(*self.pairs)
        return significance.mean(first), significance.mean(second)

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the mean difference."""
        return significance.mean_interval(self.values)

    def p_values(self) -> tuple[float, float]:
        """Returns the one-sided p-values `(for, against)` the claim."""
        chances = significance.chances_above(self.values, 0.0, self._scale)
        return chances if self.claimed == "above" else chances[::-1]

    def detectable(self, level: float) -> float | None:
        """Returns the true difference that these seeds would have detected.

        By a one-sided t-test at `level`, with the standard deviation that was
        measured, in a share `power.POWER` of all repetitions. `None` where all seeds
        agree, and that deviation is 0.
        """
        if significance.are_equal(self.values, self._scale):
            return None
        effect = power.detectable_difference(len(self.values), level)
        return effect * statistics.stdev(self.values)

    @property
    def _scale(self) -> float:
        return max(abs(value) for pair in self.pairs for value in pair)


class _OneSided:
    """What rests on the runs of one arm."""

    first: Mapping[int, float]

    @property
    def seeds(self) -> list[int]:
        """The seeds that it rests on, in order."""
        return sorted(self.first)

    @property
    def seeds_due(self) -> set[int]:
        """All seeds that were run for it."""
        return set(self.first)


@dataclasses.dataclass(frozen=True)
class Within(_OneSided):
    """The claim that a mean lies within a margin around a published figure.

    Tested as equivalence, by two one-sided t-tests (Schuirmann, 1987). Where the
    deviation of the published figure is known, they are Welch's.

    Args:
        name: what sets it apart in its family.
        first: `{seed: float}`.
        second: float, the published figure.
        margin: float, at least 0.
        unit: the `Unit` of all three.
        deviation: float, the published standard deviation.
        trials: int, of how many values the published figure is the mean; 0 where it is
            taken to be exact.
    """

    name: str
    first: Mapping[int, float]
    second: float
    margin: float
    unit: Unit = PLAIN
    deviation: float = 0.0
    trials: int = 0
    claimed = "within"
    kind = ""

    @property
    def values(self) -> list[float]:
        """How far the values are from the published one."""
        return [self.first[seed] - self.second for seed in self.seeds]

    @property
    def means(self) -> tuple[float, float]:
        """The mean, and the published figure."""
        return significance.mean(list(self.first.values())), self.second

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of how far the mean is from the published one."""
        if not self._is_welch:
            return significance.mean_interval(self.values)
        from scipy import stats

        error, freedom = self._error_and_freedom
        mean = significance.mean(self.values)
        low, high = stats.t.interval(0.95, freedom, mean, error)
        return float(low), float(high)

    def p_values(self) -> tuple[float, float]:
        """Returns the p-values of lying inside the margin, and of lying outside."""
        above_low, below_low = self._chances_above(-self.margin)
        above_high, below_high = self._chances_above(self.margin)
        # Of two ways to be outside the likelier counts, so its chance is doubled.
        outside = min(1.0, 2 * min(below_low, above_high))
        return max(above_low, below_high), outside

    def detectable(self, level: float) -> float | None:
        """Returns the margin that these seeds would have detected, were the mean right.

        With the standard deviation that was measured, in a share `power.POWER` of all
        repetitions. `None` where all seeds agree and the published figure is exact.
        """
        if not self._is_welch and significance.are_equal(self.values, self._scale):
            return None
        error, freedom = self._error_and_freedom
        return power.detectable_margin(freedom, level) * error

    @property
    def _is_welch(self) -> bool:
        finite = all(map(math.isfinite, self.values))
        several = self.trials > 1 and len(self.values) > 1
        return several and finite and self.deviation > 0

    @property
    def _error_and_freedom(self) -> tuple[float, float]:
        if self._is_welch:
            return significance.error_and_freedom(
                self.values, self.deviation, self.trials
            )
        number = len(self.values)
        return statistics.stdev(self.values) / math.sqrt(number), number - 1

    def _chances_above(self, bound: float) -> tuple[float, float]:
        if not self._is_welch:
            return significance.chances_above(self.values, bound, self._scale)
        from scipy import stats

        error, freedom = self._error_and_freedom
        distance = (significance.mean(self.values) - bound) / error
        return float(stats.t.sf(distance, freedom)), float(
            stats.t.cdf(distance, freedom)
        )

    @property
    def _scale(self) -> float:
        return max(abs(self.second), self.margin, *map(abs, self.first.values()))


@dataclasses.dataclass(frozen=True)
class Holds(_OneSided):
    """The claim that something is so, in the typical run.

    Tested as: in more than half of all seeds, by the exact binomial test.

    Args:
        name: what sets it apart in its family.
        first: `{seed: bool}`.
    """

    name: str
    first: Mapping[int, bool]
    claimed = "true"
    unit = PLAIN
    kind = ""

    @property
    def values(self) -> list[float]:
        """A 1 for each seed in which it is so, else a 0."""
        return [float(self.first[seed]) for seed in self.seeds]

    @property
    def means(self) -> tuple[float, float]:
        """The share of the seeds, and one half."""
        return significance.mean(self.values), 0.5

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the share."""
        return significance.share_interval(self.values)

    def p_values(self) -> tuple[float, float]:
        """Returns the one-sided p-values `(for, against)` the claim."""
        holds = int(sum(self.values))
        return significance.sign_test(holds, len(self.values) - holds)

    def detectable(self, level: float) -> float | None:
        """Returns the share of all runs that so many seeds would have detected.

        In a share `power.POWER` of all repetitions; `None` where they are too few.
        """
        return power.detectable_share(len(self.values), level)


@dataclasses.dataclass(frozen=True)
class Somewhere:
    """The claim that at least one of several differences is as claimed.

    Tested by the surest of them, whose p-value is corrected for their number
    (Bonferroni); against it, by the one that is least sure to be the other way, since
    all must be.

    Args:
        name: what sets it apart in its family.
        parts: list of `Difference`, at least one, of one unit and direction.
    """

    name: str
    parts: Sequence[Difference]

    @property
    def surest(self) -> Difference:
        """The difference that its numbers are those of."""
        return min(self.parts, key=lambda one: _chances(one)[0])

    @property
    def seeds_due(self) -> set[int]:
        """All seeds that were run for any part."""
        return set().union(*(one.seeds_due for one in self.parts))

    @property
    def values(self) -> list[float]:
        """The differences of the surest part, none where a part was not measured."""
        whole = all(one.values for one in self.parts)
        return self.surest.values if whole else []

    @property
    def means(self) -> tuple[float, float]:
        """The means of both sides of the surest part."""
        return self.surest.means

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % interval of the surest part, not corrected."""
        return self.surest.interval

    @property
    def claimed(self) -> str:
        """ "above" or "below", as all parts."""
        return self.surest.claimed

    @property
    def unit(self) -> Unit:
        """The `Unit` of all parts."""
        return self.surest.unit

    @property
    def kind(self) -> str:
        return self.name

    def p_values(self) -> tuple[float, float]:
        """Returns the p-values for the claim and against it."""
        supporting, opposing = zip(*map(_chances, self.parts))
        return min(1.0, len(self.parts) * min(supporting)), max(opposing)

    def detectable(self, level: float) -> float | None:
        """Returns the difference that the surest part would have detected."""
        return self.surest.detectable(level / len(self.parts))


def _chances(difference: Difference) -> tuple[float, float]:
    """Its p-values, 1 where there is nothing to test."""
    values = difference.values
    testable = len(values) > 1 and all(map(math.isfinite, values))
    return difference.p_values() if testable else (1.0, 1.0)


Comparison = Difference | Within | Holds | Somewhere
