"""Moments of a batch whose second derivatives are right on TensorFlow too."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

_lock = threading.Lock()
_state: dict[str, Any] = {"depth": 0, "original": None}


@contextlib.contextmanager
def with_second_derivatives() -> Iterator[None]:
    """Mends `tf.nn.moments`, with which Keras normalises batches and groups.

    TensorFlow's variance holds the mean constant for the gradient. That leaves the
    first derivative as it is, as the mean deviation is 0, but takes a term of the
    second derivative away. Within this context, nested or in several threads, values
    and first derivatives are the same, and second ones are whole.
    """
    import tensorflow as tf

    with _lock:
        if _state["depth"] == 0:
            _state["original"] = tf.nn.moments
            tf.nn.moments = _moments
        _state["depth"] += 1
    try:
        yield
    finally:
        with _lock:
            _state["depth"] -= 1
            if _state["depth"] == 0:
                tf.nn.moments = _state["original"]


def _moments(x, axes, shift=None, keepdims=False, name=None):
    """`tf.nn.moments`, whose `shift` has no effect there either."""
    import tensorflow as tf

    wide = tf.cast(x, tf.float32) if x.dtype in (tf.float16, tf.bfloat16) else x
    mean = tf.reduce_mean(wide, axes, keepdims=True)
    variance = tf.reduce_mean(tf.square(wide - mean), axes, keepdims=True)
    if not keepdims:
        mean, variance = tf.squeeze(mean, axes), tf.squeeze(variance, axes)
    return tf.cast(mean, x.dtype), tf.cast(variance, x.dtype)
