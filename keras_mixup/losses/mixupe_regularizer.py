from collections.abc import Sequence
from typing import Any, Unpack

import keras
import numpy as np
from keras import ops

from keras_mixup import random
from keras_mixup._keras_arguments import LossArguments
from keras_mixup.losses.consistency_loss import check_classes

VARIANTS = ("absolute", "signed")


@keras.saving.register_keras_serializable(package="keras_mixup")
class MixupERegularizer(keras.losses.Loss):
    """What MixupE adds to the loss of mixup: how far outputs and errors go together.

    `MixupEModel` adds it with its weight `eta` and the scale `eta_hat`; use it directly
    in a training step of your own, on the network's outputs at inputs that are *not*
    mixed. With `qh_i = sum_c (y_ic - softmax(f(x_i))_c) f(x_i)_c`, it is

    * "absolute": `E[a] mean_i |qh_i|`, the formula of the paper,
    * "signed": `-E[a] mean_i qh_i [qh_i < threshold]`, what the authors' published
      code computes,

    where `E[a] = (K - 1) alpha / (K alpha + 1)` is the mean weight of the other points
    in a mixture, given that a label is drawn by the weights. For independent labels
    (`activation="sigmoid"`), `qh_i` is the mean over the labels, with the sigmoid in
    place of the softmax. Inputs are taken to have
    mean 0, as standardised data have.

    Reference: [Zou et al., 2023](https://arxiv.org/abs/2212.13381), for
    two points; `E[a]` for K points follows from the moments of the Dirichlet
    distribution.

    Args:
        num_points: Integer of at least 1, the number K of points that the mixup part
            mixes. With 1, the regulariser is 0. Defaults to `2`.
        alpha: Positive float, or one for each point: the concentration of the weights
            in the mixup part. Defaults to `1.0`.
        variant: "absolute" or "signed". Defaults to "absolute".
        threshold: Float, for "signed" alone: examples of a larger `qh` do not count.
            Defaults to `1.0`.
        activation: "softmax", or "sigmoid" for logits of independent labels. Defaults
            to "softmax".

    Call arguments:
        y_true: Tensor of shape `(batch, num_classes)`, the labels as one-hot or soft
            rows.
        y_pred: Tensor of shape `(batch, num_classes)`, the logits of the unmixed
            inputs.
        sample_weight: Tensor of shape `(batch,)`, optional.

    Returns:
        When called, a scalar, the mean over the batch. Not negative for "absolute".

    Raises:
        ValueError: For an argument outside its range, for labels of another shape
            than the logits, and for logits of a single class.

    Example:

    >>> regularizer = keras_mixup.losses.MixupERegularizer(alpha=1.0)
    >>> logits = np.array([[2.0, 0.0]])
    >>> round(float(regularizer(np.array([[1.0, 0.0]]), logits)), 4)
    0.0795
    """

    def __init__(
        self,
        num_points: int = 2,
        alpha: float | Sequence[float] = 1.0,
        variant: str = "absolute",
        threshold: float = 1.0,
        activation: str = "softmax",
        name: str = "mixupe_regularizer",
        **kwargs: Unpack[LossArguments],
    ) -> None:
        super().__init__(name=name, **kwargs)
        concentration = random.standardize_alpha(alpha, num_points)
        if variant not in VARIANTS:
            raise ValueError(
                f"`variant` must be one of {VARIANTS}. Received: variant={variant!r}"
            )
        if activation not in ("softmax", "sigmoid"):
            raise ValueError(
                '`activation` must be "softmax" or "sigmoid". Received: '
                f"activation={activation!r}"
            )
        if not isinstance(threshold, int | float | np.number) or np.isnan(threshold):
            raise ValueError(
                "`threshold` must be a number; with infinity every example counts. "
                f"Received: threshold={threshold!r}"
            )
        self.num_points = num_points
        self.alpha = random.plain_alpha(alpha)
        self.variant = variant
        self.threshold = threshold
        self.activation = activation
        self._mean_other_weight = _mean_other_weight(concentration)

    def call(self, y_true, y_pred):
        dtype = keras.backend.result_type(y_pred.dtype, "float32")
        logits, rows = ops.cast(y_pred, dtype), ops.cast(y_true, dtype)
        if tuple(rows.shape[1:]) == () and tuple(logits.shape[1:]) == (1,):
            rows = ops.expand_dims(rows, -1)
        if tuple(rows.shape[1:]) != tuple(logits.shape[1:]):
            raise ValueError(
                "Labels must be rows of the shape of the logits: one-hot encode class "
                f"ids. Received: labels of shape {tuple(rows.shape)}, logits of shape "
                f"{tuple(logits.shape)}"
            )
        if self.activation == "softmax":
            check_classes(logits)
            q = ops.sum((rows - ops.softmax(logits)) * logits, axis=-1)
        else:
            # As the binary cross-entropy, the mean over the labels.
            q = ops.mean((rows - ops.sigmoid(logits)) * logits, axis=-1)
        if self.variant == "absolute":
            return self._mean_other_weight * ops.abs(q)
        counted = ops.where(q < self.threshold, q, ops.zeros_like(q))
        return -self._mean_other_weight * counted

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_points": self.num_points,
            "alpha": self.alpha,
            "variant": self.variant,
            "threshold": self.threshold,
            "activation": self.activation,
        }


def _mean_other_weight(alpha: np.ndarray) -> float:
    """`E[1 - lambda_k]`, point k being drawn with probability `lambda_k`."""
    alpha = alpha.astype("float64")
    total = alpha.sum()
    return float(1 - np.sum(alpha * (alpha + 1)) / (total * (total + 1)))
