"""What the batches of a training run hold, worked out from seed and step alone.

Nothing here knows whether it computes with NumPy or with TensorFlow: both fronts call
the same integer arithmetic, so their batches are the same, bit for bit.
"""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from keras_mixup.data import array_checks, order, random_bits, splits
from keras_mixup.data import augmentation as augmentation_lib
from keras_mixup.data import label_noise as label_noise_lib
from keras_mixup.data.source import Source

_POSITIONS_AT_ONCE = 8192


class Rows(NamedTuple):
    """Rows of the training set that make up batches, and how to augment them.

    With several views an axis for these comes last.
    """

    example: Any
    choice: Any


@dataclass(frozen=True, eq=False)
class Stream:
    """An endless random stream over some training examples, cut into batches.

    Args:
        examples: int64 array, rows of the training set.
        batch_size: Integer, how many a step takes.
        key: The key of the stream's draws.
        augmentation: An `Augmentation` or `None`.
        num_views: Integer, how many times each example is augmented.
    """

    examples: np.ndarray
    batch_size: int
    key: random_bits.Key
    augmentation: augmentation_lib.Augmentation | None
    num_views: int = 1

    @property
    def num_rows(self) -> int:
        """How many rows a step takes."""
        return self.batch_size * self.num_views

    def rows(self, steps: Any, walk: order.Walk, take: Any) -> Rows:
        """Says what the batches at some steps hold.

        Args:
            steps: int64 array or tensor of shape `(steps,)`.
            walk: See `order.visit`.
            take: `np.take` or `tf.gather`.

        Returns:
            `Rows` of shape `(steps, batch_size)`, with a last axis for the views where
            there are several.
        """
        position = steps[:, None] * self.batch_size + np.arange(self.batch_size)
        visited = order.visit(position, len(self.examples), self.key, walk)
        example = take(self.examples, visited)
        if self.num_views > 1:
            position = position[..., None]
            example = example[..., None] + np.zeros(self.num_views, "int64")
        choice = example * 0
        if self.augmentation is not None:
            bits = random_bits.bits(self._augmentation_key(), position)
            choice = self.augmentation.choose(bits)
        return Rows(example, choice)

    def _augmentation_key(self):
        """A key for each view, the first that of a single view."""
        key = random_bits.fold_in(self.key, 1)
        if self.num_views == 1:
            return key
        others = random_bits.fold_in(key, np.arange(1, self.num_views))
        return tuple(np.append(first, more) for first, more in zip(key, others))


@dataclass(frozen=True, eq=False)
class Plan:
    """What a training run reads.

    Args:
        source: A `Source`.
        streams: The labelled stream first, then any unlabelled one.
        labels: The labels of the training set, corrupted where they shall be.
    """

    source: Source
    streams: tuple[Stream, ...]
    labels: np.ndarray

    @property
    def steps_at_once(self) -> int:
        """How many steps to plan in one go, so that its cost is hardly felt."""
        return max(1, _POSITIONS_AT_ONCE // sum(s.num_rows for s in self.streams))

    @property
    def flat_images(self) -> np.ndarray:
        """The training inputs as the rows that are gathered: examples or pixels.

        Those without a label come last, where there is a stream of them.
        """
        several = len(self.streams) > 1
        x = self.source.train_inputs if several else self.source.train.x
        if self.streams[0].augmentation is None:
            return x
        return x.reshape(-1, x.shape[-1])


def supervised(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    augmentation: str,
    max_shift: int | None,
    seed: int,
    label_noise: float,
) -> Plan:
    """Plans batches of labelled examples alone; the arguments are the fronts'."""
    labeled = _labeled(source, num_labels, seed)
    labels = source.train.y.copy()
    labels[labeled] = label_noise_lib.corrupt_labels(
        labels[labeled], label_noise, source.num_classes, seed
    )
    augment = augmentation_lib.resolve(
        augmentation, source.input_shape, source.mirrored, max_shift
    )
    stream = _stream(
        labeled, "batch_size", batch_size, seed, random_bits.LABELED, augment
    )
    return Plan(source, (stream,), labels)


def semi_supervised(
    source: Source,
    num_labels: int | None,
    batch_size: int,
    unlabeled_batch_size: int | None,
    augmentation: str,
    max_shift: int | None,
    unlabeled_includes_labeled: bool,
    seed: int,
    num_views: int,
    label_noise: float,
) -> Plan:
    """Plans labelled and unlabelled batches; the arguments are the fronts'."""
    array_checks.check_positive("num_views", num_views)
    plan = supervised(
        source, num_labels, batch_size, augmentation, max_shift, seed, label_noise
    )
    (labeled,) = plan.streams
    unlabeled = np.arange(source.num_train + source.num_unlabeled)
    if not unlabeled_includes_labeled:
        unlabeled = np.setdiff1d(unlabeled, labeled.examples)
    name = "batch_size" if unlabeled_batch_size is None else "unlabeled_batch_size"
    size = batch_size if unlabeled_batch_size is None else unlabeled_batch_size
    stream = _stream(
        unlabeled,
        name,
        size,
        seed,
        random_bits.UNLABELED,
        labeled.augmentation,
        int(num_views),
    )
    if size > len(unlabeled):
        raise ValueError(
            f"`{name}` must be at most the number of unlabelled examples, "
            f"{len(unlabeled)}. Received: {name}={size}"
        )
    return Plan(source, (labeled, stream), plan.labels)


def _labeled(source, num_labels, seed):
    if num_labels is None:
        return np.arange(source.num_train)
    return splits.choose_labeled(source.train.y, num_labels, source.num_classes, seed)


def _stream(examples, name, batch_size, seed, stream, augmentation, num_views=1):
    array_checks.check_positive(name, batch_size)
    key = random_bits.root_key(seed, stream)
    return Stream(examples, int(batch_size), key, augmentation, num_views)
