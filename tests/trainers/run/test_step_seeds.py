"""What PyTorch draws by itself depends on the seed and the step alone."""

import keras
import numpy as np
import pytest

from trainers.run.step_seeds import StepSeeds

pytestmark = pytest.mark.torch


def outputs_of_steps(seed, epochs, initial_epoch=0):
    """What dropout lets through in each step; four steps make an epoch."""
    network = keras.Sequential([keras.Input((32,)), keras.layers.Dropout(0.5)])
    seen = []

    def loss(y_true, y_pred):
        seen.append(keras.ops.convert_to_numpy(y_pred))
        return keras.ops.mean(y_pred, axis=-1)

    network.compile("sgd", loss)
    with pytest.warns(UserWarning, match="does not have any trainable weights"):
        network.fit(
            *(np.ones((8, 32)), np.ones((8, 32))),
            batch_size=2,
            epochs=epochs,
            initial_epoch=initial_epoch,
            callbacks=[StepSeeds(seed, steps_per_epoch=4)],
            verbose=0,
        )
    return seen[-4 * (epochs - initial_epoch) :]


def test_a_step_draws_the_same_wherever_the_run_began():
    whole = outputs_of_steps(3, epochs=3)
    resumed = outputs_of_steps(3, epochs=3, initial_epoch=2)
    np.testing.assert_array_equal(whole[8:], resumed)


def test_steps_and_seeds_differ():
    one, other = (outputs_of_steps(seed, epochs=2) for seed in (3, 4))
    every = [array.tobytes() for array in (*one, *other)]
    assert len(set(every)) == len(every) == 16
