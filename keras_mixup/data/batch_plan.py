from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from keras_mixup.data import planned_dataset, planned_grain
from keras_mixup.data.planned_batches import PlannedBatches
from keras_mixup.data.source import Source
from keras_mixup.data.stream import Stream

if TYPE_CHECKING:
    import grain
    import tensorflow as tf

_POSITIONS_AT_ONCE = 8192


@dataclass(frozen=True, eq=False)
class BatchPlan:
    """The batches of a training run, made by `keras_mixup.data.plan`.

    The batch at a step is a function of the plan and the step alone: no shuffle buffer,
    no state. `dataset`, `batches` and `grain` give the same batches, bit for bit, from
    any step on at the same cost: `(x, y)`, standardised float32 inputs of shape
    `(batch_size, ...)` and int32 labels of shape `(batch_size,)`, or, with unlabelled
    examples, `({"labeled": x, "unlabeled": u}, y)`, where `u` has shape
    `(unlabeled_batch_size, ...)`, and `(unlabeled_batch_size, num_views, ...)` with
    several views.

    Args:
        source: A `Source`.
        streams: The labelled stream first, then any unlabelled one.
        labels: The labels of the training set, those that are trained on corrupted as
            `label_noise` says.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> plan = keras_mixup.data.plan(source, num_labels=50, batch_size=32)
    >>> x, y = plan.batches(start_step=7)[0]
    >>> x.shape, bool((x == plan.batches()[7][0]).all())
    ((32, 8, 8, 1), True)
    """

    source: Source
    streams: tuple[Stream, ...]
    labels: np.ndarray

    def dataset(self, start_step: int = 0) -> "tf.data.Dataset":
        """Returns the batches as an endless `tf.data.Dataset`.

        Args:
            start_step: Integer, the step of the first batch. Defaults to `0`.

        Raises:
            ValueError: For a step below 0.
            ImportError: Without TensorFlow.
        """
        return planned_dataset.planned_dataset(self, start_step)

    def batches(
        self,
        start_step: int = 0,
        num_steps: int | None = None,
        shard: tuple[int, int] = (0, 1),
    ) -> PlannedBatches:
        """Returns the batches as a `keras.utils.PyDataset`, for `fit` on any backend.

        Batch `i` is the batch of step `start_step + i`, whatever was read before. Give
        `fit` the `steps_per_epoch`, and it goes on through the steps from epoch to
        epoch; without it an epoch is `num_steps` long and every epoch repeats the same
        batches. Give it `shuffle=False` as well: Keras would reorder the batches of an
        epoch.

        Args:
            start_step: Integer, the step of batch 0. Defaults to `0`.
            num_steps: Integer, how many batches there are, or `None` for no end.
                Defaults to `None`.
            shard: Pair of integers, which of how many equal parts of each batch to
                read, for processes that share batches. Defaults to `(0, 1)`, all of it.

        Raises:
            ValueError: For a step below 0, a number of steps below 1, or batches that
                cannot be cut into so many equal parts.
        """
        return PlannedBatches(self, start_step, num_steps, shard)

    def grain(
        self, start_step: int = 0, num_steps: int | None = None
    ) -> "grain.IterDataset":
        """Returns the batches as a Grain data set, for `fit` on any backend.

        Grain reads and decodes several batches at a time, ahead of the training.
        `mp_prefetch` of what is returned moves the reading into processes.

        Args:
            start_step: Integer, the step of the first batch. Defaults to `0`.
            num_steps: Integer, how many batches there are, or `None` for no end.
                Defaults to `None`.

        Raises:
            ValueError: For a step below 0, or a number of steps below 1.
            ImportError: Without Grain.
        """
        return planned_grain.planned_grain(self, start_step, num_steps)

    @property
    def steps_at_once(self) -> int:
        """How many steps to plan in one go, so that its cost is hardly felt."""
        return max(1, _POSITIONS_AT_ONCE // sum(s.num_rows for s in self.streams))

    @property
    def inputs(self) -> Any:
        """The training inputs, in memory or read by index.

        Those without a label come last, where there is a stream of them.
        """
        several = len(self.streams) > 1
        return self.source.train_inputs if several else self.source.train.x

    def flat(self, x: np.ndarray) -> np.ndarray:
        """Inputs as the rows that `Stream.index` tells of: examples or pixels."""
        if self.streams[0].augmentation is None:
            return x
        return x.reshape(-1, x.shape[-1])

    def element(self, inputs: list, labels: Any) -> tuple:
        """A batch in the form that `fit` takes, from the inputs of each stream."""
        if len(inputs) == 1:
            return inputs[0], labels
        labeled, unlabeled = inputs
        return {"labeled": labeled, "unlabeled": unlabeled}, labels
