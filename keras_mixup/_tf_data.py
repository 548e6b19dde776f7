"""What differs inside a tf.data pipeline, which runs on the host's CPU."""

import functools
from collections.abc import Callable
from typing import Any

import keras


def in_tf_data() -> bool:
    """Returns whether a function of a tf.data pipeline is being traced.

    There operations may be used that XLA lacks, since no model's step is compiled
    around them. TensorFlow tells by the name of the outermost graphs alone.
    """
    if keras.config.backend() != "tensorflow":
        return False
    import tensorflow as tf

    graph = tf.compat.v1.get_default_graph()
    while graph is not None and getattr(graph, "building_function", False):
        if graph.name.startswith("Dataset_"):
            return True
        graph = graph.outer_graph
    return False


def fused(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes one pass over memory of a function of tensors, in a tf.data pipeline.

    There XLA compiles the function. Elsewhere, on a machine whose TensorFlow has no
    XLA, and for tensors of sizes that are not known beyond the first, each of which
    would be compiled for, the function is called as it is.

    Args:
        function: Function of tensors, the first of them the one that counts.
    """

    @functools.cache
    def compiled():
        import tensorflow as tf

        return tf.function(function, jit_compile=True, autograph=False)

    @functools.wraps(function)
    def call(x, *others):
        if in_tf_data() and None not in x.shape[1:] and _has_xla():
            return compiled()(x, *others)
        return function(x, *others)

    return call


@functools.cache
def _has_xla():
    import tensorflow as tf

    with tf.init_scope(), tf.device("/CPU:0"):
        try:
            tf.function(lambda x: x + 1.0, jit_compile=True)(0.0)
        except (tf.errors.OpError, ValueError):
            return False
    return True
