"""Measuring the layers of one network again and again, compiled once."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mixup._networks.graph import functional_network
from keras_mixup._networks.mixable import check_mixable
from keras_mixup.linearity.activations import Activations
from keras_mixup.linearity.default_layers import default_layers, matching_layers
from keras_mixup.linearity.pairs import chunks, standardize_labels
from keras_mixup.linearity.probe_inputs import standardize_examples
from keras_mixup.linearity.probe_model import ProbeModel, check_options
from keras_mixup.linearity.starting_layer import (
    after,
    check_masks,
    check_start,
    possible_starts,
)
from keras_mixup.linearity.unchanged import all_variables, stateful_layers, unchanged

__all__ = ["LinearityProbe", "Nonlinearity"]


@dataclasses.dataclass(frozen=True)
class Nonlinearity:
    """The non-linearity of one layer.

    Attributes:
        value: Float, the mean over the mixtures; 0 for no bending at all.
        floor: Float, what an exactly linear layer with these activations would score:
            `value - floor` tells bending from normalising. 0 for "relative".
        standard_error: Float, the standard error of `value` over the mixtures, taken as
            independent. They share examples, so for many points it is somewhat small:
            right for two, by an eighth for four.

    Example:

    >>> layer = keras_mixup.linearity.Nonlinearity(0.25, 0.125, 0.01)
    >>> layer.value - layer.floor
    0.125
    """

    value: float
    floor: float
    standard_error: float


class LinearityProbe:
    """Measures the layers of one network again and again, compiled once.

    Use it where a network is measured more than once, while it is trained for
    instance: calling the probe reads the weights that the network has by then. Nothing
    of the network, its training or a global random state changes.

    Args:
        model: As in `nonlinearity`, like all that follow.
        layers: Names of layers, or `None`.
        num_points: Integer of at least 2. Defaults to `2`.
        alpha: Positive float, or one for each point. Defaults to `0.5`.
        measure: "unit_norm" or "relative". Defaults to "unit_norm".
        start: "input", "previous" or the name of a layer. Defaults to "input".
        jit_compile: Boolean, whether to use XLA. Defaults to what `model` was compiled
            with, or to Keras' own choice.

    Call arguments:
        x: Array of examples, of shape `(examples, ...)`, or several for a network of
            several inputs.
        seed: Integer that is not negative. Defaults to `0`.
        y: Integer class ids, for `pairs` that go by class.
        pairs: "any", "same_class" or "different_class". Defaults to "any".

    Attributes:
        layers: List of the names of the layers that are measured.
        network: The functional or Sequential network that is measured.

    Returns:
        When called, a dictionary from the name of each layer to its `Nonlinearity`.

    Example:

    >>> network = keras_mixup.applications.MLP((4,), 3, hidden_units=(8,))
    >>> probe = keras_mixup.linearity.LinearityProbe(network)
    >>> before = probe(np.eye(4))
    >>> probe(np.eye(4)) == before
    True
    """

    def __init__(
        self,
        model: keras.Model,
        layers: Sequence[str] | None = None,
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.5,
        measure: str = "unit_norm",
        start: str = "input",
        jit_compile: bool | None = None,
    ) -> None:
        check_options(num_points, alpha, measure, start)
        self._options = (num_points, alpha, measure, start)
        self.network = functional_network(model)
        self._from_input = start in ("input", "previous")
        self._taps = Activations(self.network, as_floats=self._from_input)
        self._alpha = np.broadcast_to(np.asarray(alpha, "float64"), (num_points,))
        self.layers = self._choose(layers, start)
        self._model = ProbeModel(self._taps, self.layers, measure, start)
        self._batch_size = self._fixed_batch_size(num_points)
        self._checked: set[tuple[str, ...]] = set()
        if jit_compile is None and model.compiled:
            jit_compile = model.jit_compile
        if jit_compile is not None:
            self._model.jit_compile = jit_compile

    def __call__(
        self, x: Any, seed: int = 0, y: Any = None, pairs: str = "any"
    ) -> dict[str, Nonlinearity]:
        result = self.measure(x, seed, y, pairs)
        lost = [
            n for n, v in result.items() if not np.isfinite([v.value, v.floor]).all()
        ]
        if lost:
            raise ValueError(
                "Expected finite activations, of which NonLin is a number. Received: "
                f"infinite ones or NaN, in float32, in the layers {lost}. A network "
                "whose training diverged has such; look at its weights and inputs"
            )
        return result

    def measure(
        self, x: Any, seed: int = 0, y: Any = None, pairs: str = "any"
    ) -> dict[str, Nonlinearity]:
        """As calling the probe, but with NaN for layers that are not finite.

        Args:
            x: Examples, see above.
            seed: Integer that is not negative. Defaults to `0`.
            y: Integer class ids.
            pairs: "any", "same_class" or "different_class". Defaults to "any".
        """
        check_options(*self._options, seed)
        x = standardize_examples(x, self.network, self._from_input)
        y = standardize_labels(y, pairs, len(x[0]))
        with unchanged(all_variables(self.network, self._model)):
            self._check_mixtures(x)
            self._taps.refresh()
            drawn = chunks(len(x[0]), self._alpha, seed, y, pairs, self._batch_size)
            numbers = np.concatenate([self._measure(x, chunk) for chunk in drawn])
        return self._summarize(numbers.astype("float64"))

    def _check_mixtures(self, x):
        """Refuses words and the like where inputs are mixed; what goes around else."""
        if not self._from_input:
            check_masks(self._taps, self._model.segments[0].around, x)
            return
        dtypes = tuple(array.dtype.name for array in x)
        if dtypes in self._checked:
            return
        batch = [array[: self._batch_size or 2] for array in x]
        structure = getattr(self.network, "input", self.network.inputs)
        if len(batch) == 1 and not isinstance(structure, list | tuple | dict):
            packed = batch[0]
        else:
            packed = keras.tree.pack_sequence_as(structure, batch)
        try:
            check_mixable(self.network, packed)
        except ValueError as error:
            starts = possible_starts(Activations(self.network, as_floats=False))
            if not starts:
                raise
            way = f'. To measure from there on: `start="{starts[0]}"`'
            raise ValueError(f"{error}{way}") from error
        self._checked.add(dtypes)

    def _measure(self, x, chunk):
        examples = [array[chunk.indices] for array in x]
        if self._from_input:
            examples = [array.astype("float32") for array in examples]
        inputs = [examples, chunk.weights, chunk.partners]
        # Under a `tf.distribute` strategy there is a second copy for each replica.
        return self._model.predict_on_batch(inputs)[: chunk.num_examples]

    def _summarize(self, numbers):
        means = numbers.mean(0).tolist()
        errors = numbers[..., 0].std(0, ddof=1) / np.sqrt(len(numbers))
        return {
            name: Nonlinearity(value, floor, error)
            for name, (value, floor), error in zip(self.layers, means, errors.tolist())
        }

    def _choose(self, layers, start):
        if not self._from_input:
            check_start(self._taps, start)
            measurable = after(self._taps, start)
            if not measurable:
                raise ValueError(
                    "Expected layers after `start`, to be measured as functions of "
                    f"its output. Received: start={start!r}, which no layer of the "
                    f"network {self.network.name!r} depends on alone"
                )
        if layers is None:
            if self._from_input:
                return default_layers(self._taps, nested=start != "previous")
            return default_layers(self._taps, start=start, measurable=measurable)
        names = matching_layers(self._taps, layers)
        wrong = [] if self._from_input else [n for n in names if n not in measurable]
        if wrong:
            raise ValueError(
                f"Expected layers that are functions of the layer {start!r}, and of "
                f"masks at most. Received: {wrong}. Layers that are: {measurable}"
            )
        return names

    def _fixed_batch_size(self, num_points):
        """The only batch size of a network that goes on where the last one ended."""
        stateful = stateful_layers(self.network)
        size = self.network.inputs[0].shape[0] if stateful else None
        if stateful and (size or 0) < num_points:
            raise ValueError(
                "Expected a network with stateful layers to have a batch size of at "
                "least `num_points`, for there to be anything to mix within a batch. "
                f"Received: batch size {size}, num_points={num_points}, the stateful "
                f"layer {stateful[0].name!r}"
            )
        return size
