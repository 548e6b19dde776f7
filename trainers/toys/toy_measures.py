"""What the examples measure, each a function of a network and its data set."""

import functools

import keras
import numpy as np
from scipy import special

from keras_mixup import data
from keras_mixup.collinearity import margin
from trainers.errors import RunFailure


def logits_of(network, x):
    """Returns the logits of a few examples, without tracing a function for them.

    Raises:
        RunFailure: when one of them is not finite: its class would mean nothing.
    """
    logits = network(keras.ops.convert_to_tensor(x), training=False)
    logits = keras.ops.convert_to_numpy(logits).astype("float64")
    if not np.isfinite(logits).all():
        raise RunFailure("the network's outputs are no longer finite")
    return logits


def error(network, source, split):
    """Returns the share of a split that the network gets wrong."""
    x, y = source.standardized(split)
    return float(np.mean(np.argmax(logits_of(network, x), axis=-1) != y))


def probability_of_one(network, x):
    """Returns P(y=1) of a network of two logits, for each input."""
    logits = logits_of(network, x)
    return special.expit(logits[:, 1] - logits[:, 0])


def counterexample(network, source):
    """Training error, and P(y=1) at the point in the middle."""
    middle = probability_of_one(network, np.ones((1, 1), "float32"))
    return {
        "training_error": error(network, source, "train"),
        "probability": float(middle[0]),
    }


def errors(network, source):
    """Training and test error."""
    return {
        "training_error": error(network, source, "train"),
        "test_error": error(network, source, "test"),
    }


def direction(network, source):
    """Angle to the direction of the widest margin, and the margin reached."""
    kernel, bias = (np.asarray(v, "float64") for v in network.get_weights())
    normal, offset = kernel[:, 1] - kernel[:, 0], bias[1] - bias[0]
    length = np.linalg.norm(normal)
    x, y = source.standardized("train")
    widest = np.array([2.0, 1.0])
    across = widest[0] * normal[1] - widest[1] * normal[0]
    return {
        "training_error": error(network, source, "train"),
        # The arc cosine of a number near 1 would lose half of the digits.
        "angle": float(np.degrees(np.arctan2(abs(across), normal @ widest))),
        "margin": float(np.min((2 * y - 1) * (x @ normal + offset)) / length),
        "norm": float(length),
    }


def within_margin(network, source):
    """Training error, and the share of points to which the network gives another class
    than the theorem on the margin of mixup."""
    points, classes = margin_points(source.name)
    given = np.argmax(logits_of(network, points), axis=-1)
    return {
        "training_error": error(network, source, "train"),
        "margin_error": float(np.mean(given != classes)),
    }


@functools.cache
def margin_points(name, count=500):
    """Returns points of which the theorem speaks, and the classes that it names.

    Each is a mixture of two training examples of different classes, with a weight of
    the first that is uniform between one half and one. All runs have the same ones.
    Where another mixture comes near, the theorem says nothing: those are left out.

    Args:
        name: name of the data set.
        count: int, how many mixtures are drawn.
    """
    x, y = data.load(name).standardized("train")
    rng = np.random.default_rng(0)
    pairs = rng.integers(len(x), size=(20 * count, 2))
    first, second = pairs[y[pairs[:, 0]] != y[pairs[:, 1]]][:count].T
    weights = rng.uniform(0.5, 1, len(first)).reshape(-1, *[1] * (x.ndim - 1))
    points = weights * x[first] + (1 - weights) * x[second]
    classes = margin(points, x, y).classes
    return points[classes >= 0].astype("float32"), classes[classes >= 0]


MEASURES = {
    "counterexample": counterexample,
    "two_moons": errors,
    "separable": direction,
    "separable_longer": direction,
    "collinear_free": errors,
    "margin": within_margin,
}
