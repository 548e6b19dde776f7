"""Ends training at its last step, or when the weights are no longer finite."""

import contextlib
import math
import signal
import sys
import threading

import keras

from trainers import strict_json
from trainers.errors import RunFailure
from trainers.run import state


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
    """Stops after exactly `steps` steps, and at once when the weights are not finite.

    A loss that is not finite leaves finite weights where its gradient was not applied,
    as under the loss scale of float16. The run then goes on, and the mean loss of the
    epoch is that of the steps after it.

    Args:
        steps: int, the steps of the whole run; an epoch need not divide them.
        steps_per_epoch: int.
        interrupt: an `Interrupt`, which is raised after the step.

    Attributes:
        first_overflow: int, the first step whose loss was not finite, or `None`.

    Raises:
        RunFailure: in `fit`, at the first step with a loss that is not finite after
            which a variable is not finite either, or where it is the last step.
    """

    def __init__(self, steps, steps_per_epoch, interrupt=None):
        super().__init__()
        self.steps = steps
        self.steps_per_epoch = steps_per_epoch
        self.interrupt = interrupt or Interrupt()
        self.first_overflow = None
        self._first = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._first = epoch * self.steps_per_epoch

    def on_train_batch_end(self, batch, logs=None):
        self.interrupt.check()
        step = self._first + batch + 1
        if not math.isfinite(logs["loss"]):
            self._overflowed(step)
            if step % self.steps_per_epoch:
                # The mean loss would stay what it is until the end of the epoch.
                for metric in self.model.metrics:
                    metric.reset_state()
        if step >= self.steps:
            self.model.stop_training = True

    def _overflowed(self, step):
        if self.first_overflow is None:
            self.first_overflow = step
        broken = state.not_finite(state.read(self.model))
        if broken or step >= self.steps:
            also = f"; neither are {strict_json.listed(broken)}" if broken else ""
            since = self.first_overflow
            first = "" if since == step else f" (first seen at step {since})"
            raise RunFailure(
                f"The loss is no longer finite at step {step}{first}{also}. The last "
                "checkpoint before it is kept; try a smaller learning rate or loss "
                "weight."
            )
        if self.first_overflow == step:
            print(
                f"warning: the loss is not finite at step {step}. The weights are, so "
                "the run goes on.",
                file=sys.stderr,
                flush=True,
            )
