"""How much accuracy is left after an attack by the sign of the gradient."""

import numpy as np

from keras_mixup.data import indexed, training_statistics
from trainers.evaluate import chunked
from trainers.evaluate.gradients import InputGradients


def fast_gradient_sign(network, source, split, strengths, attacker=None, steps=1):
    """Attacks the examples of a split and returns the accuracies that are left.

    The fast gradient sign method, `x + eps sign(dL/dx)`
    ([Goodfellow et al., 2015](https://arxiv.org/abs/1412.6572)), L being the loss of
    the attacker at the true label. White box: the attacker is the network itself; black
    box: another network. In several steps it is the iterative method, I-FGSM
    ([Kurakin et al., 2017](https://arxiv.org/abs/1607.02533)): each step moves by
    `eps / steps` along the sign of the gradient where the step before has led, so that
    no input ends farther away than eps.

    For images, eps is a share of the range of pixel values, from the smallest to the
    largest in training, and the attacked image stays in that range: for pixels of 0 to
    255, eps = 0.03 moves each by 7.65. Any other feature moves by eps standard
    deviations of its own.

    Args:
        network: `keras.Model` from inputs to logits, which is attacked.
        source: the data set, by whose statistics `network` was trained.
        split: `(x, y)`, raw inputs and class ids.
        strengths: eps, positive floats.
        attacker: `(network, source)` of the black box, or `None` for the white one.
        steps: int, in how many steps of equal size an example is moved.

    Returns:
        A list of accuracies, one for each eps.
    """
    attacking, its_source = attacker or (network, source)
    gradients = InputGradients(attacking)
    unit, lowest, highest = _units(source)
    rows = np.eye(source.num_classes, dtype="float32")

    def attack(eps):
        def transform(raw, labels, positions):
            for _ in range(steps):
                # Standardising keeps signs, so raw inputs move the same way.
                gradient = gradients(its_source.network_inputs(raw), rows[labels])
                change = (eps / steps * unit * np.sign(gradient)).astype("float32")
                raw = np.clip(raw + change, lowest, highest)
            return raw

        return transform

    return [chunked.accuracy(network, source, split, attack(eps)) for eps in strengths]


def is_image(source):
    """Whether the examples are images, of shape (height, width, channels)."""
    return len(source.input_shape) == 3


def _units(source):
    """What an eps of 1 stands for, and the range in which inputs stay."""
    x = source.train.x
    if not indexed.in_memory(x):
        x = training_statistics.in_one_pass(f"{source.name}: train", x)
        lowest, highest = float(x.lowest.min()), float(x.highest.max())
        if is_image(source):
            return highest - lowest, lowest, highest
        return x.deviation, -np.inf, np.inf
    if is_image(source):
        lowest, highest = float(x.min()), float(x.max())
        return highest - lowest, lowest, highest
    deviation = x.std(axis=tuple(range(x.ndim - 1)), dtype="float64")
    return deviation, -np.inf, np.inf
