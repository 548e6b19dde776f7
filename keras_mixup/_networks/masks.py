"""The Keras masks of tensors, read and dropped by public means on either backend."""

from typing import Any

import keras
from keras import ops


class _MaskReader(keras.layers.Layer):
    """Keeps the mask that Keras hands to a layer together with its input.

    Where a backend keeps masks is internal to Keras: an attribute of the tensor on
    one, a table on another.
    """

    def __init__(self) -> None:
        super().__init__(name="mask_reader", autocast=False, dtype="float32")
        self.supports_masking = True
        self.seen: Any = None
        self.built = True

    def call(self, inputs, mask=None):
        self.seen = mask
        return inputs

    def compute_mask(self, inputs, mask=None):
        return mask

    def compute_output_spec(self, inputs, mask=None):
        return inputs


def mask_of(tensor: Any) -> Any:
    """Returns the Keras mask of a tensor, `None` where it has none."""
    reader = _MaskReader()
    reader(tensor)
    return reader.seen


def without_mask(tensor: Any) -> Any:
    """Returns the tensor, without its mask if it has one."""
    return tensor if mask_of(tensor) is None else ops.copy(tensor)
