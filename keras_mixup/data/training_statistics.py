"""Mean and standard deviation of training inputs, per feature."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mixup.data import indexed


@dataclass(frozen=True)
class Moments:
    """What standardising needs to know of inputs, per feature, in float64.

    Args:
        mean: Array of shape `(features,)`.
        deviation: The same, the standard deviation.
        lowest: The same.
        highest: The same.
    """

    mean: np.ndarray
    deviation: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray

    @property
    def largest(self) -> float:
        """The largest absolute value."""
        return max(abs(float(self.highest.max())), abs(float(self.lowest.min())))


def mean_and_scale(what: str, x: Any) -> tuple[np.ndarray, np.ndarray]:
    """Mean, and one over standard deviation, per feature.

    Args:
        what: String, for messages.
        x: Inputs of shape `(examples, ...)`, in memory or read by index.

    Returns:
        Two arrays of shape `(features,)`, in float32, or in float64 where float32
        could not hold the inputs. The second is 1 for a constant.

    Raises:
        ValueError: For inputs whose squares float64 cannot hold, and, read by index,
            for inputs that are not finite.
    """
    moments = _in_memory(x) if indexed.in_memory(x) else in_one_pass(what, x)
    if not np.isfinite(moments.deviation).all():
        raise ValueError(
            f"{what}: expected inputs whose squares float64 can hold; "
            f"scale them down. Received: values up to {moments.largest:.3g}"
        )
    # A constant's computed variance may be a rounding error instead of 0.
    constant = moments.highest == moments.lowest
    constant |= moments.deviation < np.finfo("float32").tiny
    deviation = np.where(constant, 1.0, moments.deviation)
    dtype = np.result_type(x.dtype, "float32")
    return moments.mean.astype(dtype), (1 / deviation).astype(dtype)


def check_float32(what: str, x: Any) -> None:
    """Raises a `ValueError` for inputs that float32 cannot hold."""
    if indexed.in_memory(x):
        largest = max(abs(float(x.max())), abs(float(x.min())))
    elif x.dtype.kind in "iub":
        return
    else:
        largest = in_one_pass(what, x).largest
    if largest > float(np.finfo("float32").max):
        raise ValueError(
            f"{what}: expected inputs that float32 can hold; "
            "standardise them or scale them down. Received: values up to "
            f"{largest:.3g}"
        )


def _in_memory(x):
    """In two passes, the second around the mean."""
    axes = tuple(range(x.ndim - 1))
    slices = list(indexed.parts(x))
    total = sum(x[part].sum(axis=axes, dtype="float64") for part in slices)
    count = x.size // x.shape[-1]
    mean = total / count
    with np.errstate(over="ignore", invalid="ignore"):
        squares = sum(
            np.square(x[part] - mean).sum(axis=axes, dtype="float64") for part in slices
        )
    return Moments(mean, np.sqrt(squares / count), x.min(axis=axes), x.max(axis=axes))


def in_one_pass(what: str, x: Any) -> Moments:
    """Reads all inputs once, a part at a time, in bounded memory.

    The sums of squares are those around the mean of each part, joined by equation 2.1
    of [Chan, Golub and LeVeque, 1979](https://doi.org/10.1007/978-3-642-51461-6_3),
    which keeps the digits that a difference of large sums would lose.

    Args:
        what: String, for messages.
        x: Inputs of shape `(examples, ...)`, in memory or read by index.

    Returns:
        Their `Moments`.

    Raises:
        ValueError: For inputs that are not finite.
    """
    sums: Any = None
    read = 0
    for part in indexed.read_parts(x):
        _check_finite(what, part, read)
        read += len(part)
        one = _sums(part.reshape(-1, part.shape[-1]))
        sums = one if sums is None else _joined(sums, one)
    count, mean, squares, lowest, highest = sums
    return Moments(mean, np.sqrt(squares / count), lowest, highest)


def _sums(rows):
    """Count, mean, sum of squares around it, and the extremes."""
    mean = rows.sum(axis=0, dtype="float64") / len(rows)
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.square(rows - mean).sum(axis=0, dtype="float64")
    return len(rows), mean, squares, rows.min(axis=0), rows.max(axis=0)


def _joined(first, second):
    count, mean, squares, lowest, highest = first
    more, other_mean, other_squares, other_lowest, other_highest = second
    both, away = count + more, other_mean - mean
    with np.errstate(over="ignore", invalid="ignore"):
        squares = squares + other_squares + away**2 * (count * more / both)
    return (
        both,
        mean + away * (more / both),
        squares,
        np.minimum(lowest, other_lowest),
        np.maximum(highest, other_highest),
    )


def _check_finite(what, part, read):
    if part.dtype.kind != "f":
        return
    finite = np.isfinite(part.reshape(len(part), -1)).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"{what}: expected finite numbers; remove or fill in what is missing. "
            f"Received: NaN or infinity, first in example {read + np.argmin(finite)}"
        )
