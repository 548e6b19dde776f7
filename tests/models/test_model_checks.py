"""What models refuse that would train on something else than was meant."""

import keras
import numpy as np
import pytest

from keras_mixup.models import (
    ICTModel,
    ManifoldMixupModel,
    MixMatchModel,
    MixupEModel,
    MixupModel,
)


def network():
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="d")])


@pytest.mark.parametrize("model_class", [ICTModel, MixMatchModel, MixupEModel])
@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.SparseCategoricalCrossentropy(),
        keras.losses.CategoricalCrossentropy(),
        keras.losses.categorical_crossentropy,
        keras.losses.BinaryCrossentropy(),
        keras.losses.CategoricalFocalCrossentropy(),
        "binary_crossentropy",
    ],
    ids=["name", "sparse", "categorical", "function", "binary", "focal", "binary_name"],
)
def test_a_crossentropy_of_probabilities_where_logits_are_needed(model_class, loss):
    with pytest.raises(ValueError, match=r"compile the cross-entropy with `from_log.*"):
        model_class(network()).compile("sgd", loss)


@pytest.mark.parametrize("model_class", [MixupModel, ManifoldMixupModel])
def test_mixup_itself_takes_probabilities(model_class):
    inner = keras.Sequential([network(), keras.layers.Softmax()])
    layers = [["input"]] if model_class is ManifoldMixupModel else []
    model = model_class(inner, *layers)
    model.compile("sgd", "sparse_categorical_crossentropy")
    assert np.isfinite(model.train_on_batch(np.eye(4), np.array([0, 1, 2, 0])))


@pytest.mark.parametrize("model_class", [ICTModel, MixMatchModel, MixupEModel])
def test_losses_of_ones_own_say_not_what_the_outputs_mean(model_class):
    loss = lambda y, z: keras.ops.mean((y - z) ** 2, -1)  # noqa: E731
    with pytest.raises(ValueError, match=r"must know what the outputs mean.*Mixup"):
        model_class(network()).compile("sgd", loss)
    ICTModel(network(), target="logits").compile("sgd", loss)


def test_manifold_mixup_trains_without_labels():
    model = ManifoldMixupModel(network(), ["d"], seed=0)
    model.compile("sgd", None)
    x, y, weight = model.prepare_batch(np.eye(4, dtype="float32"), None, None)
    assert y is None
    assert weight is None
    assert tuple(x["weights"].shape) == (4, 2)
