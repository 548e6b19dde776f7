"""The rest of a network after one of its layers, on mixtures of what stands there."""

from typing import Any

import keras
from keras import ops

from keras_mixup import mixing
from keras_mixup._networks import graph
from keras_mixup._networks.graph import symbolic_mask

__all__ = [
    "Continuation",
    "around",
    "depends",
    "starting_tensors",
    "without_masked_steps",
]


class Continuation:
    """The layers of a network as functions of the output of an earlier one.

    Inputs of the network that go around the earlier layer are masks: a mixture has the
    union of the masks of its examples. So it has of Keras masks, and what stands at a
    masked step counts as zero.

    Args:
        taps: The `Activations` of a network.
        start: Name of the layer that the others are functions of.
        names: Names of the layers, all of which depend on it.

    Attributes:
        around: List of the numbers of the network's inputs that go around the layer.
    """

    def __init__(self, taps: Any, start: str, names: list[str]) -> None:
        known = starting_tensors(taps, start)
        ends = [taps.outputs[name] for name in names]
        self.around = around(taps, start, names)
        self._num_floats = len(keras.tree.flatten(taps.outputs[start]))
        passed_by = [taps.inputs[number] for number in self.around]
        new = {
            id(tensor): keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype)
            for tensor in [*known, *passed_by]
        }
        inputs = list(new.values())
        for node in _nodes_between([*known, *passed_by], ends):
            args, kwargs = keras.tree.map_structure(
                lambda leaf: new.get(id(leaf), leaf),
                (list(node.arguments.args), dict(node.arguments.kwargs)),
            )
            results = keras.tree.flatten(node.operation(*args, **kwargs))
            new.update((id(old), t) for old, t in zip(node.output_tensors, results))
        outputs = keras.tree.map_structure(lambda tensor: new[id(tensor)], ends)
        self.model = keras.Model(inputs, outputs, name="linearity_continuation")
        mask_of_start = [symbolic_mask(t) for t in known[: self._num_floats]]
        places = {id(tensor): place for place, tensor in enumerate(known)}
        self._masks = [places.get(id(mask)) for mask in mask_of_start]

    def __call__(self, known: list, x: list, weights: Any, partners: Any) -> Any:
        """Returns a list with the outputs of the layers for mixtures.

        Args:
            known: The values of `starting_tensors` for the examples.
            x: List of the network's inputs.
            weights: As for `mixing.mix`.
            partners: As for `mixing.mix`.
        """
        masks = [None if place is None else known[place] for place in self._masks]
        mixed = [
            mixing.mix(without_masked_steps(tensor, mask), weights, partners)
            for tensor, mask in zip(known, masks)
        ]
        unions = [_union(mask, partners) for mask in known[self._num_floats :]]
        others = [_union(x[number], partners) for number in self.around]
        inputs = [*mixed, *unions, *others]
        return self.model(inputs[0] if len(inputs) == 1 else inputs, training=False)


def starting_tensors(taps: Any, start: str) -> list[Any]:
    """The symbolic outputs of a layer, then their masks."""
    tensors = keras.tree.flatten(taps.outputs[start])
    masks = [symbolic_mask(tensor) for tensor in tensors]
    return [*tensors, *{id(mask): mask for mask in masks if mask is not None}.values()]


def around(taps: Any, start: str, names: list[str]) -> list[int]:
    """The numbers of the inputs that layers depend on, other than through `start`."""
    ends = [taps.outputs[name] for name in names]
    nodes = _nodes_between(starting_tensors(taps, start), ends)
    used = {id(tensor) for node in nodes for tensor in node.output_tensors}
    return [n for n, tensor in enumerate(taps.inputs) if id(tensor) in used]


def depends(taps: Any, name: str, start: str) -> bool:
    """Whether a layer is a function of another one, perhaps of more than that."""
    starts = {id(t) for t in keras.tree.flatten(taps.outputs[start])}
    ends = keras.tree.flatten(taps.outputs[name])
    if starts & {id(t) for t in ends}:
        return False
    nodes = graph.nodes_in_order(ends)
    return any(id(t) in starts for node in nodes for t in node.input_tensors)


def without_masked_steps(tensor: Any, mask: Any) -> Any:
    """Zeroes what stands at masked steps, where the mask fits."""
    if mask is None or len(mask.shape) > len(tensor.shape):
        return tensor
    pairs = zip(mask.shape[1:], tensor.shape[1:])
    if any(None not in pair and pair[0] != pair[1] for pair in pairs):
        return tensor
    missing = len(tensor.shape) - len(mask.shape)
    mask = ops.reshape(mask, (*ops.shape(mask), *(1,) * missing))
    return ops.where(ops.cast(mask, "bool"), tensor, ops.zeros_like(tensor))


def _union(mask, partners):
    """What at least one example of a mixture has."""
    taken = ops.take(ops.cast(mask, "float32"), partners, axis=0)
    return ops.cast(ops.max(taken, axis=1), mask.dtype)


def _nodes_between(starts, ends):
    """The calls that lead from some tensors to others, and inputs that go around."""
    known = {id(tensor) for tensor in starts}
    needed = {id(tensor) for tensor in keras.tree.flatten(ends)} - known
    nodes = []
    for node in reversed(graph.nodes_in_order(keras.tree.flatten(ends))):
        if needed & {id(tensor) for tensor in node.output_tensors}:
            nodes.append(node)
            needed |= {id(tensor) for tensor in node.input_tensors} - known
    return nodes[::-1]
