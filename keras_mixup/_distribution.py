"""Where a step runs, which replica of how many, and what is recorded of it."""

import contextlib
from typing import Any

import keras


def replica_id() -> Any:
    """Returns the number of the replica that runs this code, 0 outside a strategy.

    On JAX a batch is one array, whatever the devices it is spread over, so there is
    one replica.
    """
    if keras.config.backend() != "tensorflow":
        return 0
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return 0 if context is None else context.replica_id_in_sync_group


def num_replicas() -> int:
    """Returns the number of replicas that share a batch."""
    if keras.config.backend() != "tensorflow":
        return 1
    import tensorflow as tf

    return tf.distribute.get_strategy().num_replicas_in_sync


def sum_over_replicas(value: Any) -> Any:
    """Returns the sum of what each replica has, the same number on all of them."""
    if num_replicas() == 1:
        return value
    import tensorflow as tf

    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, value)


def after(values: Any) -> Any:
    """A context in which nothing is assigned before some tensors have been computed.

    In a graph of TensorFlow an assignment that depends on no data runs even if there
    are none: the step that finds the end of a data set would count.
    """
    if keras.config.backend() != "tensorflow":
        return contextlib.nullcontext()
    import tensorflow as tf

    tensors = [leaf for leaf in keras.tree.flatten(values) if tf.is_tensor(leaf)]
    return tf.control_dependencies(
        [getattr(tensor, "values", tensor) for tensor in tensors]
    )


def without_gradients() -> Any:
    """A context of what a step computes beside its loss.

    PyTorch records every operation until it is told not to, the other backends those
    of the loss alone.
    """
    if keras.config.backend() != "torch":
        return contextlib.nullcontext()
    import torch

    return torch.no_grad()


def check_even_batches(x: Any, batch_size: int | None, num_replicas: int) -> None:
    """Refuses training data whose first batch the replicas cannot share evenly.

    Keras fails on it with an error about shapes; later batches may be uneven.

    Args:
        x: What `fit` is given: arrays, or a `tf.data.Dataset` of batches. What else
            there is, such as batches that are distributed already, is not looked into.
        batch_size: Integer, the size of the batches made of arrays.
        num_replicas: Integer, the number of replicas.

    Raises:
        ValueError: If the batch is not a multiple of the number of replicas.
    """
    if hasattr(x, "element_spec") and hasattr(x, "take"):
        first = next(iter(x.take(1)), None)
        length = None if first is None else keras.tree.flatten(first)[0].shape[0]
    elif hasattr(keras.tree.flatten(x)[0], "shape"):
        length = min(batch_size or 32, keras.tree.flatten(x)[0].shape[0])
    else:
        return
    if length is not None and length % num_replicas:
        raise ValueError(
            "The first batch must be a multiple of the number of replicas, which share "
            f"it evenly. Received: a batch of {length}, {num_replicas} replicas"
        )
