import types
from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.graph import is_functional


class AveragedNetwork(keras.layers.Layer):
    """A copy of a network whose weights are an exponential moving average.

    It is a layer of the model that trains the network, so that its weights are saved
    with that model, and never trainable.

    Args:
        network: A built `keras.Model`.
    """

    def __init__(self, network: keras.Model, **kwargs: Unpack[LayerArguments]) -> None:
        super().__init__(trainable=False, **kwargs)
        self.network = _copy(network)
        self.network.trainable = False
        self.built = True
        # Kept where Keras does not track it: compiling the view must not add metrics
        # to the model that trains.
        self._untracked = types.SimpleNamespace(model=_view(self.network))

    @property
    def trainable(self):
        return False

    @trainable.setter
    def trainable(self, value):
        """Stays as it is when the model around it is frozen and thawed."""

    @property
    def model(self) -> keras.Model:
        """The averaged weights as a model of its own."""
        return self._untracked.model

    def copy_from(self, network: keras.Model) -> None:
        """Takes the weights that a network has now, as at the start."""
        self.check_alike(network)
        for average, weight in zip(self.network.weights, network.weights):
            if average is not weight:
                average.assign(ops.copy(weight.value))

    def check_alike(self, network: keras.Model) -> None:
        """Raises a `ValueError` if the network has other weights by now."""
        shapes, expected = (
            [tuple(weight.shape) for weight in model.weights]
            for model in (network, self.network)
        )
        if shapes != expected:
            raise ValueError(
                "The network has other weights than when it was wrapped, and the "
                "teacher lacks them. Change it first (`enable_lora`, new layers), then "
                f"make the model around it. Received: {len(shapes)} weights, of which "
                f"the teacher has {len(expected)}"
            )

    def update(
        self,
        network: keras.Model,
        step: Any,
        decay: float,
        statistics: str = "averaged",
    ) -> None:
        """Moves the average towards the weights of a network.

        The decay at step t = 1, 2, ... is `min(1 - 1 / (t + 1), decay)`, so that the
        random start is forgotten at once.

        Args:
            network: The network that was copied.
            step: Scalar integer tensor, the number of steps done.
            decay: Float from 0 to below 1.
            statistics: "averaged" or "copied", what becomes of weights that are not
                trained.
        """
        self.check_alike(network)
        step = ops.cast(step, "float32")
        keep = ops.minimum(1.0 - 1.0 / (step + 1.0), decay)
        for average, weight in zip(self.network.weights, network.weights):
            if average is weight:
                continue
            moves = weight.trainable or statistics == "averaged"
            if moves and keras.backend.is_float_dtype(average.dtype):
                dtype = keras.backend.result_type(average.dtype, "float32")
                value = ops.cast(weight.value, dtype)
                old = ops.cast(average.value, dtype)
                average.assign(old + ops.cast(1.0 - keep, dtype) * (value - old))
            else:
                average.assign(weight.value)


def _copy(network):
    """A network of the same layers with weights of its own, equal at the start."""
    layers = list(_all_layers(network))
    # The network is alive, so nothing that its config names is foreign.
    with keras.saving.custom_object_scope({type(l).__name__: type(l) for l in layers}):
        try:
            copy = _rebuild(network)
        except (AttributeError, NotImplementedError, TypeError, ValueError) as error:
            raise ValueError(_no_copy(network, error)) from error
    if [w.shape for w in copy.weights] != [w.shape for w in network.weights]:
        raise ValueError(_no_copy(network, "other weights"))
    copy.set_weights(network.get_weights())
    return copy


def _no_copy(network, reason):
    return (
        "A teacher needs a network that its config can rebuild: make it functional, "
        "write `get_config`, or give `teacher_decay=None`. Received: the network "
        f"{network.name!r} of type {type(network).__name__}, whose copy failed: "
        f"{' '.join(str(reason).split())[:200]}"
    )


def _rebuild(network):
    if is_functional(network):
        return keras.models.clone_model(
            network, clone_function=_copy_of_layer, recursive=True
        )
    copy = type(network).from_config(network.get_config())
    copy.build_from_config(network.get_build_config())
    return copy


def _copy_of_layer(layer):
    """A new layer, or the layer itself where training changes nothing in it.

    Statistics of `Normalization` and vocabularies are adapted to data, whenever that
    may be. A Python function has no configuration that could be trusted.
    """
    is_adapted = hasattr(layer, "adapt")
    is_function = not layer.weights and any(
        isinstance(inner, keras.layers.Lambda) for inner in _all_layers(layer)
    )
    if is_adapted or is_function:
        return layer
    return type(layer).from_config(layer.get_config())


def _all_layers(layer):
    yield layer
    inner = getattr(layer, "layers", None) or [getattr(layer, "layer", None)]
    for part in inner:
        if isinstance(part, keras.layers.Layer):
            yield from _all_layers(part)


def _view(network):
    """Another model of the same layers, which can be compiled on its own."""
    if isinstance(network, keras.Sequential):
        return keras.Sequential(
            [keras.Input(batch_shape=network.input_shape), *network.layers],
            name="teacher",
        )
    if is_functional(network):
        return keras.Model(network.input, network.output, name="teacher")
    return network
