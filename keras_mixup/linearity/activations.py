"""The activations of a network's layers, as models that share its weights."""

import random
from collections.abc import Sequence
from typing import Any

import keras

from keras_mixup._networks import graph
from keras_mixup._networks.graph import (
    is_functional,
    output_structure,
    symbolic_mask,
)

_OTHER_FLOATS = ("float16", "bfloat16", "float64")


class Activations:
    """A functional network together with the outputs of all its layers.

    The layers are called once more, on new inputs, those of nested models one by one,
    so that layers that also serve in other models are no special cases. Weights are
    shared, except those of layers that compute in another float dtype than float32:
    such a layer has a float32 copy, which `refresh` updates.

    A layer of a nested model is called `"<model>/<layer>"`. A layer that is used more
    than once stands for its first use.

    Args:
        network: A functional or built Sequential `keras.Model`.
        as_floats: Boolean, whether the inputs are float32, as mixtures are, or of the
            dtypes that the network declares. Defaults to `True`.

    Attributes:
        inputs: List of symbolic inputs.
        outputs: Symbolic outputs by the name of the layer, in the order of computation.
        layers: Layers by name, in the same order.
        ends: List of the symbolic outputs of the network.
    """

    def __init__(self, network: keras.Model, as_floats: bool = True) -> None:
        self.layers: dict[str, Any] = {}
        self.outputs: dict[str, Any] = {}
        self._copies: dict[int, tuple[Any, Any]] = {}
        self.inputs = [
            keras.Input(
                batch_shape=tensor.shape,
                dtype="float32" if as_floats else tensor.dtype,
                name=tensor.name,
            )
            for tensor in network.inputs
        ]
        # New layers and initializers draw their seeds from Python's generator.
        state = random.getstate()
        try:
            self.ends = self._call_again(network, self.inputs, prefix="")
            self.refresh()
        finally:
            random.setstate(state)

    def refresh(self) -> None:
        """Copies the present weights to the layers that are copies."""
        for layer, copy in self._copies.values():
            copy.set_weights(layer.get_weights())
            if hasattr(copy, "finalize_state"):  # `Normalization` caches its weights.
                copy.finalize_state()

    def model(self, names: Sequence[str]) -> keras.Model:
        """The model from the inputs to a list of the outputs of layers."""
        outputs = [self.outputs[name] for name in names]
        return keras.Model(self.inputs, outputs, name="linearity_taps")

    def _call_again(self, network, inputs, prefix):
        """Calls the layers of a network on other inputs; returns its outputs."""
        new = {id(old): tensor for old, tensor in zip(network.inputs, inputs)}
        twice = graph.second_masks(network.outputs)
        for node in graph.nodes_in_order(network.outputs):
            if node.is_input or all(id(t) in new for t in node.output_tensors):
                continue
            args, kwargs = keras.tree.map_structure(
                lambda leaf: new.get(twice.get(id(leaf)), new.get(id(leaf), leaf)),
                (list(node.arguments.args), dict(node.arguments.kwargs)),
            )
            result = self._call(node.operation, prefix, args, kwargs)
            flat = keras.tree.flatten(result)
            new.update((id(old), t) for old, t in zip(node.output_tensors, flat))
            # One mask each, not a second one from the calls that computed the first.
            new.update(
                (id(symbolic_mask(old)), symbolic_mask(t))
                for old, t in zip(node.output_tensors, flat)
                if symbolic_mask(old) is not None and symbolic_mask(t) is not None
            )
        return [new[id(tensor)] for tensor in network.outputs]

    def _call(self, layer, prefix, args, kwargs):
        name = prefix + layer.name
        if is_functional(layer) and kwargs.get("mask") is None:
            inputs = args[0] if args else kwargs["inputs"]
            ends = self._call_again(layer, keras.tree.flatten(inputs), f"{name}/")
            result = keras.tree.pack_sequence_as(output_structure(layer), ends)
        else:
            result = self._replaced(layer)(*args, **kwargs)
        if isinstance(layer, keras.layers.Layer):
            self.layers.setdefault(name, layer)
            self.outputs.setdefault(name, result)
        return result

    def _replaced(self, layer):
        """The layer itself, or a copy in float32 and without states where it needs one.

        Raises:
            ValueError: For a layer that keeps states in a way that no copy can leave.
        """
        if is_functional(layer) or not isinstance(layer, keras.layers.Layer):
            return layer
        stateful = _keeps_states(layer)
        if layer.compute_dtype not in _OTHER_FLOATS and not stateful:
            return layer
        if id(layer) not in self._copies:
            config = _without_states(_with_float32(layer.get_config()))
            copy = type(layer).from_config(config)
            if stateful and _keeps_states(copy):
                raise ValueError(
                    "Expected layers that start every batch from the same states. "
                    f"Received: the layer {layer.name!r}, which holds a layer with "
                    "`stateful=True`. Measure a network of the same weights that is "
                    "built with `stateful=False`"
                )
            self._copies[id(layer)] = layer, copy
        return self._copies[id(layer)][1]


def _with_float32(config):
    """A layer's configuration with float32 for every dtype policy in it."""
    if isinstance(config, dict):
        return {
            key: "float32" if _is_float_policy(key, value) else _with_float32(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_with_float32(value) for value in config)
    return config


def _keeps_states(layer):
    """Whether a layer, or one inside it, starts a batch where the last one ended."""
    if getattr(layer, "stateful", False):
        return True
    inner = getattr(layer, "_layers", None) or []
    return any(_keeps_states(one) for one in inner)


def _without_states(config):
    """A layer's configuration with `stateful=False` throughout."""
    if isinstance(config, dict):
        return {
            key: False if key == "stateful" else _without_states(value)
            for key, value in config.items()
        }
    if isinstance(config, list | tuple):
        return type(config)(_without_states(value) for value in config)
    return config


def _is_float_policy(key, value):
    return key == "dtype" and "float" in str(value)
