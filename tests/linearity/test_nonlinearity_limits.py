"""Measures of linearity at the edges: huge numbers, words, states, interruptions."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_mixup.applications import MLP, WideResNet
from keras_mixup.linearity import LinearityProbe, nonlin, nonlinearity
from keras_mixup.linearity.pairs import chunks


def vectors():
    return np.random.default_rng(0).normal(size=(40, 4)).astype("float32")


def mixtures(num_examples):
    (drawn,) = chunks(num_examples, np.full(2, 0.5), 0)
    return drawn.weights, drawn.partners, drawn.indices


def mix(rows, weights, partners):
    return np.einsum("nk,nk...->n...", weights, rows[partners])


def norms(rows):
    return np.sqrt((rows**2).sum(-1))


def reference(f, g, weights, partners, measure):
    """Mean value and floor in float64."""
    if measure == "relative":
        gaps = norms(g - mix(f, weights, partners)) / mix(norms(f), weights, partners)
        return gaps.mean(), 0.0
    units = mix(f / norms(f)[:, None], weights, partners)
    mixed = mix(f, weights, partners)
    value = norms(g / norms(g)[:, None] - units)
    return value.mean(), norms(mixed / norms(mixed)[:, None] - units).mean()


# Numbers of any size.


@pytest.mark.parametrize("measure", ["unit_norm", "relative"])
@pytest.mark.parametrize("spread", [0, 6])
@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1.0, 1e20, 1e30])
def test_the_scale_of_activations_does_not_matter(scale, spread, measure):
    rng = np.random.default_rng(0)
    f, g = rng.normal(size=(2, 20, 6))
    weights, partners, _ = mixtures(20)
    # In a mixture, one may be far larger than the other.
    factors = scale * 10.0 ** rng.uniform(-spread, spread, (20, 1))
    rows, mixed = factors * f, scale * g
    found = getattr(nonlin, measure)(
        keras.ops.convert_to_tensor(rows, "float32"),
        keras.ops.convert_to_tensor(mixed, "float32"),
        keras.ops.convert_to_tensor(weights),
        keras.ops.convert_to_tensor(partners),
    )
    means = [keras.ops.convert_to_numpy(v).astype("float64").mean() for v in found]
    expected = reference(rows, mixed, weights, partners, measure)
    np.testing.assert_allclose(means, expected, rtol=1e-5)


def test_activations_that_are_not_finite_are_named():
    network = MLP((4,), 3, hidden_units=(5,))
    kernel, *rest = network.get_weights()
    network.set_weights([np.full_like(kernel, 3e38), *rest])
    with pytest.raises(ValueError, match=r"finite activations.*'layer_0', 'layer_1'"):
        nonlinearity(network, vectors())
    probe = LinearityProbe(network)
    assert np.isnan(probe.measure(vectors())["layer_0"].value)


def test_inputs_that_are_not_finite_are_counted():
    x = vectors()
    x[3, 1], x[7, 0] = np.nan, np.inf
    with pytest.raises(ValueError, match="2 of 40 examples"):
        nonlinearity(MLP((4,), 3), x)


# Words.


def test_words_are_mixed_behind_their_embedding():
    inputs = keras.Input((6,), dtype="int32")
    h = layers.Embedding(50, 4, name="words")(inputs)
    h = layers.GlobalAveragePooling1D(name="mean")(h)
    h = layers.Dense(5, activation="relu", name="hidden")(h)
    network = keras.Model(inputs, layers.Dense(2, name="logits")(h))
    rng = np.random.default_rng(0)
    x, order = rng.integers(0, 50, (40, 6)), rng.permutation(50)
    with pytest.raises(ValueError, match='start="words"'):
        nonlinearity(network, x)
    result = nonlinearity(network, x, start="words")
    assert list(result) == ["hidden", "logits"]
    weights, partners, indices = mixtures(40)
    table, kernel, bias, *_ = network.get_weights()
    means = table[x[indices]].mean(1)
    f = np.maximum(means @ kernel + bias, 0).astype("float64")
    g = np.maximum(mix(means, weights, partners) @ kernel + bias, 0)
    expected = reference(f, g, weights, partners, "relative")[0]
    relative = nonlinearity(network, x, start="words", measure="relative")
    assert relative["hidden"].value == pytest.approx(expected, abs=2e-6)
    # Another numbering of the same words.
    moved = np.empty_like(table)
    moved[order] = table
    network.set_weights([moved, *network.get_weights()[1:]])
    again = nonlinearity(network, order[x], start="words")
    for name, layer in again.items():
        assert layer.value == pytest.approx(result[name].value, abs=1e-6)


def test_layers_that_a_start_does_not_lead_to_alone():
    network = WideResNet((8, 8, 1), 3, depth=10, width=1)
    x = np.random.default_rng(0).normal(size=(10, 8, 8, 1))
    with pytest.raises(ValueError, match=r"Layers that work: .*'layer_1'"):
        nonlinearity(network, x, start="group_2_block_0_first_conv")
    with pytest.raises(ValueError, match=r"functions of the layer 'layer_2'.*layer_1"):
        nonlinearity(network, x, ["layer_1"], start="layer_2")


# States.


def recurrent(**options):
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input(batch_shape=(8, 5, 3)),
            layers.LSTM(4, name="lstm", **options),
            layers.Dense(2, name="logits"),
        ]
    )


def test_a_stateful_network_is_measured_from_states_of_zero():
    x = np.random.default_rng(0).normal(size=(20, 5, 3)).astype("float32")
    network = recurrent(stateful=True)
    network.predict(x[:8], verbose=0)
    probe = LinearityProbe(network)
    states = network.layers[0].states
    before = [np.array(keras.ops.convert_to_numpy(s)) for s in states]
    first = probe(x[:8])
    assert probe(x[:8]) == first
    for state, value in zip(states, before):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(state), value)
    for name, layer in nonlinearity(recurrent(), x[:8]).items():
        assert layer.value == pytest.approx(first[name].value, abs=1e-6)
    assert np.isfinite(probe(x)["logits"].value)


class Counter(layers.Layer):
    """Counts its calls, in inference too."""

    def build(self, input_shape):
        self.calls = self.add_weight(
            shape=(), initializer="zeros", trainable=False, name="calls"
        )

    def call(self, x):
        self.calls.assign_add(1.0)
        return x * 2.0


def test_an_interrupted_measurement_leaves_no_trace(monkeypatch):
    network = keras.Sequential([keras.Input((4,)), Counter(name="count")])
    probe = LinearityProbe(network, ["count"])
    probe(vectors())
    assert float(network.layers[0].calls) == 0
    measured = LinearityProbe._measure

    def interrupted(*args):
        measured(*args)
        raise KeyboardInterrupt

    monkeypatch.setattr(LinearityProbe, "_measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        probe(vectors())
    assert float(network.layers[0].calls) == 0
