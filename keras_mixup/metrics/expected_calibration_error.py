"""Expected calibration error."""

from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mixup._networks.masks import mask_of
from keras_mixup.metrics import classifications


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

    The state is three sums for each bin, so batches and replicas add up exactly. Steps
    that a Keras mask leaves out do not count, nor does what has weight 0.

    Args:
        num_bins: Positive integer. Defaults to `15`.
        from_logits: Boolean. Whether predictions are logits, as those of the networks
            here, or probabilities. Defaults to `True`.
        name: Name of the metric. Defaults to "expected_calibration_error".
        dtype: Dtype of the result. The sums are in float32, or float64 where it is.
            Defaults to float32.
        ignore_class: Integer or `None`, a class id whose predictions do not count,
            such as -1 for padding. Defaults to `None`.

    Call arguments:
        y_true: Class ids, of the shape of the predictions without their last axis or
            with a last axis of size 1; or rows of the shape of the predictions that sum
            to 1, one-hot or soft, whose largest entry is the class. For one output, 0,
            1 or a probability of the second class.
        y_pred: Logits or probabilities, of shape `(batch, ..., num_classes)`; or
            `(batch, ..., 1)` for the second of two classes. Several independent labels
            need a metric each.
        sample_weight: Tensor of shape `(batch,)`, or `(batch, ...)` for predictions of
            a higher rank, optional.

    Returns:
        `result()` is a scalar from 0 to 1; 0 before the first update. It is NaN after
        a label outside the classes, or a prediction that is none, in a graph, where
        values are not known yet.

    Raises:
        ValueError: If `num_bins` is not a positive integer, or `ignore_class` not an
            integer; if shapes do not fit; for sparse and ragged arrays; outside of a
            graph for labels that are no classes, rows that do not sum to 1, predictions
            that are not finite, and with `from_logits=False` for ones beyond 0 and 1,
            where they count.

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
        ignore_class: int | None = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        if not isinstance(ignore_class, int | None) or isinstance(ignore_class, bool):
            raise ValueError(
                "`ignore_class` must be an integer or None. Received: "
                f"ignore_class={ignore_class!r}"
            )
        if not isinstance(num_bins, int) or num_bins < 1:
            raise ValueError(
                "`num_bins` must be a positive integer. Received: "
                f"num_bins={num_bins!r}"
            )
        self.num_bins = num_bins
        self.from_logits = from_logits
        self.ignore_class = ignore_class
        # In float16 a count would stop at 2048.
        self._sum_dtype = "float64" if self.dtype == "float64" else "float32"
        self._direction = "down"
        self.weight = self._add_sums("weight")
        self.confidence = self._add_sums("confidence")
        self.accuracy = self._add_sums("accuracy")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        for name, value in (("y_true", y_true), ("y_pred", y_pred)):
            classifications.check_dense(name, value)
        mask = mask_of(ops.convert_to_tensor(y_pred))
        y_pred = ops.cast(y_pred, self._sum_dtype)
        rows, rows_valid = classifications.probabilities(y_pred, self.from_logits)
        ids, ids_valid, ignored = classifications.class_ids(
            y_true, y_pred, self.ignore_class
        )
        weight = self._weight(sample_weight, mask, ignored, y_pred)
        counted = weight != 0
        classifications.check_known(counted, ids_valid, rows_valid)
        # Where values are not known, the result shows it.
        valid = ids_valid & rows_valid
        weight = ops.where(counted & ~valid, float("nan"), weight)
        predicted = ops.cast(ops.argmax(rows, axis=-1), "int32")
        # `max` refuses an empty batch on one backend.
        largest = ops.take_along_axis(rows, ops.expand_dims(predicted, -1), axis=-1)
        confidence = ops.where(counted & valid, ops.squeeze(largest, -1), 0.0)
        correct = predicted == ids
        shares = self._bins(confidence) * ops.expand_dims(weight, 1)
        self._add(self.weight, shares, ops.ones_like(confidence))
        self._add(self.confidence, shares, confidence)
        self._add(self.accuracy, shares, ops.cast(correct, self._sum_dtype))

    def _weight(self, sample_weight, mask, ignored, y_pred):
        """A flat weight for each prediction, 0 for what is left out."""
        weight = 1.0 if sample_weight is None else sample_weight
        weight = classifications.flat_weights("sample_weight", weight, y_pred)
        if mask is not None:
            kept = classifications.flat_weights("mask", mask, y_pred) != 0
            ignored = ignored | ~kept
        return ops.where(ignored, ops.zeros_like(weight), weight)

    def result(self) -> Any:
        gap = ops.sum(ops.abs(self.accuracy.value - self.confidence.value))
        result = ops.divide_no_nan(gap, ops.sum(self.weight.value))
        return ops.cast(result, self.dtype)

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_bins": self.num_bins,
            "from_logits": self.from_logits,
            "ignore_class": self.ignore_class,
        }

    def _add_sums(self, name):
        return self.add_variable((self.num_bins,), "zeros", self._sum_dtype, name=name)

    @staticmethod
    def _add(variable, shares, values):
        variable.assign_add(ops.cast(ops.matmul(values, shares), variable.dtype))

    def _bins(self, confidence):
        """One-hot rows: the bin of each prediction, closed on the right."""
        edges = np.arange(1, self.num_bins, dtype=self._sum_dtype) / self.num_bins
        edges = ops.convert_to_tensor(edges, self._sum_dtype)
        above = ops.expand_dims(confidence, 1) > edges
        index = ops.sum(ops.cast(above, "int32"), axis=1)
        return ops.one_hot(index, self.num_bins, dtype=self._sum_dtype)
