from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import mixing, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.graph import functional_network
from keras_mixup._networks.mixable import check_mixable
from keras_mixup._networks.network_calls import in_order
from keras_mixup._networks.rewire import float_dtype, insert
from keras_mixup._renamed_arguments import accepts_former_names, former_attribute
from keras_mixup.models import model_checks
from keras_mixup.models.mixing_model import MixingModel

INPUT = "input"


@keras.saving.register_keras_serializable(package="keras_mixup")
class ManifoldMixupModel(MixingModel):
    """Training by manifold mixup: what is mixed are the activations of a random layer.

    In each step one of `layers` is drawn, and the activations there are mixed in place
    of the inputs; the labels are mixed with the same weights and partners. The input
    may be one of the layers, and is one by default. The drawn layer is a value, not a
    Python choice: a compiled step mixes at another layer each time.

    The authors train with a binary cross-entropy on the softmax of the logits, which
    any loss that is compiled replaces here; a cross-entropy is the plain choice.

    Reference: [Verma et al., 2019](https://arxiv.org/abs/1806.05236), section 2.

    Args:
        network: A functional or Sequential `keras.Model` from inputs to logits. It
            keeps its weights, of which there is no second copy.
        layers: Names of layers of the network, through which every path of it goes, or
            "input". Each is drawn as often as the others. Defaults to "input" and, in
            a residual network of `keras_mixup.applications`, the first two groups; in
            its `MLP`, the hidden layers. Other networks have no default.
        num_points: Integer of at least 1, the number K of examples in a mixture.
            Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Defaults to `2.0`, the authors' choice for CIFAR-10.
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch (of the replica). The layer is drawn once for the batch. Defaults
            to `False`.
        dominant_first: Boolean. Whether an example weighs the most in its own mixture.
            Defaults to `False`.
        probability: Float from 0 to 1 or a schedule, as for
            `keras_mixup.models.MixupModel`. Defaults to `1.0`.
        seed: Integer or `None`. Every draw is a function of the seed, the number of the
            training step and the replica.

    Call arguments:
        inputs: What the network takes. Nothing is mixed in a call.
        training: Boolean.

    Input shape:
        In `fit`, as for `keras_mixup.models.MixupModel`.

    Output shape:
        That of the network.

    Raises:
        ValueError: For an argument outside its range, a layer that is not there or
            stands in several places or has a mask, and a network without a default for
            `layers`.

    Example:

    >>> network = keras_mixup.applications.MLP((4,), 3, hidden_units=(8,))
    >>> model = keras_mixup.models.ManifoldMixupModel(network, seed=0)
    >>> model.layer_names
    ['input', 'layer_0']
    >>> model.compile(
    ...     "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> history = model.fit(np.ones((8, 4)), np.zeros(8, "int32"), verbose=0)
    """

    symmetrize = former_attribute("symmetrize")

    @accepts_former_names
    def __init__(
        self,
        network: keras.Model,
        layers: Sequence[str] | None = None,
        num_points: int = 2,
        alpha: float | Sequence[float] = 2.0,
        per_example: bool = False,
        dominant_first: bool = False,
        probability: Any = 1.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        super().__init__(network, seed=seed, **kwargs)
        self.layer_names = (
            _default_layers(network) if layers is None else _unique(layers)
        )
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.per_example = per_example
        self.dominant_first = dominant_first
        self.probability = probability
        self.check_settings()

    def check_settings(self) -> None:
        model_checks.check_alpha(self.alpha, self.num_points)
        model_checks.check_probability(self.probability)
        if self.mixes_inputs:
            check_mixable(self.network)
        # Kept where Keras does not track it: its layers are those of the network.
        self._derived.mixing_network = _mixing_network(
            self.network, self.layer_names, self.num_points
        )

    @property
    def mixes_inputs(self) -> bool:
        return self.num_points > 1 and INPUT in self.layer_names

    @property
    def mixes_labels(self) -> bool:
        return self.num_points > 1

    def prepare_batch(self, x, y, sample_weight):
        if self.num_points == 1:
            return x, y, sample_weight
        if self.mixes_inputs:
            self.check_inputs(x)
        seed = self.step_seed(stream=0)
        size = ops.shape(keras.tree.flatten(x)[0])[0]
        weights, partners = mixing.draw(
            size,
            self.num_points,
            self.at_step(self.alpha),
            seed,
            self.per_example,
            self.dominant_first,
            self.at_step(self.probability),
        )
        # A replica's rows must say all that the layers in between need to know.
        weights = ops.broadcast_to(weights, ops.shape(partners))
        drawn = random.integer(len(self.layer_names), self.step_seed(stream=1))
        if y is not None:
            targets = self.targets(x, y, sample_weight)
            y, sample_weight = targets.mixed(weights, partners)
        prepared = {
            "clean": x,
            "drawn": ops.broadcast_to(drawn, (size,)),
            "partners": partners,
            "weights": weights,
        }
        return prepared, y, sample_weight

    def call(self, inputs, training=None):
        if not _is_prepared(inputs):
            return super().call(inputs, training=training)
        x = inputs["clean"]
        draws = [inputs["weights"], inputs["partners"], inputs["drawn"]]
        if INPUT in self.layer_names:
            mix = MixWhereDrawn(self.layer_names.index(INPUT))
            x = keras.tree.map_structure(lambda t: mix([t, *draws]), x)
        return self._derived.mixing_network(
            [*in_order(x, self.network), *draws], training=training
        )

    def settings(self) -> dict[str, Any]:
        return {
            **super().settings(),
            "layers": self.layer_names,
            "num_points": self.num_points,
            "alpha": self.alpha,
            "per_example": self.per_example,
            "dominant_first": self.dominant_first,
            "probability": self.probability,
        }


class MixWhereDrawn(keras.layers.Layer):
    """Mixes activations if its place is the one that was drawn.

    Args:
        place: Integer.

    Call arguments:
        inputs: List of activations of shape `(batch, ...)`, weights and partners of
            shape `(batch, num_points)`, and the drawn place, of shape `(batch,)`.
    """

    def __init__(self, place: int) -> None:
        super().__init__(autocast=False)
        self.supports_masking = True
        self.place = place

    def call(self, inputs):
        x, weights, partners, drawn = inputs
        # Elsewhere an example is all of its own mixture. A branch would leave out the
        # rest, but takes XLA ten times as long to compile.
        alone = ops.cast(ops.arange(weights.shape[-1]) == 0, weights.dtype)
        weights = ops.where(drawn[0] == self.place, weights, alone)
        return mixing.mix_drawn(x, weights, partners)

    def compute_mask(self, inputs, previous_mask):
        if all(mask is None for mask in keras.tree.flatten(previous_mask)):
            return None
        # The layers that follow would go on with the mask of each example, though its
        # partners' steps are mixed in.
        raise ValueError(
            "Expected activations without a mask in every layer of `layers`: those of "
            "masked steps cannot be mixed. Received: a mask with activations of shape "
            f"{tuple(inputs[0].shape)}. Name a layer where the mask has ended, or make "
            "none (`mask_zero=False`)."
        )

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(inputs[0].shape, inputs[0].dtype)


def _mixing_network(network, names, num_points):
    # Named, since the names that Keras gives may be those of the network's inputs.
    draws = [
        keras.Input(batch_shape=shape, dtype=dtype, name=f"manifold_mixup_{name}")
        for name, shape, dtype in (
            ("weights", (None, num_points), "float32"),
            ("partners", (None, num_points), "int32"),
            ("drawn", (None,), "int32"),
        )
    ]
    places = {
        name: MixWhereDrawn(place) for place, name in enumerate(names) if name != INPUT
    }
    if INPUT in names and num_points > 1:
        # Mixtures of whole numbers must not be rounded.
        return insert(network, places, draws, float_dtype)
    return insert(network, places, draws)


def _default_layers(network):
    network = functional_network(network)
    known = {layer.name: layer for layer in network.layers}
    numbered = [f"layer_{i}" for i in range(len(known)) if f"layer_{i}" in known]
    if not numbered:
        raise ValueError(
            "`layers` has a default for the networks of keras_mixup.applications only. "
            'Name the layers after which to mix, "input" among them. Received: '
            f"layers=None. The network {network.name!r} has {list(known)}"
        )
    if isinstance(known.get("layer_1"), keras.layers.Add):
        return [INPUT, "layer_1", "layer_2"]
    return [INPUT, *numbered[:-1]]


def _unique(layers):
    names = list(dict.fromkeys([layers] if isinstance(layers, str) else layers))
    if not names:
        raise ValueError(
            '`layers` must name at least one layer, such as "input". Received: '
            f"layers={layers}"
        )
    return names


def _is_prepared(inputs):
    return isinstance(inputs, dict) and {"drawn", "partners"} <= set(inputs)
