"""The mean input and the mean label of what a model is trained on."""

import itertools
from collections.abc import Iterable

import keras
import numpy as np
from keras import ops

from keras_mixup import labels as labels_lib
from keras_mixup.data import checks


def means(
    batches: Iterable, num_classes: int, num_batches: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The mean input and the mean label row, in one pass over batches.

    Use it on the batches that trained the model (standardised and augmented alike), to
    get what `calibration.corrected` needs. Every example counts once: sample weights
    are left aside, as the partners of a mixture are drawn without them.

    Args:
        batches: An iterable of `(x, y)` or `(x, y, sample_weight)`: a
            `tf.data.Dataset`, a `keras.utils.PyDataset`, a list. Inputs of shape
            `(batch, ...)`, or `{"labeled": ..., "unlabeled": ...}`, of which the
            labelled ones count. Labels as class ids of shape `(batch,)` or
            `(batch, 1)`, or as rows of shape `(batch, num_classes)`.
        num_classes: Integer of at least 1, the length of a label row. With 1, labels
            are numbers.
        num_batches: Integer, how many batches to read at most, or `None` for all.
            Batches without an end need it.

    Returns:
        Pair of float32 NumPy arrays `(x_mean, y_mean)`, of the shape of one example
        and of shape `(num_classes,)`.

    Raises:
        ValueError: If there is no example, or no end of them; for batches of another
            form, ids that are not below `num_classes`, and inputs that are not finite.

    Example:

    >>> batches = [(np.array([[0.0], [1.0]]), [0, 1]), (np.array([[5.0]]), [0])]
    >>> x_mean, y_mean = keras_mixup.calibration.means(batches, num_classes=2)
    >>> x_mean.tolist(), [f"{share:.3f}" for share in y_mean]
    ([2.0], ['0.667', '0.333'])
    """
    checks.check_positive("num_classes", num_classes)
    if num_batches is not None:
        checks.check_positive("num_batches", num_batches)
    elif _is_endless(batches):
        raise ValueError(
            "These batches have no end: give `num_batches`, as many as hold every "
            "example once. Received: num_batches=None"
        )
    count = 0
    sums: list[np.ndarray] = []
    for batch in itertools.islice(batches, num_batches):
        x, rows = _x_and_rows(batch, num_classes)
        new = [values.sum(axis=0, dtype="float64") for values in (x, rows)]
        sums = _added(sums, new) if count else new
        count += len(x)
    if not count or not np.isfinite(sums[0]).all():
        raise ValueError(
            "`batches` must hold at least one example, and finite inputs only. "
            f"Received: {count} examples{' with NaN or infinity' * (count > 0)}"
        )
    x_mean, y_mean = ((total / count).astype("float32") for total in sums)
    return x_mean, y_mean


def _is_endless(batches):
    if isinstance(batches, keras.utils.PyDataset):
        return batches.num_batches is None
    cardinality = getattr(batches, "cardinality", None)  # Of a tf.data.Dataset.
    return cardinality is not None and int(cardinality()) == -1


def _x_and_rows(batch, num_classes):
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
    x, y = _to_numpy(x), _to_numpy(y)
    rows = _rows(y, num_classes)
    if x.ndim < 1 or rows.shape != (len(x), num_classes):
        raise ValueError(
            "Labels must be class ids of shape (batch,) or (batch, 1), or rows of "
            f"shape (batch, {num_classes}). Received: inputs of shape {x.shape}, "
            f"labels of shape {y.shape}"
        )
    return x, rows


def _rows(y, num_classes):
    if num_classes == 1:
        return y.reshape(len(y), -1) if y.ndim else y
    if y.ndim == 1 or y.shape[1:] == (1,):
        return _to_numpy(labels_lib.class_rows(y, num_classes))
    return y


def _to_numpy(values):
    return ops.convert_to_numpy(values) if ops.is_tensor(values) else np.asarray(values)


def _added(sums, new):
    if sums[0].shape != new[0].shape:
        raise ValueError(
            "All examples must have one shape. Received: examples of the shapes "
            f"{sums[0].shape} and {new[0].shape}"
        )
    return [total + values for total, values in zip(sums, new)]
