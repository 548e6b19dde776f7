"""Labels as rows of class probabilities, the form in which they can be mixed."""

from collections.abc import Callable
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


def check_mixable(y: Any, output_shape: Callable[[], tuple]) -> None:
    """Refuses what looks like class ids, whose mean is no mixture of classes.

    Args:
        y: Tensor of labels, or a nested structure of them for several outputs.
        output_shape: Function that returns the shape of the network's output.

    Raises:
        ValueError: For integers that are no rows of the output's shape.
    """
    if keras.tree.is_nested(y):
        if any(_looks_like_ids(leaf) for leaf in keras.tree.flatten(y)):
            raise ValueError(
                "Labels of several outputs can be mixed as rows only: one-hot "
                "encode class ids; cast numbers to float. Received: integer labels"
            )
        return
    if _is_float(y):
        return
    expected = output_shape()
    if expected[-1] != 1 and tuple(y.shape)[1:] != expected[1:]:
        raise ValueError(
            "Integer labels can be mixed under a sparse categorical cross-entropy "
            "of Keras, or as one-hot rows. Received: labels of dtype "
            f"{keras.backend.standardize_dtype(y.dtype)} and shape {tuple(y.shape)}, "
            f"outputs of shape {expected}, another loss"
        )


def _is_float(labels):
    return keras.backend.is_float_dtype(keras.backend.standardize_dtype(labels.dtype))


def _looks_like_ids(labels):
    return not _is_float(labels) and (len(labels.shape) == 1 or labels.shape[-1] == 1)


def dense_crossentropy(loss: Any) -> Any:
    """Returns the cross-entropy of rows that equals a sparse one of class ids.

    Args:
        loss: What `compile` takes as a loss.

    Returns:
        The categorical form of a sparse categorical cross-entropy, `None` for any other
        loss.

    Raises:
        ValueError: For a sparse cross-entropy with `ignore_class`, for a subclass of
            it, or for one in a nested loss.
    """
    if isinstance(loss, dict | list | tuple):
        if any(_is_sparse(leaf) for leaf in keras.tree.flatten(loss)):
            raise ValueError(
                "Labels of several outputs can be mixed as rows only: one-hot encode "
                "them and compile CategoricalCrossentropy. Received: a nested loss "
                "with a sparse cross-entropy"
            )
        return None
    if not _is_sparse(loss):
        return None
    if not isinstance(loss, keras.losses.Loss):
        return keras.losses.categorical_crossentropy
    config = loss.get_config()
    if config.get("ignore_class") is not None:
        raise ValueError(
            "A mixed label has no single class that could be ignored. Leave such "
            "examples out, or give them a sample weight of 0. Received: "
            f"ignore_class={config['ignore_class']}"
        )
    known = ("name", "reduction", "from_logits", "axis", "dtype")
    return keras.losses.CategoricalCrossentropy(
        **{key: config[key] for key in known if key in config}
    )


def _is_sparse(loss):
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    if not isinstance(loss, keras.losses.SparseCategoricalCrossentropy):
        return loss is keras.losses.sparse_categorical_crossentropy
    if type(loss) is not keras.losses.SparseCategoricalCrossentropy:
        raise ValueError(
            "A loss of your own on class ids has no known form for mixed labels: write "
            "it for rows of probabilities and one-hot encode the labels. Received: a "
            f"subclass of SparseCategoricalCrossentropy, {type(loss).__name__}"
        )
    return True
