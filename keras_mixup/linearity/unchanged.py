"""Measuring a network without a trace in it."""

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

__all__ = ["all_variables", "stateful_layers", "unchanged"]


def all_variables(*models: keras.Model) -> list[Any]:
    """Every variable of some models: weights, states, seeds, metrics of layers."""
    found: dict[int, Any] = {}
    for model in models:
        for layer in _layers_within(model, {}):
            variables = [*layer.variables, *layer.metrics_variables]
            found.update((id(variable), variable) for variable in variables)
    return list(found.values())


def stateful_layers(model: keras.Model) -> list[keras.layers.Layer]:
    """The layers that go on from the state that the batch before left."""
    return [
        layer
        for layer in _layers_within(model, {})
        if getattr(layer, "stateful", False) and hasattr(layer, "reset_state")
    ]


@contextlib.contextmanager
def unchanged(variables: Sequence[Any]) -> Iterator[None]:
    """Leaves variables bit for bit as they were, also after an error."""
    before = [np.array(ops.convert_to_numpy(v)) for v in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before):
            now = np.asarray(ops.convert_to_numpy(variable))
            if now.tobytes() != value.tobytes():
                variable.assign(value)


def _layers_within(layer, seen):
    if id(layer) not in seen:
        seen[id(layer)] = layer
        for inner in getattr(layer, "_layers", None) or []:
            _layers_within(inner, seen)
    return list(seen.values())
