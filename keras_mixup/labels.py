"""Labels as rows of class probabilities, the form in which they can be mixed."""

from typing import Any

import numpy as np
from keras import ops


def class_rows(class_ids: Any, num_classes: int) -> Any:
    """Turns class ids into one-hot rows.

    Args:
        class_ids: Tensor of class ids, of any numeric dtype, of shape `(batch, ...)`
            or `(batch, ..., 1)`.
        num_classes: Integer, the number of classes.

    Returns:
        A float32 tensor of shape `(batch, ..., num_classes)`. The row of an id
        outside the classes is NaN where the ids are not known yet (in a graph), so
        that the loss shows it.

    Raises:
        ValueError: If an id that is known is not a whole number from 0 to
            `num_classes - 1`.
    """
    class_ids = ops.convert_to_tensor(class_ids)
    if len(class_ids.shape) > 1 and class_ids.shape[-1] == 1:
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
    wrong = values[(values != np.floor(values)) | (values < 0) | (values >= num_classes)]
    if wrong.size:
        raise ValueError(
            f"Class ids must be whole numbers from 0 to {num_classes - 1} "
            f"(num_classes={num_classes}). Received: {wrong.ravel()[0]}. Give the "
            "right `num_classes`, or number the classes from 0."
        )
