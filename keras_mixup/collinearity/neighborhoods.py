"""Mixtures of training points as line segments, along which all is exact.

Of a mixture of K points, all weights but the split of the last two are fixed. What is
left is a segment, on which that split is Beta-distributed.
"""

import math

import numpy as np
from scipy import special
from scipy.spatial import distance

from keras_mixup.collinearity.tuples import Sampler, Tuples, pairs_of

_ELEMENTS = 2**21
_ROWS = 64


class Examination:
    """The mixtures of one data set, and what they do to its points."""

    def __init__(self, x, y, alphas, radius, max_mixtures, rng):
        self._x, self._y, self._radius = x, y, radius
        self._num_classes = int(y.max()) + 1
        last = alphas[-2:]
        # A pair comes in one order and stands for both.
        both = len(alphas) == 2 and last[0] != last[1]
        self._split = np.stack([last, last[::-1]]) if both else last[None]
        # The Beta integrals are what takes time; beyond these they are nothing.
        first, second = self._split.T
        self._likely = (
            special.betaincinv(first, second, 1e-17).min(),
            special.betainccinv(first, second, 1e-17).max(),
        )
        mixtures = Sampler(x, alphas, max_mixtures, rng)
        self.exhaustive, self._tuples = mixtures.exhaustive, mixtures.everywhere()
        self._around = [] if self.exhaustive else mixtures.around()
        self.num_mixtures = sum(len(tuples.points) for tuples in self._tuples)

    def __call__(self, points):
        results = []
        for start in range(0, len(points), _ROWS):
            block = points[start : start + _ROWS]
            rows = distance_rows(self._x, self._x[block])
            results += [self._examine(i, row) for i, row in zip(block, rows)]
        votes, closeness = zip(*results)
        return np.stack(votes), np.array(closeness)

    def _examine(self, point, row):
        """The labels that fall into the ball around a point, and its closeness."""
        foreign = row[self._y != self._y[point]].min()
        ball = self._radius**2 * foreign
        # A point with itself: the mixture is that point, whatever the weights.
        votes = np.bincount(self._y[row <= ball], minlength=self._num_classes) * 1.0
        nearest = 0.25 * foreign
        around = (t.containing(held, point, row) for held, t in self._around)
        for tuples, is_apart in [
            *((tuples, False) for tuples in self._tuples),
            *((tuples, True) for tuples in around),
        ]:
            segments = Segments(tuples, row)
            near = np.flatnonzero(segments.gap <= max(ball, nearest))
            tuples = tuples.chosen(near)
            segments = Segments(tuples, row)
            nearest = min(nearest, self._nearest_foreign(segments, tuples, point))
            # What holds the point is counted apart, if not all tuples are there.
            counts = self.exhaustive or is_apart or (tuples.points != point).all(axis=1)
            votes += self._votes(segments, tuples, ball, counts)
        return votes, math.sqrt(nearest / foreign) if foreign else 0.0

    def _votes(self, segments, tuples, ball, counts):
        low, high = segments.inside(ball)
        likely = (low < self._likely[1]) & (high > self._likely[0])
        inside = np.flatnonzero((low < high) & likely & counts)
        mass, moment = split_moments(self._split, low[inside], high[inside])
        tuples = tuples.chosen(inside)
        rest = tuples.weights[:, -1]
        shares = [weight * mass for weight in tuples.weights[:, :-1].T]
        shares += [rest * moment, rest * (mass - moment)]
        return tuples.mass * np.bincount(
            self._y[tuples.points].T.ravel(),
            weights=np.concatenate(shares),
            minlength=self._num_classes,
        )

    def _nearest_foreign(self, segments, tuples, point):
        """The squared distance of mixtures with half or more of other classes."""
        own = self._y[tuples.points] == self._y[point]
        fixed, rest = tuples.weights[:, :-1], tuples.weights[:, -1]
        # How much of the rest may be of the point's class.
        with np.errstate(divide="ignore", invalid="ignore"):
            room = (0.5 - (fixed * own[:, :-2]).sum(axis=1)) / rest
        starts, ends = own[:, -2], own[:, -1]
        high = np.where(starts, np.minimum(room, 1), 1)
        low = np.where(ends, np.maximum(1 - room, 0), 0)
        fits = room >= (starts & ends)
        return np.min(segments.distance(low, high)[fits], initial=np.inf)


class Segments:
    """The segments of some tuples, seen from one point.

    A mixture is `lambda` of the start plus `1 - lambda` of the end.

    Args:
        tuples: `Tuples`.
        row: Squared distances of the point from all others.

    Attributes:
        length: Squared lengths of the segments.
        nearest: The lambda where the line through each segment is nearest to the point.
        gap: The squared distance there.
    """

    def __init__(self, tuples: Tuples, row: np.ndarray) -> None:
        fixed, rest = tuples.weights[:, :-1], tuples.weights[:, -1]
        start, end = (rest * row[tuples.points[:, k]] for k in (-2, -1))
        if fixed.shape[1]:
            # |sum w x - z|^2 = sum w |x - z|^2 - sum over pairs of w w' |x - x'|^2.
            shared = (fixed * row[tuples.points[:, :-2]]).sum(axis=1)
            start_spread, end_spread = _spreads(tuples)
            start, end = start + shared - start_spread, end + shared - end_spread
        self.length = rest**2 * tuples.distances[:, -1]
        # Of shorter ones, the inverse would be infinite.
        self.length[self.length < np.finfo("float64").tiny] = 0.0
        inverse = np.divide(
            0.5, self.length, out=np.zeros(len(rest)), where=self.length > 0
        )
        self.nearest = 0.5 + (end - start) * inverse
        self.gap = end - self.nearest**2 * self.length

    def inside(self, radius: float) -> tuple[np.ndarray, np.ndarray]:
        """The interval of lambda in a ball around the point; empty ones are equal.

        Args:
            radius: Float, the squared radius.
        """
        room = np.maximum(radius - self.gap, 0.0)
        half = np.full(room.shape, np.inf)
        np.divide(room, self.length, out=half, where=self.length > 0)
        half = np.where(self.gap <= radius, np.sqrt(half), 0.0)
        low, high = (np.clip(self.nearest + half * sign, 0, 1) for sign in (-1, 1))
        return low, high

    def distance(self, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        """The squared distance from the point of the part between two lambdas."""
        away = np.clip(self.nearest, low, high) - self.nearest
        return np.maximum(self.gap, 0.0) + away**2 * self.length


def split_moments(
    splits: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """`P(low < lambda < high)` and `E[lambda; low < lambda < high]`.

    Args:
        splits: Array of shape `(n, 2)`, the concentrations of the Beta distributions
            of which one, each as often, is that of lambda.
        low: Array, like `high` with values from 0 to 1.
        high: Array.
    """
    mass, moment = np.zeros_like(low), np.zeros_like(low)
    for a, b in splits:
        mass += special.betainc(a, b, high) - special.betainc(a, b, low)
        upper = special.betainc(a + 1, b, high) - special.betainc(a + 1, b, low)
        moment += a / (a + b) * upper
    return mass / len(splits), moment / len(splits)


def _spreads(tuples):
    """The sums over pairs of w w' |x - x'|^2, of the segments' starts and ends."""
    last = tuples.points.shape[1] - 1
    spreads = {last - 1: 0.0, last: 0.0}
    for (k, l), squared in zip(pairs_of(tuples.points), tuples.distances.T):
        for end in spreads:
            if {k, l} <= {*range(last - 1), end}:
                w, w2 = (tuples.weights[:, min(j, last - 1)] for j in (k, l))
                spreads[end] = spreads[end] + w * w2 * squared
    return spreads[last - 1], spreads[last]


def distance_rows(x: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Squared distances of points from all of `x`, without a copy of it in float64."""
    step = max(1, _ELEMENTS // x.shape[1])
    points = points.astype("float64")
    rows = [
        # From differences: products of large coordinates would lose the small ones.
        distance.cdist(points, x[start : start + step].astype("float64"), "sqeuclidean")
        for start in range(0, len(x), step)
    ]
    return np.concatenate(rows, axis=1)
