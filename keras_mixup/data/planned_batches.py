from typing import TYPE_CHECKING

import keras
import numpy as np

from keras_mixup.data import array_checks, order
from keras_mixup.data.stream import Rows

if TYPE_CHECKING:
    from keras_mixup.data.batch_plan import BatchPlan


class PlannedBatches(keras.utils.PyDataset):
    """The batches of a plan, read with NumPy: what `BatchPlan.batches` returns.

    Args:
        plan: A `BatchPlan`.
        start_step: See `BatchPlan.batches`.
        num_steps: See there.
    """

    def __init__(
        self, plan: "BatchPlan", start_step: int = 0, num_steps: int | None = None
    ) -> None:
        # No worker threads: Keras restarts theirs at batch 0 in every epoch.
        super().__init__()
        array_checks.check_positive("start_step", start_step, at_least=0)
        if num_steps is not None:
            array_checks.check_positive("num_steps", num_steps)
        self.num_steps = num_steps
        self.start_step = start_step
        self._plan = plan
        self._flat_inputs = plan.flat_inputs
        self._span: tuple[int, tuple[Rows, ...]] = (-1, ())

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
        rows = self._rows(self.start_step + int(index))
        inputs = [
            self._plan.source.network_inputs(
                np.take(self._flat_inputs, stream.index(one), axis=0)
            )
            for stream, one in zip(self._plan.streams, rows)
        ]
        return self._plan.element(inputs, self._plan.labels[rows[0].example])

    def _rows(self, step: int) -> list[Rows]:
        at_once = self._plan.steps_at_once
        span, offset = divmod(step, at_once)
        number, planned = self._span
        if number != span:
            steps: np.ndarray = span * at_once + np.arange(at_once, dtype="int64")
            planned = tuple(
                stream.rows(steps, order.walk_numpy, np.take)
                for stream in self._plan.streams
            )
            # One assignment, so that another thread sees the old pair or the new one.
            self._span = (span, planned)
        return [Rows(rows.example[offset], rows.choice[offset]) for rows in planned]
