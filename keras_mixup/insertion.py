"""A second way through a network's layers, with something done in between."""

from collections.abc import Callable, Sequence
from typing import Any

import keras

from keras_mixup.taps import functional_network, output_structure


def insert(
    network: keras.Model,
    layers: dict[str, Callable[[list], Any]],
    extra_inputs: Sequence[Any] = (),
) -> keras.Model:
    """Returns a model of a network's own layers, with new layers between them.

    Args:
        network: A functional or built Sequential `keras.Model`.
        layers: New layers, by the name of the network's layer that each follows. A new
            layer is called on a list: the output there, then the extra inputs; it has
            no weights. Several outputs are passed on one by one.
        extra_inputs: Symbolic inputs that the new layers take too.

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

    # A Sequential model cannot be called layer by layer, and Keras before 3.15 takes
    # no input that no output depends on.
    passed_on = [keras.layers.Identity(dtype=t.dtype)(t) for t in extra_inputs]
    flat = keras.Model(
        [*network.inputs, *extra_inputs], [output_structure(network), *passed_on]
    )
    inputs = [
        keras.Input(batch_shape=t.shape, dtype=t.dtype, name=t.name)
        for t in network.inputs
    ]
    clone = keras.models.clone_model(
        flat,
        [*inputs, *extra_inputs],
        clone_function=lambda layer: layer,
        call_function=call,
    )
    wrong = [name for name, times in places.items() if times != 1]
    if wrong:
        known = [layer.name for layer in network.layers]
        raise ValueError(
            "Expected names of layers that stand in one place of the network, outside "
            'of nested models; "input" stands for the inputs. Received: '
            f"{wrong}, which stand in {[places[name] for name in wrong]} places. The "
            f"network {network.name!r} has {known}"
        )
    return keras.Model(clone.inputs, clone.output[0])
