"""Which examples are held out, and which ones keep their labels."""

import warnings

import numpy as np

from keras_mixup.data import array_checks, order, random_bits


def choose_labeled(
    y: np.ndarray, num_labels: int, num_classes: int, seed: int = 0
) -> np.ndarray:
    """Chooses the examples that keep their labels, equally many of each class.

    The choice depends on the labels and the seed alone, so every method sees the same
    labelled set. Sets of one seed are nested: a smaller one is part of a larger one.

    Args:
        y: Integer class ids of shape `(examples,)`. Examples with the label -1, which
            stands for none, are never chosen.
        num_labels: Integer, from `num_classes` to the number of examples that have a
            label. Where it is not a multiple of `num_classes`, some classes, chosen by
            the seed, get one label more, and a warning says how many.
        num_classes: Integer, the number of classes.
        seed: Integer, the seed of the choice. Defaults to `0`.

    Returns:
        An int64 array of shape `(num_labels,)`: indices into `y`, in ascending order.

    Raises:
        ValueError: For fewer labels than classes, or more labels than examples, of all
            classes together or of one; for labels of another form.

    Example:

    >>> y = np.array([0, 1, 0, 1, 0, 1])
    >>> chosen = keras_mixup.data.choose_labeled(y, num_labels=4, num_classes=2)
    >>> sorted(int(label) for label in y[chosen])
    [0, 0, 1, 1]
    """
    array_checks.check_positive("num_labels", num_labels)
    y = np.asarray(y)
    array_checks.check_labels_or_none("choose_labeled", y)
    candidates = np.flatnonzero(y != array_checks.UNLABELED)
    if not num_classes <= num_labels <= len(candidates):
        raise ValueError(
            "`num_labels` must be at least the number of classes and at most the "
            "number of training examples that have a label, "
            f"{num_classes} to {len(candidates)}. Received: "
            f"num_labels={num_labels}"
        )
    if num_labels == len(candidates):
        return candidates
    key = random_bits.root_key(seed, random_bits.LABELS)
    per_class, extra = divmod(num_labels, num_classes)
    counts = np.full(num_classes, per_class)
    counts[order.permutation(num_classes, key)[:extra]] += 1
    if extra:
        warnings.warn(
            f"{num_labels} labels do not divide among {num_classes} classes: {extra} "
            f"classes, chosen by the seed, get {per_class + 1} labels, the others "
            f"{per_class}.",
            stacklevel=2,
        )
    return _choose(y, counts, key)


def hold_out(
    what: str, y: np.ndarray, size: int, num_classes: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Chooses examples to hold out, in the proportions of the classes.

    Args:
        what: String, the set and what is held out of it, for messages.
        y: Integer class ids of shape `(examples,)`.
        size: Integer, how many are held out.
        num_classes: Integer, the number of classes.
        seed: Integer, the seed of the choice.

    Returns:
        Pair of int64 arrays in ascending order: indices of what is kept and of what is
        held out.

    Raises:
        ValueError: If that leaves a class without an example on the side that is kept,
            or holds out none at all.
    """
    class_sizes = np.bincount(y, minlength=num_classes)
    most = len(y) - num_classes
    if most < 1:
        raise ValueError(
            f"{what}: expected more than {num_classes} examples, as each of "
            f"{num_classes} classes must keep one. Received: {len(y)}"
        )
    if not 1 <= size <= most:
        raise ValueError(
            f"{what}: expected a number from 1 to {most}, as there are {len(y)} "
            f"examples and each of {num_classes} classes must keep one. Received: "
            f"{size}"
        )
    counts = _proportional(class_sizes, size)
    if (counts >= class_sizes).any():
        scarce = int(np.argmax(counts >= class_sizes))
        raise ValueError(
            f"{what}: expected enough examples of each class to split. Received: "
            f"{class_sizes[scarce]} of class {scarce}, {counts[scarce]} of them to be "
            "held out; hold out fewer, or leave such classes out"
        )
    held_out = _choose(y, counts, random_bits.root_key(seed, random_bits.SPLIT))
    return np.setdiff1d(np.arange(len(y)), held_out), held_out


def _proportional(class_sizes, size):
    """Shares `size` out by class size, the largest remainders rounded up."""
    shares = class_sizes * size
    counts = shares // class_sizes.sum()
    remainders = shares % class_sizes.sum()
    largest = np.argsort(-remainders, kind="stable")
    counts[largest[: size - counts.sum()]] += 1
    return counts


def _choose(y, counts, key):
    """The first `counts[c]` of class c in an order of the class by the key."""
    chosen = []
    for label, count in enumerate(counts):
        members = np.flatnonzero(y == label)
        if count > len(members):
            raise ValueError(
                f"Expected at least {count} examples of class {label} to choose labels "
                f"from; ask for fewer labels. Received: {len(members)}"
            )
        if count:
            class_key = random_bits.fold_in(key, label)
            chosen.append(members[order.permutation(len(members), class_key)[:count]])
    return np.sort(np.concatenate(chosen))
