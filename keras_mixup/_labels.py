"""Labels as rows of class probabilities, the form in which they can be mixed."""

from typing import Any

import keras
import numpy as np
from keras import ops


def class_rows(class_ids: Any, num_classes: int, rank: int | None = None) -> Any:
    """Turns class ids into one-hot rows.

    Args:
        class_ids: Tensor of class ids, of any numeric dtype, of shape `(batch, ...)`
            or `(batch, ..., 1)`.
        num_classes: Integer, the number of classes.
        rank: Integer, the rank of the rows, which tells sequences of length 1 from ids
            with an axis of their own; `None` takes a last axis of size 1 for the
            latter.

    Returns:
        A float32 tensor of shape `(batch, ..., num_classes)`. The row of an id
        outside the classes is NaN where the ids are not known yet (in a graph), so
        that the loss shows it.

    Raises:
        ValueError: If an id that is known is not a whole number from 0 to
            `num_classes - 1`.
    """
    class_ids = ops.convert_to_tensor(class_ids)
    shape = class_ids.shape
    if len(shape) > 1 and shape[-1] == 1 and rank in (None, len(shape)):
        class_ids = ops.squeeze(class_ids, axis=-1)
    _check_known_ids(class_ids, num_classes)
    whole = ops.cast(class_ids, "int32")
    valid = (class_ids == ops.cast(whole, class_ids.dtype)) & (
        (whole >= 0) & (whole < num_classes)
    )
    rows = ops.one_hot(whole, num_classes, dtype="float32")
    return ops.where(ops.expand_dims(valid, -1), rows, float("nan"))


def _check_known_ids(class_ids, num_classes):
    try:
        values = np.asarray(class_ids)
    except Exception:
        # A tensor of a graph or a trace has no values, and each backend says so with
        # an error of its own.
        return
    wrong = values[
        (values != np.floor(values)) | (values < 0) | (values >= num_classes)
    ]
    if wrong.size:
        raise ValueError(
            f"Class ids must be whole numbers from 0 to {num_classes - 1} "
            f"(num_classes={num_classes}). Received: {wrong.ravel()[0]}. Give the "
            "right `num_classes`, or number the classes from 0."
        )


def check_mixable(y: Any, output_shape: tuple, is_known: bool, loss: str) -> None:
    """Refuses what looks like class ids, whose mean is no mixture of classes.

    Args:
        y: Tensor of labels.
        output_shape: Shape of the network's output, with the batch axis.
        is_known: Boolean, whether the loss is one of Keras' that takes no class ids.
        loss: Name of the loss, for messages.

    Raises:
        ValueError: For integers, or floats under a loss that is not known, that are no
            rows of the output's shape.
    """
    if _is_float(y) and is_known:
        return
    shape = tuple(y.shape)
    if output_shape[-1] != 1 and not _may_equal(shape[1:], output_shape[1:]):
        raise ValueError(
            "Class ids can be mixed under a sparse categorical cross-entropy of "
            "Keras, or as one-hot rows. Received: labels of dtype "
            f"{keras.backend.standardize_dtype(y.dtype)} and shape {shape}, outputs of "
            f"shape {tuple(output_shape)}, loss={loss}"
        )


def _may_equal(shape, expected):
    return len(shape) == len(expected) and all(
        one is None or other is None or one == other
        for one, other in zip(shape, expected)
    )


def _is_float(labels):
    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype))
