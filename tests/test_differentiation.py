import functools

import keras
import numpy as np
import pytest
from keras import layers, ops

from keras_mixup import differentiation

RNG = np.random.RandomState(0)


def jvp(function, x, tangent):
    """The value and the product as arrays."""
    both = differentiation.jvp(function, x, tangent)
    return tuple(ops.convert_to_numpy(t) for t in both)


def test_equals_the_jacobian():
    matrix = RNG.normal(size=(4, 3)).astype("float32")
    x, tangent = RNG.normal(size=(2, 5, 4)).astype("float32")
    value, product = jvp(lambda v: ops.tanh(ops.matmul(v, matrix)), x, tangent)
    np.testing.assert_allclose(value, np.tanh(x @ matrix), rtol=1e-5)
    expected = (1 - np.tanh(x @ matrix) ** 2) * (tangent @ matrix)
    np.testing.assert_allclose(product, expected, rtol=1e-4, atol=1e-6)


def test_nested_structures_add_up():
    x = {"a": np.array([2.0, 3.0], "float32"), "b": (np.array([5.0], "float32"),)}
    tangent = {"a": np.array([1.0, 0.5], "float32"), "b": (np.array([2.0], "float32"),)}
    value, product = jvp(lambda v: v["a"] * v["b"][0], x, tangent)
    np.testing.assert_allclose(value, [10.0, 15.0])
    np.testing.assert_allclose(product, [1.0 * 5 + 2 * 2, 0.5 * 5 + 3 * 2])


def test_points_that_depend_on_weights_pass_their_gradient_on(gradient):
    """Of `(3 w)^2` along 1 the product is `6 w`."""
    ones = np.ones(2, "float32")

    def product(w):
        return ops.sum(differentiation.jvp(ops.square, 3 * w, ones)[1])

    w = np.array([1.0, 5.0], "float32")
    np.testing.assert_allclose(gradient(product, w), [6.0, 6.0])


@pytest.mark.torch
def test_nothing_is_recorded_where_nothing_may_be():
    import torch

    with torch.no_grad():
        both = differentiation.jvp(ops.square, np.ones(2), np.ones(2))
    assert not any(t.requires_grad for t in both)
    np.testing.assert_array_equal(both[1], [2.0, 2.0])


def test_what_does_not_depend_on_x_has_no_derivative():
    x = np.ones(3, "float32")
    value, product = jvp(lambda v: ops.ones((3,)), x, x)
    np.testing.assert_array_equal(value, np.ones(3))
    np.testing.assert_array_equal(product, np.zeros(3))


@pytest.mark.parametrize(
    "tangent", [np.ones((1, 3), "float32"), np.ones(3, "float16"), {"a": np.ones(3)}]
)
def test_a_tangent_of_another_kind_is_refused(tangent):
    with pytest.raises(ValueError, match="must have the structure, shapes and dtypes"):
        jvp(lambda v: v, np.ones(3, "float32"), tangent)


NETWORKS = {
    "convolution": lambda: [
        layers.Conv2D(4, 3),
        layers.AveragePooling2D(2),
        layers.Flatten(),
    ],
    "depthwise": lambda: [layers.SeparableConv2D(4, 3, strides=2), layers.Flatten()],
    "batch_norm": lambda: [
        layers.Conv2D(4, 3),
        layers.BatchNormalization(),
        layers.Flatten(),
    ],
    "pooling": lambda: [layers.Conv2D(4, 3), layers.MaxPooling2D(2), layers.Flatten()],
    "silu_norm": lambda: [
        layers.Flatten(),
        layers.Dense(8, activation="silu"),
        layers.LayerNormalization(),
        layers.Dense(6, activation="gelu"),
    ],
    "softmax": lambda: [layers.Flatten(), layers.Dense(4, activation="softmax")],
    "attention": lambda: [
        layers.Reshape((6, 6)),
        layers.GRU(4, return_sequences=True),
        layers.GroupNormalization(2),
        layers.GlobalAveragePooling1D(),
    ],
}


def pass_of(network):
    """A pass in training mode without side effects."""
    variables = network.trainable_variables, network.non_trainable_variables
    values = [[v.value for v in group] for group in variables]
    return lambda x: network.stateless_call(*values, x, training=True)[0]


def build(parts):
    return keras.Sequential([keras.Input((6, 6, 1)), *parts(), layers.Dense(3)])


@pytest.mark.parametrize("name", NETWORKS)
def test_equals_a_finite_difference_in_every_kind_of_layer(name):
    network = build(NETWORKS[name])
    x, tangent = RNG.normal(size=(2, 4, 6, 6, 1)).astype("float32")
    _, product = jvp(pass_of(network), x, tangent)
    values = [
        ops.convert_to_numpy(pass_of(network)(x + step * tangent)).astype("float64")
        for step in (2e-3, -2e-3)
    ]
    expected = (values[0] - values[1]) / 4e-3
    # Where a maximum or a rectifier changes sides, the difference is not the limit.
    close = np.isclose(product, expected, rtol=2e-2, atol=5e-3)
    assert np.mean(close) > 0.8


def gradient_of_product(network, x, tangent):
    """The gradient by the weights of the squared product, as training takes it."""

    def loss():
        _, product = differentiation.jvp(pass_of(network), x, tangent)
        return ops.sum(ops.square(ops.cast(product, "float32")))

    variables = network.trainable_variables
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss()
        return tape.gradient(value, [v.value for v in variables])
    if keras.config.backend() == "torch":
        import torch

        return torch.autograd.grad(loss(), [v.value for v in variables])
    import jax

    def of_weights(weights):
        with keras.StatelessScope(list(zip(variables, weights))):
            return loss()

    return jax.grad(of_weights)([v.value for v in variables])


def test_the_product_has_a_gradient():
    """`|t W1 W2|^2` of a linear network, whose gradients are known."""
    network = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, use_bias=False),
            layers.Dense(3, use_bias=False),
        ]
    )
    x, tangent = RNG.normal(size=(2, 6, 4)).astype("float32")
    one, two = network.get_weights()
    gradients = gradient_of_product(network, x, tangent)
    product = tangent @ one @ two
    np.testing.assert_allclose(
        gradients[0], 2 * tangent.T @ product @ two.T, rtol=1e-3, atol=1e-4
    )
    np.testing.assert_allclose(
        gradients[1], 2 * (tangent @ one).T @ product, rtol=1e-3, atol=1e-4
    )


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", ["convolution", "batch_norm", "silu_norm"])
def test_graphs_and_xla_give_the_same_gradients(name):
    import tensorflow as tf

    network = build(NETWORKS[name])
    x, tangent = tf.constant(RNG.normal(size=(2, 4, 6, 6, 1)).astype("float32"))
    step = lambda: gradient_of_product(network, x, tangent)  # noqa: E731
    eager = step()
    for jit_compile in (False, True):
        compiled = tf.function(step, jit_compile=jit_compile)()
        for a, b in zip(eager, compiled):
            # A weight without an effect on the product has no gradient.
            if a is not None:
                np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)


def test_rows_that_are_taken():
    x = np.array([[1.0, 2.0], [3.0, 4.0]], "float32")
    tangent = np.array([[1.0, 0.5], [0.25, 0.0]], "float32")
    rows = np.array([1, 0, 1])
    value, product = jvp(lambda v: ops.take(v, rows, axis=0) ** 2, x, tangent)
    np.testing.assert_allclose(value, x[rows] ** 2)
    np.testing.assert_allclose(product, 2 * x[rows] * tangent[rows])


def test_integers_are_refused():
    with pytest.raises(ValueError, match=r"taken at floats.*\['int32'\]"):
        jvp(lambda v: v, np.ones(2, "int32"), np.ones(2, "int32"))


@pytest.mark.parametrize(
    "layer", [keras.layers.BatchNormalization, keras.layers.GroupNormalization]
)
def test_gradient_of_a_product_through_a_normalisation(layer):
    """TensorFlow's variance alone would leave out how the mean moves."""
    rng = np.random.RandomState(0)
    x, tangent = (rng.normal(size=(6, 4)).astype("float32") for _ in range(2))
    batch = layer is keras.layers.BatchNormalization
    normalize = layer(epsilon=0.1, **({} if batch else {"groups": 1}))
    normalize.build(x.shape)
    mode, axis = ({"training": True}, 0) if batch else ({}, 1)

    def numpy_product(x):
        centred = x - x.mean(axis, keepdims=True)
        direction = tangent - tangent.mean(axis, keepdims=True)
        scale = np.sqrt((centred**2).mean(axis, keepdims=True) + 0.1)
        slope = (centred * direction).mean(axis, keepdims=True)
        return direction / scale - centred * slope / scale**3

    def first(v):
        call = functools.partial(normalize, **mode)
        return differentiation.jvp(call, v, ops.convert_to_tensor(tangent))[1]

    # The product of the product: its derivative along the same direction.
    product, second = jvp(first, x, tangent)
    wide, step = x.astype("float64"), 1e-6 * tangent.astype("float64")
    numerical = (numpy_product(wide + step) - numpy_product(wide - step)) / 2e-6
    np.testing.assert_allclose(product, numpy_product(wide), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(second, numerical, rtol=1e-4, atol=1e-4)
