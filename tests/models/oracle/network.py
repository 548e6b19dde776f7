"""One small network twice: in Keras, and as plain NumPy in float64."""

import keras
import numpy as np

MOMENTUM = 0.8
EPSILON = 1e-3  # That of Keras' batch normalisation.
L2 = 0.05


def keras_network(norm, seed, activation="relu"):
    """A perceptron of one hidden layer, with weights far from special values.

    Args:
        norm: Boolean, whether there is batch normalisation before the activation.
        seed: Integer, of the weights.
        activation: Name of the activation of the hidden layer.
    """
    layers = [
        keras.Input((4,)),
        keras.layers.Dense(
            5, kernel_regularizer=keras.regularizers.L2(L2), name="hidden"
        ),
        keras.layers.Activation(activation, name="activation"),
        keras.layers.Dense(3, name="logits"),
    ]
    if norm:
        layers.insert(
            2, keras.layers.BatchNormalization(momentum=MOMENTUM, name="norm")
        )
    network = keras.Sequential(layers)
    assign_weights(network, seed)
    return network


def assign_weights(network, seed):
    """Gives a network weights drawn by NumPy, the same on every backend."""
    rng = np.random.RandomState(seed)
    for variable in network.weights:
        value = rng.normal(0, 0.7, size=tuple(variable.shape))
        if variable.name in ("gamma", "moving_variance"):
            value = 0.5 + np.abs(value)
        variable.assign(value.astype("float32"))


def values(network):
    """All weights as float64 arrays, by the names of layer and weight."""
    return {
        f"{layer.name}/{variable.name}": keras.ops.convert_to_numpy(
            variable.value
        ).astype("float64")
        for layer in network.layers
        for variable in layer.weights
    }


def forward(weights, x, mixers=None, activation="relu"):
    """The network in training mode.

    Args:
        weights: Arrays by name, as `values` returns them.
        x: Array of shape `(batch, 4)`, real or complex.
        mixers: Function of a batch of activations, by the name of the layer behind
            which it is applied, or "input".
        activation: "relu" or "tanh".

    Returns:
        `(logits, statistics)`, the second being mean and variance of the batch before
        it is normalised, or `None` without batch normalisation.
    """
    mixed = lambda name, h: (mixers or {}).get(name, lambda v: v)(h)  # noqa: E731
    statistics = None
    h = mixed("input", x)
    h = mixed("hidden", h @ weights["hidden/kernel"] + weights["hidden/bias"])
    if "norm/gamma" in weights:
        # Without `np.var`, which is no analytic function of complex numbers.
        mean = h.mean(0)
        variance = ((h - mean) ** 2).mean(0)
        statistics = mean, variance
        h = (h - mean) / np.sqrt(variance + EPSILON)
        h = mixed("norm", h * weights["norm/gamma"] + weights["norm/beta"])
    h = np.tanh(h) if activation == "tanh" else h * (h.real > 0)
    h = mixed("activation", h)
    return mixed("logits", h @ weights["logits/kernel"] + weights["logits/bias"]), (
        statistics
    )


def penalty(weights):
    """The regularisation loss of the network."""
    return L2 * np.sum(weights["hidden/kernel"] ** 2)


def jvp(weights, x, tangent, activation="relu"):
    """Logits and their derivative along a tangent, by a complex step, not rounded."""
    logits, _ = forward(weights, x + 1e-30j * tangent, activation=activation)
    return logits.real, logits.imag / 1e-30


def gradient(loss, weights, step=1e-6):
    """Central differences of a float64 loss: an error near 1e-9."""
    slopes = {name: np.zeros_like(w) for name, w in weights.items() if is_trained(name)}
    for name, slope in slopes.items():
        for index in np.ndindex(slope.shape):
            ends = []
            for sign in (1, -1):
                moved = weights[name].copy()
                moved[index] += sign * step
                ends.append(loss({**weights, name: moved}))
            slope[index] = (ends[0] - ends[1]) / (2 * step)
    return slopes


def is_trained(name):
    return "moving" not in name


def after_step(weights, slopes, statistics):
    """Weights after a step of gradient descent of rate 1 and one moving average."""
    expected = {n: w - slopes[n] if n in slopes else w for n, w in weights.items()}
    if statistics is not None:
        for name, value in zip(("moving_mean", "moving_variance"), statistics):
            old = weights[f"norm/{name}"]
            expected[f"norm/{name}"] = MOMENTUM * old + (1 - MOMENTUM) * value
    return expected
