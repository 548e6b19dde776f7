from typing import TYPE_CHECKING

import numpy as np

from keras_mixup.data import indexed, order
from keras_mixup.data.stream import Rows, Stream

if TYPE_CHECKING:
    from keras_mixup.data.batch_plan import BatchPlan

_SPANS_KEPT = 3


class PlannedReader:
    """Reads the batches of a plan with NumPy, from several threads if need be.

    Args:
        plan: A `BatchPlan`.
        shard: See `BatchPlan.batches`.
    """

    def __init__(self, plan: "BatchPlan", shard: tuple[int, int] = (0, 1)) -> None:
        self._parts = [_part(stream.batch_size, shard) for stream in plan.streams]
        self._plan = plan
        self._inputs = plan.inputs
        self._spans: dict[int, tuple[Rows, ...]] = {}

    def batch(self, step: int) -> tuple:
        """Returns the batch of a step."""
        rows = self._rows(step)
        inputs = [
            self._plan.source.network_inputs(self.raw(stream, one))
            for stream, one in zip(self._plan.streams, rows)
        ]
        return self._plan.element(inputs, self._plan.labels[rows[0].example])

    def raw(self, stream: Stream, rows: Rows) -> np.ndarray:
        """Returns the augmented inputs of a stream, before they are standardised."""
        x, flat = self._inputs, self._plan.flat
        if indexed.in_memory(x):
            return np.take(flat(x), stream.index(rows), axis=0)
        numbers, position = np.unique(rows.example, return_inverse=True)
        rows = Rows(position.reshape(rows.example.shape), rows.choice)
        return np.take(flat(np.asarray(x[numbers])), stream.index(rows), axis=0)

    def _rows(self, step):
        span, offset = divmod(step, self._plan.steps_at_once)
        planned = self._spans.get(span)
        if planned is None:
            planned = self._plan_steps(span)
            recent = list(self._spans.items())[: _SPANS_KEPT - 1]
            # One assignment, so that another thread sees the old ones or the new.
            self._spans = {span: planned, **dict(recent)}
        return [
            Rows(rows.example[offset][part], rows.choice[offset][part])
            for rows, part in zip(planned, self._parts)
        ]

    def _plan_steps(self, span):
        at_once = self._plan.steps_at_once
        steps: np.ndarray = span * at_once + np.arange(at_once, dtype="int64")
        return tuple(
            stream.rows(steps, order.walk_numpy, np.take)
            for stream in self._plan.streams
        )


def _part(batch_size: int, shard: tuple[int, int]) -> slice:
    """The rows of a batch that a shard reads."""
    number, count = shard
    if not 0 <= number < count:
        raise ValueError(
            "`shard` must be a pair (number, count) with 0 <= number < count. "
            f"Received: shard={shard}"
        )
    if batch_size % count:
        raise ValueError(
            f"Batches of {batch_size} examples cannot be cut into {count} equal parts. "
            f"Received: shard={shard}. Choose a multiple of {count}"
        )
    size = batch_size // count
    return slice(number * size, (number + 1) * size)
