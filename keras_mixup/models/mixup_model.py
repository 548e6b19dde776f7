from collections.abc import Sequence
from typing import Any, Unpack

import keras

from keras_mixup import random
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.mixable import check_mixable
from keras_mixup._renamed_arguments import accepts_former_names, former_attribute
from keras_mixup.models import model_checks
from keras_mixup.models.mixing_model import MixingModel


@keras.saving.register_keras_serializable(package="keras_mixup")
class MixupModel(MixingModel):
    """Trains a network on convex combinations of examples and of their labels.

    Wrap a network, then `compile` and `fit` as with any model. `evaluate` and `predict`
    do not mix. With `num_points=1` it is plain training.

    For each example, `lambda ~ Dirichlet(alpha)` is drawn and the network is trained on
    `x~ = sum_k lambda_k x_k`, `y~ = sum_k lambda_k y_k`, where point 0 is the example
    and the others are random partners from its batch. Under a `tf.distribute` strategy
    partners come from the replica's part of the batch, and replicas draw differently.

    Reference: [Zhang et al., 2018](https://arxiv.org/abs/1710.09412) for two points;
    [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 1, for more.

    Args:
        network: A `keras.Model` from inputs to logits.
        num_points: Integer of at least 1, the number K of examples in a mixture.
            Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights; or a schedule of the step, which may reach 0, no mixing. Defaults
            to `1.0`, where all weights are equally likely.
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch (of the replica). Defaults to `True`.
        dominant_first: Boolean. Whether an example weighs the most in its own mixture.
            Defaults to `False`.
        mix_labels: Boolean. With `False` only the inputs are mixed, and a mixture keeps
            the label of the example that weighs the most in it: the ablation of the
            mixup paper, which is worse. It implies `dominant_first`. Defaults to
            `True`.
        probability: Float from 0 to 1, how many of the examples are mixed (with
            `per_example=False`, of the batches), the others being left alone; or a
            schedule of the step. `PolynomialDecay(1.0, steps, 0.0)` of
            `keras.optimizers.schedules` ends the mixing at a step, and
            `PiecewiseConstantDecay([steps], [1.0, 0.0])` at once. Defaults to `1.0`.
        seed: Integer or `None`. Every draw is a function of the seed, the number of the
            training step and the replica.

    Call arguments:
        inputs: What the network takes. Nothing is mixed in a call.
        training: Boolean.

    Input shape:
        In `fit`, `(x, y)` or `(x, y, sample_weight)`: inputs of shape `(batch, ...)`;
        labels as class ids of shape `(batch, ...)` with a sparse categorical
        cross-entropy, as rows of shape `(batch, ..., num_classes)` with any other, or
        as regression targets; for several outputs, in the structure and by the names
        that Keras takes. Sample weights of shape `(batch,)`, or with an axis for steps
        or pixels: a mixture has the weight `w~ = sum_k lambda_k w_k` and the label
        `sum_k lambda_k w_k y_k / w~`, so that an example of weight 0 has no say; masked
        steps and ignored classes have weight 0. With a sparse or categorical
        cross-entropy, training accuracy compares with the dominant class of the mixed
        label. Other metrics (binary accuracy, AUC) see the mixed label as it is and
        mean little in training; those of `evaluate` are what they always are.

    Output shape:
        That of the network.

    Raises:
        ValueError: For an argument outside its range; in `compile`, for a loss whose
            labels have no mixtures; in `fit`, for inputs that the network looks up
            instead of computing with them, such as words, and for labels that the loss
            would take for classes.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.MixupModel(network, alpha=1.0, seed=0)
    >>> model.compile(
    ...     "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> history = model.fit(np.ones((8, 4)), np.zeros(8, "int32"), verbose=0)
    >>> sorted(history.history)
    ['loss']
    """

    symmetrize = former_attribute("symmetrize")

    @accepts_former_names
    def __init__(
        self,
        network: keras.Model,
        num_points: int = 2,
        alpha: float | Sequence[float] = 1.0,
        per_example: bool = True,
        dominant_first: bool = False,
        mix_labels: bool = True,
        probability: Any = 1.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        super().__init__(network, seed=seed, **kwargs)
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.per_example = per_example
        self.dominant_first = dominant_first or not mix_labels
        self.mix_labels = mix_labels
        self.probability = probability
        self.check_settings()

    def check_settings(self) -> None:
        model_checks.check_alpha(self.alpha, self.num_points)
        model_checks.check_probability(self.probability)
        if self.mixes_inputs:
            check_mixable(self.network)

    @property
    def mixes_inputs(self) -> bool:
        return self.num_points > 1

    @property
    def mixes_labels(self) -> bool:
        return self.num_points > 1 and self.mix_labels

    def prepare_batch(self, x, y, sample_weight):
        if self.num_points == 1:
            return x, y, sample_weight
        options = {
            "num_points": self.num_points,
            "alpha": self.at_step(self.alpha),
            "per_example": self.per_example,
            "dominant_first": self.dominant_first,
            "probability": self.at_step(self.probability),
        }
        if self.mix_labels:
            return self.mix_batch(x, y, sample_weight, **options)
        mixed, _, _ = self.mix_batch(x, None, None, **options)
        if y is not None:
            sample_weight = self.targets(x, y, sample_weight).unmixed_weights()
        return mixed, y, sample_weight

    def settings(self) -> dict[str, Any]:
        return {
            **super().settings(),
            "num_points": self.num_points,
            "alpha": self.alpha,
            "per_example": self.per_example,
            "dominant_first": self.dominant_first,
            "mix_labels": self.mix_labels,
            "probability": self.probability,
        }
