"""Which inputs have mixtures: what a network does with them, and what arrives."""

import warnings

import keras
import numpy as np
import pytest
import scipy.sparse
from keras import ops

from keras_mixup._networks import graph, lookups, mixable, rewire

L = keras.layers


def model(shape, *layers, dtype="float32"):
    inputs = keras.Input(shape, dtype=dtype, name="given")
    outputs = inputs
    for layer in layers:
        outputs = layer(outputs)
    return keras.Model(inputs, outputs)


def sequential_without_input():
    network = keras.Sequential([L.Embedding(9, 3), L.Flatten(), L.Dense(2)])
    network.build((None, 6))
    return network


class OfWords(keras.Model):
    def __init__(self):
        super().__init__()
        self.table = L.Embedding(9, 3)
        self.head = L.Dense(2)

    def call(self, x):
        return self.head(ops.mean(self.table(x), axis=1))


class OfNumbers(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(2, kernel_initializer="zeros")

    def call(self, x):
        return self.head(x)


def built(network):
    network(np.ones((2, 6), "float32"))
    return network


class OneHotLayer(L.Layer):
    def call(self, x):
        return ops.one_hot(ops.cast(x, "int32"), 5)


def ids_beside_numbers():
    inputs = keras.Input((6,))
    word = L.Flatten()(L.Embedding(9, 3)(inputs[:, :1]))
    return keras.Model(inputs, L.Dense(2)(L.Concatenate()([word, inputs[:, 1:]])))


LOOKED_UP = {
    "embedding": lambda: model((6,), L.Embedding(9, 3), L.Flatten(), L.Dense(2)),
    "embedding of int32": lambda: model(
        (6,), L.Embedding(9, 3), L.Flatten(), L.Dense(2), dtype="int32"
    ),
    "Sequential without Input": sequential_without_input,
    "a nested model": lambda: model((6,), sequential_without_input(), L.Dense(2)),
    "a subclass": lambda: built(OfWords()),
    "one-hot operation": lambda: model(
        (6,), lambda x: ops.one_hot(x, 5), L.Flatten(), L.Dense(2), dtype="int32"
    ),
    "a layer that encodes": lambda: model((6,), OneHotLayer(), L.Flatten(), L.Dense(2)),
    "category encoding": lambda: model((6,), L.CategoryEncoding(9), L.Dense(2)),
    "an index among numbers": ids_beside_numbers,
    "an index of numbers": lambda: model(
        (6,), L.Flatten(), L.Embedding(5, 2), L.Flatten(), L.Dense(2), dtype="int32"
    ),
}

COMPUTED_WITH = {
    "dense": lambda: model((6,), L.Dense(2)),
    "all weights zero": lambda: model((6,), L.Dense(2, kernel_initializer="zeros")),
    "counts of int32": lambda: model((6,), L.Dense(2), dtype="int32"),
    "bytes": lambda: model((6,), L.Rescaling(1 / 255), L.Dense(2), dtype="uint8"),
    "a subclass": lambda: built(OfNumbers()),
    "masked sequences": lambda: model((6, 1), L.Masking(), L.LSTM(2), L.Dense(2)),
    "batch normalisation": lambda: model((6,), L.BatchNormalization(), L.Dense(2)),
    "bins": lambda: model(
        (6,), L.Discretization([0.5]), L.Embedding(2, 2), L.Flatten(), L.Dense(2)
    ),
}


def batch_for(network):
    if getattr(network, "inputs", None):
        return np.ones((2, *network.inputs[0].shape[1:]), "float32")
    return np.ones((2, 6), "float32")


@pytest.mark.parametrize("name", LOOKED_UP)
def test_what_is_looked_up_is_refused_in_any_dtype(name):
    network = LOOKED_UP[name]()
    for dtype in ("float32", "int32", "int64"):
        with pytest.raises(ValueError, match="Expected inputs that the network"):
            mixable.check_mixable(network, batch_for(network).astype(dtype))


@pytest.mark.parametrize("name", COMPUTED_WITH)
def test_what_is_computed_with_is_mixed_in_any_dtype(name):
    network = COMPUTED_WITH[name]()
    for dtype in ("float32", "uint8", "int32", "bool"):
        mixable.check_mixable(network, batch_for(network).astype(dtype))


def test_the_refusal_names_a_layer_that_can_be_mixed_at():
    network = LOOKED_UP["embedding"]()
    name = network.layers[1].name
    with pytest.raises(ValueError, match=f"goes into '{name}'.*at: '{name}'"):
        mixable.check_mixable(network, np.ones((2, 6)))


def test_padding_of_another_value_than_0_is_refused():
    network = model((6, 1), L.Masking(-1.0, name="padding"), L.LSTM(2), L.Dense(2))
    with pytest.raises(ValueError, match=r"Expected padding of 0.*'padding'"):
        mixable.check_mixable(network, np.ones((2, 6, 1), "float32"))


def test_a_mask_is_no_number():
    x, mask = keras.Input((6, 2)), keras.Input((6,), name="valid")
    h = L.LSTM(3)(x, mask=ops.cast(mask, "bool"))
    network = keras.Model([x, mask], L.Dense(2)(h))
    batch = [np.ones((2, 6, 2), "float32"), np.ones((2, 6), "float32")]
    with pytest.raises(ValueError, match="'valid' of dtype float32"):
        mixable.check_mixable(network, batch)
    assert lookups.reaches_outputs(network, batch) == [True, False]


def test_where_nothing_tells_it_is_said_once():
    class Opaque(keras.Model):
        def __init__(self):
            super().__init__()
            self.table, self.head = L.Embedding(9, 3), L.Dense(2)

        def call(self, x):
            positions = self.table(ops.arange(6))
            return self.head(ops.sum(positions) + ops.cast(x, "float32"))

    network = built(Opaque())
    with pytest.warns(UserWarning, match="Inputs of dtype int32 are mixed as numbers"):
        mixable.check_mixable(network, np.ones((2, 6), "int32"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        mixable.check_mixable(network, np.ones((2, 6), "int32"))
        mixable.check_mixable(built(Opaque()), np.ones((2, 6), "uint8"))
        mixable.check_mixable(built(Opaque()), np.ones((2, 6), "float32"))


@pytest.mark.parametrize(
    ("x", "received"),
    [
        (np.array([["a"], ["b"]]), "dtype str"),
        (np.array([[None], [1]]), "dtype object"),
        (np.ones((2, 2), "complex64"), "dtype complex64"),
        (scipy.sparse.eye(3, format="csr"), "csr"),
        ({"a": np.ones(2), "b": np.array(["x", "y"])}, "dtype str"),
    ],
)
def test_arrays_without_mixtures(x, received):
    with pytest.raises(ValueError, match=f"Received: .*{received}"):
        mixable.check_arrays(x)


def test_layers_that_every_path_goes_through():
    inputs = keras.Input((8,))
    stem = L.Dense(8, name="stem")(inputs)
    branch = L.Dense(8, name="branch")(stem)
    deeper = L.ReLU(name="deeper")(branch)
    block = L.Add(name="block")([stem, deeper])
    network = keras.Model(inputs, [L.Dense(3, name="out")(block), block])
    assert rewire.common_layers(network) == ["stem", "block"]
    single = keras.Model(inputs, L.Dense(3, name="out")(block))
    assert rewire.common_layers(single) == ["stem", "block", "out"]


def test_a_second_input_that_enters_late_is_a_way_around():
    first, second = keras.Input((8,)), keras.Input((4,))
    early = L.Dense(4, name="early")(first)
    joined = L.Concatenate(name="joined")([early, second])
    network = keras.Model([first, second], L.Dense(2, name="out")(joined))
    assert rewire.common_layers(network) == ["joined", "out"]


def test_layers_of_integers_and_shared_layers_cannot_be_mixed_at():
    inputs = keras.Input((4,))
    twice = L.Dense(4, name="twice")
    whole = L.Discretization([0.0], name="whole")(twice(twice(inputs)))
    network = keras.Model(inputs, L.Flatten(name="end")(L.Embedding(2, 2)(whole)))
    assert "twice" not in rewire.common_layers(network)
    assert "whole" not in rewire.common_layers(network)
    assert "end" in rewire.common_layers(network)


def test_calls_come_after_those_that_they_depend_on():
    network = keras.applications.MobileNetV2(weights=None, input_shape=(32, 32, 3))
    nodes = graph.nodes_in_order(network.outputs)
    made = set()
    for node in nodes:
        assert all(id(tensor) in made for tensor in node.input_tensors)
        made.update(id(tensor) for tensor in node.output_tensors)
    common = rewire.common_layers(network)
    assert "block_2_add" in common
    assert "block_2_project_BN" not in common


def test_without_the_rounding_of_declared_integers():
    network = model((3,), L.Rescaling(2.0), L.Dense(2), dtype="int32")
    kernel, bias = network.get_weights()
    x = np.array([[0.5, 1.25, 3.0]], "float32")
    outputs = rewire.on_floats(network)([x])
    np.testing.assert_allclose(
        ops.convert_to_numpy(outputs), 2 * x @ kernel + bias, rtol=1e-6
    )
    assert rewire.on_floats(outputs_of := model((3,), L.Dense(2))) is outputs_of
