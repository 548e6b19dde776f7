"""Ends training at its last step, or when the loss is no longer finite."""

import math

import keras

from trainers.common.errors import RunFailure


class StepGuard(keras.callbacks.Callback):
    """Stops after exactly `steps` steps, and at once when the loss is not finite.

    Args:
        steps: int, the steps of the whole run; an epoch need not divide them.
        steps_per_epoch: int.

    Raises:
        RunFailure: in `fit`, at the first step whose loss is not finite.
    """

    def __init__(self, steps, steps_per_epoch):
        super().__init__()
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self._first = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._first = epoch * self.steps_per_epoch

    def on_train_batch_end(self, batch, logs=None):
        step = self._first + batch + 1
        if not math.isfinite(logs["loss"]):
            raise RunFailure(
                f"The loss is no longer finite at step {step}. The last checkpoint "
                "before it is kept; try a smaller learning rate or loss weight."
            )
        if step >= self.steps:
            self.model.stop_training = True
