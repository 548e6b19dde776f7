from typing import Unpack

from keras_mixup.data import planning
from keras_mixup.data.planned_batches import PlannedBatches
from keras_mixup.data.source import Source


class SemiSupervisedBatches(PlannedBatches):
    """Labelled and unlabelled batches for `fit`, with no need of TensorFlow.

    Short for `plan(source, ...).batches(start_step, num_steps)`.

    Args:
        source: See `keras_mixup.data.plan`.
        num_labels: See there.
        batch_size: See there.
        unlabeled_batch_size: Integer, the unlabelled examples of a step, or `None` for
            as many as labelled ones. Defaults to `None`.
        start_step: See `BatchPlan.batches`. Defaults to `0`.
        num_steps: See `BatchPlan.batches`. Defaults to `None`.
        **options: All other options of `keras_mixup.data.plan`.

    Returns:
        By index, `({"labeled": x, "unlabeled": u}, y)` of NumPy arrays (see
        `BatchPlan`).

    Raises:
        ValueError: For an argument outside its range.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> batches = keras_mixup.data.SemiSupervisedBatches(source, 50, batch_size=32)
    >>> inputs, y = batches[0]
    >>> inputs["labeled"].shape, inputs["unlabeled"].shape
    ((32, 8, 8, 1), (32, 8, 8, 1))
    """

    def __init__(
        self,
        source: Source,
        num_labels: int | None,
        batch_size: int,
        unlabeled_batch_size: int | None = None,
        *,
        start_step: int = 0,
        num_steps: int | None = None,
        **options: Unpack[planning.PlanOptions],
    ) -> None:
        plan = planning.with_unlabeled(
            source, num_labels, batch_size, unlabeled_batch_size, **options
        )
        super().__init__(plan, start_step, num_steps)
