import numpy as np

from keras_mixup.data import plan
from keras_mixup.data.planned_batches import PlannedBatches
from keras_mixup.data.source import Source


class SemiSupervisedBatches(PlannedBatches):
    """Labelled and unlabelled batches for `fit`, with no need of TensorFlow.

    The very batches of `keras_mixup.data.semi_supervised`, as a
    `keras.utils.PyDataset`. As with `SupervisedBatches`, batch `i` is the batch of step
    `start_step + i`; give `fit` its `steps_per_epoch`, to go on from epoch to epoch,
    and `shuffle=False`.

    Args:
        source: A `Source`.
        num_labels: Integer, how many training examples are labelled, or `None` for
            all.
        batch_size: Integer of at least 1, the labelled examples of a step.
        unlabeled_batch_size: Integer, the unlabelled ones, or `None` for as many.
        augmentation: See `keras_mixup.data.supervised`. Defaults to `"auto"`.
        max_shift: See there.
        unlabeled_includes_labeled: Boolean. Whether the unlabelled examples are the
            whole training set, `source.unlabeled` included, or what has no label.
            Defaults to `True`.
        seed: Integer. Defaults to `0`.
        start_step: Integer, the step of batch 0. Defaults to `0`.
        num_steps: Integer, how many batches there are, or `None` for no end.
        num_views: Integer of at least 1, how many times each unlabelled example is
            augmented, every time anew. The first view is what a single one would be.
            Defaults to `1`.
        label_noise: See `keras_mixup.data.supervised`. Defaults to `0.0`.

    Returns:
        By index, `({"labeled": x, "unlabeled": u}, y)` of NumPy arrays: standardised
        float32 inputs and int32 labels. With several views `u` has shape
        `(unlabeled_batch_size, num_views, ...)`.

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
        augmentation: str = "auto",
        max_shift: int | None = None,
        unlabeled_includes_labeled: bool = True,
        seed: int = 0,
        start_step: int = 0,
        num_steps: int | None = None,
        num_views: int = 1,
        label_noise: float = 0.0,
    ) -> None:
        planned = plan.semi_supervised(
            source,
            num_labels,
            batch_size,
            unlabeled_batch_size,
            augmentation,
            max_shift,
            unlabeled_includes_labeled,
            seed,
            num_views,
            label_noise,
        )
        super().__init__(planned, num_steps, start_step)

    def _element(self, batches: list[np.ndarray], labels: np.ndarray) -> tuple:
        labeled, unlabeled = batches
        return {"labeled": labeled, "unlabeled": unlabeled}, labels
