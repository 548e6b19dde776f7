"""The seed of each step, where a backend draws from its global generator."""

import keras
import numpy as np


class StepSeeds(keras.callbacks.Callback):
    """Seeds the generator of PyTorch before each step, by the run's seed and the step.

    A dropout layer that was given no seed draws from it, and so does whatever makes
    an iterator: without a seed for each step, a resumed run would go on with other
    masks. On other backends each layer has a variable for its state, which checkpoints
    hold, and this does nothing.

    Args:
        seed: int, that of the run.
        steps_per_epoch: int.
    """

    def __init__(self, seed, steps_per_epoch):
        super().__init__()
        self.seed = seed
        self.steps_per_epoch = steps_per_epoch
        self._first = 0

    def on_epoch_begin(self, epoch, logs=None):
        self._first = epoch * self.steps_per_epoch

    def on_train_batch_begin(self, batch, logs=None):
        if keras.config.backend() != "torch":
            return
        import torch

        entropy = np.random.SeedSequence((self.seed, self._first + batch))
        torch.manual_seed(int(entropy.generate_state(1, "uint64")[0]) >> 1)
