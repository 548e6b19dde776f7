"""Arrays of real numbers, which are all that can be measured or averaged."""

from typing import Any

import keras
import numpy as np
from keras import ops


def real_array(what: str, values: Any) -> np.ndarray:
    """Returns values as a dense NumPy array of real numbers.

    Args:
        what: String, what they are, for messages.
        values: Array, tensor, or nested lists of numbers.

    Returns:
        A NumPy array of booleans, integers or floats; bfloat16, which NumPy does not
        know, as float32.

    Raises:
        ValueError: For strings and other objects, complex numbers, sparse and ragged
            arrays, and lists of unequal lengths.
    """
    name = type(values).__name__
    if is_sparse(values):
        raise ValueError(
            f"Expected {what} to be a dense array; convert it (`toarray()`, "
            f"`tf.sparse.to_dense`, `to_tensor()`). Received: {name}"
        )
    if isinstance(values, keras.KerasTensor):
        raise ValueError(
            f"Expected {what} to be an array with values. Received: a {name}, which "
            "stands for the values of a network"
        )
    try:
        array = ops.convert_to_numpy(values) if ops.is_tensor(values) else values
        array = np.asarray(array)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected {what} to be an array of real numbers, its rows of one length. "
            f"Received: {name}, of which NumPy makes no array"
        ) from error
    if array.dtype.name == "bfloat16":
        return array.astype("float32")
    if array.dtype.kind not in "biuf":
        raise ValueError(
            f"Expected {what} to be an array of real numbers: encode strings and "
            f"categories first, and take complex numbers apart. Received: dtype "
            f"{array.dtype}"
        )
    return array


def dtype_name(value: Any) -> str:
    """The name of the dtype of any array, tensor or Python number."""
    dtype = getattr(value, "dtype", type(value))
    name = getattr(dtype, "name", None) or getattr(dtype, "__name__", None)
    return str(name or dtype).removeprefix("torch.")


def is_sparse(values: Any) -> bool:
    """Whether an array or tensor is sparse or ragged, of any library."""
    name = type(values).__name__
    module = type(values).__module__
    known = "Sparse" in name or name in ("BCOO", "BCSR", "RaggedTensor")
    return known or module.startswith("scipy.sparse")


def count_not_finite(values: np.ndarray) -> int:
    """How many rows hold a number that float32, in which networks compute, has not."""
    if values.dtype.kind != "f":
        return 0
    with np.errstate(over="ignore"):
        finite = np.isfinite(values.astype("float32", copy=False))
    return int(np.sum(~finite.all(axis=tuple(range(1, finite.ndim)))))
