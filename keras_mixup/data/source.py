import copy
import functools
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from keras_mixup.data import array_checks, indexed, training_statistics

SPLITS = ("train", "validation", "test")


class Split(NamedTuple):
    """Inputs, in memory or read by index, and their class ids."""

    x: Any
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Source:
    """A data set, split for training, validation and testing.

    `keras_mixup.data.load` makes one from a name or a file. Make one yourself to put
    arrays of your own through the pipelines.

    Inputs are arrays in memory, or they are read by index and may be larger than
    memory: arrays that are mapped (`np.load(..., mmap_mode="r")`), and objects without
    `__array__` that have a `shape`, a `dtype`, a length and `x[index]`, which returns
    an array for an ascending array of numbers, also when several threads ask.

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
        train: Pair `(x, y)`: inputs of shape `(examples, ...)` with at
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
        skipped: Sequence of strings, the damaged files that were left out.

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
    unlabeled: Any = field(default=None, repr=False)
    class_names: tuple[str, ...] | None = field(default=None, repr=False)
    skipped: tuple[str, ...] = field(default=(), repr=False)

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
    def train_inputs(self) -> Any:
        """All training inputs: the labelled ones, then those without a label."""
        if self.unlabeled is None:
            return self.train.x
        return indexed.concatenate([self.train.x, self.unlabeled])

    @property
    def in_memory(self) -> bool:
        """Whether the training inputs are held in memory, not read by index."""
        return all(
            x is None or indexed.in_memory(x) for x in (self.train.x, self.unlabeled)
        )

    def standardized(self, split: str) -> tuple[np.ndarray, np.ndarray]:
        """Returns a split's inputs as a network is given them, and its labels.

        Standardised, or raw where the set says so, and in memory, also where the set is
        read by index.

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
        for part, values in zip(indexed.parts(x), indexed.read_parts(x)):
            standardized[part] = self.network_inputs(values)
        return standardized, y

    def network_inputs(self, x: np.ndarray) -> np.ndarray:
        """Returns raw inputs, of any split, as a network is given them: float32, and
        standardised by the statistics of the training inputs where the set says so."""
        mean, scale = self.mean_and_scale_of_values
        inputs = x.astype(mean.dtype)
        inputs -= mean
        inputs *= scale
        return inputs.astype("float32", copy=False)

    @functools.cached_property
    def mean_and_scale(self) -> tuple[np.ndarray, np.ndarray]:
        """Mean, and one over standard deviation, of all training inputs.

        In float32, or in float64 where float32 could not hold the inputs. Zero and one
        where the inputs are not standardised.
        """
        x, what = self.train_inputs, f"{self.name}: train"
        if self.standardize:
            return training_statistics.mean_and_scale(what, x)
        dtype = np.result_type(x.dtype, "float32")
        training_statistics.check_float32(what, x)
        return np.zeros(x.shape[-1:], dtype), np.ones(x.shape[-1:], dtype)

    def with_statistics(self, mean: Any, scale: Any) -> "Source":
        """Returns the set with a `mean_and_scale` that was computed before.

        Args:
            mean: Array of shape `(features,)`.
            scale: The same, one over the standard deviation.

        Raises:
            ValueError: For arrays of another shape.
        """
        # Making it anew would check the arrays again, which takes a pass.
        source = copy.copy(self)
        source.__dict__.pop("mean_and_scale_of_values", None)
        dtype = np.result_type(self.train_inputs.dtype, "float32")
        pair = np.asarray(mean, dtype), np.asarray(scale, dtype)
        for statistic in pair:
            array_checks.check_shape(
                f"{self.name}: statistics", statistic.shape, self.input_shape[-1:]
            )
        source.__dict__["mean_and_scale"] = pair
        return source

    def _check_class_names(self):
        names = tuple(self.class_names)
        if isinstance(self.class_names, str) or len(names) != self.num_classes:
            raise ValueError(
                f"{self.name}: `class_names` must be {self.num_classes} names, one for "
                f"each class. Received: {self.class_names!r}"
            )
        object.__setattr__(self, "class_names", names)

    @functools.cached_property
    def mean_and_scale_of_values(self) -> tuple[np.ndarray, np.ndarray]:
        """The same in the shape of an example: broadcasting over three channels costs
        four times what the arithmetic does."""
        return tuple(
            np.ascontiguousarray(np.broadcast_to(statistic, self.input_shape))
            for statistic in self.mean_and_scale
        )
