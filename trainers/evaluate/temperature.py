"""Temperature scaling: logits divided by a number that validation data choose."""

import numpy as np
from scipy import optimize, special

# A network that gets all of the validation data right has no best temperature.
BOUNDS = (0.01, 100.0)


def fitted(logits, y):
    """Returns the temperature of the least cross-entropy on some examples.

    Reference: [Guo et al., 2017](https://arxiv.org/abs/1706.04599).

    Args:
        logits: array of shape `(examples, classes)`.
        y: class ids of shape `(examples,)`.

    Returns:
        A float within `BOUNDS`. Softmax of the logits divided by it is the scaled
        prediction.
    """
    logits = np.asarray(logits, "float64")
    of_the_label = logits[np.arange(len(y)), y]

    # In the inverse of the temperature, and so along its logarithm, one minimum.
    def cross_entropy(log_inverse):
        inverse = np.exp(log_inverse)
        total = special.logsumexp(inverse * logits, axis=1)
        return np.mean(total - inverse * of_the_label)

    bounds = sorted(-np.log(BOUNDS))
    found = optimize.minimize_scalar(cross_entropy, bounds=bounds, method="bounded")
    return float(np.exp(-found.x))
