"""The mean input and the mean label of what a model is trained on."""

import itertools
from collections.abc import Iterable

import keras
import numpy as np

from keras_mixup import _labels as labels_lib
from keras_mixup._real_arrays import count_not_finite, real_array
from keras_mixup.data import array_checks


def means(
    batches: Iterable, num_classes: int, num_batches: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The mean input and the mean label row, in one pass over batches.

    Use it on the batches that trained the model (standardised and augmented alike), to
    get what `calibration.corrected` needs. An example counts by its sample weight, as
    in the loss: one of weight 0 has no say, and without weights each counts once.

    Args:
        batches: An iterable of `(x, y)` or `(x, y, sample_weight)`: a
            `tf.data.Dataset`, a `keras.utils.PyDataset`, a list. Inputs of shape
            `(batch, ...)`, or `{"labeled": ..., "unlabeled": ...}`, of which the
            labelled ones count. Labels as class ids of shape `(batch,)` or
            `(batch, 1)`, or as rows of shape `(batch, num_classes)`. Weights of shape
            `(batch,)` or `(batch, 1)`, not negative.
        num_classes: Integer of at least 1, the length of a label row. With 1, labels
            are numbers.
        num_batches: Integer, how many batches to read at most, or `None` for all.
            Batches without an end need it.

    Returns:
        Pair of float32 NumPy arrays `(x_mean, y_mean)`, of the shape of one example
        and of shape `(num_classes,)`.

    Raises:
        ValueError: If there is no example with a weight above 0, or no end of them;
            for batches of another form, ids that are not below `num_classes`, weights
            below 0, arrays of anything but real numbers, and numbers that are not
            finite in float32.

    Example:

    >>> batches = [(np.array([[0.0], [1.0]]), [0, 1]), (np.array([[5.0]]), [0])]
    >>> x_mean, y_mean = keras_mixup.calibration.means(batches, num_classes=2)
    >>> x_mean.tolist(), [f"{share:.3f}" for share in y_mean]
    ([2.0], ['0.667', '0.333'])
    """
    array_checks.check_positive("num_classes", num_classes)
    if num_batches is not None:
        array_checks.check_positive("num_batches", num_batches)
    elif _is_endless(batches):
        raise ValueError(
            "These batches have no end: give `num_batches`, as many as hold every "
            "example once. Received: num_batches=None"
        )
    count, weight = 0, 0.0
    sums: list[np.ndarray] = []
    broken: dict[str, int] = {}
    for batch in itertools.islice(batches, num_batches):
        arrays = _arrays(batch, num_classes)
        for name, values in arrays.items():
            broken[name] = broken.get(name, 0) + count_not_finite(values)
        x, rows, weights = arrays.values()
        with np.errstate(invalid="ignore", over="ignore"):
            new = [_weighted_sum(values, weights) for values in (x, rows)]
            sums = _added(sums, new) if count else new
        count, weight = count + len(x), weight + float(weights.sum())
    _check_found(count, weight, broken)
    x_mean, y_mean = ((total / weight).astype("float32") for total in sums)
    return x_mean, y_mean


def _check_found(count, weight, broken):
    for name, number in broken.items():
        if number:
            raise ValueError(
                f"The {name} of `batches` must be finite numbers in float32; remove or "
                "fill in what is missing. Received: NaN, infinity or too large numbers "
                f"in {number} of {count} examples"
            )
    if not weight > 0:
        raise ValueError(
            "`batches` must hold at least one example, with a weight above 0. "
            f"Received: {count} examples{', all of weight 0' * (count > 0)}"
        )


def _weighted_sum(values, weights):
    values = values.astype("float64")
    if (weights == 1).all():
        return values.sum(axis=0)
    return np.tensordot(weights, values, axes=1)


def _is_endless(batches):
    if isinstance(batches, keras.utils.PyDataset):
        return batches.num_batches is None
    cardinality = getattr(batches, "cardinality", None)  # Of a tf.data.Dataset.
    return cardinality is not None and int(cardinality()) == -1


def _arrays(batch, num_classes):
    """The inputs, label rows and weights of a batch, by their names."""
    if not isinstance(batch, tuple | list) or len(batch) not in (2, 3):
        raise ValueError(
            "`batches` must be an iterable of batches (x, y) or (x, y, sample_weight). "
            f"Received: a batch of type {type(batch).__name__}"
        )
    x, y = batch[0], batch[1]
    if isinstance(x, dict) and set(x) == {"labeled", "unlabeled"}:
        x = x["labeled"]
    if keras.tree.is_nested(x) and not isinstance(x, list):
        raise ValueError(
            "The inputs of a batch must be one array. Received: inputs of type "
            f"{type(x).__name__}"
        )
    x, y = real_array("the inputs of a batch", x), real_array("the labels", y)
    rows = _rows(y, num_classes)
    if x.ndim < 1 or rows.shape != (len(x), num_classes):
        raise ValueError(
            "Labels must be class ids of shape (batch,) or (batch, 1), or rows of "
            f"shape (batch, {num_classes}). Received: inputs of shape {x.shape}, "
            f"labels of shape {y.shape}"
        )
    weights = _weights(batch[2] if len(batch) == 3 else None, len(x))
    return {"inputs": x, "labels": rows, "weights": weights}


def _weights(weights, size):
    if weights is None:
        return np.ones(size)
    weights = real_array("the sample weights", weights)
    if weights.shape not in ((size,), (size, 1)) or (weights < 0).any():
        lowest = f", the lowest {weights.min()}" if weights.size else ""
        raise ValueError(
            f"Sample weights must be of shape ({size},) or ({size}, 1), as many as "
            "inputs, and not negative; for weights per step or pixel, give the mean "
            f"of each example's. Received: shape {weights.shape}{lowest}"
        )
    return weights.reshape(size).astype("float64")


def _rows(y, num_classes):
    if num_classes == 1:
        return y.reshape(len(y), -1) if y.ndim else y
    if y.ndim == 1 or y.shape[1:] == (1,):
        return keras.ops.convert_to_numpy(labels_lib.class_rows(y, num_classes))
    return y


def _added(sums, new):
    if sums[0].shape != new[0].shape:
        raise ValueError(
            "All examples must have one shape. Received: examples of the shapes "
            f"{sums[0].shape} and {new[0].shape}"
        )
    return [total + values for total, values in zip(sums, new)]
