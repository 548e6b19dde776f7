"""Reads a plan of batches with Grain."""

import sys
from typing import TYPE_CHECKING, Any

from keras_mixup import _extras
from keras_mixup.data import array_checks, indexed
from keras_mixup.data.planned_reader import PlannedReader

if TYPE_CHECKING:
    import grain

    from keras_mixup.data.batch_plan import BatchPlan

_BATCHES_AHEAD = 4


def planned_grain(
    plan: "BatchPlan", start_step: int, num_steps: int | None
) -> "grain.IterDataset":
    """Returns the batches of a plan from a step on, as `BatchPlan.grain` has them."""
    array_checks.check_positive("start_step", start_step, at_least=0)
    if num_steps is not None:
        array_checks.check_positive("num_steps", num_steps)
    grain = _extras.require(
        "grain",
        "data",
        "A Grain data set",
        "Without it, `batches` of a plan gives the same batches",
    )
    steps = _Steps(PlannedReader(plan), int(start_step), num_steps)
    options = grain.ReadOptions(
        num_threads=indexed.num_threads(), prefetch_buffer_size=_BATCHES_AHEAD
    )
    return grain.MapDataset.source(steps).to_iter_dataset(options)


class _Steps:
    """The batches by number, as Grain wants to read them."""

    def __init__(self, reader, start_step, num_steps):
        self._reader, self._start = reader, start_step
        # Half of what Grain can count to is no end.
        self._length = sys.maxsize // 2 if num_steps is None else int(num_steps)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: int) -> Any:
        return self._reader.batch(self._start + int(index))

    def __repr__(self) -> str:
        return "keras_mixup.data.plan"
