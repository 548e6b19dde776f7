from collections.abc import Sequence
from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup import _distribution
from keras_mixup._keras_arguments import LayerArguments
from keras_mixup._networks.masks import without_mask
from keras_mixup._renamed_arguments import accepts_former_names
from keras_mixup.losses import MixupERegularizer
from keras_mixup.models.mixup_model import MixupModel
from keras_mixup.models.model_checks import check_one_output

DEFAULT_ETA = {"absolute": 0.3, "signed": 0.3}


@keras.saving.register_keras_serializable(package="keras_mixup")
class MixupEModel(MixupModel):
    """Training by MixupE: mixup with a regulariser on directional derivatives.

    `L = eta_hat (L_mix + eta R)`, `eta_hat = |L_mix| / |L_mix + eta R|`: the loss of
    mixup, and on the same batch unmixed the regulariser R of
    `keras_mixup.losses.MixupERegularizer`. The factor `eta_hat` carries no gradient.
    It keeps the size of the loss that of mixup alone, so `loss` in the logs says
    nothing of R: see `mixup_loss`, `regularizer` and `eta_hat`. Regularisation losses
    of the network stay outside.

    A step costs a second forward and backward pass, which leaves the moving statistics
    of batch normalisation alone and draws dropout masks of its own. Under a
    `tf.distribute` strategy `eta_hat` is the ratio of the sums over all replicas. R of
    `variant="signed"` can be negative: with a large `eta` the denominator comes near 0,
    and the step becomes large.

    Reference: [Zou et al., 2023](https://arxiv.org/abs/2212.13381), algorithm 1;
    `variant="signed"` is what the authors' published code computes.

    Args:
        network: A `keras.Model` from inputs to logits. Its inputs should have mean 0.
        num_points: Integer of at least 1, the number K of examples in a mixture.
            Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the
            weights. Defaults to `1.0`.
        eta: Float that is not negative, the weight of R; 0 is mixup. `None` takes the
            default of the variant, `0.3` for both; the guide says how it was chosen.
        variant: "absolute", the paper's formula, or "signed", the code's. Defaults to
            "absolute".
        threshold: Float, for "signed" alone; see
            `keras_mixup.losses.MixupERegularizer`. Defaults to `1.0`.
        per_example: Boolean. Whether weights are drawn for each example, or once for
            the batch (of the replica). Defaults to `True`.
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
        In `fit`, `(x, y)` or `(x, y, sample_weight)`: inputs of shape `(batch, ...)`;
        labels as class ids of shape `(batch,)` with a sparse categorical cross-entropy,
        or as rows of shape `(batch, num_classes)`; sample weights of shape `(batch,)`.

    Output shape:
        That of the network, `(batch, num_classes)`, logits.

    Raises:
        ValueError: For an argument outside its range.

    Example:

    >>> network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    >>> model = keras_mixup.models.MixupEModel(network, seed=0)
    >>> model.compile(
    ...     "adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    ... )
    >>> logs = model.train_on_batch(np.eye(4), np.array([0, 1, 2, 0]), return_dict=True)
    >>> sorted(logs)
    ['eta_hat', 'loss', 'mixup_loss', 'regularizer']
    """

    loss_parts = ("mixup_loss", "regularizer", "eta_hat")

    @accepts_former_names
    def __init__(
        self,
        network: keras.Model,
        num_points: int = 2,
        alpha: float | Sequence[float] = 1.0,
        eta: float | None = None,
        variant: str = "absolute",
        threshold: float = 1.0,
        per_example: bool = True,
        dominant_first: bool = False,
        probability: Any = 1.0,
        seed: int | None = None,
        **kwargs: Unpack[LayerArguments],
    ) -> None:
        self.eta = DEFAULT_ETA.get(variant, 0.0) if eta is None else eta
        self.variant = variant
        self.threshold = threshold
        super().__init__(
            network,
            num_points,
            alpha,
            per_example,
            dominant_first,
            probability=probability,
            seed=seed,
            **kwargs,
        )

    def check_settings(self) -> None:
        super().check_settings()
        self._regularizer()
        if not 0 <= self.eta < float("inf"):
            raise ValueError(
                "`eta` must be a number that is not negative; 0 is mixup without the "
                f"regulariser. Received: eta={self.eta}"
            )

    @property
    def activations(self) -> tuple[str, ...]:
        return ("softmax", "sigmoid")

    @property
    def regularizer(self) -> MixupERegularizer:
        """The regulariser R, of the loss that is compiled."""
        return self._regularizer(self.activation or "softmax")

    def _regularizer(self, activation="softmax"):
        return MixupERegularizer(
            self.num_points, self.alpha, self.variant, self.threshold, activation
        )

    @property
    def _adds(self):
        """Whether the second pass would make a difference."""
        return self.eta > 0 and self.num_points > 1

    def prepare_batch(self, x, y, sample_weight):
        mixed, mixed_y, mixed_weight = super().prepare_batch(x, y, sample_weight)
        if not self._adds:
            return mixed, mixed_y, mixed_weight
        target = self.targets(x, y, sample_weight).only()
        x = {"clean": x, "clean_labels": target.rows, "mixed": mixed}
        if target.weight is not None:
            x["clean_weights"] = target.scaled(target.weight)
        return x, mixed_y, mixed_weight

    def call(self, inputs, training=None):
        if _is_prepared(inputs):
            inputs = inputs["mixed"]
        return super().call(inputs, training=training)

    def added_loss(self, x, y_pred, loss):
        mixup_loss = loss - self.regularization_loss()
        if not self._adds:
            self.report(
                x, mixup_loss=self.unscaled(mixup_loss), regularizer=0.0, eta_hat=1.0
            )
            return None
        check_one_output(y_pred)
        clean = without_mask(self.discarded_pass(x["clean"]))
        regularizer = self.regularizer(x["clean_labels"], clean, x.get("clean_weights"))
        mixup_loss = ops.cast(mixup_loss, regularizer.dtype)
        eta_hat = self._scale(mixup_loss, regularizer)
        self.report(
            x,
            mixup_loss=self.unscaled(mixup_loss),
            regularizer=self.unscaled(regularizer),
            eta_hat=eta_hat,
        )
        return (eta_hat - 1.0) * mixup_loss + eta_hat * self.eta * regularizer

    def _scale(self, mixup_loss, regularizer):
        values = ops.stop_gradient(ops.stack([mixup_loss, regularizer]))
        mixup_loss, regularizer = ops.unstack(_distribution.sum_over_replicas(values))
        size = ops.abs(mixup_loss + self.eta * regularizer)
        positive = size > 0
        return ops.where(
            positive, ops.abs(mixup_loss) / ops.where(positive, size, 1.0), 1.0
        )

    def settings(self) -> dict[str, Any]:
        settings = super().settings()
        del settings["mix_labels"]
        return {
            **settings,
            "eta": self.eta,
            "variant": self.variant,
            "threshold": self.threshold,
        }


def _is_prepared(inputs):
    return isinstance(inputs, dict) and {"clean", "clean_labels"} <= set(inputs)
