"""Where a model is made, so that several devices share its batches."""

import contextlib

from trainers.errors import UsageError


def strategy_scope(experiment):
    """Returns the scope in which to make the model.

    Raises:
        UsageError: when a batch cannot be shared evenly.
    """
    if experiment.strategy != "mirrored":
        return contextlib.nullcontext()
    import tensorflow as tf

    kinds = ("GPU", "CPU")
    devices = next(filter(None, map(tf.config.list_logical_devices, kinds)))
    _check_sizes(experiment, len(devices))
    names = [device.name for device in devices]
    # On CPUs the strategy would take collective operations, whose keys two strategies
    # of one process share.
    on_cpu = devices[0].device_type == "CPU"
    reduction = tf.distribute.ReductionToOneDevice() if on_cpu else None
    return tf.distribute.MirroredStrategy(names, reduction).scope()


def data_parallel(experiment):
    """Returns the `keras.distribution.DataParallel` over the devices of all processes.

    Raises:
        UsageError: when a batch cannot be shared evenly.
    """
    import keras

    _check_sizes(experiment, keras.distribution.get_device_count())
    # The batches come in parts already.
    return keras.distribution.DataParallel(auto_shard_dataset=False)


def _check_sizes(experiment, num_devices):
    sizes = {"batch_size": experiment.batch_size}
    if experiment.uses_unlabeled:
        unlabeled = experiment.unlabeled_batch_size or experiment.batch_size
        sizes["unlabeled_batch_size"] = unlabeled
    for name, size in sizes.items():
        if size % num_devices:
            raise UsageError(
                f"--{name} must be a multiple of {num_devices}, the devices that "
                f"share it under --strategy={experiment.strategy}; received {size}."
            )
