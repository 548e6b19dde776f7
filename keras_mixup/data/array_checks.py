"""What arrays must be before anything is computed from them."""

from typing import Any

import numpy as np

from keras_mixup.data import indexed

UNLABELED = -1
"""The label of an example without one, as scikit-learn has it."""

_ABOUT_UNLABELED = {
    True: ", or -1 for examples without a label",
    False: "; only training examples may have the label -1, for none",
}


def check_split(
    what: str, x: Any, y: Any, may_lack_labels: bool = False
) -> tuple[Any, np.ndarray]:
    """Checks inputs and labels of one split.

    Args:
        what: String, which split of which set, for messages.
        x: Inputs of shape `(examples, ...)`.
        y: Integer class ids of shape `(examples,)` or `(examples, 1)`.
        may_lack_labels: Boolean, whether labels of -1 are taken.

    Returns:
        The inputs as they are, and the labels as int32 of shape `(examples,)`.

    Raises:
        ValueError: If they are anything else.
    """
    x, y = check_inputs(what, x), np.asarray(y)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    check_class_ids(what, y)
    if len(x) != len(y):
        raise ValueError(
            f"{what}: expected as many labels as inputs. Received: {len(x)} inputs, "
            f"{len(y)} labels"
        )
    check_finite(what, x)
    # Before the cast, which would wrap what int32 cannot hold.
    if y.min() < (UNLABELED if may_lack_labels else 0) or y.max() >= 2**31:
        raise ValueError(
            f"{what}: expected labels from 0 to the number of classes less one"
            f"{_ABOUT_UNLABELED[may_lack_labels]}. "
            f"Received: labels from {y.min()} to {y.max()}"
        )
    return x, y.astype("int32")


def check_train(
    what: str, x: Any, y: Any, unlabeled: Any = None
) -> tuple[Any, np.ndarray, Any]:
    """Checks training examples, and parts those with a label from those without.

    Args:
        what: String, for messages.
        x: Inputs of shape `(examples, ...)`.
        y: Integer class ids, -1 for an example without a label.
        unlabeled: More inputs without labels, or `None`.

    Returns:
        Inputs and labels of the labelled examples, and the inputs of the others:
        `unlabeled`, then those with the label -1; `None` where there are none.

    Raises:
        ValueError: If they are anything else, or none has a label.
    """
    x, y = check_split(what, x, y, may_lack_labels=True)
    if unlabeled is not None:
        unlabeled = check_inputs(f"{what}: unlabeled", unlabeled)
        check_finite(f"{what}: unlabeled", unlabeled)
        check_shape(f"{what}: unlabeled", unlabeled.shape[1:], x.shape[1:])
        check_kind(f"{what}: unlabeled", unlabeled.dtype, x.dtype)
    without = y == UNLABELED
    if not without.any():
        return x, y, unlabeled
    if without.all():
        raise ValueError(
            f"{what}: expected at least one example of each class with a label. "
            f"Received: the label -1, which stands for none, for all of {len(y)}"
        )
    rest = indexed.take(x, np.flatnonzero(without))
    more = rest if unlabeled is None else indexed.concatenate([unlabeled, rest])
    labeled = np.flatnonzero(~without)
    return indexed.take(x, labeled), y[labeled], more


def check_inputs(what: str, x: Any) -> Any:
    """Returns inputs as an array, or as they are where they are read by index.

    Raises:
        ValueError: If they can be neither.
    """
    x = indexed.as_indexed(x)
    if x.dtype.kind not in "iufb":
        raise ValueError(
            f"{what}: expected inputs to be an array of real numbers. Received: dtype "
            f"{x.dtype}"
        )
    if len(x.shape) < 2 or 0 in x.shape:
        raise ValueError(
            f"{what}: expected inputs of shape (examples, ...) with at least one "
            f"example and one feature. Received: shape {x.shape}"
        )
    return x


def check_kind(what: str, dtype: Any, expected: Any) -> None:
    """Raises a `ValueError` for whole numbers beside floats: 0..255 beside 0..1."""
    if (np.dtype(dtype).kind == "f") != (np.dtype(expected).kind == "f"):
        raise ValueError(
            f"{what}: expected inputs on the scale of the labelled inputs, whose dtype "
            f"is {np.dtype(expected)}; bring both to one scale and dtype. Received: "
            f"dtype {np.dtype(dtype)}"
        )


def check_class_ids(what: str, y: np.ndarray) -> None:
    """Raises a `ValueError` for labels that are no vector of integers."""
    if y.ndim != 1 or y.dtype.kind not in "iu":
        raise ValueError(
            f"{what}: expected labels to be integer class ids of shape (examples,); "
            "for one-hot rows take their argmax, for whole numbers stored as floats "
            "use astype('int32'), for names np.unique(y, return_inverse=True)[1]. "
            f"Received: shape {y.shape}, dtype {y.dtype}"
        )


def check_labels_or_none(what: str, y: np.ndarray) -> None:
    """Raises a `ValueError` unless labels are class ids, or -1 for none."""
    check_class_ids(what, y)
    if len(y) and y.min() < UNLABELED:
        raise ValueError(
            f"{what}: expected labels from 0 on, or -1 for examples without a label. "
            f"Received: a label {y.min()}"
        )


def check_classes(what: str, y: np.ndarray, num_classes: int) -> None:
    """Raises a `ValueError` for labels that are not below `num_classes`."""
    if y.max() >= num_classes:
        raise ValueError(
            f"{what}: expected labels from 0 to {num_classes - 1}, as there are "
            f"{num_classes} classes in the training labels. Received: a label "
            f"{y.max()}"
        )


def check_every_class(what: str, y: np.ndarray, num_classes: int) -> None:
    """Raises a `ValueError` if a class has no example."""
    present = np.unique(y)
    count = num_classes - len(present)
    if count:
        # An array as long as the classes, of which a label may claim billions, is left
        # out: among the first numbers are as many missing ones as are shown.
        first = np.arange(min(num_classes, len(present) + 5))
        shown = ", ".join(str(c) for c in np.setdiff1d(first, present)[:5])
        raise ValueError(
            f"{what}: expected examples of every class from 0 to {num_classes - 1}; "
            "number the classes from 0 on without gaps. Received: none of "
            f"{count} classes ({shown}{', ...' if count > 5 else ''})"
        )


def check_shape(what: str, shape: tuple[int, ...], expected: tuple[int, ...]) -> None:
    """Raises a `ValueError` for inputs of another shape than the training inputs."""
    if shape != expected:
        raise ValueError(
            f"{what}: expected inputs of the training inputs' shape {expected}. "
            f"Received: {shape}"
        )


def is_integer(value: Any) -> bool:
    """Whether a value is an integer of Python or NumPy, and no Boolean."""
    return isinstance(value, int | np.integer) and not isinstance(value, bool)


def check_positive(name: str, value: Any, at_least: int = 1) -> None:
    """Raises a `ValueError` unless a value is an integer of at least some size."""
    if not is_integer(value) or value < at_least:
        raise ValueError(
            f"`{name}` must be an integer of at least {at_least}. Received: {value!r}"
        )


def check_finite(what: str, x: Any) -> None:
    """Raises a `ValueError` where numbers are missing or infinite."""
    # Inputs that are read by index are looked at when they are read.
    if x.dtype.kind != "f" or not indexed.in_memory(x):
        return
    finite = np.isfinite(x.reshape(len(x), -1)).all(axis=1)
    if not finite.all():
        raise ValueError(
            f"{what}: expected finite numbers; remove or fill in what is missing. "
            f"Received: NaN or infinity in {np.sum(~finite)} of {len(x)} examples, "
            f"first in example {np.argmin(finite)}"
        )
