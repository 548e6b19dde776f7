"""Expected calibration error."""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="keras_mixup")
class ExpectedCalibrationError(keras.metrics.Metric):
    """The gap between the confidence of a classifier and its accuracy.

    Use it to see what mixup does to confidence. The confidence of a prediction is its
    largest probability. Predictions are put into `num_bins` bins of confidence of equal
    width, `((m - 1) / num_bins, m / num_bins]`, and the gaps are averaged with the
    shares of the bins:

    `ECE = sum_m |B_m| / n * |accuracy(B_m) - confidence(B_m)|`.

    Reference: [Guo et al., 2017](https://arxiv.org/abs/1706.04599), equation 3, after
    Naeini et al., Obtaining well calibrated probabilities using Bayesian binning, AAAI
    2015.

    The state is three sums for each bin, so batches and replicas add up exactly.

    Args:
        num_bins: Positive integer. Defaults to `15`.
        from_logits: Boolean. Whether predictions are logits, as those of the networks
            here, or probabilities. Defaults to `True`.
        name: Name of the metric. Defaults to "expected_calibration_error".
        dtype: Dtype of the sums and the result. Defaults to float32.

    Call arguments:
        y_true: Class ids, of the shape of the predictions without their last axis or
            with a last axis of size 1; or rows of the shape of the predictions, one-hot
            or soft, whose largest entry is the class.
        y_pred: Logits or probabilities, of shape `(batch, ..., num_classes)`, with at
            least 2 classes.
        sample_weight: Tensor of shape `(batch,)`, or `(batch, ...)` for predictions of
            a higher rank, optional.

    Returns:
        `result()` is a scalar from 0 to 1; 0 before the first update.

    Raises:
        ValueError: If `num_bins` is not a positive integer, or shapes do not fit.

    Example:

    >>> metric = keras_mixup.metrics.ExpectedCalibrationError(from_logits=False)
    >>> metric.update_state(np.array([0, 1]), np.array([[0.75, 0.25], [0.75, 0.25]]))
    >>> float(metric.result())
    0.25
    """

    def __init__(
        self,
        num_bins: int = 15,
        from_logits: bool = True,
        name: str = "expected_calibration_error",
        dtype: Any = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not isinstance(num_bins, int) or num_bins < 1:
            raise ValueError(
                "`num_bins` must be a positive integer. Received: "
                f"num_bins={num_bins!r}"
            )
        self.num_bins = num_bins
        self.from_logits = from_logits
        self._direction = "down"
        self.weight = self._add_sums("weight")
        self.confidence = self._add_sums("confidence")
        self.accuracy = self._add_sums("accuracy")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        y_pred = ops.cast(y_pred, "float32")
        y_true = _class_ids(y_true, y_pred)
        if self.from_logits:
            y_pred = ops.softmax(y_pred, axis=-1)
        confidence = ops.reshape(ops.max(y_pred, axis=-1), (-1,))
        correct = ops.reshape(ops.argmax(y_pred, axis=-1), (-1,)) == y_true
        weight = _weights(sample_weight, y_pred)
        shares = self._bins(confidence) * ops.expand_dims(weight, 1)
        self._add(self.weight, shares, ops.ones_like(confidence))
        self._add(self.confidence, shares, confidence)
        self._add(self.accuracy, shares, ops.cast(correct, "float32"))

    def result(self) -> Any:
        gap = ops.sum(ops.abs(self.accuracy.value - self.confidence.value))
        return ops.divide_no_nan(gap, ops.sum(self.weight.value))

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "from_logits": self.from_logits,
        }

    def _add_sums(self, name):
        return self.add_variable((self.num_bins,), "zeros", self.dtype, name=name)

    @staticmethod
    def _add(variable, shares, values):
        variable.assign_add(ops.cast(ops.matmul(values, shares), variable.dtype))

    def _bins(self, confidence):
        """One-hot rows: the bin of each prediction, closed on the right."""
        edges = np.arange(1, self.num_bins, dtype="float32") / self.num_bins
        above = ops.expand_dims(confidence, 1) > ops.convert_to_tensor(edges, "float32")
        index = ops.sum(ops.cast(above, "int32"), axis=1)
        return ops.one_hot(index, self.num_bins, dtype="float32")


def _class_ids(y_true, y_pred):
    """Flat class ids, from ids or rows."""
    y_true = ops.convert_to_tensor(y_true)
    expected, received = tuple(y_pred.shape), tuple(y_true.shape)
    if len(expected) < 2 or expected[-1] == 1:
        raise ValueError(
            "`y_pred` must be logits or probabilities of shape (batch, ..., "
            f"num_classes), with at least 2 classes. Received: shape {expected}"
        )
    if len(received) == len(expected) and received[-1] == expected[-1]:
        y_true = ops.argmax(y_true, axis=-1)
    elif len(received) == len(expected) and received[-1] == 1:
        y_true = ops.squeeze(y_true, axis=-1)
    if not _fit(tuple(y_true.shape), expected[:-1]):
        raise ValueError(
            "`y_true` must be class ids or rows that fit predictions of shape "
            f"{expected}. Received: shape {received}"
        )
    return ops.reshape(ops.cast(y_true, "int32"), (-1,))


def _fit(shape, expected):
    """Whether two shapes are equal where both are known."""
    return len(shape) == len(expected) and all(
        one is None or other is None or one == other
        for one, other in zip(shape, expected)
    )


def _weights(sample_weight, y_pred):
    """A flat weight for each prediction."""
    weight = ops.cast(1.0 if sample_weight is None else sample_weight, "float32")
    expected = tuple(y_pred.shape)[:-1]
    if len(weight.shape) == len(expected) + 1 and weight.shape[-1] == 1:
        weight = ops.squeeze(weight, axis=-1)
    rank = len(weight.shape)
    if not _fit(tuple(weight.shape), expected[:rank]):
        raise ValueError(
            "`sample_weight` must have one weight for each example or prediction. "
            f"Received: shape {tuple(weight.shape)} for predictions of shape "
            f"{tuple(y_pred.shape)}"
        )
    weight = ops.reshape(weight, (*ops.shape(weight), *(1,) * (len(expected) - rank)))
    return ops.reshape(ops.broadcast_to(weight, ops.shape(y_pred)[:-1]), (-1,))
