"""Reads planned batches with NumPy, for backends without TensorFlow."""

from typing import Any

import keras
import numpy as np

from keras_mixup.data import array_checks, order, plan


class PlannedBatches(keras.utils.PyDataset):
    """What the two PyDataset fronts share: a plan, read by step."""

    def __init__(
        self, planned: plan.Plan, num_steps: int | None, start_step: int
    ) -> None:
        # No worker threads: Keras restarts theirs at batch 0 in every epoch.
        super().__init__()
        array_checks.check_positive("start_step", start_step, at_least=0)
        if num_steps is not None:
            array_checks.check_positive("num_steps", num_steps)
        self.num_steps = num_steps
        self.start_step = start_step
        self._plan = planned
        self._flat_images = planned.flat_images
        self._span: tuple[int, tuple[plan.Rows, ...]] = (-1, ())

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
        batches = [self._inputs(s, r) for s, r in zip(self._plan.streams, rows)]
        return self._element(batches, self._plan.labels[rows[0].example])

    def _element(self, batches: list[np.ndarray], labels: np.ndarray) -> tuple:
        raise NotImplementedError

    def _rows(self, step: int) -> list[plan.Rows]:
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
        return [
            plan.Rows(rows.example[offset], rows.choice[offset]) for rows in planned
        ]

    def _inputs(self, stream: plan.Stream, rows: plan.Rows) -> Any:
        index = rows.example
        if stream.augmentation is not None:
            index = stream.augmentation.pixels(
                rows.example[..., None, None], rows.choice[..., None, None]
            )
        return self._plan.source.network_inputs(
            np.take(self._flat_images, index, axis=0)
        )
