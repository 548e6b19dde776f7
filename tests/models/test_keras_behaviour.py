"""A wrapper is to Keras' callbacks and files like the network inside."""

import json
import warnings

import keras
import numpy as np
import pytest

from keras_mixup.models import ICTModel, MixupModel

L = keras.layers
X = np.random.RandomState(0).normal(size=(8, 4)).astype("float32")
Y = np.arange(8) % 3


def network():
    return keras.Sequential(
        [keras.Input((4,)), L.Dense(5, name="hidden"), L.Dense(3, name="head")]
    )


def compiled(inner):
    model = MixupModel(inner, num_points=1)
    model.compile("sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def test_the_layers_are_those_of_the_network():
    inner = network()
    model = MixupModel(inner)
    assert model.layers == inner.layers
    assert model.get_layer("hidden") is inner.get_layer("hidden")
    assert model.get_layer(index=1) is inner.layers[1]
    assert model.get_layer(inner.name) is inner
    lines = []
    model.summary(print_fn=lambda text, **_: lines.append(text))
    assert "hidden" in "".join(lines)


def test_a_teacher_stays_one_layer():
    inner = network()
    model = ICTModel(inner)
    assert model.layers[:2] == inner.layers
    assert len(model.layers) == 3
    assert model.get_layer("head") is inner.get_layer("head")


class WithWeightsBesideLayers(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(3)
        self.scale = self.add_weight(shape=(), initializer="ones")

    def call(self, x):
        return self.head(x) * self.scale


def test_a_network_with_weights_beside_its_layers_is_the_layer():
    inner = WithWeightsBesideLayers()
    inner(X)
    assert MixupModel(inner).layers == [inner]


def test_layers_are_read_only():
    with pytest.raises(AttributeError, match="read only"):
        MixupModel(network()).layers = []


def test_an_unknown_layer_is_named_with_those_there_are():
    with pytest.raises(ValueError, match="hidden"):
        MixupModel(network()).get_layer("absent")


@pytest.mark.parametrize("name", ["w.weights.h5", "m.h5"])
def test_h5_files(tmp_path, name):
    pytest.importorskip("h5py")
    model, path = compiled(network()), str(tmp_path / name)
    model.fit(X, Y, verbose=0)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*HDF5.*")
        if name == "m.h5":
            model.save(path)
            # The format has no package names, so the class is given.
            classes = {"MixupModel": MixupModel}
            loaded = keras.models.load_model(path, custom_objects=classes)
        else:
            model.save_weights(path)
            loaded = compiled(network())
            loaded.load_weights(path)
    assert int(loaded.step) == int(model.step) == 1
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )


@pytest.mark.tensorflow
def test_tensorboard_finds_the_embeddings_of_the_network(tmp_path):
    inner = keras.Sequential(
        [keras.Input((4,)), L.Embedding(7, 3, name="words"), L.Flatten(), L.Dense(3)]
    )
    board = keras.callbacks.TensorBoard(
        tmp_path,
        histogram_freq=1,
        embeddings_freq=1,
        embeddings_metadata={"words": "words.tsv"},
    )
    words = np.arange(32).reshape(8, 4) % 7
    compiled(inner).fit(words, Y, verbose=0, callbacks=[board])
    texts = [path.read_text() for path in tmp_path.rglob("projector_config.pbtxt")]
    assert len(texts) == 1
    assert json.dumps("words.tsv") in texts[0]
