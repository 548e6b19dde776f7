"""Linearity of networks of words, of sequences, and of activations of any scale."""

import keras
import numpy as np
import pytest
from keras import layers

from keras_mixup._networks import graph
from keras_mixup.callbacks import LinearityCallback
from keras_mixup.linearity import LinearityProbe, nonlin, nonlinearity, probe_inputs


def words_network(mask_zero=True):
    inputs = keras.Input((6,), dtype="int32")
    x = layers.Embedding(50, 4, mask_zero=mask_zero, name="words")(inputs)
    x = layers.LSTM(3, name="lstm")(x)
    return keras.Model(inputs, layers.Dense(2, name="logits")(x))


def words():
    x = np.random.default_rng(0).integers(1, 50, (40, 6))
    x[::2, 3:] = 0
    return x


def test_words_are_refused_with_the_way_out():
    network = words_network(mask_zero=False)
    with pytest.raises(ValueError, match='start="words"'):
        nonlinearity(network, words())


def test_neither_numbers_of_words_nor_the_padding_decide():
    network, x = words_network(), words()
    before = nonlinearity(network, x, start="words")
    assert list(before) == ["lstm", "logits"]
    table = network.get_layer("words").embeddings
    old = keras.ops.convert_to_numpy(table)
    order = np.r_[0, 1 + np.random.default_rng(1).permutation(49)]
    new = np.empty_like(old)
    new[order] = old
    new[0] = 7
    table.assign(new)
    after = nonlinearity(network, order[x], start="words")
    for name, layer in before.items():
        assert after[name].value == pytest.approx(layer.value, abs=1e-6)


@pytest.mark.parametrize("dtype", ["bool", "int32"])
def test_masks_that_are_inputs(dtype):
    ids = keras.Input((6,), dtype="int32", name="ids")
    mask = keras.Input((6,), dtype=dtype, name="mask")
    x = layers.Embedding(50, 4, name="words")(ids)
    pooled = layers.GlobalAveragePooling1D()(x, mask=keras.ops.cast(mask, "bool"))
    network = keras.Model([ids, mask], layers.Dense(2, name="logits")(pooled))
    x = words()
    result = nonlinearity(network, [x, (x > 0).astype(dtype)], start="words")
    assert list(result) == ["logits"]
    if dtype == "int32":
        with pytest.raises(ValueError, match=r"masks of zeros and ones.*'mask'"):
            nonlinearity(network, [x, x], start="words")


def skip_network():
    inputs = keras.Input((6,))
    a = layers.Dense(6, "relu", name="a")(inputs)
    b = layers.Dense(6, "relu", name="b")(a)
    return keras.Model(
        inputs, layers.Dense(2, name="o")(layers.Add(name="sum")([a, b]))
    )


def test_a_start_with_a_way_around_is_refused():
    x = np.random.default_rng(0).normal(size=(9, 6))
    with pytest.raises(
        ValueError, match=r"start='b'. Layers that work: \['a', 'sum'\]"
    ):
        nonlinearity(skip_network(), x, start="b")
    with pytest.raises(ValueError, match=r"functions of the layer 'a'.*\['a'\]"):
        nonlinearity(skip_network(), x, ["a"], start="a")


def test_from_a_layer_as_from_the_input_of_the_rest():
    network = skip_network()
    x = np.random.default_rng(0).normal(size=(9, 6)).astype("float32")
    a = keras.Model(network.inputs, network.get_layer("a").output)
    rest = keras.Input((6,))
    b = network.get_layer("b")(rest)
    rest = keras.Model(rest, network.get_layer("o")(rest + b))
    result = nonlinearity(network, x, ["b", "o"], start="a")
    expected = nonlinearity(rest, a.predict(x, verbose=0), ["b", "o"])
    for name, layer in expected.items():
        assert result[name].value == pytest.approx(layer.value, abs=1e-5)
        assert result[name].floor == pytest.approx(layer.floor, abs=1e-5)


def in_float64(f, g, weights, partners):
    f, g = f.astype("float64"), g.astype("float64")

    def norm(rows):
        return np.linalg.norm(rows, axis=1)

    def mix(rows):
        return np.einsum("ik,ikd->id", weights, rows[partners])

    units = mix(f / norm(f)[:, None])
    mixed = mix(f)
    value = norm(g / norm(g)[:, None] - units)
    floor = norm(mixed / norm(mixed)[:, None] - units)
    relative = norm(g - mixed) / mix(norm(f)[:, None])[:, 0]
    return value, floor, relative


@pytest.mark.parametrize(
    "scales", [(1.0, 1.0), (1e30, 1e30), (1e-30, 1e-30), (1e30, 1e-30), (1e20, 1.0)]
)
def test_numbers_of_any_scale(scales):
    generator = np.random.default_rng(0)
    f, g = generator.normal(size=(2, 8, 5))
    f *= np.resize(scales, (8, 1))
    f, g = f.astype("float32"), (g * scales[0]).astype("float32")
    weights = generator.dirichlet((0.5, 0.5), 8).astype("float32")
    partners = (np.arange(8)[:, None] + [0, 1]).astype("int32") % 8
    value, floor, relative = in_float64(f, g, weights, partners)
    arguments = [keras.ops.convert_to_tensor(a) for a in (f, g, weights, partners)]
    found = [*nonlin.unit_norm(*arguments), nonlin.relative(*arguments)[0]]
    for numbers, expected in zip(found, (value, floor, relative)):
        numbers = keras.ops.convert_to_numpy(numbers)
        np.testing.assert_allclose(numbers, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("scale", [1e-30, 1e-20, 1.0, 1e20])
def test_mixtures_of_zeros_beside_small_numbers(scale):
    f = np.array([[1.0, 0.0], [0.0, 2.0], [0.0, 0.0]], "float32") * np.float32(scale)
    g = np.zeros((3, 2), "float32")
    weights = np.full((3, 2), 0.5, "float32")
    partners = np.array([[0, 1], [1, 2], [2, 2]], "int32")
    arguments = [keras.ops.convert_to_tensor(a) for a in (f, g, weights, partners)]
    values = keras.ops.convert_to_numpy(nonlin.relative(*arguments)[0])
    np.testing.assert_allclose(values, [5**0.5 / 3, 1.0, 0.0], rtol=1e-6)


def test_examples_of_another_shape():
    network = skip_network()
    for x in (np.ones(6), np.ones((9, 5)), np.ones((9, 6, 2))):
        with pytest.raises(ValueError, match=r"examples of shape \(6,\)"):
            nonlinearity(network, x)
    assert nonlinearity(network, np.eye(6)[..., None]) == nonlinearity(
        network, np.eye(6)
    )


def test_a_start_that_no_layer_follows():
    inputs = keras.Input((6,))
    network = keras.Model(inputs, layers.Dense(3, name="a")(inputs) * 2.0)
    with pytest.raises(ValueError, match=r"Expected layers after `start`.*'a'"):
        nonlinearity(network, np.eye(6), start="a")


def test_what_is_not_finite():
    network = skip_network()
    x = np.eye(6)
    broken = x.copy()
    broken[1, 2] = np.inf
    with pytest.raises(ValueError, match="1 of 6 examples"):
        nonlinearity(network, broken)
    # Not before a ReLU, which makes 0 of NaN on some backends.
    network.get_layer("o").kernel.assign(np.full((6, 2), np.nan))
    with pytest.raises(ValueError, match=r"finite activations.*\['o'\]"):
        nonlinearity(network, x)
    found = LinearityProbe(network).measure(x)
    assert np.isnan(found["o"].value)
    assert np.isfinite(found["a"].value)


@keras.saving.register_keras_serializable(package="tests")
class Counter(layers.Layer):
    """Counts its calls, in every mode."""

    def build(self, shape):
        self.calls = self.add_weight(shape=(), trainable=False, name="calls")

    def call(self, x):
        self.calls.assign_add(1.0)
        return x


def test_states_are_as_before_and_begin_at_zero():
    network = keras.Sequential(
        [
            keras.Input(batch_shape=(4, 5, 3)),
            Counter(name="counter"),
            layers.LSTM(4, stateful=True, name="lstm"),
            layers.Dense(2, name="logits"),
        ]
    )
    x = np.random.default_rng(0).normal(size=(10, 5, 3)).astype("float32")
    first = nonlinearity(network, x)
    network.predict(x[:4], batch_size=4, verbose=0)
    before = [np.array(keras.ops.convert_to_numpy(v)) for v in network.variables]
    assert nonlinearity(network, x) == first
    assert nonlinearity(network, x, y=np.arange(10) % 2, pairs="same_class")
    for variable, value in zip(network.variables, before):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(variable), value)
    with pytest.raises(ValueError, match="batch size 4, num_points=5"):
        nonlinearity(network, x, num_points=5)


class Pairs(keras.utils.PyDataset):
    def __len__(self):
        return 3

    def __getitem__(self, index):
        return np.eye(6)[2 * index : 2 * index + 2], np.zeros(2)


def test_data_sets_and_logs():
    network = skip_network()
    assert nonlinearity(network, Pairs()) == nonlinearity(network, np.eye(6))
    network.compile("sgd", "mse")
    for log_to_epoch, expected in ((None, True), (False, False)):
        callback = LinearityCallback(Pairs(), "[ab]", log_to_epoch=log_to_epoch)
        history = network.fit(
            np.eye(6), np.zeros((6, 2)), verbose=0, callbacks=[callback]
        ).history
        assert ("nonlin/a" in history) == expected
        assert "nonlin/b" in callback.history[-1]


@pytest.mark.tensorflow
def test_data_sets_of_tensorflow():
    import tensorflow as tf

    network = skip_network()
    data = tf.data.Dataset.from_tensor_slices((np.eye(6), np.zeros(6)))
    expected = nonlinearity(network, np.eye(6))
    labeled = data.batch(4).map(lambda x, y: {"labeled": (x, y)})
    for form in (data, data.batch(4), labeled):
        assert nonlinearity(network, form) == expected
    with pytest.raises(ValueError, match=r"a data set that ends.*x.take"):
        nonlinearity(network, data.batch(4).repeat())


@pytest.mark.tensorflow
@pytest.mark.parametrize("limit", ["_MOST_BATCHES", "_MOST_BYTES"])
def test_data_sets_that_do_not_know_their_length(limit, monkeypatch):
    import tensorflow as tf

    network = skip_network()
    data = tf.data.Dataset.from_tensor_slices(np.eye(6))
    monkeypatch.setattr(probe_inputs, limit, 400)
    some = data.filter(lambda row: row[0] < 1).batch(2)
    assert nonlinearity(network, some) == nonlinearity(network, np.eye(6)[1:])
    endless = data.repeat().filter(lambda row: row[0] < 1).batch(2)
    with pytest.raises(ValueError, match=r"a data set that ends.*x.take"):
        nonlinearity(network, endless)
    rows = tf.TensorSpec((2, 6), "float32")
    generated = tf.data.Dataset.from_generator(endless_rows, output_signature=rows)
    network.compile("sgd", "mse")
    with pytest.raises(ValueError, match=r"whose end \d+ batches do not reach.*x.take"):
        network.fit(
            np.eye(6),
            np.zeros((6, 2)),
            callbacks=[LinearityCallback(generated)],
            verbose=0,
        )
    assert nonlinearity(network, generated.take(3))


def endless_rows():
    while True:
        yield np.eye(6)[:2]


def test_a_generator_is_refused():
    with pytest.raises(ValueError, match=r"arrays or a data set.*a generator"):
        nonlinearity(skip_network(), endless_rows())


@pytest.mark.tensorflow
def test_blocks_by_default():
    network = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3))
    names = LinearityProbe(network).layers
    assert len(names) == 12
    assert (names[0], names[-1]) == ("Conv1", "predictions")
    assert all(name.endswith("_add") for name in names[1:-1])
    assert len(LinearityProbe(network, ["*_add"]).layers) == 10


class PaddedWith(layers.Layer):
    """Masks the steps that are equal to a row."""

    def __init__(self, row, **kwargs):
        super().__init__(**kwargs)
        self.row = np.array(row, "float32")

    def call(self, x):
        return 1.0 * x

    def compute_mask(self, x, mask=None):
        return keras.ops.any(keras.ops.not_equal(x, self.row), axis=-1)


def test_masks_that_are_computed_with_constants():
    x = keras.Input((4, 3))
    # The first two masks are the same, the third is not.
    read = [layers.LSTM(3)(PaddedWith([0, 1, i])(x)) for i in (0, 0, 2)]
    network = keras.Model(x, layers.Dense(2, name="out")(layers.add(read)))
    masks = graph.second_masks(network.outputs)
    assert len(masks) == 1
    inputs = np.random.default_rng(0).normal(size=(8, 4, 3)).astype("float32")
    assert nonlinearity(network, inputs, layers=["out"])["out"].value > 0
