"""What a probe of linearity computes: the compiled pass, and its options."""

import itertools
import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import ops

from keras_mixup import mixing
from keras_mixup._networks.masks import mask_of
from keras_mixup.linearity.activations import Activations
from keras_mixup.linearity.continuations import (
    Continuation,
    starting_tensors,
    without_masked_steps,
)
from keras_mixup.linearity.nonlin import relative, unit_norm
from keras_mixup.linearity.starting_layer import check_chain
from keras_mixup.linearity.unchanged import stateful_layers
from keras_mixup.random import standardize_alpha


class ProbeModel(keras.Model):
    """The measurement of one chunk.

    Args:
        taps: The `Activations` of a network.
        names: List of the layers to measure.
        measure: "unit_norm" or "relative".
        start: "input", "previous" or the name of a layer.

    Call arguments:
        inputs: List of the examples (a list, one array for each input of the network),
            the weights and the partners.

    Output shape:
        `(examples, layers, 2)`: for each example, value and floor of each layer.
    """

    def __init__(
        self, taps: Activations, names: list[str], measure: str, start: str
    ) -> None:
        super().__init__(name="linearity_probe", dtype="float32")
        self.measure = {"unit_norm": unit_norm, "relative": relative}[measure]
        self.num_layers = len(names)
        self.start = start
        self.segments = []
        before: list[str] = []
        if start == "previous":
            check_chain(taps, names)
            before = names[:-1]
            pairs = itertools.pairwise(names)
            self.segments = [Continuation(taps, a, [b]) for a, b in pairs]
            self.first = taps.model(names[:1])
        elif start != "input":
            before = [start]
            self.segments = [Continuation(taps, start, names)]
        known = [starting_tensors(taps, name) for name in before]
        self.sizes = [len(tensors) for tensors in known]
        outputs = [*(taps.outputs[name] for name in names), *itertools.chain(*known)]
        self.taps = keras.Model(taps.inputs, outputs, name="linearity_taps")
        self.rest = [segment.model for segment in self.segments]
        self.stateful_layers = stateful_layers(self.taps)
        self.built = True

    def call(self, inputs):
        x, weights, partners = inputs
        outputs = self._run(self.taps, x)
        clean, rest = outputs[: self.num_layers], iter(outputs[self.num_layers :])
        known = [list(itertools.islice(rest, size)) for size in self.sizes]
        if self.start in ("input", "previous"):
            mixed = self._from_mixed_inputs(x, known, weights, partners)
        else:
            (segment,) = self.segments
            self._reset_states()
            mixed = _as_list(segment(known[0], x, weights, partners))
        numbers = [
            ops.stack(self.measure(_rows(f), _rows(g), weights, partners), axis=-1)
            for f, g in zip(clean, mixed)
        ]
        return ops.stack(numbers, axis=1)

    def _from_mixed_inputs(self, x, known, weights, partners):
        mixed = mixing.mix(x, weights, partners)
        if self.start == "input":
            return self._run(self.taps, mixed)
        outputs = self._run(self.first, mixed)
        self._reset_states()
        for segment, previous in zip(self.segments, known):
            outputs += _as_list(segment(previous, x, weights, partners))
        return outputs

    def _run(self, model, x):
        self._reset_states()
        return _as_list(model(x, training=False))

    def _reset_states(self):
        """Lets sequences begin, in networks that go on where the last one ended."""
        for layer in self.stateful_layers:
            layer.reset_state()


def _as_list(outputs):
    # Keras unpacks a list of one.
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _rows(activation):
    """One flat float32 row for each example, of a tensor or a structure of them."""
    tensors = [
        ops.cast(without_masked_steps(tensor, mask_of(tensor)), "float32")
        for tensor in keras.tree.flatten(activation)
    ]
    rows = [ops.reshape(t, (-1, math.prod(t.shape[1:]))) for t in tensors]
    return rows[0] if len(rows) == 1 else ops.concatenate(rows, axis=1)


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
    if not isinstance(start, str) or not start:
        raise ValueError(
            '`start` must be "input", "previous" or the name of a layer. Received: '
            f"start={start!r}"
        )
    if not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(
            f"`seed` must be an integer that is not negative. Received: seed={seed!r}"
        )
