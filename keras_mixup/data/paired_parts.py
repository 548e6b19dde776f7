"""The two parts of a pair: arrays or batches, read by the index of a batch."""

from typing import Any

import keras
import numpy as np

from keras_mixup import _real_arrays
from keras_mixup.data import array_checks, order, random_bits

_KINDS = (
    "arrays, a batched tf.data.Dataset, or a keras.utils.PyDataset. Make one of these "
    "of anything else"
)


class ArrayPart:
    """Arrays in memory, in batches of one size and in random order.

    Args:
        what: String, which part it is, for messages.
        arrays: Nested structure of arrays of one length.
        batch_size: Integer of at least 1.
        key: The key of the order.
    """

    def __init__(
        self, what: str, arrays: Any, batch_size: int, key: random_bits.Key
    ) -> None:
        self.arrays = arrays
        self.batch_size = int(batch_size)
        self.key = key
        lengths = {len(a) for a in keras.tree.flatten(self.arrays)}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(
                f"`{what}`: expected arrays of one length, with at least one example. "
                f"Received: lengths {sorted(lengths)}"
            )
        (self.size,) = lengths
        self.num_batches = -(-self.size // self.batch_size)

    @property
    def example(self) -> Any:
        """Arrays of the form of a batch."""
        return self.arrays

    def rows(self, index: Any, walk: order.Walk) -> Any:
        """The rows of a batch, for an index of Python, NumPy or TensorFlow."""
        position = index * self.batch_size + np.arange(self.batch_size, dtype="int64")
        return order.visit(position, self.size, self.key, walk)

    def batch(self, index: int) -> Any:
        """Batch `index`, without end."""
        rows = self.rows(index, order.walk_numpy)
        return keras.tree.map_structure(lambda a: np.take(a, rows, 0), self.arrays)


class IndexedPart:
    """Batches of a `keras.utils.PyDataset`, which are as they are.

    Args:
        what: String, which part it is, for messages.
        batches: The data set.
    """

    def __init__(self, what: str, batches: keras.utils.PyDataset) -> None:
        self.batches = batches
        self.num_batches = batches.num_batches
        if self.num_batches == 0:
            raise ValueError(
                f"`{what}`: expected at least one batch. Received: a PyDataset of "
                "length 0"
            )
        self._first = self.batch(0)

    @property
    def example(self) -> Any:
        """The first batch."""
        return self._first

    def batch(self, index: int) -> Any:
        """Batch `index`, from the first one on again after the last."""
        if self.num_batches is not None:
            index %= self.num_batches
        batch = self.batches[index]
        return batch if isinstance(batch, tuple | list | dict) else np.asarray(batch)


def check_labeled(element: Any, are_arrays: bool = True) -> None:
    """Refuses a labelled batch that is not `(x, y)` or `(x, y, sample_weight)`.

    Args:
        element: The structure of arrays, or of what describes them.
        are_arrays: Boolean. Whether it is made of what has a shape.
    """
    is_pair = isinstance(element, tuple | list) and len(element) in (2, 3)
    if not is_pair or element[0] is None or element[1] is None:
        raise ValueError(
            "`labeled`: expected (x, y) or (x, y, sample_weight): inputs with their "
            f"labels. Received: {_described(element)}"
        )
    for leaf in keras.tree.flatten(tuple(element)):
        if are_arrays and len(_shape(leaf)) == 0:
            raise ValueError(
                "`labeled`: expected batches, whose first axis is the examples': batch "
                "the data set. Received: single examples"
            )


def check_has_labels(y: Any) -> None:
    """Refuses class ids of which some are -1, scikit-learn's sign for no label.

    Labels of -1 and 1, of two classes, are others, and so are those of pixels.
    """
    for leaf in keras.tree.flatten(y):
        if leaf.dtype.kind == "i" and leaf.size == len(leaf):
            missing = leaf == array_checks.UNLABELED
            if missing.any() and (leaf == 0).any():
                raise ValueError(
                    "`labeled`: expected a label for each example: pair `(x[y >= 0], "
                    "y[y >= 0])` with all of `x` instead. Received: the label -1, "
                    f"which stands for none, for {missing.sum()} of {len(leaf)}"
                )


def check_finite(what: str, inputs: Any) -> None:
    """Refuses arrays of inputs that hold NaN or infinity."""
    for leaf in keras.tree.flatten(inputs):
        if number := _real_arrays.count_not_finite(leaf):
            raise ValueError(
                f"`{what}`: expected finite inputs; remove or fill in what is missing. "
                f"Received: NaN or infinity in {number} of {len(leaf)} examples"
            )


def has_more_than_inputs(element: Any, labeled: Any) -> bool:
    """Whether an unlabelled batch holds its inputs as its first part.

    Args:
        element: An unlabelled batch, or what describes it.
        labeled: Labelled inputs of the same kind.

    Raises:
        ValueError: If neither the batch nor its first part has the form of the
            labelled inputs.
    """
    if _is_like(element, labeled):
        _check_scale(element, labeled)
        return False
    if isinstance(element, tuple | list) and element and _is_like(element[0], labeled):
        _check_scale(element[0], labeled)
        return True
    raise ValueError(
        "`unlabeled`: expected inputs u, or (u, ...), of the form of the labelled "
        f"inputs, {_shapes(labeled)}. Received: {_shapes(element)}"
    )


def _is_like(element, labeled):
    try:
        keras.tree.assert_same_structure(element, labeled)
    except (ValueError, TypeError):
        return False
    leaves = zip(keras.tree.flatten(element), keras.tree.flatten(labeled))
    return all(_fits(_shape(u), _shape(x)) for u, x in leaves)


def _check_scale(unlabeled, labeled):
    leaves = zip(keras.tree.flatten(unlabeled), keras.tree.flatten(labeled))
    for u, x in leaves:
        dtypes = [str(getattr(t.dtype, "name", t.dtype)) for t in (u, x)]
        if ("float" in dtypes[0]) != ("float" in dtypes[1]):
            raise ValueError(
                "`unlabeled`: expected inputs on the scale of the labelled inputs, "
                f"whose dtype is {dtypes[1]}: bring both to one scale and dtype. "
                f"Received: dtype {dtypes[0]}"
            )


def _fits(shape, labeled):
    # Several views of an example are one axis more, behind that of the examples.
    has_views = len(shape) == len(labeled) + 1
    one, other = shape[2 if has_views else 1 :], labeled[1:]
    return (
        len(shape) >= 1
        and len(one) == len(other)
        and all(a is None or b is None or a == b for a, b in zip(one, other))
    )


def _shape(leaf):
    shape = getattr(leaf, "shape", ())
    if getattr(shape, "rank", 0) is None:
        raise ValueError(
            "Expected a tf.data.Dataset of tensors of known rank: set their shapes. "
            f"Received: {leaf}"
        )
    return tuple(shape)


def _shapes(element):
    shapes = keras.tree.map_structure(
        lambda leaf: str(("examples", *_shape(leaf)[1:])).replace("'", ""), element
    )
    return str(shapes).replace("'", "")


def as_structure(value: Any) -> Any:
    """Nested Python numbers, which are one array, as that array."""
    if isinstance(value, list | tuple) and value:
        leaves = keras.tree.flatten(value)
        if all(isinstance(leaf, int | float | np.number) for leaf in leaves):
            try:
                return np.asarray(value)
            except ValueError as error:
                raise ValueError(
                    "Expected lists of numbers of one shape: pad them. Received: "
                    f"{' '.join(str(error).split())}"
                ) from error
    return value


def as_arrays(what: str, value: Any) -> Any:
    """The same structure of NumPy arrays; refuses what is no structure of arrays."""
    value = as_structure(value)
    leaves = keras.tree.flatten(value)
    if not leaves or not all(hasattr(leaf, "__array__") for leaf in leaves):
        raise ValueError(f"`{what}`: expected {_KINDS}. Received: {_described(value)}")
    return keras.tree.map_structure(lambda leaf: _array(what, leaf), value)


def _array(what, value):
    array = np.asarray(value)
    if array.dtype.kind not in "iufb":
        raise ValueError(
            f"`{what}`: expected arrays of real numbers; encode names as numbers, "
            f"make sparse arrays dense. Received: dtype {array.dtype}"
        )
    if array.ndim == 0:
        raise ValueError(
            f"`{what}`: expected arrays of shape (examples, ...). Received: a single "
            "number"
        )
    return array


def _described(value):
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)} parts"
    if isinstance(value, dict):
        return f"a dictionary of {sorted(map(str, value))[:5]}"
    shape = getattr(value, "shape", None)
    name = type(value).__name__
    return name if shape is None else f"{name} of shape {tuple(shape)}"
