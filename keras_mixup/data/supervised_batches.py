import numpy as np

from keras_mixup.data import plan
from keras_mixup.data.planned_batches import PlannedBatches
from keras_mixup.data.source import Source


class SupervisedBatches(PlannedBatches):
    """Labelled batches for `fit` on any backend, with no need of TensorFlow.

    The very batches of `keras_mixup.data.supervised`, as a `keras.utils.PyDataset`.
    Batch `i` is the batch of step `start_step + i`, whatever was read before. Give
    `fit` the `steps_per_epoch`, and it goes on through the steps from epoch to epoch;
    without it an epoch is `num_steps` long and every epoch repeats the same batches.
    Give it `shuffle=False` as well: Keras would reorder the batches of an epoch.

    Args:
        source: A `Source`.
        num_labels: Integer, how many training examples are labelled, or `None` for
            all.
        batch_size: Integer of at least 1.
        augmentation: See `keras_mixup.data.supervised`. Defaults to `"auto"`.
        max_shift: See there.
        seed: Integer. Defaults to `0`.
        start_step: Integer, the step of batch 0. Defaults to `0`.
        num_steps: Integer, how many batches there are, or `None` for no end.
        label_noise: See `keras_mixup.data.supervised`. Defaults to `0.0`.

    Returns:
        By index, pairs `(x, y)` of NumPy arrays: standardised float32 inputs of shape
        `(batch_size, ...)` and int32 labels of shape `(batch_size,)`.

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
        augmentation: str = "auto",
        max_shift: int | None = None,
        seed: int = 0,
        start_step: int = 0,
        num_steps: int | None = None,
        label_noise: float = 0.0,
    ) -> None:
        planned = plan.supervised(
            source,
            num_labels,
            batch_size,
            augmentation,
            max_shift,
            seed,
            label_noise,
        )
        super().__init__(planned, num_steps, start_step)

    def _element(self, batches: list[np.ndarray], labels: np.ndarray) -> tuple:
        return batches[0], labels
