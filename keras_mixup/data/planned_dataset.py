"""Reads a plan of batches with `tf.data`."""

import dataclasses
from typing import TYPE_CHECKING, Any

from keras_mixup import _extras
from keras_mixup.data import array_checks, indexed, order
from keras_mixup.data.planned_reader import PlannedReader
from keras_mixup.data.stream import Rows

if TYPE_CHECKING:
    import tensorflow as tf

    from keras_mixup.data.batch_plan import BatchPlan

_BATCHES_AHEAD = 4


def planned_dataset(plan: "BatchPlan", start_step: int) -> "tf.data.Dataset":
    """Returns the batches of a plan from a step on, as `BatchPlan.dataset` has them."""
    array_checks.check_positive("start_step", start_step, at_least=0)
    tf = _tensorflow()
    with tf.device("CPU"):
        read = _reader(plan)
        # Tensors made here are captured; arrays would become part of the graph.
        streams = [
            dataclasses.replace(s, examples=tf.constant(s.examples))
            for s in plan.streams
        ]
    span = plan.steps_at_once

    def plan_steps(first):
        steps = first + tf.range(span, dtype="int64")
        return tuple(
            tuple(stream.rows(steps, order.walk_tensors, tf.gather))
            for stream in streams
        )

    dataset = tf.data.Dataset.counter(start_step, span).map(plan_steps).unbatch()
    # Left to itself, TensorFlow comes to hold hundreds of batches ahead.
    return dataset.map(
        read, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True
    ).prefetch(_BATCHES_AHEAD)


def _reader(plan: "BatchPlan") -> Any:
    """A function from planned rows to a batch."""
    tf = _tensorflow()
    y = tf.constant(plan.labels)
    mean, scale = map(tf.constant, plan.source.mean_and_scale_of_values)
    raw = (_gather if indexed.in_memory(plan.inputs) else _read_by_index)(plan)

    def inputs(stream, rows):
        x = tf.cast(raw(stream, rows), mean.dtype)
        return tf.cast((x - mean) * scale, "float32")

    def read(*planned):
        rows = [Rows(*one) for one in planned]
        batches = [inputs(s, r) for s, r in zip(plan.streams, rows)]
        return plan.element(batches, tf.gather(y, rows[0].example))

    return read


def _gather(plan):
    tf = _tensorflow()
    x = tf.constant(plan.flat(plan.inputs))
    return lambda stream, rows: tf.gather(x, stream.index(rows))


def _read_by_index(plan):
    """Reads with NumPy, which the calls of a parallel map do at the same time."""
    tf = _tensorflow()
    reader, dtype = PlannedReader(plan), plan.inputs.dtype

    def raw(stream, rows):
        x = tf.numpy_function(
            lambda example, choice: reader.raw(stream, Rows(example, choice)),
            [rows.example, rows.choice],
            dtype,
            stateful=False,
        )
        x.set_shape((*rows.example.shape, *plan.source.input_shape))
        return x

    return raw


def _tensorflow() -> Any:
    return _extras.require(
        "tensorflow",
        "tensorflow",
        "A tf.data pipeline",
        "Without it, keras_mixup.data.SupervisedBatches and SemiSupervisedBatches, and "
        "the `batches` of a plan, give the same batches",
    )
