"""Whether mixup is safe on a data set: how near its points are to foreign mixtures."""

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from keras_mixup._real_arrays import real_array
from keras_mixup.collinearity.neighborhoods import Examination
from keras_mixup.data import array_checks
from keras_mixup.random import plain_alpha, standardize_alpha

_PAIRS = 1_000_000


@dataclasses.dataclass(frozen=True, eq=False)
class Collinearity:
    """How safe mixup is on a data set; see `collinearity`.

    Attributes:
        points: Integers of shape `(examined,)`, the training points that were examined.
        flipped: Integers, those of them whose label the mixup optimum flips.
        label_probability: Floats of shape `(examined,)`, the probability that the
            mixup optimum gives to a point's own label.
        closeness: Floats of shape `(examined,)`, from 0 to 0.5: the distance of a
            point from the nearest mixture of which half or more is of other classes,
            in units of its distance from the nearest point of another class. 0.5 is as
            far as can be, since half way to that point lies such a mixture.
        num_examples: Integer, how many training points there are.
        num_mixtures: Integer, how many tuples of points were put together for all
            examined points.
        exhaustive: Boolean, whether these are all that there are. If not, few mixtures
            that flip a label can go unseen, and closeness is an upper bound.
        alpha: As given, like all that follow.
        num_points: Integer.
        radius: Float.
        seed: Integer.

    Example:

    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 0])
    >>> result = keras_mixup.collinearity.collinearity(x, y, alpha=128.0)
    >>> result.num_flipped, result.flipped.tolist()
    (1, [1])
    >>> result.closeness.tolist()
    [0.5, 0.0, 0.5]
    """

    points: np.ndarray
    flipped: np.ndarray
    label_probability: np.ndarray
    closeness: np.ndarray
    num_examples: int
    num_mixtures: int
    exhaustive: bool
    alpha: float | Sequence[float]
    num_points: int
    radius: float
    seed: int

    @property
    def num_flipped(self) -> int:
        """How many of the examined points change their label."""
        return len(self.flipped)

    @property
    def fraction_flipped(self) -> float:
        """The same as a fraction of the examined points."""
        return len(self.flipped) / len(self.points)

    @property
    def fraction_close(self) -> float:
        """The fraction of points whose ball holds a mixture of other classes."""
        return float(np.mean(self.closeness <= self.radius))

    def closeness_quantiles(
        self, quantiles: Sequence[float] = (0.0, 0.01, 0.1, 0.5)
    ) -> dict[float, float]:
        """Quantiles of `closeness`, by their order, each the value of a point."""
        values = np.quantile(self.closeness, quantiles, method="inverted_cdf")
        return dict(zip(quantiles, values.tolist()))


def collinearity(
    x: Any,
    y: Any,
    alpha: float | Sequence[float] = 1.0,
    num_points: int = 2,
    radius: float = 0.125,
    max_points: int = 500,
    max_mixtures: int | None = None,
    seed: int = 0,
) -> Collinearity:
    """Tells, before training, whether mixup would flip labels of the training points.

    Use it on inputs as the network sees them. Where mixtures of other points fall on a
    training point, mixup trains it on their labels too, and with enough of them a
    perfect network is wrong there.

    The label that is best for the mixup loss at a point is the mean label of all the
    mixtures that fall there ([Chidambaram et al.,
    2022](https://arxiv.org/abs/2110.07647), section 2), among them the point's mixture
    with itself. A network resolves no single point, so the mean is taken over a ball.
    Its radius is a share of the distance to the nearest point of another class. Half
    way there, at 0.5, a mixture of the two has both labels equally, so a network must
    resolve less than that. With the default of 0.125, the probabilities of the
    three-point counterexample are those of the paper's trained networks within 0.01.

    Of a mixture, the split of the last two weights is integrated exactly. So for two
    points everything is exact, up to `max_mixtures` pairs. Beyond, tuples are sampled
    from the whole set (not all tuples of a part of it, in which points would seem to
    have fewer foreign mixtures around them), and for more points the other weights are
    sampled too. Those that hold the examined point itself are rare and count most, so
    they are looked at apart: all of them for two points; for more,
    `max_mixtures / 100` for each number of times that they hold it. The sampled masses
    are then right on average, but a point whose label only few of all tuples flip can
    be missed where not all are looked at; see `exhaustive`.

    Args:
        x: Array of training inputs, of shape `(examples, ...)`.
        y: Integer class ids of shape `(examples,)` or `(examples, 1)`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Defaults to `1.0`.
        num_points: Integer of at least 2, the number K of points in a mixture.
            Defaults to `2`.
        radius: Float above 0 and at most 0.5, the radius of the ball, in units of the
            distance to the nearest point of another class. Defaults to `0.125`.
        max_points: Integer of at least 1: of more training points, so many are
            examined, drawn by `seed`. Their partners are always all. Defaults to `500`.
        max_mixtures: Integer of at least 1, how many tuples of points are put together.
            Time grows with `max_points * max_mixtures * num_points ** 2`, and memory
            with the last two. Defaults to a million pairs, and to as many fewer tuples
            as each has more pairs in it, which takes some seconds.
        seed: Integer that is not negative. Defaults to `0`.

    Returns:
        A `Collinearity`.

    Raises:
        ValueError: If an argument is outside its range, `x` and `y` are no data set
            of finite real numbers, or there is one class only.

    Example:

    >>> x, y = np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 0])
    >>> result = keras_mixup.collinearity.collinearity(x, y, alpha=1.0)
    >>> result.num_flipped, result.label_probability.round(2).tolist()
    (0, [0.99, 0.84, 0.99])
    """
    alphas = _check_options(alpha, num_points, radius, max_points, seed)
    if max_mixtures is None:
        max_mixtures = max(1, _PAIRS // math.comb(num_points, 2))
    array_checks.check_positive("max_mixtures", max_mixtures)
    x, y = real_array("inputs", x), real_array("labels", y)
    x, y = array_checks.check_split("collinearity", x, y)
    classes, y = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            "Labels of at least 2 classes are needed: within one, no mixture has "
            f"another label. Received: the label {classes[0]} for all {len(x)} examples"
        )
    rng = np.random.default_rng(seed)
    points = np.sort(rng.permutation(len(x))[:max_points])
    x = _squarable(x.reshape(len(x), -1))
    examined = Examination(x, y, alphas, radius, max_mixtures, rng)
    votes, closeness = examined(points)
    own = votes[np.arange(len(points)), y[points]]
    return Collinearity(
        points=points,
        flipped=points[own < votes.max(axis=1)],
        label_probability=own / votes.sum(axis=1),
        closeness=closeness,
        num_examples=len(x),
        num_mixtures=examined.num_mixtures,
        exhaustive=examined.exhaustive,
        alpha=plain_alpha(alpha),
        num_points=num_points,
        radius=radius,
        seed=seed,
    )


def _squarable(x):
    """Scales inputs whose squared distances float64 does not hold.

    Nothing depends on the scale, and a power of two is exact.
    """
    if x.dtype.kind != "f":
        return x
    exponent = int(np.frexp(np.abs(x).max())[1])
    return x if abs(exponent) < 256 else np.ldexp(x, -exponent)


def _check_options(alpha, num_points, radius, max_points, seed):
    standardize_alpha(alpha, num_points)
    if num_points < 2:
        raise ValueError(
            "`num_points` must be at least 2: one point is its own mixture. Received: "
            f"num_points={num_points}"
        )
    if not 0 < radius <= 0.5:
        raise ValueError(
            "`radius` must be above 0 and at most 0.5, where mixtures with the nearest "
            f"point of another class have its label. Received: radius={radius}"
        )
    array_checks.check_positive("max_points", max_points)
    array_checks.check_positive("seed", seed, at_least=0)
    return np.broadcast_to(np.asarray(alpha, "float64"), (num_points,))
