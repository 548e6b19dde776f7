import keras
import numpy as np
import pytest

from keras_mixup.applications import MLP


def test_outputs_against_numpy():
    network = MLP((4,), 3, hidden_units=(5, 6))
    x = np.random.default_rng(0).normal(size=(7, 4)).astype("float32")
    hidden = x
    for name in ("layer_0", "layer_1"):
        kernel, bias = network.get_layer(name).get_weights()
        hidden = np.maximum(hidden @ kernel + bias, 0)
    kernel, bias = network.get_layer("layer_2").get_weights()
    np.testing.assert_allclose(
        network.predict_on_batch(x), hidden @ kernel + bias, rtol=1e-5, atol=1e-6
    )


def test_default_is_two_layers_of_128():
    network = MLP((10,), 2)
    assert network.count_params() == 10 * 128 + 128 + 128 * 128 + 128 + 128 * 2 + 2


def test_no_hidden_layer_is_linear():
    network = MLP((4,), 3, hidden_units=())
    x = np.random.default_rng(1).normal(size=(2, 4)).astype("float32")
    mean = network.predict_on_batch(x).mean(0)
    np.testing.assert_allclose(
        network.predict_on_batch(x.mean(0, keepdims=True))[0], mean, atol=1e-6
    )


def test_images_are_flattened():
    assert MLP((8, 8, 1), 3).predict_on_batch(np.zeros((2, 8, 8, 1))).shape == (2, 3)


def test_taps_are_before_dropout():
    network = MLP((4,), 3, hidden_units=(5, 6), dropout=0.5, activation="tanh")
    names = [layer.name for layer in network.layers][1:]
    assert names == ["layer_0", "dropout_0", "layer_1", "dropout_1", "layer_2"]
    assert network.get_layer("dropout_1").rate == 0.5


def test_saving_round_trip(tmp_path):
    network = MLP((4,), 3, dropout=0.5)
    x = np.random.default_rng(2).normal(size=(2, 4)).astype("float32")
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    np.testing.assert_array_equal(
        network.predict_on_batch(x), loaded.predict_on_batch(x)
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"hidden_units": 128}, "sequence of positive integers.*hidden_units=128"),
        ({"hidden_units": (8, 0)}, r"sequence of positive integers.*\(8, 0\)"),
        ({"num_classes": 2.5}, "`num_classes` must be a positive integer.*2.5"),
        ({"dropout": -0.1}, "`dropout` must be a rate.*dropout=-0.1"),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        MLP(**{"input_shape": (4,), "num_classes": 3} | arguments)
