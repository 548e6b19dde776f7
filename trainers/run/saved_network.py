"""A network from a file, and whether it fits a data set."""

import os
import zipfile

from trainers.command_line import one_line
from trainers.errors import UsageError


def load_model(path):
    """Loads a model that Keras saved, not compiled.

    Raises:
        UsageError: when there is no such file, or Keras cannot make a model of it.
    """
    import keras

    import keras_mixup  # noqa: F401  Registers the classes that a model may hold.

    if not os.path.isfile(path):
        kind = "a folder" if os.path.isdir(path) else "no file"
        raise UsageError(f"Expected a model saved by Keras at {path!r}, found {kind}.")
    try:
        _check_fits(path)
        return keras.saving.load_model(path, compile=False)
    # A damaged file can fail in any of the libraries that read it.
    except Exception as error:
        raise UsageError(
            f"{path!r} is not a model that Keras can load, or not a whole one: "
            f"{type(error).__name__}: {one_line(error)[:200]}"
        ) from error


def _check_fits(path):
    from keras_mixup.data.sources import memory

    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as archive:
        needed = sum(member.file_size for member in archive.infolist())
    if needed > memory.free_memory():
        raise MemoryError(f"its files take {needed / 2**30:.1f} GiB unpacked")


def check_input(network, source):
    """Raises `UsageError` unless a network takes the examples of a data set."""
    shapes = [tuple(tensor.shape[1:]) for tensor in network.inputs]
    if len(shapes) != 1 or not _fits(shapes[0], source.input_shape):
        raise UsageError(
            f"The network takes inputs of shape {', '.join(map(str, shapes))}, the "
            f"examples of {source.name} have shape {source.input_shape}. Choose the "
            "data set that the network was made for."
        )


def check_shapes(network, input_shape, num_classes, said):
    """Raises `UsageError` unless a network makes one logit a class of each example.

    A network that is not built yet is built.

    Args:
        network: a `keras.Model`.
        input_shape: shape of an example.
        num_classes: int.
        said: what the message begins with, as "--architecture=nets:small".
    """
    import keras

    wanted = f"inputs of shape {tuple(input_shape)}"
    try:
        outputs = network(keras.KerasTensor((2, *input_shape)))
    # A class of the user's own can fail in any way.
    except Exception as error:
        received = [
            tuple(tensor.shape[1:]) for tensor in getattr(network, "inputs", [])
        ]
        takes = f"one that takes {received}: " if received else ""
        raise UsageError(
            f"{said} must be a network that takes {wanted}, as the data set has them; "
            f"received {takes}{type(error).__name__}: {one_line(error)[:200]}"
        ) from error
    shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(outputs)]
    if shapes != [(2, num_classes)]:
        raise UsageError(
            f"{said} must be a network with one output, {num_classes} logits of each "
            "example, as the data set has classes; received outputs of shape "
            f"{', '.join(str(shape[1:]) for shape in shapes)}."
        )


def _fits(expected, received):
    return len(expected) == len(received) and all(
        size in (None, given) for size, given in zip(expected, received)
    )
