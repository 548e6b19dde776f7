from collections.abc import Callable
from typing import TYPE_CHECKING

import keras

from keras_mixup.data import array_checks, indexed
from keras_mixup.data.planned_reader import PlannedReader
from keras_mixup.data.read_ahead import ReadAhead

if TYPE_CHECKING:
    from keras_mixup.data.batch_plan import BatchPlan


class PlannedBatches(keras.utils.PyDataset):
    """The batches of a plan, read with NumPy: what `BatchPlan.batches` returns.

    A set that is read by index is read ahead by threads, as long as the batches are
    asked for one by one.

    Args:
        plan: A `BatchPlan`.
        start_step: See `BatchPlan.batches`.
        num_steps: See there.
        shard: See there.
    """

    def __init__(
        self,
        plan: "BatchPlan",
        start_step: int = 0,
        num_steps: int | None = None,
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        # No worker threads: Keras restarts theirs at batch 0 in every epoch.
        super().__init__()
        array_checks.check_positive("start_step", start_step, at_least=0)
        if num_steps is not None:
            array_checks.check_positive("num_steps", num_steps)
        self.num_steps = num_steps
        self.start_step = start_step
        self._plan = plan
        reader = PlannedReader(plan, shard)
        self._read: Callable[[int], tuple] = reader.batch
        if not indexed.in_memory(plan.inputs):
            stop = None if num_steps is None else start_step + num_steps
            self._read = ReadAhead(reader.batch, stop).__getitem__

    @property
    def num_batches(self) -> int | None:
        return self.num_steps

    def __len__(self) -> int:
        if self.num_steps is None:
            raise TypeError("These batches have no end; give `num_steps` for a length.")
        return self.num_steps

    def __getitem__(self, index: int) -> tuple:
        array_checks.check_positive("index", index, at_least=0)
        if self.num_steps is not None and index >= self.num_steps:
            raise IndexError(f"There are {self.num_steps} batches. Received: {index}")
        return self._read(self.start_step + int(index))
