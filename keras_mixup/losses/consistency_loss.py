from typing import Any, Unpack

import keras
from keras import ops

from keras_mixup._keras_arguments import LossArguments

TARGETS = ("probabilities", "logits", "softmax_of_mixed_logits")
DISTANCES = ("mean_squared", "euclidean")
ACTIVATIONS = {
    "softmax": ops.softmax,
    "sigmoid": ops.sigmoid,
    "linear": lambda logits: logits,
}


@keras.saving.register_keras_serializable(package="keras_mixup")
class ConsistencyLoss(keras.losses.Loss):
    """How far the outputs at mixed inputs are from the mixed outputs.

    The second term of interpolation consistency training. `ICTModel` makes one from its
    arguments; use it directly in a training step of your own.

    Reference: [Chaudhry et al., 2022](https://arxiv.org/abs/2210.16413), equation 2,
    `D(f(Mix(u)), Mix(f_T(u)))`; "softmax_of_mixed_logits" is what the code of
    [Verma et al., 2019](https://arxiv.org/abs/1903.03825) compares.

    Args:
        target: What is compared. "probabilities": mixed probabilities with
            probabilities. "logits": mixed logits with logits.
            "softmax_of_mixed_logits": the softmax of mixed logits with probabilities.
            Defaults to "probabilities".
        activation: What makes probabilities of logits: "softmax" for classes that
            exclude each other, "sigmoid" for labels that are independent, "linear" for
            a regression, whose outputs are compared as they are. Defaults to
            "softmax".
        distance: "mean_squared", the squared difference averaged over the classes, or
            "euclidean", its norm over the classes. Both are averaged over the batch.
            Defaults to "mean_squared".

    Call arguments:
        y_true: Tensor of shape `(batch, ..., num_classes)`: the mixture of what
            `before_mixing` made of the target network's logits.
        y_pred: Tensor of the same shape: the logits of the mixed inputs.

    Raises:
        ValueError: For an unknown `target` or `distance`; for logits of a single class,
            unless logits are compared.

    Example:

    >>> loss = keras_mixup.losses.ConsistencyLoss(target="logits")
    >>> float(loss(np.array([[1.0, 0.0]]), np.array([[0.0, 0.0]])))
    0.5
    """

    def __init__(
        self,
        target: str = "probabilities",
        distance: str = "mean_squared",
        activation: str = "softmax",
        name: str = "consistency_loss",
        **kwargs: Unpack[LossArguments],
    ) -> None:
        super().__init__(name=name, **kwargs)
        for argument, value, known in (
            ("target", target, TARGETS),
            ("distance", distance, DISTANCES),
            ("activation", activation, tuple(ACTIVATIONS)),
        ):
            if value not in known:
                raise ValueError(
                    f"`{argument}` must be one of {known}. Received: "
                    f"{argument}={value!r}"
                )
        self.target = target
        self.distance = distance
        self.activation = activation

    def before_mixing(self, logits: Any) -> Any:
        """Returns what of the target network's logits is mixed, in float32 or wider."""
        dtype = keras.backend.result_type(logits.dtype, "float32")
        logits = ops.cast(logits, dtype)
        return self._activate(logits) if self.target == "probabilities" else logits

    def _activate(self, logits):
        if self.activation == "softmax":
            check_classes(logits)
        return ACTIVATIONS[self.activation](logits)

    def call(self, y_true, y_pred):
        if self.target != "logits":
            y_pred = self._activate(y_pred)
        if self.target == "softmax_of_mixed_logits":
            y_true = self._activate(y_true)
        squared = ops.square(y_pred - y_true)
        if self.distance == "mean_squared":
            return ops.mean(squared, axis=-1)
        # Near 0, a minimum, the gradient of the root has the full length of any other
        # and the direction of rounding errors.
        total = ops.sum(squared, axis=-1)
        positive = total > 1e-12
        return ops.where(positive, ops.sqrt(ops.where(positive, total, 1.0)), 0.0)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "target": self.target,
            "distance": self.distance,
            "activation": self.activation,
        }


def check_classes(logits: Any) -> None:
    """Raises a `ValueError` for logits whose softmax is 1, whatever they are."""
    if logits.shape[-1] == 1:
        raise ValueError(
            "The softmax of a single logit is always 1. For one logit compile a binary "
            "cross-entropy, for a categorical one give the network an output for each "
            f"class. Received: logits of shape {tuple(logits.shape)}"
        )
