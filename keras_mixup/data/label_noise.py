import math

import numpy as np

from keras_mixup.data import array_checks, order, random_bits


def corrupt_labels(
    y: np.ndarray, rate: float, num_classes: int, seed: int = 0
) -> np.ndarray:
    """Replaces a share of labels by random ones.

    For experiments on label noise. The pipelines corrupt the labels that they train on
    in this way; call it on the same labels to have clean and corrupted ones side by
    side.

    Labels of -1, which stand for none, stay and are not counted.

    A random label is drawn uniformly from all classes, the true one included, so
    `rate * (1 - 1 / num_classes)` of the labels come out wrong. Reference:
    [Zhang et al., 2017](https://arxiv.org/abs/1611.03530), section 2, and, with this
    noise at rates of 0.2, 0.5 and 0.8,
    [Zhang et al., 2018](https://arxiv.org/abs/1710.09412), table 2. There each label is
    replaced with probability `rate`; here exactly a share of `rate` is.

    What is drawn depends on the seed, and on how many labels there are and where each
    stands, alone. The examples that a lower rate chooses are among those of a higher
    one, and get the same labels.

    Args:
        y: Integer class ids of shape `(examples,)`, or -1 for no label.
        rate: Float in [0, 1]; `round(rate * labels)` labels are replaced.
        num_classes: Integer, the number of classes.
        seed: Integer, the seed of the choice and of the labels. Defaults to `0`.

    Returns:
        A new array of the shape and dtype of `y`.

    Raises:
        ValueError: For a rate outside of [0, 1], and labels of another form.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> chosen = keras_mixup.data.choose_labeled(source.train.y, 500, 10, seed=3)
    >>> clean = source.train.y[chosen]
    >>> noisy = keras_mixup.data.corrupt_labels(clean, 0.5, 10, seed=3)
    >>> round(float(np.mean(clean != noisy)), 1)
    0.5
    """
    _check_rate(rate)
    array_checks.check_positive("num_classes", num_classes)
    y = np.array(y)
    array_checks.check_labels_or_none("corrupt_labels", y)
    labeled = np.flatnonzero(y != array_checks.UNLABELED)
    key = random_bits.root_key(seed, random_bits.NOISE)
    count = round(rate * len(labeled))
    if count:
        replaced = labeled[order.permutation(len(labeled), key)[:count]]
        drawn = random_bits.bits(random_bits.fold_in(key, 1), replaced)
        y[replaced] = drawn % num_classes
    return y


def _check_rate(rate):
    is_number = isinstance(rate, int | float | np.number) and not isinstance(rate, bool)
    if not is_number or math.isnan(rate) or not 0 <= rate <= 1:
        raise ValueError(
            "`label_noise`, the share of labels that are replaced by random ones, must "
            f"be a number from 0 to 1. Received: {rate!r}"
        )
