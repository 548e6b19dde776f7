"""Which layers can be measured as functions of a given one."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mixup._networks import graph
from keras_mixup.linearity.continuations import around, depends
from keras_mixup.linearity.default_layers import layers_on_every_path

__all__ = ["after", "check_chain", "check_masks", "check_start", "possible_starts"]


def after(taps: Any, start: str) -> list[str]:
    """The layers that are functions of one layer, and of masks at most."""
    return [
        name
        for name in taps.outputs
        if depends(taps, name, start) and _only_masks(taps, start, [name])
    ]


def check_start(taps: Any, start: str) -> None:
    """Raises a `ValueError` unless mixtures can begin at a layer."""
    if start in taps.outputs and _is_possible(taps, start):
        return
    raise ValueError(
        '`start` must be "input", "previous" or the name of a layer whose output is '
        "floats, and all that the layers after it depend on, but for masks. Received: "
        f"start={start!r}. Layers that work: {possible_starts(taps)}"
    )


def check_chain(taps: Any, names: Sequence[str]) -> None:
    """Raises a `ValueError` unless each layer is a function of the one before it."""
    for start, end in itertools.pairwise(names):
        if not depends(taps, end, start) or around(taps, start, [end]):
            raise ValueError(
                f'With `start="previous"`, layer {end!r} must be a function of the '
                f"layer measured before it, {start!r}, alone. Choose other `layers`, "
                "in the order of computation; in a residual network, the outputs of "
                f"whole blocks. Layers that work: {layers_on_every_path(taps)}"
            )


def possible_starts(taps: Any) -> list[str]:
    """The layers at which mixtures can begin."""
    return [name for name in taps.outputs if _is_possible(taps, name)]


def check_masks(taps: Any, numbers: list[int], x: list) -> None:
    """Raises a `ValueError` unless inputs that go around a layer are masks."""
    for number in numbers:
        if not np.isin(x[number], (0, 1)).all():
            raise ValueError(
                "Expected inputs that go around the layer `start` to be masks of zeros "
                "and ones, which a mixture has the union of. Received: the input "
                f"{taps.inputs[number].name!r} with other values. Measure from a layer "
                "behind it, or from the input"
            )


def _is_possible(taps, start):
    tensors = keras.tree.flatten(taps.outputs[start])
    if not all("float" in tensor.dtype for tensor in tensors):
        return False
    ends = [end for end in taps.ends if _leads_to(start, end, taps)]
    return bool(ends) and _fit(taps, start, _around_ends(taps, start, ends))


def _leads_to(start, end, taps):
    starts = {id(t) for t in keras.tree.flatten(taps.outputs[start])}
    nodes = graph.nodes_in_order([end])
    inside = any(id(t) in starts for node in nodes for t in node.input_tensors)
    return inside and id(end) not in starts


def _around_ends(taps, start, ends):
    holder = _Ends(taps, start, ends)
    return around(holder, start, ["end"])


class _Ends:
    """The outputs of a network in the place of those of a layer."""

    def __init__(self, taps, start, ends):
        self.inputs = taps.inputs
        self.outputs = {start: taps.outputs[start], "end": ends}


def _only_masks(taps, start, names):
    return _fit(taps, start, around(taps, start, names))


def _fit(taps, start, numbers):
    """Whether inputs may be masks: a way around for the examples themselves is none."""
    behind = graph.nodes_in_order(keras.tree.flatten(taps.outputs[start]))
    before = {id(tensor) for node in behind for tensor in node.output_tensors}
    return all(
        taps.inputs[n].dtype == "bool" or id(taps.inputs[n]) not in before
        for n in numbers
    )
