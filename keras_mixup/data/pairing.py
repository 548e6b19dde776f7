"""Any two data sets as labelled and unlabelled batches."""

import sys
from typing import TYPE_CHECKING, Any, Literal

import keras
import numpy as np

from keras_mixup.data import array_checks, order, paired_parts, random_bits
from keras_mixup.data.paired_batches import PairedBatches

if TYPE_CHECKING:
    import tensorflow as tf

_BATCH_SIZE = 32


def pair(
    labeled: Any,
    unlabeled: Any,
    batch_size: int | None = None,
    unlabeled_batch_size: int | None = None,
    steps_per_epoch: int | Literal["auto"] | None = "auto",
    seed: int = 0,
) -> "PairedBatches | tf.data.Dataset":
    """Pairs any two data sets: endless labelled and unlabelled batches for `fit`.

    Use it to train `ICTModel` or `MixMatchModel` on data of your own. Each of the two
    starts again when it is at its end, so that a few labels go with many unlabelled
    examples.

    Arrays are read in random order, each example once in a pass, in batches of one
    size that go across the border of two passes. Batch `i` is a function of the seed
    and `i` alone. Data sets that are batched already come as they are: shuffle them
    before. Nothing is standardised or augmented (see `keras_mixup.data.Source`).

    An epoch is one pass over the part that takes more batches, or `steps_per_epoch`
    batches. `model.fit(keras_mixup.data.pair((x, y), u), epochs=5)` needs to be told
    no more: the `fit` of `keras_mixup.models` goes on from batch to batch over its
    epochs, and takes a `steps_per_epoch` of its own.

    Args:
        labeled: `(x, y)` or `(x, y, sample_weight)`, arrays or nested structures of
            them, of shape `(examples, ...)`; or a batched `tf.data.Dataset` or a
            `keras.utils.PyDataset` of these.
        unlabeled: The same of `u`, or of `(u, ...)`, of which all but `u` is left out.
            Examples have the shape of those in `x`, or one axis more in front, for
            several views of each.
        batch_size: Integer of at least 1, the labelled examples of a step, for arrays.
            Defaults to 32.
        unlabeled_batch_size: Integer of at least 1, the unlabelled examples of a step,
            for arrays, or `None` for `batch_size`. More than there are repeat within
            a batch.
        steps_per_epoch: Integer of at least 1, how many batches are an epoch; `"auto"`,
            the longer pass; or `None` for no end, where `fit` is given its own
            `steps_per_epoch`. Defaults to `"auto"`.
        seed: Integer, the seed of the order of arrays. Defaults to `0`.

    Returns:
        Batches `({"labeled": x, "unlabeled": u}, y)`, with the sample weights last
        where there are any. A `tf.data.Dataset` if one part is one: without end, but
        for a number as `steps_per_epoch`, so give `fit` its own. Otherwise a
        `keras.utils.PyDataset`, for any backend.

    Raises:
        ValueError: For data of another kind, without labels or examples, of unequal
            lengths or shapes; for class ids of -1, which stand for none; for strings;
            for inputs in arrays that are not finite; for a size that is out of range,
            or that no part uses.

    Example:

    >>> x, y = np.ones((20, 4), "float32"), np.arange(20) % 2
    >>> u = np.zeros((500, 4), "float32")
    >>> batches = keras_mixup.data.pair((x, y), u, batch_size=16)
    >>> inputs, labels = batches[0]
    >>> inputs["labeled"].shape, inputs["unlabeled"].shape, labels.shape
    ((16, 4), (16, 4), (16,))
    >>> len(batches)
    32
    """
    _check_sizes(labeled, unlabeled, batch_size, unlabeled_batch_size, steps_per_epoch)
    batch_size = _BATCH_SIZE if batch_size is None else batch_size
    if unlabeled_batch_size is None:
        unlabeled_batch_size = batch_size
    first = _labeled(labeled, batch_size, seed)
    second = _unlabeled(unlabeled, _example(first)[0], unlabeled_batch_size, seed)
    has_more = paired_parts.has_more_than_inputs(_example(second), _example(first)[0])
    if _is_dataset(first) or _is_dataset(second):
        return _dataset(first, second, has_more, steps_per_epoch)
    length = (
        _longer_pass(first, second) if steps_per_epoch == "auto" else steps_per_epoch
    )
    return PairedBatches(first, second, has_more, length)


def _longer_pass(*both: Any) -> int | None:
    """The batches of the part that has more, `None` where one has no end."""
    lengths = [part.num_batches for part in both]
    return None if None in lengths else max(lengths)


def _check_sizes(labeled, unlabeled, batch_size, unlabeled_batch_size, steps_per_epoch):
    if steps_per_epoch not in ("auto", None):
        array_checks.check_positive("steps_per_epoch", steps_per_epoch)
    used_by = {
        "batch_size": (batch_size, (labeled, unlabeled)),
        "unlabeled_batch_size": (unlabeled_batch_size, (unlabeled,)),
    }
    for name, (size, data) in used_by.items():
        if size is None:
            continue
        array_checks.check_positive(name, size)
        if all(_is_batched(part) for part in data):
            raise ValueError(
                f"`{name}` is for arrays; a data set comes in the batches that it "
                f"has: batch it in this size and leave `{name}` out. Received: "
                f"{name}={size}"
            )


def _labeled(data, batch_size, seed):
    if not _is_batched(data):
        paired_parts.check_labeled(data, are_arrays=False)
        arrays = [
            paired_parts.as_arrays("labeled", part) for part in data if part is not None
        ]
        paired_parts.check_finite("labeled", arrays[0])
        paired_parts.check_has_labels(arrays[1])
        key = random_bits.root_key(seed, random_bits.LABELED)
        return paired_parts.ArrayPart("labeled", tuple(arrays), batch_size, key)
    part = _batched("labeled", data)
    paired_parts.check_labeled(_example(part))
    return part


def _unlabeled(data, like, batch_size, seed):
    if _is_batched(data):
        return _batched("unlabeled", data)
    data = paired_parts.as_structure(data)
    # What comes with the inputs need not be arrays.
    if isinstance(data, tuple | list) and paired_parts.has_more_than_inputs(data, like):
        data = data[0]
    key = random_bits.root_key(seed, random_bits.UNLABELED)
    arrays = paired_parts.as_arrays("unlabeled", data)
    paired_parts.check_finite("unlabeled", arrays)
    return paired_parts.ArrayPart("unlabeled", arrays, batch_size, key)


def _batched(what, data):
    return data if _is_dataset(data) else paired_parts.IndexedPart(what, data)


def _example(part):
    return part.element_spec if _is_dataset(part) else part.example


def _is_batched(data):
    return isinstance(data, keras.utils.PyDataset) or _is_dataset(data)


def _is_dataset(data):
    # Who has a tf.data.Dataset has imported TensorFlow.
    tensorflow = sys.modules.get("tensorflow")
    return tensorflow is not None and isinstance(data, tensorflow.data.Dataset)


def _dataset(labeled, unlabeled, has_more, steps_per_epoch):
    tf = sys.modules["tensorflow"]

    def join(labeled, unlabeled):
        x, *rest = labeled
        u = unlabeled[0] if has_more else unlabeled
        return ({"labeled": x, "unlabeled": u}, *rest)

    datasets = [_as_dataset(labeled), _as_dataset(unlabeled)]
    for what, dataset in zip(("labeled", "unlabeled"), datasets):
        if dataset.cardinality() == 0:
            raise ValueError(
                f"`{what}`: expected at least one batch. Received: an empty "
                "tf.data.Dataset"
            )
    joined = tf.data.Dataset.zip(*[dataset.repeat() for dataset in datasets])
    joined = joined.map(join, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    if isinstance(steps_per_epoch, int | np.integer):
        joined = joined.take(steps_per_epoch)
    return joined.prefetch(tf.data.AUTOTUNE)


def _as_dataset(part):
    """A part as a `tf.data.Dataset`, of the very batches that it has otherwise."""
    tf = sys.modules["tensorflow"]
    if isinstance(part, paired_parts.ArrayPart):
        return _array_dataset(part)
    if not isinstance(part, paired_parts.IndexedPart):
        return part
    batch = keras.tree.map_structure(tf.convert_to_tensor, part.example)
    signature = keras.tree.map_structure(
        lambda t: tf.TensorSpec([None, *t.shape[1:]], t.dtype), batch
    )
    numbers = range(part.num_batches) if part.num_batches else None

    def read():
        index = 0
        while numbers is None or index < len(numbers):
            yield part.batch(index)
            index += 1

    dataset = tf.data.Dataset.from_generator(read, output_signature=signature)
    length = tf.data.INFINITE_CARDINALITY if numbers is None else len(numbers)
    return dataset.apply(tf.data.experimental.assert_cardinality(length))


def _array_dataset(part):
    tf = sys.modules["tensorflow"]
    with tf.device("CPU"):
        arrays = keras.tree.map_structure(tf.constant, part.arrays)

    def read(index):
        rows = part.rows(index, order.walk_tensors)
        return keras.tree.map_structure(lambda a: tf.gather(a, rows), arrays)

    return tf.data.Dataset.counter().map(
        read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    )
