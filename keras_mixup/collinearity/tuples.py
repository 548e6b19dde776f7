"""Tuples of training points that are mixed: all of them, or a uniform sample."""

import dataclasses
import itertools
import math

import numpy as np

_CHUNK, _ELEMENTS = 2**17, 2**21


@dataclasses.dataclass(frozen=True)
class Tuples:
    """Tuples of K points, with weights for all but the last two.

    Attributes:
        points: Integers of shape `(n, K)`.
        weights: Floats of shape `(n, K - 1)`: of the first K - 2 points, then what is
            left for the last two.
        distances: Squared distances of shape `(n, K (K - 1) / 2)`, between the points
            in the order of `itertools.combinations`.
        mass: Float, how many of the `N ** K` tuples each stands for.
    """

    points: np.ndarray
    weights: np.ndarray
    distances: np.ndarray
    mass: float

    def chosen(self, rows: np.ndarray) -> "Tuples":
        """The tuples of some rows."""
        return Tuples(
            self.points[rows], self.weights[rows], self.distances[rows], self.mass
        )

    def containing(self, held: np.ndarray, point: int, row: np.ndarray) -> "Tuples":
        """Puts a point where `held` is true; tuples that had it already drop out.

        Args:
            held: Booleans of the shape of `points`.
            point: Integer.
            row: Squared distances of that point from all others.
        """
        fresh = ((self.points != point) | held).all(axis=1)
        held = held[fresh]
        points = np.where(held, point, self.points[fresh])
        columns = [
            # The point is at distance 0 from itself, so the sum is the other's.
            np.where(
                held[:, k] | held[:, l], row[points[:, k]] + row[points[:, l]], old
            )
            for (k, l), old in zip(pairs_of(points), self.distances[fresh].T)
        ]
        return Tuples(points, self.weights[fresh], np.stack(columns, axis=1), self.mass)


class Sampler:
    """Chooses the tuples: all where that can be done, else a uniform sample."""

    def __init__(self, x, alphas, max_mixtures, rng):
        self._x, self._alphas, self._rng = x, alphas, rng
        self._most = max_mixtures
        self._num_tuples = float(len(x)) ** len(alphas)
        self._is_pair = len(alphas) == 2
        number = math.comb(len(x), 2) if self._is_pair else self._num_tuples
        self.exhaustive = number <= max_mixtures

    def everywhere(self):
        """Tuples from the whole set, less those of one point only."""
        size, num_points = len(self._x), len(self._alphas)
        if self.exhaustive and self._is_pair:
            points, mass = np.stack(np.triu_indices(size, 1), axis=1), 2.0
        elif self.exhaustive:
            # Again and again, with other weights.
            repeats = self._most // int(self._num_tuples)
            numbers = np.tile(np.arange(int(self._num_tuples)), repeats)
            shape = (size,) * num_points
            points = np.stack(np.unravel_index(numbers, shape), axis=1)
            mass = 1 / repeats
        else:
            points = self._rng.integers(size, size=(self._most, num_points))
            mass = self._num_tuples / self._most
        points = points[(points != points[:, :1]).any(axis=1)]
        weights = self._weights(len(points))
        return list(_tuples_of(self._x, points.astype("int32"), weights, mass))

    def around(self):
        """Pairs `(held, tuples)`, for each number of times that a point is held."""
        return [
            pair
            for times in range(1, len(self._alphas))
            for pair in self._holding(times)
        ]

    def _holding(self, times):
        size, num_points = len(self._x), len(self._alphas)
        if self._is_pair:
            points = np.stack([np.zeros(size, "int32"), np.arange(size)], axis=1)
            held, mass = np.arange(2) < np.ones((size, 1)), 2.0
            none = np.zeros((size, 1))
            return [(held, Tuples(points, self._weights(size), none, mass))]
        count = max(1, self._most // 100)
        points = self._rng.integers(size, size=(count, num_points))
        held = np.tile(np.arange(num_points) < times, (count, 1))
        held = self._rng.permuted(held, axis=1)
        mass = math.comb(num_points, times) * float(size) ** (num_points - times)
        weights = self._weights(count)
        chunks = _tuples_of(self._x, points.astype("int32"), weights, mass / count)
        return list(zip(_parts(held), chunks))

    def _weights(self, count):
        if self._is_pair:
            return np.ones((count, 1))
        drawn = self._rng.dirichlet(self._alphas, count)
        rest = drawn[:, -2:].sum(axis=1, keepdims=True)
        return np.concatenate([drawn[:, :-2], rest], axis=1)


def _tuples_of(x, points, weights, mass):
    """The tuples in chunks, with the distances within each."""
    for chunk, weighted in zip(_parts(points), _parts(weights)):
        columns = [_distances(x, chunk[:, k], chunk[:, l]) for k, l in pairs_of(chunk)]
        yield Tuples(chunk, weighted, np.stack(columns, axis=1), mass)


def _parts(rows):
    return (rows[i : i + _CHUNK] for i in range(0, len(rows), _CHUNK))


def _distances(x, first, second):
    step = max(1, _ELEMENTS // x.shape[1])
    result = np.empty(len(first))
    for start in range(0, len(first), step):
        part = slice(start, start + step)
        difference = x[first[part]].astype("float64") - x[second[part]]
        result[part] = np.einsum("nd,nd->n", difference, difference)
    return result


def pairs_of(points: np.ndarray) -> list[tuple[int, int]]:
    """The pairs of columns, in the order of `Tuples.distances`."""
    return list(itertools.combinations(range(points.shape[1]), 2))
