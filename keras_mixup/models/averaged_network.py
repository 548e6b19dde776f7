import types
from typing import Any

import keras
from keras import ops

from keras_mixup.taps import is_functional


class AveragedNetwork(keras.layers.Layer):
    """A copy of a network whose weights are an exponential moving average.

    It is a layer of the model that trains the network, so that its weights are saved
    with that model, and never trainable.

    Args:
        network: A built `keras.Model`.
    """

    def __init__(self, network: keras.Model, **kwargs: Any) -> None:
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

    def update(self, network: keras.Model, step: Any, decay: float) -> None:
        """Moves the average towards the weights of a network.

        The decay at step t = 1, 2, ... is `min(1 - 1 / (t + 1), decay)`, so that the
        random start is forgotten at once.

        Args:
            network: The network that was copied.
            step: Scalar integer tensor, the number of steps done.
            decay: Float from 0 to below 1.
        """
        step = ops.cast(step, "float32")
        keep = ops.minimum(1.0 - 1.0 / (step + 1.0), decay)
        for average, weight in zip(self.network.weights, network.weights):
            if keras.backend.is_float_dtype(average.dtype):
                value = ops.cast(weight.value, "float32")
                old = ops.cast(average.value, "float32")
                average.assign(old + (1.0 - keep) * (value - old))
            else:
                average.assign(weight.value)


def _copy(network):
    """A network of the same layers with weights of its own, equal at the start."""
    layers = list(_all_layers(network))
    # The network is alive, so nothing that its config names is foreign.
    with keras.saving.custom_object_scope({type(l).__name__: type(l) for l in layers}):
        copy = _rebuild(network)
    if len(copy.weights) != len(network.weights):
        raise ValueError(
            "A teacher needs a network that its config can rebuild: make it "
            "functional, or give `teacher_decay=None`. Received: the network "
            f"{network.name!r} of type {type(network).__name__}"
        )
    copy.set_weights(network.get_weights())
    for layer in _all_layers(copy):
        # Normalization keeps values that derive from its weights.
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    return copy


def _rebuild(network):
    if is_functional(network):
        return keras.models.clone_model(network)
    copy = type(network).from_config(network.get_config())
    copy.build_from_config(network.get_build_config())
    return copy


def _all_layers(layer):
    yield layer
    for inner in getattr(layer, "layers", ()):
        yield from _all_layers(inner)


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
