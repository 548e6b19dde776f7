"""The graph of a functional network: the calls that make it up."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np


def nodes_in_order(outputs: Sequence[Any]) -> list[Any]:
    """The calls behind some symbolic tensors, each after those that it depends on."""
    seen: set[int] = set()
    ordered: list[Any] = []
    stack = [(_node(tensor), False) for tensor in keras.tree.flatten(list(outputs))]
    while stack:
        node, is_done = stack.pop()
        if node is None or (id(node) in seen and not is_done):
            continue
        if is_done:
            ordered.append(node)
            continue
        seen.add(id(node))
        stack.append((node, True))
        stack.extend((_node(tensor), False) for tensor in node.input_tensors)
    return ordered


def _node(tensor):
    history = getattr(tensor, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    return history.operation._inbound_nodes[history.node_index]


def common_nodes(inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
    """The calls that every path of values from some tensors to others goes through.

    Where no tensor that was there before a call is used after it, there is no way
    around. A Keras mask that a layer is handed together with its tensor is no path of
    values.

    Args:
        inputs: The symbolic inputs of a network, or the outputs of one of its layers.
        outputs: Symbolic tensors that depend on them.
    """
    reached = {id(tensor) for tensor in inputs}
    nodes = []
    for node in nodes_in_order(outputs):
        if any(id(tensor) in reached for tensor in values_into(node)):
            nodes.append(node)
            reached |= {id(tensor) for tensor in node.output_tensors}
    # The first tensors are there before any call, outputs are used after all of them.
    last_use = {id(tensor): len(nodes) for tensor in outputs}
    for place, node in reversed(list(enumerate(nodes))):
        for tensor in values_into(node):
            last_use.setdefault(id(tensor), place)
    before = max((last_use.get(id(tensor), -1) for tensor in inputs), default=-1)
    found = []
    for place, node in enumerate(nodes):
        if before <= place:
            found.append(node)
        uses = [last_use.get(id(tensor), -1) for tensor in node.output_tensors]
        before = max(before, *uses)
    return found


def second_masks(outputs: Sequence[Any]) -> dict[int, int]:
    """The tensors of a graph that are computed as a Keras mask in it is, by `id`.

    A network that Keras has loaded computes each mask once more: the layers take one,
    and their tensors have the other.

    Returns:
        A dictionary from the `id` of such a tensor to that of the mask.
    """
    tensors = [t for node in nodes_in_order(outputs) for t in node.output_tensors]
    masks: list[Any] = []
    for mask in (getattr(tensor, "_keras_mask", None) for tensor in tensors):
        if mask is not None and not any(_equal(mask, known) for known in masks):
            masks.append(mask)
    return {
        id(tensor): id(mask)
        for tensor in tensors
        for mask in masks
        if tensor.dtype == "bool" and tensor is not mask and _equal(tensor, mask)
    }


def _equal(one, other):
    """Whether two symbolic tensors come of the same operations on the same tensors."""
    if one is other:
        return True
    nodes = [_node(tensor) for tensor in (one, other)]
    if None in nodes or any(node.is_input for node in nodes):
        return False
    first, second = (node.operation for node in nodes)
    # Layers may have weights or draw at random.
    is_layer = any(isinstance(o, keras.layers.Layer) for o in (first, second))
    if is_layer or _kind(first) != _kind(second):
        return False
    places = [tensor._keras_history.tensor_index for tensor in (one, other)]
    leaves = [
        keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
        for node in nodes
    ]
    return (
        places[0] == places[1]
        and len(leaves[0]) == len(leaves[1])
        and all(map(_equal_arguments, *leaves))
    )


def _kind(operation):
    try:
        config = operation.get_config()
    except NotImplementedError:
        # Keras has no words for its arguments: it is like no other.
        return type(operation), id(operation)
    return type(operation), {k: v for k, v in config.items() if k != "name"}


def _equal_arguments(one, other):
    if isinstance(one, keras.KerasTensor) and isinstance(other, keras.KerasTensor):
        return _equal(one, other)
    if type(one) is not type(other):
        return False
    if hasattr(one, "shape"):
        return np.array_equal(*map(keras.ops.convert_to_numpy, (one, other)))
    return bool(one == other)


def values_into(node: Any) -> list[Any]:
    """The tensors that go into a call, but for the Keras masks of others among them."""
    tensors = node.input_tensors
    masks = {id(getattr(tensor, "_keras_mask", None)) for tensor in tensors}
    return [tensor for tensor in tensors if id(tensor) not in masks]


def symbolic_mask(tensor: Any) -> Any:
    """The symbolic Keras mask of a symbolic tensor, or `None`."""
    return getattr(tensor, "_keras_mask", None)


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
