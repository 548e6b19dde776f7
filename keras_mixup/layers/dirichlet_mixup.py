import warnings
from collections.abc import Sequence
from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_mixup import _real_arrays, mixing, random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._renamed_arguments import accepts_former_names, former_attribute
from keras_mixup.layers import input_forms, input_values, label_rows


@keras.saving.register_keras_serializable(package="keras_mixup")
class DirichletMixup(keras.layers.Layer):
    """Mixes the examples of a batch, K at a time, with Dirichlet weights.

    Use it in a `tf.data` pipeline (with `keras_mixup.data.mix`, which makes a parallel
    map repeatable), in a training loop of your own, or, told `mix_labels=False`, as the
    first layer of a network. To train with mixup through `fit`,
    `keras_mixup.models.MixupModel` is the shorter way.

    For each example, `lambda ~ Dirichlet(alpha)` is drawn, and K - 1 partners from
    random permutations of the batch; the example itself is point 0. Inputs and labels
    become `sum_k lambda_k * point_k`. With sample weights `w`, a mixture has the weight
    `w~ = sum_k lambda_k * w_k` and the label `sum_k lambda_k * w_k * y_k / w~`, so that
    what has weight 0 has no say in the loss; where `w~` is 0, the label is 0.

    Reference: [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 1;
    with two points, [Zhang et al., 2018](https://arxiv.org/abs/1710.09412).

    Args:
        num_points: Integer of at least 1, the number K of examples in a mixture. 1
            mixes nothing. Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Small values leave most examples almost alone, large ones average
            them. Defaults to `0.5`.
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch. Partners always differ. Defaults to `True`.
        dominant_first: Boolean. Whether the weights of an example are sorted so that it
            weighs the most in its own mixture. Defaults to `False`.
        num_classes: Integer of at least 2, or `None`. With it, labels are classes:
            ids, or rows of `num_classes` probabilities. Without it they are numbers,
            mixed as they are.
        mix_labels: Boolean. Whether labels and sample weights are mixed with the
            inputs. Defaults to `True`.
        seed: Integer or `None`. The seed of the draws.
        probability: Float from 0 to 1: how likely an example (with
            `per_example=False` the batch) is mixed, and not left alone. Defaults to
            `1.0`.

    Call arguments:
        x: Tensor of shape `(batch, ...)`, of any rank, or a dictionary with "images"
            and any of "labels", "segmentation_masks" and "sample_weight".
        y: Labels, optional. Class ids of shape `(batch,)`, `(batch, 1)` or
            `(batch, ...)`; rows of shape `(batch, ..., num_classes)`; or regression
            targets of shape `(batch, ...)`.
        sample_weight: Tensor of finite weights of at least 0, optional, of shape
            `(batch,)`, `(batch, 1)`, or with the steps or pixels of the labels.
        training: Boolean. Without training, what was given is returned as it is. Like
            Keras' own augmenting layers it trains unless told otherwise, so inside a
            network `network(x)` mixes, and `fit`, `evaluate` and `predict` do what
            their names say.

    Output shape:
        What was given: `x`, `(x, y)`, `(x, y, sample_weight)` or the dictionary. Inputs
        keep their shape and their float dtype (integers become float32). Class ids
        become float32 rows of shape `(batch, ..., num_classes)`.

    Raises:
        ValueError: For an argument outside its range; for strings, complex numbers,
            sparse and ragged arrays, and boolean inputs; for integer labels without
            `num_classes`; for labels that fit neither ids nor rows; for arrays of
            different length; for weights that are negative, not finite or fit no
            labels; for an unknown key; and in a functional network, where labels are
            out of reach, unless `mix_labels=False`. In a graph, where values are not
            known yet, labels outside the classes and wrong weights become NaN.

    Warns:
        UserWarning: Once for each layer, if inputs are integers other than uint8, which
            may stand for words.

    Example:

    >>> layer = keras_mixup.layers.DirichletMixup(num_classes=3, seed=0)
    >>> x, y = layer(np.ones((4, 8, 8, 1)), np.array([0, 1, 2, 0]))
    >>> tuple(x.shape), tuple(y.shape)
    ((4, 8, 8, 1), (4, 3))
    """

    symmetrize = former_attribute("symmetrize")

    @accepts_former_names
    def __init__(
        self,
        num_points: int = 2,
        alpha: float | Sequence[float] = 0.5,
        per_example: bool = True,
        dominant_first: bool = False,
        num_classes: int | None = None,
        mix_labels: bool = True,
        seed: int | None = None,
        probability: float = 1.0,
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        # Autocasting would round labels to the float16 of a mixed policy.
        super().__init__(autocast=False, **kwargs)
        random.standardize_alpha(alpha, num_points)
        if num_classes is not None and num_classes < 2:
            raise ValueError(
                "`num_classes` must be at least 2, or None for labels that are not "
                f"classes. Received: num_classes={num_classes}"
            )
        self.num_points = num_points
        self.probability = _checked_probability(probability)
        self._has_warned = False
        self.alpha = random.plain_alpha(alpha)
        self.per_example = per_example
        self.dominant_first = dominant_first
        self.num_classes = num_classes
        self.mix_labels = mix_labels
        self.seed = random.concrete_seed(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def __call__(self, x, y=None, sample_weight=None, **kwargs):
        # Before Keras makes tensors, which on JAX it cannot of strings.
        parts = input_forms.unpack(input_forms.pack(x, y, sample_weight))
        for key, value in parts.items():
            input_values.check_values(key, value)
        return super().__call__(x, y, sample_weight, **kwargs)

    def call(self, x, y=None, sample_weight=None, training=True):
        given = input_forms.pack(x, y, sample_weight)
        self._check_reach(given)
        if not training:
            return given
        return self.mix(given, self.seed_generator.next())

    def mix(self, inputs: Any, seed: random.Seed) -> Any:
        """Mixes one batch with the draws of a given seed, and no state.

        Args:
            inputs: What `call` takes: `x`, a tuple `(x, y)` or
                `(x, y, sample_weight)`, or a dictionary.
            seed: Pair of integers or integer tensor of shape `(2,)`.

        Returns:
            What was given, mixed.
        """
        parts = input_forms.unpack(inputs)
        self._check_values(parts)
        weights, partners = mixing.draw(
            input_forms.batch_size(parts),
            self.num_points,
            self.alpha,
            seed,
            per_example=self.per_example,
            dominant_first=self.dominant_first,
            probability=self.probability,
        )
        mixed = {"images": mixing.mix_forward(parts["images"], weights, partners)}
        if self.mix_labels:
            mixed |= self._mixed_labels(parts, weights, partners)
        mixed = {**parts, **mixed}
        return input_forms.like(inputs, mixed)

    def _mixed_labels(self, parts, weights, partners):
        """Labels and sample weights of the mixtures, by key."""
        given = {key: value for key, value in parts.items() if key != "images"}
        sample_weight = given.pop("sample_weight", None)
        mixed = {}
        if sample_weight is not None:
            sample_weight = label_rows.checked_weights(sample_weight)
            mixed["sample_weight"] = mixing.mix(sample_weight, weights, partners)
        for key, value in given.items():
            value = ops.convert_to_tensor(value)
            if sample_weight is None:
                rows = self._rows(key, value, parts["images"])
                mixed[key] = mixing.mix(rows, weights, partners)
                continue
            weight = label_rows.weights_of(key, value, sample_weight)
            value = label_rows.without_uncounted(value, weight)
            rows = self._rows(key, value, parts["images"])
            label_rows.check_no_weights_of_classes(weight, rows, self.num_classes)
            mixed[key], _ = mixing.mix_labels(rows, weight, weights, partners)
        return mixed

    def _rows(self, key, labels, images):
        """What is mixed in place of the labels given under a key."""
        if key == "segmentation_masks":
            input_forms.check_mask(labels, images)
            if self.num_classes is not None:
                rank = len(images.shape)
                return label_rows.mask_rows(labels, rank, self.num_classes)
        return label_rows.label_rows(key, labels, self.num_classes)

    def _check_values(self, parts):
        """Refuses what has no mixtures, and says once what may have none."""
        for key, value in parts.items():
            input_values.check_values(key, value)
        if input_values.may_be_names(parts["images"]) and not self._has_warned:
            self._has_warned = True
            warnings.warn(
                f"Inputs of dtype {_real_arrays.dtype_name(parts['images'])} are mixed "
                "as numbers. If they stand for words or categories, mix behind the "
                "embedding instead (`keras_mixup.models.ManifoldMixupModel`); if they "
                "are quantities, cast them to float32.",
                stacklevel=3,
            )

    def _check_reach(self, given):
        symbolic = any(
            isinstance(leaf, keras.KerasTensor) for leaf in keras.tree.flatten(given)
        )
        if symbolic and self.mix_labels:
            raise ValueError(
                "Inside a network DirichletMixup mixes the inputs but cannot reach the "
                "labels. Mix both in the data pipeline or with "
                "`keras_mixup.models.MixupModel`; to mix the inputs alone, give "
                "`mix_labels=False`. Received: a symbolic input, mix_labels=True"
            )

    def compute_output_spec(self, x, y=None, sample_weight=None, training=True):
        given = input_forms.pack(x, y, sample_weight)
        self._check_reach(given)
        return keras.tree.map_structure(
            lambda t: None if t is None else keras.KerasTensor(t.shape, t.dtype), given
        )

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_points": self.num_points,
            "alpha": self.alpha,
            "per_example": self.per_example,
            "dominant_first": self.dominant_first,
            "num_classes": self.num_classes,
            "mix_labels": self.mix_labels,
            "seed": self.seed,
            "probability": self.probability,
        }


def _checked_probability(probability):
    is_number = isinstance(probability, int | float | np.number)
    if not is_number or not 0 <= probability <= 1:
        raise ValueError(
            "`probability` must be a number from 0 (nothing is mixed) to 1 (everything "
            f"is). Received: probability={probability!r}"
        )
    return float(probability)
