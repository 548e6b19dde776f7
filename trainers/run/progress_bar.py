"""One progress bar for a whole run."""

import sys

import keras


class ProgressBar(keras.callbacks.Callback):
    """Keras' progress bar over the steps of the run instead of those of an epoch.

    Args:
        steps: int, the steps of the whole run.
        first_step: int, the steps that were done before; the bar counts the rest.
    """

    def __init__(self, steps, first_step=0):
        super().__init__()
        self._target = steps - first_step
        self._done = self._before = 0
        self._bar = None

    def on_train_begin(self, logs=None):
        # In a file, where each update is kept, a line every ten seconds will do.
        self._bar = keras.utils.Progbar(
            self._target,
            interval=0.1 if sys.stdout.isatty() else 10.0,
            # Keras' logs are means over the epoch already.
            stateless_metrics=(),
        )

    def on_epoch_begin(self, epoch, logs=None):
        self._before = self._done

    def on_train_batch_end(self, batch, logs=None):
        # The last of the steps that were taken at once.
        self._done = self._before + batch + 1
        values = [(name, value) for name, value in logs.items() if name in _SHOWN]
        self._bar.update(self._done, values)


_SHOWN = ("loss", "accuracy", "supervised_loss", "consistency_loss")
