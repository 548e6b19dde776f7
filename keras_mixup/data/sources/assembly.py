"""Puts a source together from arrays by holding examples out."""

from typing import Any

import numpy as np

from keras_mixup.data import array_checks, indexed, splits
from keras_mixup.data.source import Source, Split

_MOST_VALIDATION = 5000


def split_in_three(
    name: str,
    x: Any,
    y: np.ndarray,
    num_validation: int | None,
    seed: int,
    num_test: int | None = None,
    test_seed: int | None = None,
    default: int | None = None,
    mirrored: bool = False,
    unlabeled: Any = None,
) -> Source:
    """Splits arrays into training, validation and test sets.

    Args:
        name: String, the name of the set.
        x: Inputs of shape `(examples, ...)`.
        y: Integer class ids, -1 for a training example without one.
        num_validation: Integer or `None`; see `split_train`.
        seed: Integer, the seed of the splits.
        num_test: Integer, the size of the test set, or `None`: one fifth.
        test_seed: Integer, the seed of the test split, or `None` for `seed`.
        default: See `split_train`.
        mirrored: See `Source`.
        unlabeled: See `Source`.

    Returns:
        A `Source`.
    """
    x, y, unlabeled = array_checks.check_train(name, x, y, unlabeled)
    num_classes = int(y.max()) + 1
    array_checks.check_every_class(name, y, num_classes)
    kept, held_out = splits.hold_out(
        f"{name}: size of the test split",
        y,
        max(1, len(y) // 5) if num_test is None else num_test,
        num_classes,
        seed if test_seed is None else test_seed,
    )
    train, test = _take(x, y, kept), _take(x, y, held_out)
    return split_train(
        name,
        train,
        test,
        num_validation,
        seed,
        default,
        mirrored,
        unlabeled=unlabeled,
    )


def split_train(
    name: str,
    train: tuple[Any, np.ndarray],
    test: tuple[Any, np.ndarray],
    num_validation: int | None,
    seed: int,
    default: int | None = None,
    mirrored: bool = False,
    num_classes: int | None = None,
    unlabeled: Any = None,
) -> Source:
    """Splits a validation set off a training set.

    Args:
        name: String, the name of the set.
        train: Pair `(x, y)`, with labels of -1 for examples without one.
        test: Pair `(x, y)`.
        num_validation: Integer, or `None`: `default`, or one fifth of the training
            set and at most 5000.
        seed: Integer, the seed of the split.
        default: Integer or `None`.
        mirrored: See `Source`.
        num_classes: See `Source`.
        unlabeled: See `Source`.

    Returns:
        A `Source`.
    """
    x, y, unlabeled = array_checks.check_train(f"{name}: train", *train, unlabeled)
    classes = int(y.max()) + 1 if num_classes is None else num_classes
    if classes < 2:
        raise ValueError(
            f"{name}: expected labels of at least 2 classes. Received: the label 0 for "
            f"all of {len(y)} labelled training examples"
        )
    array_checks.check_classes(f"{name}: train", y, classes)
    array_checks.check_every_class(f"{name}: train", y, classes)
    if num_validation is None:
        num_validation = default or min(_MOST_VALIDATION, max(1, len(y) // 5))
    array_checks.check_positive("num_validation", num_validation)
    kept, held_out = splits.hold_out(
        f"{name}: num_validation", y, num_validation, classes, seed
    )
    return Source(
        name,
        _take(x, y, kept),
        _take(x, y, held_out),
        Split(*test),
        classes,
        mirrored,
        unlabeled=unlabeled,
    )


def _take(x, y, index):
    return Split(indexed.take(x, index), y[index])
