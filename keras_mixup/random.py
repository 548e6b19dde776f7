"""Stateless random draws: Dirichlet weights and partner permutations.

Every function here is a pure function of its seed, on either backend, eagerly, in a
graph and under XLA. A seed is a pair of integers, or the tensor of shape `(2,)` that
`fold_in` returns. TensorFlow and JAX draw different numbers from one seed, and so does
TensorFlow with XLA and without.
"""

import random as python_random
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from keras_mixup._random_backends import draws_of_backend

__all__ = ["dirichlet", "fold_in", "integer", "partners"]

# With less than this, which a schedule may reach, nothing is mixed.
_LEAST_ALPHA = 1e-4

Seed = Any
"""A pair of Python integers, or an integer tensor of shape `(2,)`."""


def dirichlet(
    shape: Sequence[int],
    alpha: float | Sequence[float],
    num_points: int,
    seed: Seed,
) -> Any:
    """Draws vectors of mixing weights from a Dirichlet distribution.

    The draw is made in log space and in float32 whatever the dtype policy: normalised
    gamma draws collapse onto one half for small `alpha`, and more so in float16.

    Reference: [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 1;
    two points with equal `alpha` are the Beta(alpha, alpha) weights of
    [Zhang et al., 2018](https://arxiv.org/abs/1710.09412).

    Args:
        shape: Sequence of integers (or scalar tensors), the shape of the draw.
        alpha: Positive float, or one positive float for each point; or a float tensor
            of one of these forms, which may hold 0: the
            concentration. Small values give weights near a corner, large ones
            weights near `1 / num_points`.
        num_points: Integer of at least 1, the number K of points that are mixed.
        seed: Pair of integers or integer tensor of shape `(2,)`.

    Returns:
        A float32 tensor of shape `shape + (num_points,)`, not negative, summing to 1
        over the last axis.

    Raises:
        ValueError: If `alpha` is not positive and finite or has another length than
            `num_points`, or if `num_points` is below 1.

    Example:

    >>> weights = keras_mixup.random.dirichlet((4,), 0.5, num_points=3, seed=(0, 1))
    >>> tuple(weights.shape)
    (4, 3)
    """
    if ops.is_tensor(alpha):
        alpha = ops.cast(alpha, "float32")
        concentration = ops.broadcast_to(
            ops.maximum(alpha, _LEAST_ALPHA), (num_points,)
        )
    else:
        concentration = standardize_alpha(alpha, num_points)
    shape = tuple(shape)
    if num_points == 1:
        return ops.ones((*shape, 1), dtype="float32")
    weights = draws_of_backend().dirichlet(_to_seed(seed), concentration, shape)
    if ops.is_tensor(alpha):
        alone = ops.cast(ops.arange(num_points) == 0, weights.dtype)
        weights = ops.where(ops.max(alpha) > _LEAST_ALPHA, weights, alone)
    # Exponentials of logarithms sum to 1 within 2e-5 only.
    return weights / ops.sum(weights, axis=-1, keepdims=True)


def partners(batch_size: Any, num_points: int, seed: Seed) -> Any:
    """Draws, for every example of a batch, the examples that it is mixed with.

    Each point after the first is a random permutation of the batch, so an example may
    meet itself, and every example appears equally often.

    Args:
        batch_size: Integer or scalar integer tensor, the number of examples.
        num_points: Integer of at least 1, the number K of points that are mixed.
        seed: Pair of integers or integer tensor of shape `(2,)`.

    Returns:
        An int32 tensor of shape `(batch_size, num_points)`. Column 0 counts from 0,
        the others are independent permutations of it.

    Raises:
        ValueError: If `num_points` is below 1.

    Example:

    >>> indices = keras_mixup.random.partners(5, num_points=2, seed=(0, 1))
    >>> [int(i) for i in indices[:, 0]]
    [0, 1, 2, 3, 4]
    """
    check_num_points(num_points)
    columns = [ops.arange(batch_size, dtype="int32")]
    for point in range(1, num_points):
        # Sorting random integers is the one shuffle that XLA compiles everywhere.
        keys = draws_of_backend().integers(
            _to_seed(fold_in(seed, point)), (batch_size,)
        )
        columns.append(ops.cast(ops.argsort(keys), "int32"))
    return ops.stack(columns, axis=1)


def uniform(shape: Sequence[int], seed: Seed) -> Any:
    """Draws numbers from 0 to below 1.

    Args:
        shape: Sequence of integers (or scalar tensors), the shape of the draw.
        seed: Pair of integers or integer tensor of shape `(2,)`.

    Returns:
        A float32 tensor of that shape, each value a multiple of 2**-24.
    """
    bits = draws_of_backend().integers(_to_seed(seed), tuple(shape))
    # Signed on one backend; the remainder of a floor division is not negative.
    bits = bits % 2**24
    return ops.cast(bits, "float32") * 2.0**-24


def integer(high: int, seed: Seed) -> Any:
    """Draws one integer, each from 0 to `high - 1` as likely as any other.

    Args:
        high: Integer of at least 1.
        seed: Pair of integers or integer tensor of shape `(2,)`.

    Returns:
        An int32 tensor of shape `()`.

    Example:

    >>> int(keras_mixup.random.integer(1, seed=(0, 1)))
    0
    """
    bits = draws_of_backend().integers(_to_seed(seed), ())
    # Signed on one backend; the remainder of a floor division is not negative.
    return ops.cast(bits % high, "int32")


def fold_in(seed: Seed, data: Any) -> Any:
    """Derives a new seed from a seed and an integer, for an independent stream.

    Args:
        seed: Pair of integers or integer tensor of shape `(2,)`.
        data: Integer or scalar integer tensor: a step, a replica, the number of a
            draw within a step.

    Returns:
        An integer tensor of shape `(2,)`.

    Example:

    >>> seed = keras_mixup.random.fold_in((0, 1), 7)
    >>> tuple(seed.shape)
    (2,)
    """
    return draws_of_backend().fold_in(_to_seed(seed), data)


def concrete_seed(seed: int | None) -> int:
    """Returns the seed, or where there is none one that `set_random_seed` controls.

    Raises:
        ValueError: If the seed is not an integer.
    """
    if seed is None:
        return python_random.randint(0, 2**31 - 1)
    if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
        raise ValueError(f"`seed` must be an integer or None. Received: seed={seed!r}")
    return int(seed)


def check_num_points(num_points: int) -> None:
    """Raises a `ValueError` unless `num_points` is an integer of at least 1."""
    if not isinstance(num_points, int | np.integer) or num_points < 1:
        raise ValueError(
            "`num_points` must be an integer of at least 1 (1 mixes nothing, 2 is "
            f"ordinary mixup). Received: num_points={num_points!r}"
        )


def standardize_alpha(alpha: float | Sequence[float], num_points: int) -> np.ndarray:
    """Returns `alpha` as a float32 array of shape `(num_points,)`, or raises."""
    check_num_points(num_points)
    try:
        # Too large a number becomes infinite, which is refused below.
        with np.errstate(over="ignore"):
            array = np.asarray(alpha, dtype="float32")
    except (TypeError, ValueError):
        array = np.asarray(np.nan, dtype="float32")
    if array.ndim > 1 or not np.all(np.isfinite(array)) or np.any(array <= 0):
        raise ValueError(
            "`alpha` must be a positive, finite number, or one such number for each "
            "point; to train without mixing, use `num_points=1`. Received: "
            f"alpha={alpha!r}"
        )
    if array.ndim == 1 and array.shape != (num_points,):
        raise ValueError(
            "`alpha` must be one number or as many numbers as there are points. "
            f"Received: alpha={alpha!r} of length {len(array)}, "
            f"num_points={num_points}"
        )
    return np.broadcast_to(array, (num_points,))


def plain_alpha(alpha: Any) -> Any:
    """Returns `alpha` as plain Python numbers, which a configuration can hold."""
    return alpha.tolist() if isinstance(alpha, np.ndarray | np.generic) else alpha


def _to_seed(seed: Seed) -> Any:
    if not ops.is_tensor(seed):
        # Signed and unsigned halves of any width are folded onto what fits a seed.
        seed = np.asarray(seed)
        if seed.shape != (2,) or seed.dtype.kind not in "iu":
            raise ValueError(
                "`seed` must be a pair of integers or an integer tensor of shape "
                f"(2,). Received: seed={seed!r}"
            )
        seed = seed.astype("int64").astype("uint32").view("int32")
    return draws_of_backend().to_seed(seed)
