"""Where a step runs: which replica of how many."""

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
