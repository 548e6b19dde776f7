"""How well a network classifies a set of examples."""

import importlib
import math

import keras
import numpy as np

from keras_mixup.metrics import ExpectedCalibrationError
from trainers.errors import UsageError

_BATCHES_READ = 4

SCORES = (
    "accuracy",
    "cross_entropy",
    "expected_calibration_error",
    "predictive_entropy",
)


def score(network, examples, batch_size=256):
    """Scores a network.

    Args:
        network: `keras.Model` from inputs to logits.
        examples: `(x, y)`, inputs, in memory or read by index, and class ids.
        batch_size: int, how many examples to predict at a time.

    Returns:
        What `score_logits` returns.
    """
    x, y = examples
    return score_logits(predict(network, x, batch_size), y)


def score_logits(logits, y, num_bins=15):
    """Scores predictions.

    Args:
        logits: float32 array of shape `(examples, classes)`.
        y: class ids of shape `(examples,)`.
        num_bins: int, bins of the expected calibration error.

    Returns:
        Dictionary of floats: `accuracy`, `cross_entropy` (the negative
        log-likelihood), `expected_calibration_error`, and `predictive_entropy`, the
        mean entropy of the predicted probabilities in nats. All are NaN where a
        logit is not finite: such a network has no accuracy.
    """
    if not np.isfinite(logits).all():
        return dict.fromkeys(SCORES, math.nan)
    calibration = ExpectedCalibrationError(num_bins=num_bins)
    calibration.update_state(y, logits)
    log_probabilities = _log_softmax(logits)
    entropy = -(np.exp(log_probabilities) * log_probabilities).sum(axis=-1)
    return {
        "accuracy": float(np.mean(np.argmax(logits, -1) == y)),
        "cross_entropy": float(-np.mean(log_probabilities[np.arange(len(y)), y])),
        "expected_calibration_error": float(
            keras.ops.convert_to_numpy(calibration.result())
        ),
        "predictive_entropy": float(np.mean(entropy)),
    }


def named_measure(name):
    """Returns the function that `--extra_measure` names, `module:function`.

    Raises:
        UsageError: when there is no such function.
    """
    module, _, function = name.partition(":")
    try:
        return getattr(importlib.import_module(module), function)
    # A module may fail in any way while it is imported.
    except Exception as error:
        raise UsageError(
            "--extra_measure must name a function that can be imported, as "
            f"trainers.toys.toy_measures:direction; received {name!r}: {error}."
        ) from error


def predict(network, x, batch_size=256):
    """Returns the logits of examples, float32, in the order of the examples."""
    if not isinstance(x, np.ndarray):
        # Read by index, a few batches at a time.
        size = _BATCHES_READ * batch_size
        parts = (x[start : start + size] for start in range(0, len(x), size))
        return np.concatenate([predict(network, part, batch_size) for part in parts])
    # Whole batches: one compilation, and an even share for every replica.
    missing = -len(x) % batch_size
    padded = np.concatenate([x, np.repeat(x[:1], missing, axis=0)])
    logits = network.predict(padded, batch_size=batch_size, verbose=0)
    return logits[: len(x)].astype("float32")


def _log_softmax(logits):
    logits = logits.astype("float64")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
