"""What a classifier said, and what was true, flat and checked."""

from typing import Any

import numpy as np
from keras import ops

from keras_mixup import _real_arrays

# What rounding to float16 can do to a probability, or to the sum of a row.
_TOLERANCE = 1e-2


def check_dense(name: str, values: Any) -> None:
    """Raises a `ValueError` for sparse and ragged arrays."""
    if _real_arrays.is_sparse(values):
        raise ValueError(
            f"Expected `{name}` to be a dense array; convert it (`to_tensor()`, "
            f"`tf.sparse.to_dense`) and mask the padding by `sample_weight`. Received: "
            f"{type(values).__name__}"
        )


def probabilities(y_pred: Any, from_logits: bool) -> tuple[Any, Any]:
    """Returns flat rows of probabilities, and which of them are valid.

    One output stands for the second of two classes.
    """
    shape = tuple(y_pred.shape)
    if len(shape) < 2:
        raise ValueError(
            "`y_pred` must be logits or probabilities of shape (batch, ..., "
            "num_classes), or (batch, ..., 1) for the second of two classes. Received: "
            f"shape {shape}"
        )
    if shape[-1] == 1:
        # The softmax of (0, z) is the sigmoid of z and of -z.
        first = ops.zeros_like(y_pred) if from_logits else 1.0 - y_pred
        y_pred = ops.concatenate([first, y_pred], axis=-1)
    rows = ops.reshape(y_pred, (-1, y_pred.shape[-1]))
    if from_logits:
        rows = ops.softmax(rows, axis=-1)
    within = (rows >= -_TOLERANCE) & (rows <= 1.0 + _TOLERANCE)
    return rows, ops.all(within, axis=-1)


def class_ids(y_true: Any, y_pred: Any, ignore_class: int | None) -> tuple:
    """Returns flat class ids, which are valid, and which are to be left out."""
    y_true = ops.convert_to_tensor(y_true)
    expected, received = tuple(y_pred.shape), tuple(y_true.shape)
    num_classes = max(expected[-1], 2)
    has_rows = len(received) == len(expected) and received[-1] == expected[-1]
    if has_rows and expected[-1] > 1:
        _check_fits("y_true", received[:-1], expected)
        return _ids_of_rows(ops.reshape(y_true, (-1, num_classes)))
    if len(received) == len(expected) and received[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    _check_fits("y_true", tuple(y_true.shape), expected)
    ids = ops.cast(ops.reshape(y_true, (-1,)), "float32")
    ignored = ops.zeros_like(ids, dtype="bool")
    if ignore_class is not None:
        ignored = ids == float(ignore_class)
    if expected[-1] == 1:
        # Soft labels of two classes: the likelier of them.
        return ops.cast(ids > 0.5, "int32"), (ids >= 0) & (ids <= 1), ignored
    valid = (ids >= 0) & (ids < num_classes) & (ids == ops.floor(ids))
    return ops.cast(ops.where(valid, ids, 0.0), "int32"), valid, ignored


def _ids_of_rows(rows):
    rows = ops.cast(rows, "float32")
    valid = ops.abs(ops.sum(rows, axis=-1) - 1.0) <= _TOLERANCE
    ids = ops.cast(ops.argmax(rows, axis=-1), "int32")
    return ids, valid, ops.zeros_like(valid)


def flat_weights(name: str, weight: Any, y_pred: Any) -> Any:
    """Returns a flat weight for each prediction."""
    weight = ops.cast(weight, y_pred.dtype)
    expected = tuple(y_pred.shape)[:-1]
    if len(weight.shape) == len(expected) + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    rank = len(weight.shape)
    if not _fit(tuple(weight.shape), expected[:rank]):
        raise ValueError(
            f"`{name}` must have one weight for each example or prediction. "
            f"Received: shape {tuple(weight.shape)} for predictions of shape "
            f"{tuple(y_pred.shape)}"
        )
    weight = ops.reshape(weight, (*ops.shape(weight), *(1,) * (len(expected) - rank)))
    return ops.reshape(ops.broadcast_to(weight, ops.shape(y_pred)[:-1]), (-1,))


def check_known(counted: Any, ids_valid: Any, rows_valid: Any) -> None:
    """Refuses labels and predictions that are no classes, where values are known.

    Raises:
        ValueError: For one that counts.
    """
    try:
        counted, ids_valid, rows_valid = (
            np.asarray(value) for value in (counted, ids_valid, rows_valid)
        )
    except Exception:
        # A tensor of a graph or a trace has no values, and each backend says so with
        # an error of its kind.
        return
    if np.any(counted & ~ids_valid):
        raise ValueError(
            "`y_true` must be class ids from 0 to num_classes - 1 (0 or 1 for one "
            "output) or rows that sum to 1. Give padding the weight 0 or an "
            "`ignore_class`; for several independent labels use one metric for each. "
            f"Received: {int(np.sum(counted & ~ids_valid))} labels that are neither"
        )
    if np.any(counted & ~rows_valid):
        raise ValueError(
            "`y_pred` must be finite, and probabilities from 0 to 1 where "
            "from_logits=False; for logits give `from_logits=True`. Received: "
            f"{int(np.sum(counted & ~rows_valid))} predictions that are not"
        )


def _check_fits(name, shape, expected):
    if not _fit(shape, expected[:-1]):
        raise ValueError(
            f"`{name}` must be class ids or rows that fit predictions of shape "
            f"{expected}. Received: shape {shape}"
        )


def _fit(shape, expected):
    """Whether two shapes are equal where both are known."""
    return len(shape) == len(expected) and all(
        one is None or other is None or one == other
        for one, other in zip(shape, expected)
    )
