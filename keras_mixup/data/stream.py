"""Endless random streams of training examples, cut into batches."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from keras_mixup.data import order, random_bits
from keras_mixup.data.augmentation import Augmentation


class Rows(NamedTuple):
    """Rows of the training set that make up batches, and how to augment them.

    With several views an axis for these comes last.
    """

    example: Any
    choice: Any


@dataclass(frozen=True, eq=False)
class Stream:
    """An endless random stream over some training examples, cut into batches.

    Nothing here knows whether it computes with NumPy or with TensorFlow: both fronts of
    a plan call the same integer arithmetic, so their batches are the same, bit for bit.

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
    augmentation: Augmentation | None
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

    def index(self, rows: Rows) -> Any:
        """Where the inputs of a batch lie in `BatchPlan.flat` of all inputs."""
        if self.augmentation is None:
            return rows.example
        return self.augmentation.pixels(
            rows.example[..., None, None], rows.choice[..., None, None]
        )

    def _augmentation_key(self):
        """A key for each view, the first that of a single view."""
        key = random_bits.fold_in(self.key, 1)
        if self.num_views == 1:
            return key
        others = random_bits.fold_in(key, np.arange(1, self.num_views))
        return tuple(np.append(first, more) for first, more in zip(key, others))
