"""How well a network classifies a set of examples."""

import keras
import numpy as np

from keras_mixup.metrics import ExpectedCalibrationError


def score(network, examples, batch_size=256):
    """Scores a network.

    Args:
        network: `keras.Model` from inputs to logits.
        examples: `(x, y)`, arrays of inputs and of class ids.
        batch_size: int, how many examples to predict at a time.

    Returns:
        Dictionary of floats: `accuracy`, `cross_entropy`,
        `expected_calibration_error`.
    """
    x, y = examples
    logits = _predict(network, x, batch_size)
    calibration = ExpectedCalibrationError()
    calibration.update_state(y, logits)
    return {
        "accuracy": float(np.mean(np.argmax(logits, -1) == y)),
        "cross_entropy": float(np.mean(_cross_entropy(logits, y))),
        "expected_calibration_error": float(
            keras.ops.convert_to_numpy(calibration.result())
        ),
    }


def _predict(network, x, batch_size):
    # Whole batches: one compilation, and an even share for every replica.
    missing = -len(x) % batch_size
    padded = np.concatenate([x, np.repeat(x[:1], missing, axis=0)])
    logits = network.predict(padded, batch_size=batch_size, verbose=0)
    return logits[: len(x)].astype("float32")


def _cross_entropy(logits, y):
    logits = logits.astype("float64")
    shifted = logits - logits.max(axis=-1, keepdims=True)
    return np.log(np.exp(shifted).sum(axis=-1)) - shifted[np.arange(len(y)), y]
