"""Predictions in batches of one size, so that memory is bounded whatever the data."""

import numpy as np

from trainers.errors import RunFailure

BATCH_SIZE = 256


def batches(*arrays, size=BATCH_SIZE):
    """Yields `(count, parts)`: parts of arrays of one length, all of one size.

    The last ones are filled up with their first row; `count` of the rows are real. One
    size means one compilation.
    """
    length = len(arrays[0])
    size = min(size, length)
    for first in range(0, length, size):
        parts = [array[first : first + size] for array in arrays]
        count = len(parts[0])
        missing = size - count
        if missing:
            parts = [np.concatenate([p, np.repeat(p[:1], missing, 0)]) for p in parts]
        yield count, parts


def predict(network, source, split, transform=None):
    """Returns a network's logits on the raw examples of a split, in their order.

    Args:
        network: `keras.Model` from inputs to logits.
        source: the data set, which standardises the inputs.
        split: `(x, y)`, raw inputs and class ids.
        transform: function of raw float32 inputs, class ids and their positions in the
            split, that returns raw inputs; or `None`.

    Raises:
        RunFailure: when a logit is not finite.
    """
    x, y = split
    logits = []
    for count, (raw, labels, positions) in batches(x, y, np.arange(len(y))):
        if transform is not None:
            raw = transform(raw.astype("float32"), labels, positions)
        predicted = network.predict_on_batch(source.network_inputs(raw))
        logits.append(predicted[:count].astype("float32"))
    logits = np.concatenate(logits)
    finite = np.isfinite(logits).all(axis=1)
    if not finite.all():
        raise RunFailure(
            f"The network's outputs are not finite for {np.sum(~finite)} of "
            f"{len(logits)} examples, first for example {np.argmin(finite)}: it has "
            "diverged, or the inputs are too large. Nothing was written."
        )
    return logits


def accuracy(network, source, split, transform=None):
    """Returns the accuracy of those predictions."""
    logits = predict(network, source, split, transform)
    return float(np.mean(np.argmax(logits, axis=-1) == split[1]))
