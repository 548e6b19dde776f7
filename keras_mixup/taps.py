"""The activations of a network's layers, as models that share its weights."""

import random
from collections.abc import Sequence
from typing import Any

import keras

_OTHER_FLOATS = ("float16", "bfloat16", "float64")


class Taps:
    """A functional network together with the outputs of all its layers.

    The layers are called once more, on new inputs of dtype float32, so that layers
    that also serve in other models, layers of nested models and integer inputs are no
    special cases. Weights are shared, except those of layers that compute in another
    float dtype than float32: such a layer has a float32 copy, which `refresh` updates.

    A layer of a nested model is called `"<model>/<layer>"`. A layer that is used more
    than once stands for its first use.

    Args:
        network: A functional or built Sequential `keras.Model`.

    Attributes:
        inputs: List of symbolic inputs.
        outputs: Symbolic outputs by the name of the layer, in the order of computation.
        layers: Layers by name, in the same order.
    """

    def __init__(self, network: keras.Model) -> None:
        self.layers: dict[str, Any] = {}
        self._copies: dict[int, tuple[Any, Any]] = {}
        self._nested: dict[int, tuple[keras.Model, list[str]]] = {}
        # New layers and initializers draw their seeds from Python's generator.
        state = random.getstate()
        try:
            self.inputs, _, self.outputs = self._call_again(network, prefix="")
            self.refresh()
        finally:
            random.setstate(state)

    def refresh(self) -> None:
        """Copies the present weights to the layers that are float32 copies."""
        for layer, copy in self._copies.values():
            copy.set_weights(layer.get_weights())
            if hasattr(copy, "finalize_state"):  # `Normalization` caches its weights.
                copy.finalize_state()

    def model(self, names: Sequence[str]) -> keras.Model:
        """The model from the inputs to a list of the outputs of layers."""
        outputs = [self.outputs[name] for name in names]
        return keras.Model(self.inputs, outputs, name="linearity_taps")

    def segment(self, start: str, end: str) -> keras.Model:
        """The model from the output of one layer to that of a later one.

        Raises:
            ValueError: If the second is not a function of the first alone.
        """
        try:
            return keras.Model(
                self.outputs[start], self.outputs[end], name="linearity_segment"
            )
        except ValueError as error:
            raise ValueError(
                f'With `start="previous"`, layer {end!r} must be a function of the '
                f"layer measured before it, {start!r}, alone, and neither may stand "
                "inside a nested model or be used twice. Choose other `layers`, in the "
                "order of computation; in a residual network, the outputs of whole "
                "blocks."
            ) from error

    def default_names(self, nested: bool = True) -> list[str]:
        """The layers to measure when none are named.

        They are `layer_0`, `layer_1`, ... where a network has these names, as those of
        `keras_mixup.applications` have; in any other network all layers with weights,
        those of nested models one by one, or with `nested=False` each such model whole.
        """
        numbered: list[str] = []
        while f"layer_{len(numbered)}" in self.layers:
            numbered.append(f"layer_{len(numbered)}")
        if numbered:
            return numbered
        return [
            name
            for name, layer in self.layers.items()
            if layer.weights and not (is_functional(layer) if nested else "/" in name)
        ]

    def _call_again(self, network, prefix):
        """Returns new inputs, the output on them, and that of each layer by name."""
        outputs: dict[str, Any] = {}

        def call(layer, *args, **kwargs):
            name = prefix + layer.name
            if is_functional(layer):
                result, inner = self._call_nested(layer, name, *args, **kwargs)
                outputs.update({k: v for k, v in inner.items() if k not in outputs})
            else:
                result = layer(*args, **kwargs)
            if isinstance(layer, keras.layers.Layer):
                self.layers.setdefault(name, layer)
                outputs.setdefault(name, result)
            return result

        flat = keras.Model(network.inputs, output_structure(network), name="flat")
        inputs = [
            keras.Input(batch_shape=(None, *t.shape[1:]), dtype="float32", name=t.name)
            for t in network.inputs
        ]
        clone = keras.models.clone_model(
            flat, inputs, clone_function=self._in_float32, call_function=call
        )
        return inputs, clone.output, outputs

    def _call_nested(self, network, name, inputs, *args, **kwargs):
        if id(network) not in self._nested:
            new_inputs, result, outputs = self._call_again(network, f"{name}/")
            taps = [result, list(outputs.values())]
            model = keras.Model(new_inputs, taps, name=network.name)
            self._nested[id(network)] = model, list(outputs)
        model, names = self._nested[id(network)]
        result, outputs = model(keras.tree.flatten(inputs), *args, **kwargs)
        return result, dict(zip(names, outputs))

    def _in_float32(self, layer):
        """The layer itself, or its copy if it computes in another float dtype."""
        if is_functional(layer) or not isinstance(layer, keras.layers.Layer):
            return layer
        if layer.compute_dtype not in _OTHER_FLOATS:
            return layer
        if id(layer) not in self._copies:
            config = _with_float32(layer.get_config())
            self._copies[id(layer)] = layer, type(layer).from_config(config)
        return self._copies[id(layer)][1]


def functional_network(model: Any) -> keras.Model:
    """Returns the functional or Sequential network of a model.

    Args:
        model: Such a network, or a model that has one as `.network`.

    Raises:
        ValueError: If there is none, or if it has no inputs yet.
    """
    network = model if is_functional(model) else getattr(model, "network", model)
    if not is_functional(network):
        raise ValueError(
            "`model` must be a functional or Sequential keras.Model, or a model of "
            "keras_mixup around one: the layers of other models cannot be told "
            f"apart. Received: model={model!r}"
        )
    if isinstance(network, keras.Sequential) and not hasattr(network, "inputs"):
        raise ValueError(
            f"The Sequential model {network.name!r} has no inputs yet. Begin it with "
            "`keras.Input(shape)`, or call it on a batch first."
        )
    return network


def is_functional(layer: Any) -> bool:
    """Whether a layer is a functional or Sequential model."""
    return isinstance(layer, keras.Sequential) or (
        isinstance(layer, keras.Model) and hasattr(layer, "operations")
    )


def output_structure(network: keras.Model) -> Any:
    """The symbolic output of a functional or Sequential model, in its structure."""
    if isinstance(network, keras.Sequential):
        return network.outputs[0]
    return network.output


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


def _is_float_policy(key, value):
    return key == "dtype" and "float" in str(value)
