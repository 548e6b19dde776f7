"""What a network does between two test examples."""

import numpy as np

from trainers.evaluate import chunked
from trainers.evaluate.gradients import InputGradients


def between(network, source, split, num_pairs=1000, num_weights=11, seed=0):
    """Follows a network along the lines between pairs of examples.

    Reference: [Zhang et al., 2018](https://arxiv.org/abs/1710.09412), figure 2. At
    `w x1 + (1 - w) x2` a prediction is a miss when it is neither label; the gradient is
    that of the loss at the label mixed in the same way, with respect to the input as
    the network sees it.

    Pairs are of two examples of any class, drawn by NumPy from the seed.

    Args:
        network: `keras.Model` from inputs to logits.
        source: the data set.
        split: `(x, y)`, raw inputs and class ids.
        num_pairs: int.
        num_weights: int, how many w from 0 to 1.
        seed: int.

    Returns:
        Dictionary of lists, with an entry for each w: `weights`, `misses` (shares of
        the pairs) and `gradient_norms` (means).
    """
    x, y = split
    first, second = pairs(len(y), num_pairs, seed)
    gradients = InputGradients(network)
    rows = np.eye(source.num_classes, dtype="float32")
    weights = np.linspace(0, 1, num_weights)
    misses, norms = np.zeros(num_weights), np.zeros(num_weights)
    for count, (one, other) in chunked.batches(first, second):
        inputs = [source.network_inputs(x[index]) for index in (one, other)]
        labels = [rows[y[index]] for index in (one, other)]
        for index, weight in enumerate(weights):
            point = _mixed(weight, inputs)
            predicted = np.argmax(network.predict_on_batch(point), axis=-1)
            miss = (predicted != y[one]) & (predicted != y[other])
            gradient = gradients(point, _mixed(weight, labels))
            lengths = np.linalg.norm(gradient.reshape(len(gradient), -1), axis=1)
            misses[index] += miss[:count].sum()
            norms[index] += lengths[:count].sum(dtype="float64")
    return {
        "weights": weights.tolist(),
        "misses": (misses / num_pairs).tolist(),
        "gradient_norms": (norms / num_pairs).tolist(),
    }


def pairs(count, num_pairs, seed):
    """Draws pairs of two different positions below `count`."""
    generator = np.random.default_rng(seed)
    first = generator.integers(count, size=num_pairs)
    steps = generator.integers(1, count, size=num_pairs)
    return first, (first + steps) % count


def _mixed(weight, two):
    return (weight * two[0] + (1 - weight) * two[1]).astype("float32")
