"""Which examples a probe of linearity mixes, chunk by chunk."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from keras import ops

CHUNK_SIZE = 256
PAIRS = ("any", "same_class", "different_class")


class Chunk(NamedTuple):
    """Examples that are mixed with each other; all chunks have the same size.

    Attributes:
        indices: Integers of shape `(size,)`, the examples.
        weights: Float32, `(size, num_points)`.
        partners: Int32, `(size, num_points)`, positions in the chunk.
        num_examples: Integer, how many examples count; the rest is padding, or there
            for others to be mixed with.
    """

    indices: np.ndarray
    weights: np.ndarray
    partners: np.ndarray
    num_examples: int


def chunks(
    num_examples: int,
    alpha: np.ndarray,
    seed: int,
    y: np.ndarray | None = None,
    pairs: str = "any",
    batch_size: int | None = None,
) -> Iterator[Chunk]:
    """Draws the mixtures, one for each example.

    With pairs of any class, in a random order of all examples, each meets those that
    follow it in its chunk, in a circle: no pair depends on how the data are sorted, and
    none is an example with itself while a chunk holds at least as many examples as a
    mixture. Otherwise the partners are drawn from all examples of the class, or of the
    other classes, and each chunk holds some examples and their partners.

    Args:
        num_examples: Integer.
        alpha: Array of shape `(num_points,)`.
        seed: Integer.
        y: Class ids of shape `(num_examples,)`, for pairs that go by class.
        pairs: "any", "same_class" or "different_class".
        batch_size: Integer, the size of all chunks, or `None` for any up to 256.
    """
    generator = np.random.default_rng(seed)
    order = generator.permutation(num_examples)
    weights = generator.dirichlet(alpha, num_examples).astype("float32")
    if pairs == "any" or y is None:
        return _neighbours(order, weights, batch_size)
    meet = {"same_class": _same_class, "different_class": _different_class}[pairs]
    groups = meet(order, y, len(alpha), generator)
    return _with_partners(groups, weights, batch_size)


def _neighbours(order, weights, batch_size):
    count, num_points = weights.shape
    num_chunks = math.ceil(count / (batch_size or CHUNK_SIZE))
    size = batch_size or math.ceil(count / num_chunks)
    for positions in np.array_split(np.arange(count), num_chunks):
        count = len(positions)
        # One size for all, so that the pass is compiled once.
        padded: np.ndarray = np.resize(positions, size)
        steps = np.arange(size)[:, None] + np.arange(num_points)
        partners = (steps % count).astype("int32")
        yield Chunk(order[padded], weights[padded], partners, count)


def _with_partners(groups, weights, batch_size):
    """Chunks of examples and their partners.

    Args:
        groups: Integers of shape `(examples, num_points)`: each example, and those
            that it is mixed with.
        weights: Float32 of the same shape.
    """
    count, num_points = groups.shape
    num_chunks = math.ceil(count / max(1, (batch_size or CHUNK_SIZE) // num_points))
    size = math.ceil(count / num_chunks)
    # Rows beyond these fill up a batch of a given size.
    fill = np.arange(batch_size or size * num_points) % (size * num_points)
    rows = np.arange(size * num_points, dtype="int32") % size
    partners = rows[:, None] + size * np.arange(num_points, dtype="int32")
    for positions in np.array_split(np.arange(count), num_chunks):
        padded: np.ndarray = np.resize(positions, size)
        indices = groups[padded].T.ravel()
        yield Chunk(
            indices[fill], weights[padded][rows][fill], partners[fill], len(positions)
        )


def _by_class(order, y):
    """The examples by class, in random order within each; where a class begins, ends.

    Both are given for each example of the first array.
    """
    grouped = order[np.argsort(y[order], kind="stable")]
    labels = y[grouped]
    return (
        grouped,
        np.searchsorted(labels, labels),
        np.searchsorted(labels, labels, "right"),
    )


def _same_class(order, y, num_points, generator):
    grouped, begin, end = _by_class(order, y)
    place = np.arange(len(grouped)) - begin
    # Those that follow it among its class, in a circle.
    steps = place[:, None] + np.arange(num_points)
    groups = grouped[begin[:, None] + steps % (end - begin)[:, None]]
    return generator.permutation(groups)


def _different_class(order, y, num_points, generator):
    grouped, begin, end = _by_class(order, y)
    others = len(grouped) - (end - begin)
    first = generator.integers(others)
    steps = (first[:, None] + np.arange(num_points - 1)) % others[:, None]
    partners = grouped[(end[:, None] + steps) % len(grouped)]
    groups = np.concatenate([grouped[:, None], partners], axis=1)
    return generator.permutation(groups)


def standardize_labels(y: Any, pairs: str, num_examples: int) -> np.ndarray | None:
    """Returns the class ids that the pairs go by, `None` where they go by none.

    Raises:
        ValueError: If `pairs` is unknown, or the labels do not allow such pairs.
    """
    if pairs not in PAIRS:
        raise ValueError(
            f"`pairs` must be one of {', '.join(map(repr, PAIRS))}. Received: "
            f"pairs={pairs!r}"
        )
    if pairs == "any":
        return None
    if y is None:
        raise ValueError(f"pairs={pairs!r} needs the class ids `y`. Received: y=None")
    y = ops.convert_to_numpy(y) if ops.is_tensor(y) else np.asarray(y)
    if y.shape == (num_examples, 1):
        y = y[:, 0]
    if y.shape != (num_examples,) or not np.issubdtype(y.dtype, np.integer):
        raise ValueError(
            "`y` must be integer class ids, one for each example; of one-hot rows, "
            f"take the argmax. Received: shape {y.shape}, dtype {y.dtype}, for "
            f"{num_examples} examples"
        )
    _check_classes(y, pairs)
    return y


def _check_classes(y, pairs):
    classes, counts = np.unique(y, return_counts=True)
    if pairs == "different_class" and len(classes) < 2:
        raise ValueError(
            'pairs="different_class" needs examples of at least two classes. Received: '
            f"class {classes[0]} alone"
        )
    if pairs == "same_class" and counts.min() < 2:
        raise ValueError(
            'pairs="same_class" needs at least two examples of each class; leave '
            "lonely ones out, or measure more examples. Received: a single example of "
            f"class {classes[counts.argmin()]}"
        )
