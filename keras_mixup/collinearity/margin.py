"""Which class the mixup optimum gives to any point, where a theorem says so."""

import dataclasses
from typing import Any

import numpy as np

from keras_mixup._real_arrays import real_array
from keras_mixup.collinearity.neighborhoods import Segments, distance_rows
from keras_mixup.collinearity.tuples import Sampler, Tuples
from keras_mixup.data import array_checks

_ROWS = 64


@dataclasses.dataclass(frozen=True, eq=False)
class Margin:
    """Where the theorem on the margin of mixup holds; see `margin`.

    Attributes:
        classes: Integers of shape `(points,)`, the class that the mixup optimum gives
            to each point, or -1 where the theorem says nothing.
        radius: Floats of shape `(points,)`: up to this distance from the point, every
            mixture has more than half of its weight from one class.
        distance: Floats of shape `(points,)`, from the point to the nearest mixture.
        exhaustive: Boolean, whether all pairs of training points were looked at. If
            not, `radius` and `distance` are upper bounds.

    Example:

    >>> x, y = np.array([[0.0], [1.0], [4.0]]), np.array([0, 0, 1])
    >>> result = keras_mixup.collinearity.margin(np.array([[1.5]]), x, y)
    >>> result.classes.tolist(), result.radius.tolist(), result.distance.tolist()
    ([0], [0.5], [0.0])
    """

    classes: np.ndarray
    radius: np.ndarray
    distance: np.ndarray
    exhaustive: bool


def margin(
    points: Any, x: Any, y: Any, max_mixtures: int = 1_000_000, seed: int = 0
) -> Margin:
    """Tells which class the optimum of mixup gives to points that it never saw.

    A network that is best for the loss of mixup with two points answers, in a small
    ball, with the mean label of all mixtures that fall there. So a point belongs to
    class `i`, whatever the distribution of the weights, if every mixture near it has
    more than half of its weight from class `i`: no mixture of two other classes comes
    near, and those with class `i` are beyond their middle. This is theorem 3.2 of
    [Chidambaram et al., 2022](https://arxiv.org/abs/2110.07647), with its assumptions
    2.9 and 3.1 for balls of a given radius in place of the limit. Such points reach
    half way to the other classes, farther than plain training promises.

    A point has a class if a ball around it holds mixtures, all of one class in this
    sense: if `distance < radius`. Then the optimum is of that class for every ball with
    a radius from the one to the other.

    Args:
        points: Array of inputs, of shape `(points, ...)`.
        x: Array of training inputs, of shape `(examples, ...)`.
        y: Integer class ids of shape `(examples,)` or `(examples, 1)`.
        max_mixtures: Integer of at least 1. Of more pairs of training points, so many
            are drawn by `seed`. Time grows with their number times that of the points.
            Defaults to a million, all pairs of 1400 examples.
        seed: Integer that is not negative. Defaults to `0`.

    Returns:
        A `Margin`.

    Raises:
        ValueError: If `x` and `y` are no data set of finite real numbers, the points
            have another shape than the inputs, or an argument is out of its range.

    Example:

    >>> x, y = np.array([[0.0], [1.0], [4.0]]), np.array([0, 0, 1])
    >>> points = np.array([[0.5], [1.9], [2.25], [3.5]])
    >>> keras_mixup.collinearity.margin(points, x, y).classes.tolist()
    [0, 0, -1, 1]
    """
    array_checks.check_positive("max_mixtures", max_mixtures)
    array_checks.check_positive("seed", seed, at_least=0)
    x, y = real_array("inputs", x), real_array("labels", y)
    x, y = array_checks.check_split("margin", x, y)
    points = array_checks.check_inputs("margin: points", real_array("points", points))
    array_checks.check_shape("margin: points", points.shape[1:], x.shape[1:])
    array_checks.check_finite("margin: points", points)
    classes, y = np.unique(y, return_inverse=True)
    x, points = (a.reshape(len(a), -1) for a in (x, points))
    pairs = _Pairs(x, y, max_mixtures, np.random.default_rng(seed))
    around = [
        pairs.around(row)
        for start in range(0, len(points), _ROWS)
        for row in distance_rows(x, points[start : start + _ROWS])
    ]
    best, radius, nearest = np.array(around).T
    return Margin(
        classes=np.where(nearest < radius, classes[best.astype(int)], -1),
        radius=radius,
        distance=nearest,
        exhaustive=pairs.exhaustive,
    )


class _Pairs:
    """The pairs of training points, those of the same two classes side by side."""

    def __init__(self, x, y, max_mixtures, rng):
        self._y, self._num_classes = y, int(y.max()) + 1
        sampler = Sampler(x, (1.0, 1.0), max_mixtures, rng)
        self.exhaustive = sampler.exhaustive
        self._chunks = [self._grouped(tuples) for tuples in sampler.everywhere()]

    def _grouped(self, tuples: Tuples) -> tuple[Tuples, np.ndarray, np.ndarray]:
        """The pairs by their classes, the numbers of these, and where each begins."""
        starts, ends = self._y[tuples.points].T
        codes = starts * self._num_classes + ends
        order = np.argsort(codes, kind="stable")
        present, begin = np.unique(codes[order], return_index=True)
        return tuples.chosen(order), present, begin

    def around(self, row):
        """The class of the mixtures around a point, its radius, and the nearest one.

        Args:
            row: Squared distances of the point from the training points.
        """
        k = self._num_classes
        whole, start_light, end_light = (np.full((k, k), np.inf) for _ in range(3))
        for tuples, present, begin in self._chunks:
            segments = Segments(tuples, row)
            for nearest, low, high in (
                (whole, 0.0, 1.0),
                # Up to half of the weight is that of the start, or of the end.
                (start_light, 0.0, 0.5),
                (end_light, 0.5, 1.0),
            ):
                away = segments.distance(low, high)
                least = np.minimum.reduceat(away, begin)
                flat = nearest.reshape(-1)
                flat[present] = np.minimum(flat[present], least)
        # A point with itself is a mixture of its class alone.
        alone = np.full(k, np.inf)
        np.minimum.at(alone, self._y, row)
        np.fill_diagonal(whole, np.minimum(whole.diagonal(), alone))
        radii = [
            min(
                np.delete(np.delete(whole, i, 0), i, 1).min(initial=np.inf),
                np.delete(start_light[i], i).min(initial=np.inf),
                np.delete(end_light[:, i], i).min(initial=np.inf),
            )
            for i in range(k)
        ]
        best = int(np.argmax(radii))
        # Squared distances are right to so much, so a mixture may fall on the point.
        rounding = 16 * np.finfo("float64").eps * row.max()
        squared = np.array([radii[best], whole.min()])
        return best, *np.sqrt(np.where(squared > rounding, squared, 0.0))
