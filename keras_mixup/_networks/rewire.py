"""A second way through a network's layers, with something done in between."""

import collections
from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_mixup._networks import graph
from keras_mixup._networks.graph import (
    functional_network,
    is_functional,
    output_structure,
    symbolic_mask,
)


def insert(
    network: keras.Model,
    layers: dict[str, Callable[[list], Any]],
    extra_inputs: Sequence[Any] = (),
    dtype_of: Callable[[Any], str] = lambda tensor: tensor.dtype,
) -> keras.Model:
    """Returns a model of a network's own layers, with new layers between them.

    Args:
        network: A functional or built Sequential `keras.Model`.
        layers: New layers, by the name of the network's layer that each follows. A new
            layer is called on a list: the output there, then the extra inputs; it has
            no weights. Several outputs are passed on one by one.
        extra_inputs: Symbolic inputs that the new layers take too.
        dtype_of: Function from a symbolic input to the dtype of the new one.

    Returns:
        A model from a list, the network's inputs and then the extra ones, to the
        network's outputs. Its weights and random states are the network's own.

    Raises:
        ValueError: Unless each name is of a layer that stands in one place.
    """
    network = functional_network(network)
    places = dict.fromkeys(layers, 0)

    def call(layer, *args, **kwargs):
        outputs = layer(*args, **kwargs)
        if layer.name not in layers:
            return outputs
        places[layer.name] += 1
        new_layer = layers[layer.name]
        return keras.tree.map_structure(
            lambda output: new_layer([output, *extra_inputs]), outputs
        )

    model = _flat_clone(network, dtype_of, call, extra_inputs)
    wrong = [name for name, times in places.items() if times != 1]
    if wrong:
        known = [layer.name for layer in network.layers]
        raise ValueError(
            "Expected names of layers that stand in one place of the network, outside "
            'of nested models; "input" stands for the inputs. Received: '
            f"{wrong}, which stand in {[places[name] for name in wrong]} places. The "
            f"network {network.name!r} has {known}"
        )
    passable = common_layers(network)
    avoided = [name for name in layers if name not in passable]
    if avoided:
        raise ValueError(
            "Expected layers that every path through the network goes through, and "
            "whose outputs are floats without a mask. Around any other there is a way, "
            "a skip connection or another input, on which the examples would not be "
            f"mixed, though their labels are. Received: {avoided}. Layers of the "
            f"network {network.name!r} that can be mixed at: {passable}"
        )
    return model


def common_layers(network: keras.Model) -> list[str]:
    """The layers that every path from the inputs to the outputs goes through.

    Only their outputs can be mixed in place of the inputs: around any other there is a
    way on which examples stay apart, while their labels are mixed. A layer of integers
    or booleans is left out, and so is one whose outputs have a Keras mask, which is
    that of a single example, or that is used more than once.

    Args:
        network: A functional or built Sequential `keras.Model`.

    Returns:
        Names in the order of computation.
    """
    nodes = graph.common_nodes(network.inputs, network.outputs)
    calls = collections.Counter(
        node.operation.name for node in graph.nodes_in_order(network.outputs)
    )
    return [
        node.operation.name
        for node in nodes
        if isinstance(node.operation, keras.layers.Layer)
        and calls[node.operation.name] == 1
        and all("float" in t.dtype for t in node.output_tensors)
        and all(symbolic_mask(t) is None for t in node.output_tensors)
    ]


def on_floats(network: keras.Model) -> keras.Model:
    """A network whose inputs are cast to integers, without that cast.

    Mixtures of whole numbers are not whole. A functional network rounds what it is
    given to the dtype that its inputs declare.

    Args:
        network: Any `keras.Model`.

    Returns:
        A model from a list of float32 inputs, of the network's own layers; the network
        itself where it does not round.
    """
    if not is_functional(network) or all("float" in t.dtype for t in network.inputs):
        return network
    return _flat_clone(network, float_dtype)


def float_dtype(tensor: Any) -> str:
    """The dtype of a symbolic input, float32 where it is no float."""
    return tensor.dtype if "float" in tensor.dtype else "float32"


def _flat_clone(network, dtype_of, call=None, extra_inputs=()):
    """The network's layers called once more, from a list of new inputs.

    Args:
        network: A functional or built Sequential model.
        dtype_of: Function from a symbolic input to the dtype of the new one.
        call: See `keras.models.clone_model`.
        extra_inputs: Symbolic inputs that the calls use besides.
    """
    # A Sequential model cannot be called layer by layer, and Keras before 3.15 takes
    # no input that no output depends on.
    passed_on = [keras.layers.Identity(dtype=t.dtype)(t) for t in extra_inputs]
    flat = keras.Model(
        [*network.inputs, *extra_inputs], [output_structure(network), *passed_on]
    )
    inputs = [
        keras.Input(batch_shape=t.shape, dtype=dtype_of(t), name=t.name)
        for t in network.inputs
    ]
    clone = keras.models.clone_model(
        flat,
        [*inputs, *extra_inputs],
        clone_function=lambda layer: layer,
        call_function=call,
    )
    return keras.Model(clone.inputs, clone.output[0])
