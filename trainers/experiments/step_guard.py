"""Ends training at its last step, or when the loss is no longer finite."""

import contextlib
import math
import signal
import threading

import keras

from trainers.common.errors import RunFailure


class Interrupt:
    """Keeps Ctrl-C until the step that is under way has ended.

    Raised within a step, it may be swallowed (JAX did 2 in 12) or break off what cannot
    be broken off (TensorFlow died of a damaged heap). The second Ctrl-C does not wait.

    Attributes:
        received: bool.
    """

    received = False

    @contextlib.contextmanager
    def watched(self):
        """Watches for it in the main thread, unless someone else does, or none may.

        Raises:
            KeyboardInterrupt: at the end, where no step came any more to raise it.
        """
        is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
        if not is_default or threading.current_thread() is not threading.main_thread():
            yield self
            return
        signal.signal(signal.SIGINT, self._receive)
        try:
            yield self
        finally:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        self.check()

    def check(self):
        """Raises `KeyboardInterrupt` if it came."""
        if self.received:
            raise KeyboardInterrupt

    def _receive(self, number, frame):
        if self.received:
            signal.default_int_handler(number, frame)
        self.received = True


class StepGuard(keras.callbacks.Callback):
    """Stops after exactly `steps` steps, and at once when the loss is not finite.

    Args:
        steps: int, the steps of the whole run; an epoch need not divide them.
        steps_per_epoch: int.
        interrupt: an `Interrupt`, which is raised after the step.

    Raises:
        RunFailure: in `fit`, at the first step whose loss is not finite.
    """

    def __init__(self, steps, steps_per_epoch, interrupt=None):
        super().__init__()
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self.interrupt = interrupt or Interrupt()
        self._first = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._first = epoch * self.steps_per_epoch

    def on_train_batch_end(self, batch, logs=None):
        self.interrupt.check()
        step = self._first + batch + 1
        if not math.isfinite(logs["loss"]):
            raise RunFailure(
                f"The loss is no longer finite at step {step}. The last checkpoint "
                "before it is kept; try a smaller learning rate or loss weight."
            )
        if step >= self.steps:
            self.model.stop_training = True
