"""Endless `tf.data` pipelines over a set in memory."""

import dataclasses
from typing import TYPE_CHECKING, Any

from keras_mixup import _extras
from keras_mixup.data import array_checks, plan
from keras_mixup.data.source import Source

if TYPE_CHECKING:
    import tensorflow as tf

_BATCHES_AHEAD = 4


def supervised(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    augmentation: str = "auto",
    max_shift: int | None = None,
    seed: int = 0,
    start_step: int = 0,
    label_noise: float = 0.0,
) -> "tf.data.Dataset":
    """Makes an endless `tf.data` pipeline of labelled batches.

    The batch at a step is a function of seed and step alone: no shuffle buffer, no
    state. A pipeline that starts at step t costs what one from step 0 costs, and gives
    the same batches from there on. Each run of as many examples as have labels visits
    each of them exactly once, in a new random order; batches go across its border, so
    all have the same size, and fewer labels than a batch repeat within it.

    `SupervisedBatches` gives the same batches, bit for bit, without TensorFlow.

    Args:
        source: A `Source`.
        num_labels: Integer, how many training examples are labelled (see
            `choose_labeled`), or `None` for all.
        batch_size: Integer of at least 1.
        augmentation: `"none"`; `"crop"`, which pads images by reflection and crops
            them at random; `"crop_flip"`, which mirrors half of them as well; or
            `"auto"`: crop images, flip where the source says that mirrored images are
            good ones, and leave all else alone. Drawn per example. Defaults to
            `"auto"`.
        max_shift: Integer, by how many pixels a crop may move, or `None`: one for
            every 8 pixels of the shorter side.
        seed: Integer: choice of labels, order, augmentation and label
            noise. Defaults to `0`.
        start_step: Integer, the step of the first batch. Defaults to `0`.
        label_noise: Float in [0, 1], the share of the labelled examples whose label is
            replaced by one drawn uniformly from all classes (see `corrupt_labels`).
            Validation and test labels stay as they are. Defaults to `0.0`.

    Returns:
        A `tf.data.Dataset` without end, of `(x, y)`: standardised float32 inputs of
        shape `(batch_size, ...)` and int32 labels of shape `(batch_size,)`.

    Raises:
        ValueError: For an argument outside its range (see also `choose_labeled`).
        ImportError: Without TensorFlow.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> dataset = keras_mixup.data.supervised(source, num_labels=50, batch_size=32)
    >>> x, y = next(iter(dataset))
    >>> tuple(x.shape), tuple(y.shape)
    ((32, 8, 8, 1), (32,))
    """
    planned = plan.supervised(
        source, num_labels, batch_size, augmentation, max_shift, seed, label_noise
    )
    return _dataset(planned, start_step)


def semi_supervised(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    unlabeled_batch_size: int | None = None,
    augmentation: str = "auto",
    max_shift: int | None = None,
    unlabeled_includes_labeled: bool = True,
    seed: int = 0,
    start_step: int = 0,
    num_views: int = 1,
    label_noise: float = 0.0,
) -> "tf.data.Dataset":
    """Makes an endless `tf.data` pipeline of labelled and unlabelled batches.

    As `supervised`, with a second stream over the unlabelled examples, in an order of
    its own. `SemiSupervisedBatches` gives the same batches without TensorFlow.

    Args:
        source: A `Source`.
        num_labels: Integer, how many training examples are labelled, or `None` for
            all.
        batch_size: Integer of at least 1, the labelled examples of a step.
        unlabeled_batch_size: Integer, the unlabelled examples of a step, at most as
            many as there are; `None` takes `batch_size`.
        augmentation: See `supervised`. Defaults to `"auto"`.
        max_shift: See `supervised`.
        unlabeled_includes_labeled: Boolean. Whether the unlabelled examples are the
            whole training set, `source.unlabeled` included, or what has no label.
            Defaults to `True`.
        seed: Integer. Defaults to `0`.
        start_step: Integer, the step of the first batch. Defaults to `0`.
        num_views: Integer of at least 1, how many times each unlabelled example is
            augmented, every time anew. The first view is what a single one would be.
            Defaults to `1`.
        label_noise: See `supervised`. Defaults to `0.0`.

    Returns:
        A `tf.data.Dataset` without end, of `({"labeled": x, "unlabeled": u}, y)`:
        standardised float32 inputs of shapes `(batch_size, ...)` and
        `(unlabeled_batch_size, ...)`, and int32 labels of shape `(batch_size,)`. With
        several views `u` has shape `(unlabeled_batch_size, num_views, ...)`.

    Raises:
        ValueError: For an argument outside its range (see also `choose_labeled`).
        ImportError: Without TensorFlow.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> dataset = keras_mixup.data.semi_supervised(
    ...     source, num_labels=50, batch_size=32, unlabeled_batch_size=64)
    >>> inputs, y = next(iter(dataset))
    >>> tuple(inputs["labeled"].shape), tuple(inputs["unlabeled"].shape)
    ((32, 8, 8, 1), (64, 8, 8, 1))
    """
    planned = plan.semi_supervised(
        source,
        num_labels,
        batch_size,
        unlabeled_batch_size,
        augmentation,
        max_shift,
        unlabeled_includes_labeled,
        seed,
        num_views,
        label_noise,
    )
    return _dataset(planned, start_step)


def _dataset(planned: plan.Plan, start_step: int) -> "tf.data.Dataset":
    array_checks.check_positive("start_step", start_step, at_least=0)
    tf = _tensorflow()
    with tf.device("CPU"):
        read = _reader(planned)
        # Tensors made here are captured; arrays would become part of the graph.
        streams = [
            dataclasses.replace(s, examples=tf.constant(s.examples))
            for s in planned.streams
        ]
    span = planned.steps_at_once

    def plan_steps(first):
        steps = first + tf.range(span, dtype="int64")
        return tuple(tuple(stream.rows(steps, walk, tf.gather)) for stream in streams)

    dataset = tf.data.Dataset.counter(start_step, span).map(plan_steps).unbatch()
    # Left to itself, TensorFlow comes to hold hundreds of batches ahead.
    return dataset.map(
        read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    ).prefetch(_BATCHES_AHEAD)


def _reader(planned: plan.Plan) -> Any:
    """A function from planned rows to a batch."""
    tf = _tensorflow()
    x, y = tf.constant(planned.flat_images), tf.constant(planned.labels)
    mean, scale = map(tf.constant, planned.source.mean_and_scale_of_values)

    def inputs(stream, rows):
        index = rows.example
        if stream.augmentation is not None:
            index = stream.augmentation.pixels(
                rows.example[..., None, None], rows.choice[..., None, None]
            )
        raw = tf.cast(tf.gather(x, index), mean.dtype)
        return tf.cast((raw - mean) * scale, "float32")

    def read(*streams):
        rows = [plan.Rows(*stream) for stream in streams]
        batches = [inputs(s, r) for s, r in zip(planned.streams, rows)]
        return _element(batches, tf.gather(y, rows[0].example))

    return read


def _element(batches: list, labels: Any) -> tuple:
    """What `fit` is given: one input, or a dictionary of two."""
    if len(batches) == 1:
        return batches[0], labels
    return {"labeled": batches[0], "unlabeled": batches[1]}, labels


def walk(shuffle, index, size):
    """What `order.walk_numpy` does, on tensors."""
    tf = _tensorflow()

    def step(index, inside):
        index = tf.where(inside, index, shuffle(index))
        return index, index < size

    return tf.while_loop(
        lambda index, inside: tf.logical_not(tf.reduce_all(inside)),
        step,
        (index, tf.zeros_like(index, "bool")),
    )[0]


def _tensorflow() -> Any:
    return _extras.require(
        "tensorflow",
        "tensorflow",
        "A tf.data pipeline",
        "Without it, keras_mixup.data.SupervisedBatches and SemiSupervisedBatches give "
        "the same batches",
    )
