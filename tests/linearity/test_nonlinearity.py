import itertools
import random

import keras
import numpy as np
import pytest
from keras import layers

import keras_mixup
from keras_mixup.applications import MLP, WideResNet
from keras_mixup.linearity import LinearityProbe, Nonlinearity, nonlinearity
from keras_mixup.linearity.pairs import chunks

ALPHA = np.full(2, 0.5)


def images(num=40, seed=0):
    return np.random.default_rng(seed).normal(size=(num, 8, 8, 1)).astype("float32")


def vectors(num=40, size=4, seed=0):
    return np.random.default_rng(seed).normal(size=(num, size)).astype("float32")


def wide_resnet(**options):
    """A small network whose batch normalisation is not in its initial state."""
    network = WideResNet((8, 8, 1), 3, depth=10, width=1, **options)
    generator = np.random.default_rng(7)
    weights = [w + 0.1 * generator.uniform(size=w.shape) for w in network.get_weights()]
    network.set_weights(weights)
    return network


def mixtures(num_examples, num_points, alpha=0.5, seed=0):
    """Weights and partners of every mixture, as indices of examples."""
    drawn = list(chunks(num_examples, np.full(num_points, alpha), seed))
    weights = np.concatenate([c.weights[: c.num_examples] for c in drawn])
    partners = np.concatenate([c.indices[c.partners[: c.num_examples]] for c in drawn])
    return weights, partners


def mixtures_by_class(y, num_points, pairs, seed=0):
    """Weights and partners of every mixture, the example itself first."""
    drawn = list(chunks(len(y), np.full(num_points, 0.5), seed, y, pairs))
    weights = np.concatenate([c.weights[: c.num_examples] for c in drawn])
    partners = np.concatenate([c.indices[c.partners[: c.num_examples]] for c in drawn])
    return weights, partners, drawn


def small_network():
    """A convolution, batch normalisation and dropout."""
    return keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, strides=2, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Dropout(0.5, name="dropout"),
            layers.Flatten(name="flat"),
            layers.Dense(3, name="logits"),
        ]
    )


def flat(activations):
    return activations.reshape(len(activations), -1).astype("float64")


def norms(rows):
    return np.sqrt((rows**2).sum(1))


def inverse(values):
    return np.array([1 / v if v > 0 else 0.0 for v in values])


def unit(rows):
    return rows * inverse(norms(rows))[:, None]


def mix(rows, weights, partners):
    return np.einsum("nk,nk...->n...", weights, rows[partners])


def reference(f, g, weights, partners, measure):
    """Value, floor and standard error from activations of examples and mixtures."""
    f, g = flat(f), flat(g)
    if measure == "relative":
        gaps = norms(g - mix(f, weights, partners))
        gaps *= inverse(mix(norms(f), weights, partners))
        floors = np.zeros(1)
    else:
        units = mix(unit(f), weights, partners)
        gaps = norms(unit(g) - units)
        floors = norms(unit(mix(f, weights, partners)) - units)
    return gaps.mean(), floors.mean(), gaps.std(ddof=1) / np.sqrt(len(gaps))


def outputs_of(network, names, x):
    tensors = [network.get_layer(name).output for name in names]
    taps = keras.Model(network.input, [*tensors, network.output])
    return dict(zip(names, taps.predict_on_batch(x)))


def assert_close(result, expected, tolerance=2e-6):
    found = (result.value, result.floor, result.standard_error)
    np.testing.assert_allclose(found, expected, atol=tolerance)


# Numbers.


@pytest.mark.parametrize("measure", ["unit_norm", "relative"])
@pytest.mark.parametrize("num_points", [2, 3])
def test_every_layer_against_numpy(num_points, measure):
    network, x = wide_resnet(), images()
    names = [f"layer_{index}" for index in range(6)]
    weights, partners = mixtures(len(x), num_points)
    f = outputs_of(network, names, x)
    g = outputs_of(network, names, mix(x, weights, partners).astype("float32"))
    result = nonlinearity(network, x, num_points=num_points, measure=measure)
    assert list(result) == names
    for name in names:
        expected = reference(f[name], g[name], weights, partners, measure)
        assert_close(result[name], expected)


@pytest.mark.parametrize("measure", ["unit_norm", "relative"])
def test_from_the_previous_layer_against_numpy(measure):
    network, x = wide_resnet(), images()
    names = ["layer_0", "layer_2", "layer_5"]
    weights, partners = mixtures(len(x), 2)
    f = outputs_of(network, names, x)
    result = nonlinearity(network, x, names, measure=measure, start="previous")
    mixed = mix(x, weights, partners).astype("float32")
    g = {"layer_0": outputs_of(network, names[:1], mixed)["layer_0"]}
    for before, name in itertools.pairwise(names):
        mixed = mix(f[before], weights, partners).astype("float32")
        tensors = [network.get_layer(layer).output for layer in (before, name)]
        g[name] = keras.Model(*tensors).predict_on_batch(mixed)
    for name in names:
        expected = reference(f[name], g[name], weights, partners, measure)
        assert_close(result[name], expected)


class HalfWay(layers.Layer):
    """Maps x = 0 and x = 1 to orthonormal vectors, and the rest to their half-way."""

    def call(self, x):
        first = keras.ops.cast(x < 0.9, "float32")
        second = keras.ops.cast(x > 0.1, "float32")
        return 3 * keras.ops.concatenate([first, second], axis=-1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], 2)


def test_known_value_of_the_half_way_point():
    network = keras.Sequential([keras.Input((1,)), HalfWay(name="half_way")])
    # Huge alpha: every weight is one half.
    result = nonlinearity(network, np.array([[0.0], [1.0]]), ["half_way"], alpha=1e9)
    assert result["half_way"].value == pytest.approx(1 - np.sqrt(0.5), abs=1e-4)
    # A linear layer of these two outputs would do just the same.
    assert result["half_way"].floor == pytest.approx(1 - np.sqrt(0.5), abs=1e-4)


def test_affine_layers_sit_at_their_floor():
    network = MLP((4,), 3, hidden_units=(5,), activation="linear")
    network.set_weights([w + 0.3 for w in network.get_weights()])
    result = nonlinearity(network, vectors())
    for layer in result.values():
        assert layer.floor > 0.01
        assert layer.value == pytest.approx(layer.floor, abs=1e-6)
    for layer in nonlinearity(network, vectors(), measure="relative").values():
        assert layer.value == pytest.approx(0, abs=1e-6)
        assert layer.floor == 0


def test_the_first_convolution_sits_at_its_floor_and_later_layers_do_not():
    result = nonlinearity(wide_resnet(), images())
    assert result["layer_0"].value == pytest.approx(result["layer_0"].floor, abs=1e-6)
    for name in ("layer_1", "layer_2", "layer_3"):
        assert result[name].value > 1.1 * result[name].floor


def test_previous_layer_tells_which_layer_bends():
    network = MLP((4,), 3, hidden_units=(6,))
    layer = {
        start: nonlinearity(network, vectors(), measure="relative", start=start)
        for start in ("input", "previous")
    }
    assert layer["input"]["layer_0"] == layer["previous"]["layer_0"]
    assert layer["input"]["layer_1"].value > 0.01
    assert layer["previous"]["layer_1"].value == pytest.approx(0, abs=1e-6)


def test_dead_layers_are_zero_and_not_nan():
    network = MLP((4,), 3, hidden_units=(5,))
    kernel, _, *rest = network.get_weights()
    network.set_weights([0 * kernel, np.full(5, -1.0), *rest])
    for measure in ("unit_norm", "relative"):
        layer = nonlinearity(network, vectors(), ["layer_0"], measure=measure)
        assert layer["layer_0"] == Nonlinearity(0.0, 0.0, 0.0)


def test_some_dead_examples_are_finite():
    network = MLP((4,), 3, hidden_units=(1,))
    result = nonlinearity(network, vectors())
    assert np.isfinite([[r.value, r.floor] for r in result.values()]).all()


def test_standard_error_shrinks_with_the_examples():
    network = wide_resnet()
    few, many = (nonlinearity(network, images(num))["layer_3"] for num in (50, 800))
    assert few.standard_error / many.standard_error == pytest.approx(4, rel=0.3)


# Pairs by class.


@pytest.mark.parametrize("pairs", ["same_class", "different_class"])
@pytest.mark.parametrize("num_points", [2, 3])
@pytest.mark.parametrize("measure", ["unit_norm", "relative"])
def test_pairs_by_class_against_numpy(measure, num_points, pairs):
    network, x = MLP((4,), 3), vectors(300)
    y = np.random.default_rng(1).integers(0, 3, 300)
    weights, partners, _ = mixtures_by_class(y, num_points, pairs)
    mixed = mix(x, weights, partners).astype("float32")
    options = {"num_points": num_points, "measure": measure, "pairs": pairs}
    result = nonlinearity(network, x, y=y, **options)
    for name, layer in result.items():
        # Of the very examples: in the order of the mixtures.
        f, g = (outputs_of(network, [name], v)[name] for v in (x, mixed))
        assert_close(layer, reference(f, g, weights, partners, measure))
    assert result == nonlinearity(network, x, y=y[:, None], **options)
    assert result != nonlinearity(network, x, num_points=num_points, measure=measure)


@pytest.mark.parametrize("num_points", [2, 3, 5])
@pytest.mark.parametrize("counts", [(2, 2), (5, 1000), (300, 211, 2), (7,) * 20])
def test_partners_by_class(counts, num_points):
    y = np.repeat(np.arange(len(counts)), counts)
    for pairs in ("same_class", "different_class"):
        weights, partners, drawn = mixtures_by_class(y, num_points, pairs, seed=3)
        assert len({len(c.indices) for c in drawn}) == 1
        assert max(len(c.indices) for c in drawn) <= 256
        np.testing.assert_array_equal(np.sort(partners[:, 0]), np.arange(len(y)))
        same = y[partners[:, 1:]] == y[partners[:, :1]]
        assert same.all() if pairs == "same_class" else not same.any()
        np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
        if min(counts) >= num_points and len(y) > num_points * max(counts):
            ordered = np.sort(partners, axis=1)
            assert (ordered[:, 1:] > ordered[:, :-1]).all()


def test_partners_of_other_classes_are_drawn_evenly():
    y = np.repeat([0, 1, 2], [100, 400, 500])
    _, partners, _ = mixtures_by_class(y, 2, "different_class")
    met = y[partners[y[partners[:, 0]] == 2, 1]]
    # Of 500 draws with probability 1/5, five standard deviations: a false alarm in two
    # million.
    assert abs((met == 0).mean() - 0.2) < 5 * np.sqrt(0.16 / 500)


def test_labels_do_not_matter_for_pairs_of_any_class():
    network, x = MLP((4,), 3), vectors()
    assert nonlinearity(network, x, y=np.zeros(40, int)) == nonlinearity(network, x)


@pytest.mark.parametrize(
    ("pairs", "y", "message"),
    [
        ("other", [0, 1, 0, 1], "`pairs` must be one of 'any', 'same.*'other'"),
        ("same_class", None, "pairs='same_class' needs the class ids"),
        ("different_class", None, "pairs='different_class' needs the class ids"),
        ("same_class", [0, 0, 1, 0], "a single example of class 1"),
        ("different_class", [2, 2, 2, 2], "at least two classes.*class 2 alone"),
        ("same_class", [0, 0, 1], r"one for each example.*shape \(3,\).*4 examples"),
        ("same_class", [0.0, 0.0, 1.0, 1.0], "integer class ids.*float64"),
        ("same_class", np.eye(4, dtype=int), "take the argmax"),
    ],
)
def test_errors_of_pairs(pairs, y, message):
    with pytest.raises(ValueError, match=message):
        nonlinearity(MLP((4,), 3), vectors(4), y=y, pairs=pairs)


# Mixtures.


@pytest.mark.parametrize("num_points", [2, 3, 5])
@pytest.mark.parametrize("num", [5, 6, 255, 256, 257, 300, 511, 512, 513])
def test_mixtures(num, num_points):
    drawn = list(chunks(num, np.full(num_points, 0.5), 3))
    assert len(drawn) == -(-num // 256)
    # One size for all, at most 256: one compilation and bounded memory.
    assert len({len(c.indices) for c in drawn}) == 1
    assert max(len(c.indices) for c in drawn) <= 256
    weights, partners = mixtures(num, num_points, seed=3)
    for column in partners.T:
        np.testing.assert_array_equal(np.sort(column), np.arange(num))
    ordered = np.sort(partners, axis=1)
    assert (ordered[:, 1:] > ordered[:, :-1]).all()  # no example meets itself
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    for chunk in drawn:
        members = set(chunk.indices)
        assert {*chunk.indices[chunk.partners[: chunk.num_examples]].flat} == members


def test_order_of_the_data_does_not_decide_the_pairs():
    """Sorted by class, in two halves: half of the pairs are of two classes."""
    _, partners = mixtures(2000, 2)
    mixed = (partners[:, 0] < 1000) != (partners[:, 1] < 1000)
    # Five standard deviations: a false alarm in two million.
    assert abs(mixed.mean() - 0.5) < 5 * np.sqrt(0.25 / 2000)


def test_more_points_than_examples():
    result = nonlinearity(MLP((4,), 3), vectors(2), num_points=4)
    assert np.isfinite([[r.value, r.floor] for r in result.values()]).all()


@pytest.mark.parametrize("alpha", [1e-8, 1e-3, 0.01, 0.1, 1.0, 1024.0])
@pytest.mark.parametrize("num_points", [2, 5])
def test_weights_for_any_alpha(alpha, num_points):
    weights, _ = mixtures(2000, num_points, alpha=alpha)
    assert (weights >= 0).all()
    np.testing.assert_allclose(weights.sum(1), 1, atol=1e-6)
    # No atom at 1/K, and the right second moment, within five standard errors (a false
    # alarm in two million, for each case).
    if alpha < 1:
        assert not np.isclose(weights, 1 / num_points, atol=1e-6).all(1).any()
    squares = (weights**2).sum(1)
    expected = (alpha + 1) / (num_points * alpha + 1)
    error = max(squares.std() / np.sqrt(len(squares)), 1e-4)
    assert abs(squares.mean() - expected) < 5 * error


def test_many_chunks_equal_one_by_one():
    network, x = MLP((4,), 3), vectors(513)
    weights, partners = mixtures(len(x), 2)
    f = outputs_of(network, ["layer_1"], x)["layer_1"]
    mixed = mix(x, weights, partners).astype("float32")
    g = outputs_of(network, ["layer_1"], mixed)["layer_1"]
    expected = reference(f, g, weights, partners, "unit_norm")
    assert_close(nonlinearity(network, x)["layer_1"], expected)


def test_seed_decides():
    network, x = MLP((4,), 3), vectors()
    assert nonlinearity(network, x) == nonlinearity(network, x, seed=0)
    assert nonlinearity(network, x) != nonlinearity(network, x, seed=1)


def test_same_mixtures_on_both_backends():
    """The very numbers: a change of them breaks comparisons with older curves."""
    weights, partners = mixtures(4, 2)
    assert partners.tolist() == [[2, 0], [0, 1], [1, 3], [3, 2]]
    np.testing.assert_allclose(
        weights[:, 0], [0.001701, 0.563478, 0.440097, 0.330988], atol=1e-6
    )


# Networks.


def test_default_layers():
    network = small_network()
    assert list(nonlinearity(network, images())) == ["conv", "norm", "logits"]
    assert list(nonlinearity(network, images(), ["relu"])) == ["relu"]
    assert list(nonlinearity(network, images(), "relu")) == ["relu"]


def nested_network(tail_uses=2):
    inputs = keras.Input((4,), name="x")
    hidden = layers.Dense(5, activation="relu", name="hidden")(inputs)
    block = keras.Model(
        inputs, hidden + layers.Dense(5, name="skip")(inputs), name="block"
    )
    tail = keras.Sequential(
        [keras.Input((5,)), layers.Dense(5, "relu", name="a")], name="tail"
    )
    outer = keras.Input((4,))
    x = block(outer)
    for _ in range(tail_uses):
        x = tail(x)
    return keras.Model(outer, layers.Dense(2, name="logits")(x), name="outer")


def test_layers_of_nested_models():
    network, x = nested_network(), vectors()
    result = nonlinearity(network, x)
    assert set(result) == {"block/hidden", "block/skip", "tail/a", "logits"}
    weights, partners = mixtures(len(x), 2)
    mixed = mix(x, weights, partners).astype("float32")
    block = network.get_layer("block")
    f, g = (outputs_of(block, ["hidden"], v)["hidden"] for v in (x, mixed))
    assert_close(
        result["block/hidden"], reference(f, g, weights, partners, "unit_norm")
    )
    # A model that is used twice stands for its first use.
    tail = network.get_layer("tail")
    f, g = (tail.predict_on_batch(block.predict_on_batch(v)) for v in (x, mixed))
    expected = reference(f, g, weights, partners, "unit_norm")
    assert_close(result["tail/a"], expected)
    assert_close(nonlinearity(network, x, ["tail"])["tail"], expected)


def test_nested_models_count_whole_from_the_previous_layer():
    network, x = nested_network(tail_uses=1), vectors()
    result = nonlinearity(network, x, start="previous", measure="relative")
    assert list(result) == ["block", "tail", "logits"]
    assert result["tail"].value > 0.001
    assert result["logits"].value == pytest.approx(0, abs=1e-6)
    # What follows the first use of a model may be a second one.
    twice = nonlinearity(nested_network(), x, ["tail", "logits"], start="previous")
    assert twice["logits"].value > 0
    message = r"'logits' must be .*, 'block/hidden', alone"
    with pytest.raises(ValueError, match=message):
        nonlinearity(network, x, ["block/hidden", "logits"], start="previous")


def test_a_layer_used_in_another_model_first():
    shared = layers.Dense(3, activation="relu", name="shared")
    shared(keras.Input((4,)))
    inputs = keras.Input((4,))
    network = keras.Model(inputs, shared(2 * inputs))
    alone = nonlinearity(network, vectors())
    same = keras.Sequential([keras.Input((4,)), shared])
    assert_close(
        alone["shared"],
        [*vars(nonlinearity(same, 2 * vectors())["shared"]).values()],
    )


def test_several_inputs_and_structured_outputs():
    class Pair(layers.Layer):
        def call(self, x):
            return {"first": keras.ops.relu(x), "rest": x[:, :2]}

    a, b = keras.Input((4,), name="a"), keras.Input((2,), name="b")
    joined = layers.Concatenate()([a, b])
    pair = Pair(name="pair")(joined)
    network = keras.Model([b, a], layers.Dense(2)(pair["first"]))
    xa, xb = vectors(20), vectors(20, 2, seed=1)
    result = nonlinearity(network, {"a": xa, "b": xb}, ["pair"])
    assert result == nonlinearity(network, [xb, xa], ["pair"])
    weights, partners = mixtures(20, 2)

    def activations(a, b):
        joined = np.concatenate([a, b], 1)
        return np.concatenate([np.maximum(joined, 0), joined[:, :2]], 1)

    mixed = activations(mix(xa, weights, partners), mix(xb, weights, partners))
    expected = reference(activations(xa, xb), mixed, weights, partners, "unit_norm")
    assert_close(result["pair"], expected)


def test_integer_images_are_mixed_as_numbers():
    inputs = keras.Input((8, 8, 1), dtype="uint8")
    x = layers.Rescaling(1 / 255, name="scale")(inputs)
    network = keras.Model(inputs, layers.Flatten(name="flat")(x))
    x = np.random.default_rng(0).integers(0, 256, (30, 8, 8, 1), dtype="uint8")
    result = nonlinearity(network, x, ["scale", "flat"], measure="relative")
    assert result["flat"].value == pytest.approx(0, abs=1e-6)


def test_models_of_the_package():
    network = MLP((4,), 3)
    expected = nonlinearity(network, vectors())
    wrapped = keras_mixup.models.MixupModel(network)
    assert nonlinearity(wrapped, vectors()) == expected
    model = keras_mixup.models.ICTModel(network)
    assert nonlinearity(model, vectors()) == expected
    assert nonlinearity(model.teacher, vectors()) == expected


def test_tensors_are_as_good_as_arrays():
    network, x = MLP((4,), 3), vectors()
    tensor = keras.ops.convert_to_tensor(x)
    assert nonlinearity(network, tensor) == nonlinearity(network, x)


@pytest.mark.parametrize(
    "policy",
    [
        "mixed_float16",
        "mixed_bfloat16",
        "bfloat16",
        # JAX has no float64 unless the whole program asks for it.
        pytest.param("float64", marks=pytest.mark.tensorflow),
    ],
)
def test_float32_whatever_the_policy(policy):
    expected_network, x = small_network(), images()
    # Numbers that every policy can hold.
    expected_network.set_weights(
        [np.round(16 * w) / 16 for w in expected_network.get_weights()]
    )
    expected = nonlinearity(expected_network, x)
    keras.config.set_dtype_policy(policy)
    network = small_network()
    network.set_weights(expected_network.get_weights())
    probe = LinearityProbe(network)
    for name, layer in probe(x).items():
        assert_close(layer, [*vars(expected[name]).values()])
    assert network.get_layer("logits").compute_dtype != "float32"
    # The copy follows the weights.
    network.set_weights([2 * w for w in network.get_weights()])
    expected_network.set_weights([2 * w for w in expected_network.get_weights()])
    moved = nonlinearity(expected_network, x)
    assert moved != expected
    for name, layer in probe(x).items():
        assert_close(layer, [*vars(moved[name]).values()])


def test_nested_models_in_mixed_precision():
    expected = nonlinearity(nested_network(), vectors())
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("mixed_bfloat16")
    for name, layer in nonlinearity(nested_network(), vectors()).items():
        assert_close(layer, [*vars(expected[name]).values()])


def test_normalization_with_adapted_statistics_in_mixed_precision():
    x = 5 + 3 * vectors()
    keras.config.set_dtype_policy("mixed_float16")
    normalization = layers.Normalization(name="normalization")
    normalization.adapt(x)
    network = keras.Sequential(
        [keras.Input((4,)), normalization, layers.Activation("softplus", name="bend")]
    )
    result = nonlinearity(network, x, ["bend"])
    weights, partners = mixtures(len(x), 2)

    def activations(v):
        return np.log1p(np.exp((v - x.mean(0)) / x.std(0)))

    mixed = activations(mix(x, weights, partners))
    expected = reference(activations(x), mixed, weights, partners, "unit_norm")
    assert_close(result["bend"], expected, 1e-5)


# A probe leaves no trace.


def test_nothing_changes():
    network = small_network()
    network.compile("adam", "mse")
    optimizer, train_function = network.optimizer, network.train_function
    before = [np.array(v) for v in map(keras.ops.convert_to_numpy, network.variables)]
    python = random.getstate()
    probe = LinearityProbe(network)
    probe(images())
    probe(images())
    for variable, value in zip(network.variables, before):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)
    assert network.optimizer is optimizer
    assert network.train_function is train_function
    assert random.getstate() == python
    copy = keras.models.model_from_json(network.to_json())
    assert [layer.name for layer in copy.layers] == [
        layer.name for layer in network.layers
    ]


class Noise(layers.Layer):
    """Draws in inference, too."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(1)

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x), seed=self.seed_generator)


def test_a_layer_that_draws_in_inference_keeps_its_seed_state():
    noise = Noise(name="noise")
    network = keras.Sequential([keras.Input((4,)), noise])
    before = np.array(keras.ops.convert_to_numpy(noise.seed_generator.state))
    probe = LinearityProbe(network, ["noise"], measure="relative")
    assert probe(vectors())["noise"].value > 0.1
    after = keras.ops.convert_to_numpy(noise.seed_generator.state)
    np.testing.assert_array_equal(after, before)


def test_copies_in_float32_draw_no_seeds():
    keras.config.set_dtype_policy("mixed_float16")
    network = small_network()
    python = random.getstate()
    nonlinearity(network, images())
    assert random.getstate() == python


def test_a_probe_follows_the_weights():
    network, x = MLP((4,), 3), vectors()
    probe = LinearityProbe(network)
    first = probe(x)
    assert probe(x) == first
    network.set_weights([w + 1 for w in network.get_weights()])
    assert probe(x) == nonlinearity(network, x) != first


@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiles_as_the_model_does(jit_compile):
    network, x = MLP((4,), 3), vectors()
    expected = nonlinearity(network, x)
    network.compile(jit_compile=jit_compile)
    for name, layer in nonlinearity(network, x).items():
        assert_close(layer, [*vars(expected[name]).values()])


@pytest.mark.tensorflow
def test_under_a_strategy():
    import tensorflow as tf

    network, x = MLP((4,), 3), vectors(300)
    expected = nonlinearity(network, x)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    with strategy.scope():
        mirrored = MLP((4,), 3)
    mirrored.set_weights(network.get_weights())
    assert nonlinearity(mirrored, x) == expected
    with strategy.scope():
        assert nonlinearity(mirrored, x) == expected


# Errors.


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(2)

    def call(self, x):
        return self.dense(x)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"layers": ["layer_0", "conv7"]},
            r"\['conv7'\] are unknown.*'layer_0', 'layer_1'",
        ),
        ({"layers": []}, "at least one layer"),
        ({"num_points": 1}, "`num_points` must be at least 2.*num_points=1"),
        ({"alpha": 0.0}, "`alpha` must be a positive.*alpha=0.0"),
        ({"alpha": [0.5, 0.5, 0.5]}, "`alpha` must be one number or as many"),
        ({"measure": "norm"}, "`measure` must be.*'norm'"),
        ({"start": "here"}, "`start` must be.*'here'"),
        ({"seed": -1}, "`seed` must be.*-1"),
        ({"x": vectors(1)}, r"at least two examples.*\(1, 4\)"),
        ({"x": [vectors(), vectors()]}, "one array for each of the 1 inputs.*2 arrays"),
        ({"model": Subclassed()}, "must be a functional or Sequential.*Subclassed"),
        ({"model": "network"}, "must be a functional or Sequential.*'network'"),
        (
            {"model": keras.Sequential([layers.Dense(2)], name="bare")},
            r"'bare' has no inputs yet.*keras.Input",
        ),
    ],
)
def test_errors(options, message):
    arguments = {"model": MLP((4,), 3), "x": vectors()} | options
    with pytest.raises(ValueError, match=message):
        nonlinearity(**arguments)


def test_layers_that_depend_on_more_than_the_previous_one():
    names = ["group_2_block_0_first_conv", "layer_2"]
    message = "'layer_2' must be a function of the layer measured before it, 'group_2"
    with pytest.raises(ValueError, match=message):
        nonlinearity(wide_resnet(), images(), names, start="previous")
    with pytest.raises(ValueError, match="in the order of computation"):
        nonlinearity(wide_resnet(), images(), ["layer_2", "layer_1"], start="previous")


def test_wrapped_subclassed_model():
    network = Subclassed()
    network(vectors())
    model = keras_mixup.models.MixupModel(network)
    with pytest.raises(ValueError, match="must be a functional or Sequential"):
        nonlinearity(model, vectors())
