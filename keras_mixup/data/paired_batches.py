import copy
from typing import Any

import keras

from keras_mixup.data import array_checks


class PairedBatches(keras.utils.PyDataset):
    """Labelled and unlabelled batches side by side, what `keras_mixup.data.pair` makes.

    Batch `i` holds batch `i` of each part, for any `i`, beyond the length as well: a
    part that is at its end starts again. The length is that of an epoch.

    Args:
        labeled: What has `batch(index)`, `(x, y)` or `(x, y, sample_weight)`.
        unlabeled: What has `batch(index)`.
        has_more: Boolean. Whether unlabelled inputs are the first part of their batch.
        steps_per_epoch: Integer, the batches of an epoch, or `None`: `fit` is told.
    """

    def __init__(
        self,
        labeled: Any,
        unlabeled: Any,
        has_more: bool,
        steps_per_epoch: int | None,
    ) -> None:
        # No worker threads: Keras restarts theirs at batch 0 in every epoch.
        super().__init__()
        self.steps_per_epoch = steps_per_epoch
        self._labeled, self._unlabeled = labeled, unlabeled
        self._has_more = has_more

    @property
    def num_batches(self) -> int | None:
        return self.steps_per_epoch

    def __len__(self) -> int:
        if self.steps_per_epoch is None:
            raise TypeError("These batches have no end; give `pair` the length.")
        return self.steps_per_epoch

    def __getitem__(self, index: int) -> tuple:
        array_checks.check_positive("index", index, at_least=0)
        x, *rest = self._labeled.batch(int(index))
        u = self._unlabeled.batch(int(index))
        u = u[0] if self._has_more else u
        return ({"labeled": x, "unlabeled": u}, *rest)

    def without_end(self) -> "PairedBatches":
        """The same batches, for a `fit` that is told its `steps_per_epoch`."""
        endless = copy.copy(self)
        endless.steps_per_epoch = None
        return endless
