"""What a probe of linearity computes: the compiled pass, the numbers."""

import contextlib
import itertools
import math
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mixup import mixing
from keras_mixup.random import standardize_alpha
from keras_mixup.taps import Taps


class ProbeModel(keras.Model):
    """The measurement of one chunk.

    Args:
        taps: The `Taps` of a network.
        names: List of the layers to measure.
        measure: "unit_norm" or "relative".
        start: "input" or "previous".

    Call arguments:
        inputs: List of the examples (a list, one array for each input of the network),
            the weights and the partners.

    Output shape:
        `(examples, layers, 2)`: for each example, value and floor of each layer.
    """

    def __init__(self, taps: Taps, names: list[str], measure: str, start: str) -> None:
        super().__init__(name="linearity_probe", dtype="float32")
        self.taps = taps.model(names)
        self.measure = {"unit_norm": unit_norm, "relative": relative}[measure]
        self.num_layers = len(names)
        self.segments = None
        if start == "previous":
            self.first = taps.model(names[:1])
            self.segments = [taps.segment(*pair) for pair in itertools.pairwise(names)]
        self.built = True

    def call(self, inputs):
        x, weights, partners = inputs
        clean = self._activations(x)
        mixed = self._activations_of_mixtures(x, clean, weights, partners)
        numbers = [
            ops.stack(self.measure(_rows(f), _rows(g), weights, partners), axis=-1)
            for f, g in zip(clean, mixed)
        ]
        return ops.stack(numbers, axis=1)

    def _activations(self, x):
        outputs = self.taps(x, training=False)
        # Keras unpacks a list of one.
        return [outputs] if self.num_layers == 1 else outputs

    def _activations_of_mixtures(self, x, clean, weights, partners):
        mixed = mixing.mix(x, weights, partners)
        if self.segments is None:
            return self._activations(mixed)
        return [self.first(mixed, training=False)] + [
            segment(mixing.mix(previous, weights, partners), training=False)
            for segment, previous in zip(self.segments, clean)
        ]


def unit_norm(f: Any, g: Any, weights: Any, partners: Any) -> tuple[Any, Any]:
    """Value and floor of NonLin, `(examples,)` each.

    Args:
        f: Activations of the examples, `(examples, features)`.
        g: Activations of the mixtures, of the same shape.
        weights: `(examples, num_points)`.
        partners: `(examples, num_points)`.
    """
    inverse_norms = _inverse(_norm(f))
    unit_weights = weights * ops.take(inverse_norms, partners, axis=0)
    mixed_units = mixing.mix(f, unit_weights, partners)
    value = _norm(_unit(g) - mixed_units)
    floor = _norm(_unit(mixing.mix(f, weights, partners)) - mixed_units)
    return value, floor


def relative(f: Any, g: Any, weights: Any, partners: Any) -> tuple[Any, Any]:
    """Value of the relative measure and its floor of 0, as `unit_norm` has them."""
    gap = _norm(g - mixing.mix(f, weights, partners))
    value = gap * _inverse(mixing.mix(_norm(f), weights, partners))
    return value, ops.zeros_like(value)


def _rows(activation):
    """One flat float32 row for each example, of a tensor or a structure of them."""
    rows = [
        ops.reshape(ops.cast(t, "float32"), (-1, math.prod(t.shape[1:])))
        for t in keras.tree.flatten(activation)
    ]
    return rows[0] if len(rows) == 1 else ops.concatenate(rows, axis=1)


def _norm(rows):
    return ops.sqrt(ops.sum(ops.square(rows), axis=1))


def _unit(rows):
    return rows * ops.expand_dims(_inverse(_norm(rows)), 1)


def _inverse(norms):
    """`1 / norms`, and 0 where they are 0."""
    return ops.where(norms > 0, 1 / ops.where(norms > 0, norms, 1.0), 0.0)


def standardize_examples(x, network):
    """The arrays of examples, one for each input of the network."""
    names = [tensor.name for tensor in network.inputs]
    if isinstance(x, dict) and set(names) <= set(x):
        x = [x[name] for name in names]
    arrays = [_to_numpy(array) for array in keras.tree.flatten(x)]
    if len(arrays) != len(names):
        raise ValueError(
            f"`x` must be one array for each of the {len(names)} inputs of the network "
            f"{network.name!r}. Received: {len(arrays)} arrays"
        )
    lengths = {array.shape[0] if array.ndim else 0 for array in arrays}
    if len(lengths) > 1 or min(lengths) < 2:
        raise ValueError(
            "`x` must hold at least two examples, for there to be anything to mix, and "
            f"as many for each input. Received: shapes {[a.shape for a in arrays]}"
        )
    return arrays


def _to_numpy(array):
    return ops.convert_to_numpy(array) if ops.is_tensor(array) else np.asarray(array)


def random_states(model):
    """The variables of random generators, which in rare networks draw in inference."""
    weights = {id(variable) for variable in model.weights}
    return [v for v in model.non_trainable_variables if id(v) not in weights]


@contextlib.contextmanager
def untouched(variables):
    """Leaves variables as they were."""
    before = [np.array(ops.convert_to_numpy(v)) for v in variables]
    try:
        yield
    finally:
        for variable, value in zip(variables, before):
            if not np.array_equal(ops.convert_to_numpy(variable), value):
                variable.assign(value)


def check_options(
    num_points: int,
    alpha: float | Sequence[float],
    measure: str,
    start: str,
    seed: int = 0,
) -> None:
    """Raises a `ValueError` for an option outside its range."""
    standardize_alpha(alpha, num_points)
    if num_points < 2:
        raise ValueError(
            "`num_points` must be at least 2: one point is its own mixture. Received: "
            f"num_points={num_points}"
        )
    if measure not in ("unit_norm", "relative"):
        raise ValueError(
            '`measure` must be "unit_norm" or "relative". Received: '
            f"measure={measure!r}"
        )
    if start not in ("input", "previous"):
        raise ValueError(
            f'`start` must be "input" or "previous". Received: start={start!r}'
        )
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(
            f"`seed` must be an integer that is not negative. Received: seed={seed!r}"
        )
