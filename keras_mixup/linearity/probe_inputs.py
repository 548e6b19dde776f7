"""The examples on which a network is measured, of whatever form they come in."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mixup._real_arrays import count_not_finite, is_sparse, real_array

__all__ = ["from_data_set", "standardize_examples"]

# What the cardinality of a `tf.data.Dataset` says of these.
_INFINITE, _UNKNOWN = -1, -2
# How much is read of a data set that may have no end.
_MOST_BATCHES, _MOST_BYTES = 2**16, 2**30


def standardize_examples(
    x: Any, network: keras.Model, as_floats: bool = True
) -> list[np.ndarray]:
    """The arrays of examples, one for each input of the network.

    Args:
        x: Arrays or tensors, alone, in a list or in a dictionary; or a data set.
        network: A functional or built Sequential model.
        as_floats: Boolean, whether the arrays are mixed as they are, or given to the
            network in the dtypes that it declares. Defaults to `True`.

    Raises:
        ValueError: If the arrays are no examples of the network, or not finite.
    """
    x = from_data_set(x, network)
    names = [tensor.name for tensor in network.inputs]
    if isinstance(x, dict) and set(names) <= set(x):
        x = [x[name] for name in names]
    leaves = [x] if _is_rows(x, names) else keras.tree.flatten(x)
    arrays = [real_array("`x`", leaf) if as_floats else _array(leaf) for leaf in leaves]
    if len(arrays) != len(names):
        raise ValueError(
            f"`x` must be one array for each of the {len(names)} inputs of the network "
            f"{network.name!r}. Received: {len(arrays)} arrays"
        )
    lengths = {array.shape[0] if array.ndim else 0 for array in arrays}
    if len(lengths) > 1 or min(lengths) < 2:
        raise ValueError(
            "`x` must hold at least two examples, for there to be anything to mix, and "
            f"as many for each input. Received: shapes {[a.shape for a in arrays]}"
        )
    for array, tensor in zip(arrays, network.inputs):
        _check_shape(array, tensor)
    _check_finite(arrays)
    if as_floats:
        return arrays
    return [_as_declared(a, tensor.dtype) for a, tensor in zip(arrays, network.inputs)]


def from_data_set(x: Any, network: keras.Model) -> Any:
    """Reads the inputs of a `tf.data.Dataset` or `PyDataset`; returns the rest as is.

    Labels and weights are dropped. Of dictionaries with an entry "labeled", as data
    sets for semi-supervised training have, that entry is read.

    Args:
        x: A data set of batches, or of single examples.
        network: A functional or built Sequential model.

    Raises:
        ValueError: If the data set has no end, or, where it does not know its length,
            none within a gigabyte, or within 65,536 batches.
    """
    batches = _batches(x)
    if batches is None:
        return x
    read = list(_read(x, batches, network))
    if not read:
        raise ValueError("`x` must hold at least two examples. Received: no batch")
    first = keras.tree.flatten(read[0])[0]
    is_single = first.ndim == len(network.inputs[0].shape) - 1
    join = np.stack if is_single else np.concatenate
    return keras.tree.map_structure(lambda *arrays: join(arrays), *read)


def _batches(x):
    if isinstance(x, keras.utils.PyDataset):
        if x.num_batches is None:
            raise _endless("arrays of some of its examples")
        return [x[index] for index in range(x.num_batches)]
    if hasattr(x, "element_spec") and hasattr(x, "cardinality"):
        # Without a look at TensorFlow, which need not be there.
        if int(x.cardinality()) == _INFINITE:
            raise _endless("`x.take(8)`, for the first 8 batches")
        return iter(x)
    if isinstance(x, Iterator):
        raise ValueError(
            "`x` must be arrays or a data set, which can be read again. Received: a "
            f"{type(x).__name__}, which is used up. Pass arrays of some of its examples"
        )
    return None


def _read(x, batches, network):
    """The inputs of each batch; of a data set of unknown length, so many at most."""
    is_unknown = hasattr(x, "cardinality") and int(x.cardinality()) == _UNKNOWN
    num_bytes = 0
    for number, batch in enumerate(batches):
        arrays = keras.tree.map_structure(_array, _inputs(batch, network))
        num_bytes += sum(array.nbytes for array in keras.tree.flatten(arrays))
        if is_unknown and (number == _MOST_BATCHES or num_bytes > _MOST_BYTES):
            raise _endless(
                "`x.take(8)`, for the first 8 batches",
                f", or whose end {number} batches do not reach",
            )
        yield arrays


def _endless(instead, more=""):
    return ValueError(
        "`x` must be a data set that ends, since all of it is measured. Received: one "
        f"without an end{more}. Pass {instead}"
    )


def _inputs(batch, network):
    names = {tensor.name for tensor in network.inputs}
    for _ in range(2):
        if isinstance(batch, tuple):
            batch = batch[0]
        if isinstance(batch, dict) and "labeled" in batch and "labeled" not in names:
            batch = batch["labeled"]
    return batch


def _is_rows(x, names):
    """Whether a list is the rows of one array, and not an array for each input."""
    is_list = isinstance(x, list | tuple) and len(names) == 1
    return is_list and all(not hasattr(row, "shape") for row in x)


def _array(values):
    if is_sparse(values):
        return real_array("`x`", values)
    if ops.is_tensor(values) or hasattr(values, "numpy"):
        dtype = getattr(values.dtype, "name", str(values.dtype))
        is_string = dtype in ("string", "object")
        array = values.numpy() if is_string else ops.convert_to_numpy(values)
        return np.asarray(array)
    return np.asarray(values)


def _as_declared(array, dtype):
    if dtype == "string":
        return array
    return array.astype("float32" if "float" in dtype else dtype)


def _check_shape(array, tensor):
    expected, received = tuple(tensor.shape[1:]), array.shape[1:]
    # Keras adds or drops a last axis of length one.
    forms = [expected, (*expected, 1)]
    if expected and expected[-1] == 1:
        forms.append(expected[:-1])
    if not any(_fits(form, received) for form in forms):
        raise ValueError(
            f"Expected examples of shape {expected} in `x`, which the input "
            f"{tensor.name!r} of the network takes, after the axis of the examples. "
            f"Received: an array of shape {array.shape}"
        )


def _fits(expected, received):
    return len(expected) == len(received) and all(
        size in (None, given) for size, given in zip(expected, received)
    )


def _check_finite(arrays):
    for array in arrays:
        count = count_not_finite(array)
        if count:
            raise ValueError(
                "`x` must be finite in float32, in which it is measured. Received: "
                f"{count} of {len(array)} examples that are not; leave them out, or "
                "replace what is missing"
            )
