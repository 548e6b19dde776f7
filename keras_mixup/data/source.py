import functools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from keras_mixup.data import array_checks

SPLITS = ("train", "validation", "test")


class Split(NamedTuple):
    """Inputs and their class ids."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Source:
    """A data set in memory, split for training, validation and testing.

    `keras_mixup.data.load` makes one from a name or a file. Make one yourself to put
    arrays of your own through the pipelines.

    Inputs stay in the dtype that they have; `standardized` and the pipelines return
    float32, less the mean and divided by the standard deviation of the training
    inputs. These are taken per feature, which is per channel for images: over all axes
    but the last. A feature that is constant in training is divided by 1. With
    `standardize=False` they return the inputs as they are, as float32.

    Training examples without a label are kept apart, in `unlabeled`. They count in the
    mean and standard deviation and are drawn in unlabelled batches; `train` and
    `num_train` hold those with a label alone.

    Args:
        name: String, what messages call the set.
        train: Pair `(x, y)` of NumPy arrays: inputs of shape `(examples, ...)` with at
            least one axis more, and integer class ids of shape `(examples,)` or
            `(examples, 1)`, from 0 on. Examples with the label -1, scikit-learn's sign
            for none, are moved to `unlabeled`.
        validation: The same, to choose settings on.
        test: The same, to report on.
        num_classes: Integer, or `None`, which takes the largest id of the training
            labels plus one.
        mirrored: Boolean. Whether a mirrored image is still a good one of its class,
            so that augmentation may flip. Defaults to `False`.
        standardize: Boolean. Whether a network is given standardised inputs, or the
            raw ones. Defaults to `True`.
        unlabeled: Array of training inputs without labels, of shape `(examples, ...)`,
            or `None` for none.
        class_names: Sequence of strings, a name for each class, or `None`.

    Raises:
        ValueError: For arrays of unequal length, inputs of another shape than the
            training inputs, or that are not finite numbers, and labels that are not
            integers from 0 to `num_classes - 1`, each in the training labels; for
            another number of names than of classes.

    Example:

    >>> x, y = np.eye(4, dtype="float32"), np.array([0, 1, 0, 1])
    >>> source = keras_mixup.data.Source("mine", (x, y), (x, y), (x, y))
    >>> source.num_classes, source.input_shape, source.num_train
    (2, (4,), 4)
    """

    name: str
    train: Split = field(repr=False)
    validation: Split = field(repr=False)
    test: Split = field(repr=False)
    # After construction always an integer.
    num_classes: int = None  # type: ignore[assignment]
    mirrored: bool = False
    standardize: bool = True
    unlabeled: np.ndarray | None = field(default=None, repr=False)
    class_names: tuple[str, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        x, y, unlabeled = array_checks.check_train(
            f"{self.name}: train", *self.train, self.unlabeled
        )
        object.__setattr__(self, "train", Split(x, y))
        object.__setattr__(self, "unlabeled", unlabeled)
        for split in SPLITS[1:]:
            pair = array_checks.check_split(
                f"{self.name}: {split}", *getattr(self, split)
            )
            object.__setattr__(self, split, Split(*pair))
        if self.num_classes is None:
            object.__setattr__(self, "num_classes", int(self.train.y.max()) + 1)
        for split in SPLITS:
            arrays = getattr(self, split)
            what = f"{self.name}: {split}"
            array_checks.check_classes(what, arrays.y, self.num_classes)
            array_checks.check_shape(what, arrays.x.shape[1:], self.input_shape)
        array_checks.check_every_class(
            f"{self.name}: train", self.train.y, self.num_classes
        )
        if self.class_names is not None:
            self._check_class_names()

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of one example."""
        return self.train.x.shape[1:]

    @property
    def num_train(self) -> int:
        """Number of training examples that have a label."""
        return len(self.train.x)

    @property
    def num_unlabeled(self) -> int:
        """Number of training examples that have no label."""
        return 0 if self.unlabeled is None else len(self.unlabeled)

    @property
    def train_inputs(self) -> np.ndarray:
        """All training inputs: the labelled ones, then those without a label."""
        if self.unlabeled is None:
            return self.train.x
        return np.concatenate([self.train.x, self.unlabeled])

    def standardized(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns a split's inputs as a network is given them, and its labels.

        Standardised, or raw where the set says so.

        Args:
            split: `"train"`, `"validation"` or `"test"`.

        Returns:
            Pair of NumPy arrays `(x, y)`, float32 and int32.

        Raises:
            ValueError: For another split.
        """
        if split not in SPLITS:
            raise ValueError(
                f"`split` must be one of {list(SPLITS)}. Received: {split!r}"
            )
        x, y = getattr(self, split)
        standardized = np.empty(x.shape, "float32")
        for part in _parts(x):
            standardized[part] = self.network_inputs(x[part])
        return standardized, y

    def network_inputs(self, x: np.ndarray) -> np.ndarray:
        """Returns raw inputs, of any split, as a network is given them: float32, and
        standardised by the statistics of the training inputs where the set says so."""
        mean, scale = self.mean_and_scale_of_values
        return ((x.astype(mean.dtype) - mean) * scale).astype("float32")

    @functools.cached_property
    def mean_and_scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean, and one over standard deviation, of all training inputs.

        In float32, or in float64 where float32 could not hold the inputs. Zero and one
        where the inputs are not standardised.
        """
        x = self.train_inputs
        dtype = np.result_type(x.dtype, "float32")
        if not self.standardize:
            self._check_float32(x)
            return np.zeros(x.shape[-1:], dtype), np.ones(x.shape[-1:], dtype)
        axes = tuple(range(x.ndim - 1))
        total = sum(x[part].sum(axis=axes, dtype="float64") for part in _parts(x))
        count = x.size // x.shape[-1]
        mean = total / count
        with np.errstate(over="ignore", invalid="ignore"):
            squares = sum(
                np.square(x[part] - mean).sum(axis=axes, dtype="float64")
                for part in _parts(x)
            )
        deviation = np.sqrt(squares / count)
        if not np.isfinite(deviation).all():
            raise ValueError(
                f"{self.name}: train: expected inputs whose squares float64 can hold; "
                f"scale them down. Received: values up to {np.abs(x).max():.3g}"
            )
        # A constant's computed variance may be a rounding error instead of 0.
        constant = x.max(axis=axes) == x.min(axis=axes)
        constant |= deviation < np.finfo("float32").tiny
        deviation = np.where(constant, 1.0, deviation)
        return mean.astype(dtype), (1 / deviation).astype(dtype)

    def _check_class_names(self):
        names = tuple(self.class_names)
        if isinstance(self.class_names, str) or len(names) != self.num_classes:
            raise ValueError(
                f"{self.name}: `class_names` must be {self.num_classes} names, one for "
                f"each class. Received: {self.class_names!r}"
            )
        object.__setattr__(self, "class_names", names)

    def _check_float32(self, x):
        largest = max(abs(float(x.max())), abs(float(x.min())))
        if largest > float(np.finfo("float32").max):
            raise ValueError(
                f"{self.name}: train: expected inputs that float32 can hold; "
                "standardise them or scale them down. Received: values up to "
                f"{largest:.3g}"
            )

    @functools.cached_property
    def mean_and_scale_of_values(self) -> tuple[np.ndarray, np.ndarray]:
        """The same in the shape of an example: broadcasting over three channels costs
        four times what the arithmetic does."""
        return tuple(
            np.ascontiguousarray(np.broadcast_to(statistic, self.input_shape))
            for statistic in self.mean_and_scale
        )


def _parts(x: np.ndarray) -> Iterator[slice]:
    """Slices of about a million values, so that float64 copies stay small."""
    length = max(1, 2**20 // max(1, x[0].size))
    return (slice(i, i + length) for i in range(0, len(x), length))
