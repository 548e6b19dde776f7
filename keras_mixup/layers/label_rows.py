"""Labels, segmentation masks and their weights in the forms that are mixed."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mixup import _labels as labels_lib


def label_rows(key: str, labels: Any, num_classes: int | None) -> Any:
    """Returns labels as float32 rows of classes, or as float32 numbers."""
    dtype = keras.backend.standardize_dtype(labels.dtype)
    shape = tuple(labels.shape)
    if num_classes is None:
        if not keras.backend.is_float_dtype(dtype):
            raise ValueError(
                f"Integer {key} are class ids, and mixing them needs the number of "
                "classes: give `num_classes`. For regression targets, cast them to "
                f"float. Received: {key} of dtype {dtype} and shape {shape}, "
                "num_classes=None"
            )
        return ops.cast(labels, "float32")
    has_rows = len(shape) > 1 and shape[-1] == num_classes
    if has_rows and keras.backend.is_float_dtype(dtype):
        return ops.cast(labels, "float32")
    if has_rows:
        raise ValueError(
            f"Integer {key} of shape {shape} could be one-hot rows or class ids. "
            "Cast one-hot rows to float; give ids another trailing axis of size 1. "
            f"Received: dtype {dtype}, num_classes={num_classes}"
        )
    is_wide = len(shape) > 1 and shape[-1] not in (1, None)
    if is_wide and keras.backend.is_float_dtype(dtype):
        # Rows of the wrong width must not pass for ids.
        raise ValueError(
            "Rows of labels must have one column for each class. Received: labels "
            f"of shape {shape} and dtype {dtype}, num_classes={num_classes}"
        )
    return labels_lib.class_rows(labels, num_classes)


def mask_rows(mask: Any, image_rank: int, num_classes: int) -> Any:
    """Returns masks of ids or of rows as rows: the rank of the images tells which."""
    has_channels = len(mask.shape) == image_rank
    if has_channels and mask.shape[-1] == num_classes:
        return ops.cast(mask, "float32")
    if has_channels and mask.shape[-1] != 1:
        raise ValueError(
            "Segmentation masks must hold class ids, or one channel for each "
            f"class. Received: masks of shape {tuple(mask.shape)}, "
            f"num_classes={num_classes}"
        )
    return labels_lib.class_rows(mask, num_classes)


def weights_of(key: str, labels: Any, sample_weight: Any) -> Any:
    """Returns sample weights of at most the rank of the labels that they are for.

    Raises:
        ValueError: If they do not fit the labels.
    """
    weight, expected = sample_weight, tuple(labels.shape)
    if len(weight.shape) > 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    shape = tuple(weight.shape)
    if len(shape) > len(expected) or not all(
        one is None or other is None or one in (1, other)
        for one, other in zip(shape, expected)
    ):
        raise ValueError(
            "`sample_weight` must have one weight for each example, or for each step "
            f"or pixel of the {key}. Received: weights of shape "
            f"{tuple(sample_weight.shape)}, {key} of shape {expected}"
        )
    return weight


def check_no_weights_of_classes(weight: Any, rows: Any, num_classes: Any) -> None:
    """Refuses a weight for each class of a row, which is one label."""
    if num_classes is not None and len(weight.shape) >= len(rows.shape):
        raise ValueError(
            "`sample_weight` must have one weight for each label, not for each class. "
            f"Received: weights of shape {tuple(weight.shape)} for rows of shape "
            f"{tuple(rows.shape)}, num_classes={num_classes}"
        )


def without_uncounted(labels: Any, weight: Any) -> Any:
    """Puts 0 in place of labels of weight 0, which may be anything."""
    missing = len(labels.shape) - len(weight.shape)
    column = ops.reshape(weight, (*ops.shape(weight), *(1,) * missing))
    return ops.where(column == 0, ops.zeros_like(labels), labels)


def checked_weights(sample_weight: Any) -> Any:
    """Returns sample weights in float32; where they are not known, wrong ones as NaN.

    Raises:
        ValueError: For known weights that are negative or not finite.
    """
    weight = ops.cast(sample_weight, "float32")
    valid = (weight >= 0) & ops.isfinite(weight)
    try:
        known = np.asarray(valid)
    except Exception:
        # A tensor of a graph or a trace has no values, and each backend says so with
        # an error of its kind.
        return ops.where(valid, weight, float("nan"))
    if not known.all():
        raise ValueError(
            "`sample_weight` must be finite and not negative: a mixture has the mean "
            f"of the weights. Received: {int(np.sum(~known))} weights that are not"
        )
    return weight
