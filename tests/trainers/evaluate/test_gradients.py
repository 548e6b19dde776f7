import keras
import numpy as np
import pytest

from trainers.evaluate.gradients import InputGradients


def linear(features=5, classes=3):
    network = keras.Sequential(
        [keras.Input((features,)), keras.layers.Dense(classes, name="logits")]
    )
    generator = np.random.default_rng(1)
    network.set_weights([generator.normal(size=w.shape) for w in network.get_weights()])
    return network


def batch(count=4, features=5, classes=3):
    generator = np.random.default_rng(2)
    x = generator.normal(size=(count, features)).astype("float32")
    return x, generator.dirichlet(np.ones(classes), count).astype("float32")


def closed_form(network, x, rows):
    kernel, bias = network.get_weights()
    exps = np.exp(x @ kernel + bias)
    return (exps / exps.sum(1, keepdims=True) - rows) @ kernel.T


def test_closed_form_of_a_linear_network():
    network, (x, rows) = linear(), batch()
    expected = closed_form(network, x, rows)
    gradients = InputGradients(network)
    np.testing.assert_allclose(gradients(x, rows), expected, atol=1e-5)
    # The weights of today, not those of the first call.
    network.set_weights([2 * w for w in network.get_weights()])
    expected = closed_form(network, x, rows)
    np.testing.assert_allclose(gradients(x, rows), expected, atol=1e-5)


def test_inference_mode_leaves_the_network_alone():
    network = keras.Sequential(
        [
            keras.Input((5,)),
            keras.layers.BatchNormalization(),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3),
        ]
    )
    x, rows = batch()
    before = network.get_weights()
    gradients = InputGradients(network)
    whole = gradients(x, rows)
    np.testing.assert_array_equal(gradients(x, rows), whole)
    # Each example's gradient is its own.
    np.testing.assert_allclose(gradients(x[:1], rows[:1]), whole[:1], atol=1e-6)
    for weight, value in zip(before, network.get_weights()):
        np.testing.assert_array_equal(weight, value)


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_small_gradients_survive_float16(policy):
    weights = linear().get_weights()
    keras.config.set_dtype_policy(policy)
    config = linear().get_config()
    # As a saved network comes back: the policy is that of its layers.
    keras.config.set_dtype_policy("float32")
    network = keras.Sequential.from_config(config)
    # Confident and right: gradients far below the smallest of float16.
    network.set_weights([np.eye(5, 3) * 8, weights[1] * 0])
    x = np.eye(5, dtype="float32")[:1] * 2
    rows = np.eye(3, dtype="float32")[:1]
    found = InputGradients(network)(x, rows)
    expected = closed_form(network, x, rows)
    assert found.dtype == "float32"
    np.testing.assert_allclose(found, expected, rtol=0.05, atol=1e-9)
    assert (found[0, :3] != 0).all()
