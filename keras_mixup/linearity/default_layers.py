"""Which layers of a network are measured."""

import fnmatch
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mixup._networks import graph
from keras_mixup._networks.graph import is_functional

__all__ = ["MOST", "default_layers", "matching_layers"]

MOST = 12


def default_layers(
    taps: Any,
    nested: bool = True,
    start: str | None = None,
    measurable: Sequence[str] | None = None,
) -> list[str]:
    """The layers to measure when none are named.

    They are `layer_0`, `layer_1`, ... where a network has these names, as those of
    `keras_mixup.applications` have; else all layers with weights, up to twelve; else
    the ends of blocks.

    Args:
        taps: The `Activations` of a network.
        nested: Boolean, whether layers of nested models are measured one by one, or
            each such model whole. Defaults to `True`.
        start: Name of the layer that the others are functions of, or `None` for the
            inputs of the network.
        measurable: Names of the only layers to choose from, or `None` for all.
    """
    known = list(taps.layers if measurable is None else measurable)
    numbered: list[str] = []
    while f"layer_{len(numbered)}" in taps.layers:
        numbered.append(f"layer_{len(numbered)}")
    numbered = [name for name in numbered if name in known]
    if numbered:
        return numbered
    weighted = [
        name
        for name in known
        if taps.layers[name].weights
        and not (is_functional(taps.layers[name]) if nested else "/" in name)
    ]
    if len(weighted) <= MOST:
        return weighted or known
    begin = taps.inputs if start is None else keras.tree.flatten(taps.outputs[start])
    blocks = [n for n in _blocks(taps, weighted, begin) if n in known]
    return _thinned(blocks or weighted)


def matching_layers(taps: Any, layers: str | Sequence[str]) -> list[str]:
    """The layers with these names, or that match these patterns, in their order.

    Raises:
        ValueError: If there are none, or one name or pattern has none.
    """
    layers = [layers] if isinstance(layers, str) else list(layers)
    found = [
        [pattern] if pattern in taps.layers else fnmatch.filter(taps.layers, pattern)
        for pattern in layers
    ]
    unknown = [pattern for pattern, names in zip(layers, found) if not names]
    if unknown or not layers:
        raise ValueError(
            "`layers` must name at least one layer, and only layers of the network, or "
            'patterns of their names such as "*_add". Received: '
            f"layers={layers}, of which {unknown} are unknown. The network has "
            f"{list(taps.layers)}"
        )
    return list(dict.fromkeys(name for names in found for name in names))


def layers_on_every_path(taps: Any, begin: Sequence[Any] | None = None) -> list[str]:
    """The layers that every path goes through, from some tensors or all inputs on."""
    names = _names_of_outputs(taps)
    nodes = graph.common_nodes(begin or taps.inputs, taps.ends)
    found = [names.get(id(node.output_tensors[0])) for node in nodes]
    return [name for name in found if name is not None]


def _names_of_outputs(taps):
    names = {}
    for name, output in taps.outputs.items():
        for tensor in keras.tree.flatten(output):
            names.setdefault(id(tensor), name)
    return names


def _blocks(taps, weighted, begin):
    """The first and last layer with weights that all paths go through, and, between
    them, those where paths come together; all of them where paths never do.
    """
    names = _names_of_outputs(taps)
    ends, common, is_end = [], [], False
    for node in graph.common_nodes(begin, taps.ends):
        # A sum that is no layer has no name: the next layer stands for it.
        is_end = is_end or _joins(node)
        name = names.get(id(node.output_tensors[0]))
        if name is None:
            continue
        if is_end:
            ends.append(name)
        if is_end or name in weighted:
            common.append(name)
        is_end = False
    if not ends:
        return common or weighted
    return list(dict.fromkeys([common[0], *ends, common[-1]]))


def _joins(node):
    """Whether paths come together; a product with a gate is within a block."""
    is_product = type(node.operation).__name__ == "Multiply"
    return not is_product and len({id(t) for t in graph.values_into(node)}) > 1


def _thinned(names):
    """At most a dozen, evenly, the first and the last among them."""
    if len(names) <= MOST:
        return names
    return [names[round(place)] for place in np.linspace(0, len(names) - 1, MOST)]
