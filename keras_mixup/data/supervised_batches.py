from typing import Unpack

from keras_mixup.data import planning
from keras_mixup.data.planned_batches import PlannedBatches
from keras_mixup.data.source import Source


class SupervisedBatches(PlannedBatches):
    """Labelled batches for `fit` on any backend, with no need of TensorFlow.

    Short for `plan(source, ...).batches(start_step, num_steps)`.

    Args:
        source: See `keras_mixup.data.plan`.
        num_labels: See there.
        batch_size: See there.
        start_step: See `BatchPlan.batches`. Defaults to `0`.
        num_steps: See `BatchPlan.batches`. Defaults to `None`.
        **options: `augmentation`, `max_shift`, `seed` and `label_noise` of
            `keras_mixup.data.plan`.

    Returns:
        By index, `(x, y)` of NumPy arrays (see `BatchPlan`).

    Raises:
        ValueError: For an argument outside its range.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> batches = keras_mixup.data.SupervisedBatches(source, 50, batch_size=32)
    >>> x, y = batches[0]
    >>> x.shape, y.shape
    ((32, 8, 8, 1), (32,))
    """

    def __init__(
        self,
        source: Source,
        num_labels: int | None,
        batch_size: int,
        *,
        start_step: int = 0,
        num_steps: int | None = None,
        **options: Unpack[planning.LabeledOptions],
    ) -> None:
        plan = planning.plan(source, num_labels, batch_size, None, **options)
        super().__init__(plan, start_step, num_steps)
