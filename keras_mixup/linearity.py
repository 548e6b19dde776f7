"""The non-linearity of a network's layers between examples, NonLin."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mixup.default_layers import default_layers, matching_layers
from keras_mixup.mixable import check_mixable
from keras_mixup.pairs import chunks, standardize_labels
from keras_mixup.probe_inputs import standardize_examples
from keras_mixup.probing import ProbeModel, check_options
from keras_mixup.starting_layer import (
    after,
    check_masks,
    check_start,
    possible_starts,
)
from keras_mixup.taps import Taps, functional_network
from keras_mixup.unchanged import all_variables, stateful_layers, unchanged

__all__ = ["LinearityProbe", "Nonlinearity", "nonlinearity"]


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


def nonlinearity(
    model: keras.Model,
    x: Any,
    layers: Sequence[str] | None = None,
    num_points: int = 2,
    alpha: float | Sequence[float] = 0.5,
    measure: str = "unit_norm",
    start: str = "input",
    seed: int = 0,
    y: Any = None,
    pairs: str = "any",
) -> dict[str, Nonlinearity]:
    """Measures how far the layers of a network are from linear between examples.

    Use it on any trained network, whether or not mixup trained it. To follow a network
    in training, use `keras_mixup.callbacks.LinearityCallback`; to measure one network
    often, keep a `LinearityProbe`, which compiles once.

    With `"unit_norm"`, equation 3 of
    [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413) as a mean:
    `mean || fh(Mix(x)) - Mix(fh(x)) ||`, where `fh = f / ||f||` is a layer's flattened
    activation, scaled to length 1. Since scaling is not linear, a linear layer does
    not score 0 but its floor, `mean || Mix(f)/||Mix(f)|| - Mix(fh) ||`. With
    `"relative"`, `mean ||f(Mix(x)) - Mix(f(x))|| / Mix(||f(x)||)`, which is 0 for a
    linear layer. In both, a large constant offset makes any layer look linear.

    Every example is mixed with `num_points - 1` others: the examples are put in a
    random order, cut into chunks of at most 256, and within its chunk each meets those
    that follow it, in a circle. So none meets itself (unless a chunk is smaller than
    `num_points`), and no chunk is larger in memory than one batch. With `pairs`, the
    others come from the example's own class or from other classes, wherever they stand
    in `x`. Order, partners and weights, one vector of weights per example, are drawn by
    NumPy from `seed` alone: every network, at any time and on either backend, is
    measured on the same mixtures.

    The network runs in inference mode, in float32 whatever its dtype policy, twice per
    example for all layers together (`num_points` times that where pairs go by class).
    Every variable is afterwards as before, bit for bit. A stateful network is measured
    from states of zero, in chunks of its batch size. No number depends on the scale of
    activations.

    Args:
        model: A functional or built Sequential `keras.Model`, or a model of
            `keras_mixup.models`, whose `.network` is measured.
        x: Array of examples, of shape `(examples, ...)`; for a network of several
            inputs, a list or dictionary of such arrays. Or a `tf.data.Dataset` or
            `keras.utils.PyDataset` that ends; it is read into memory without its
            labels, of `{"labeled": ...}` that part.
        layers: Names of layers, `"<model>/<layer>"` for those of a nested model, or
            patterns such as `"*_add"`. Defaults to `layer_0`, `layer_1`, ... where
            the network has layers of these names, as those of
            `keras_mixup.applications` have; else to all layers that have weights,
            where there are at most twelve; else to the ends of blocks: of the layers
            that every path goes through, the first and last with weights and, between
            them, those where paths come together (all with weights if paths never
            part), thinned evenly to twelve. A layer that is used more than once is
            measured at its first use.
        num_points: Integer of at least 2, the number of examples in a mixture.
            Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            Dirichlet weights. Defaults to `0.5`.
        measure: "unit_norm" or "relative". Examples (or, for "relative", mixtures)
            whose activations are all zero count as zero. Defaults to "unit_norm".
        start: "input" measures each layer as a function of the network's input,
            "previous" as a function of the layer that stands before it in `layers`,
            whose activations are then what is mixed (the first one still starts from
            the input). The name of a layer measures those after it as functions of
            its output, which is mixed in the place of the input: for words, behind
            their embedding. A mixture then has the union of its examples' masks,
            Keras' own or inputs of zeros and ones, and what stands at a masked step
            counts as zero. Defaults to "input".
        seed: Integer that is not negative. Defaults to `0`.
        y: Integer class ids of shape `(examples,)` or `(examples, 1)`, for `pairs` that
            go by class.
        pairs: "any"; "same_class", which mixes an example with others of its class
            alone; or "different_class", with none of its class. Defaults to "any".

    Returns:
        A dictionary from the name of each layer to its `Nonlinearity`.

    Raises:
        ValueError: If an argument is outside its range, a layer does not exist or does
            not depend on the previous one alone, the model is not of a kind above,
            there are fewer than two examples, inputs or activations are not finite,
            or inputs that are mixed are words, categories or masks; where pairs go by
            class, for no `y`, a class of a single example, or one class alone.

    Example:

    >>> network = keras_mixup.applications.MLP((4,), 3, hidden_units=(8,))
    >>> x = np.random.default_rng(0).normal(size=(20, 4))
    >>> result = keras_mixup.linearity.nonlinearity(network, x, measure="relative")
    >>> list(result)
    ['layer_0', 'layer_1']
    """
    probe = LinearityProbe(model, layers, num_points, alpha, measure, start)
    return probe(x, seed, y, pairs)


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
        self._taps = Taps(self.network, as_floats=self._from_input)
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
            starts = possible_starts(Taps(self.network, as_floats=False))
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
        if layers is None:
            names = default_layers(self._taps, nested=start != "previous")
            if self._from_input:
                return names
            return [name for name in names if name in measurable] or measurable
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
