"""The whole state of a model in training."""

import keras
import numpy as np
import pytest

from keras_mixup.applications import MLP
from keras_mixup.models import ICTModel
from trainers.errors import UsageError
from trainers.run import state


def compiled(units=4):
    keras.utils.clear_session()
    network = MLP((3,), 2, hidden_units=(units,), dropout=0.5)
    model = ICTModel(network, seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def step(model):
    # PyTorch draws the masks of dropout from a generator of its own.
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    x = {
        "labeled": random.normal(size=(4, 3)).astype("float32"),
        "unlabeled": random.normal(size=(6, 3)).astype("float32"),
    }
    model.train_on_batch(x, np.array([0, 1, 0, 1]))


def arrays(model):
    return [array for _, array in state.read(model)]


def test_holds_everything_that_a_step_changes():
    model = compiled()
    paths = [path for path, _ in state.read(model)]
    assert len(paths) == len(arrays(model))
    for part in (
        "kernel",
        "seed_generator_state",
        "iteration",
        "learning_rate",
        "step",
    ):
        assert any(part in path for path in paths), part
    # Student and teacher share their names: position is what tells them apart.
    assert len(set(paths)) < len(paths)


def test_a_restored_model_goes_on_as_the_saved_one():
    model = compiled()
    step(model)
    saved = [(path, np.array(array)) for path, array in state.read(model)]
    step(model)
    other = compiled()
    state.write(other, saved)
    step(other)
    for one, two in zip(arrays(model), arrays(other)):
        np.testing.assert_array_equal(one, two)


def test_refuses_another_models_state():
    saved = state.read(compiled(units=4))
    with pytest.raises(UsageError, match=r"they differ first at .*kernel"):
        state.write(compiled(units=5), saved)
    with pytest.raises(UsageError, match=r"holds \d+ variables, the model has \d+"):
        state.write(compiled(), saved[:-1])
