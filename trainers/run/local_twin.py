"""A copy of a distributed model that is measured and saved on this process alone."""

import contextlib

import keras

from keras_mixup.callbacks import LinearityCallback
from trainers.run import state


@contextlib.contextmanager
def undistributed():
    """Takes away the distribution within the block."""
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


class LocalTwin:
    """The twin of a distributed model, on one device.

    A pass over a distributed network needs all processes. Those over the twin need
    one, and every process makes the same ones, so that all come back to the next step.

    Args:
        model: compiled model that was made without a distribution.

    Attributes:
        model: as given.
    """

    def __init__(self, model):
        self.model = model

    @contextlib.contextmanager
    def of(self, trained):
        """Gives the twin the state of the model in training, within the block.

        Args:
            trained: the distributed model.
        """
        values = state.read(trained)
        with undistributed():
            state.write(self.model, values)
            yield


class TwinLinearityCallback(LinearityCallback):
    """Measures the twin of the model that is trained.

    Args:
        x: see `LinearityCallback`.
        twin: a `LocalTwin`.
        **options: see `LinearityCallback`.
    """

    def __init__(self, x, twin, **options):
        super().__init__(x, **options)
        self.twin = twin

    def on_train_begin(self, logs=None):
        trained = self.model
        self.set_model(self.twin.model)
        with undistributed():
            super().on_train_begin(logs)
        self.set_model(trained)

    def _evaluate(self):
        with self.twin.of(self.model):
            super()._evaluate()
