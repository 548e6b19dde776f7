import itertools

import keras
import numpy as np
import pytest

import keras_mixup as km
from keras_mixup.data import order, random_bits

on_tensorflow = pytest.mark.tensorflow
RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(20, 4)).astype("float32"), np.arange(20) % 2
U = RNG.normal(size=(101, 4)).astype("float32")


class Batches(keras.utils.PyDataset):
    def __init__(self, batches, num_batches="all"):
        super().__init__()
        self.batches = batches
        self.num = len(batches) if num_batches == "all" else num_batches

    @property
    def num_batches(self):
        return self.num

    def __getitem__(self, index):
        return self.batches[index % max(1, len(self.batches))]


def tf_data(arrays, size):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays).batch(size)


def assert_same(first, second):
    keras.tree.map_structure(
        lambda a, b: np.testing.assert_array_equal(np.asarray(a), np.asarray(b)),
        first,
        second,
    )


def expected_rows(step, size, batch_size, seed, stream):
    position = step * batch_size + np.arange(batch_size)
    key = random_bits.root_key(seed, stream)
    return order.visit(position, size, key, order.walk_numpy)


# Numbers.


@pytest.mark.parametrize("step", [0, 3, 10**6])
def test_a_batch_of_arrays_follows_from_seed_and_step(step):
    batches = km.data.pair((X, Y), U, batch_size=8, unlabeled_batch_size=16, seed=5)
    labeled = expected_rows(step, 20, 8, 5, random_bits.LABELED)
    unlabeled = expected_rows(step, 101, 16, 5, random_bits.UNLABELED)
    expected = {"labeled": X[labeled], "unlabeled": U[unlabeled]}, Y[labeled]
    assert_same(batches[step], expected)


def test_each_example_comes_once_in_a_pass():
    batches = km.data.pair((X, Y), U, batch_size=3, unlabeled_batch_size=7)
    read = [batches[i] for i in range(101)]
    u = np.concatenate([inputs["unlabeled"] for inputs, _ in read])
    for one_pass in u.reshape(7, 101, 4):
        np.testing.assert_array_equal(np.sort(one_pass, 0), np.sort(U, 0))
    x = np.concatenate([inputs["labeled"] for inputs, _ in read])[:300]
    for one_pass in x.reshape(15, 20, 4):
        np.testing.assert_array_equal(np.sort(one_pass, 0), np.sort(X, 0))


def test_weights_stay_with_their_examples():
    batches = km.data.pair((X, Y, X[:, 1]), U)
    inputs, _, weights = batches[2]
    np.testing.assert_array_equal(weights, inputs["labeled"][:, 1])


def test_an_epoch_is_the_longer_pass_and_batches_have_no_end():
    batches = km.data.pair((X, Y), U, batch_size=16)
    assert len(batches) == batches.num_batches == 7
    assert len(km.data.pair((X, Y), U, 2, 64)) == 10
    assert len(km.data.pair((X, Y), U, steps_per_epoch=40)) == 40
    assert len(list(batches)) == 7
    for endless in (
        km.data.pair((X, Y), U, batch_size=16, steps_per_epoch=None),
        batches.without_end(),
    ):
        assert endless.num_batches is None
        with pytest.raises(TypeError, match="have no end"):
            len(endless)
        read = list(itertools.islice(endless, 30))
        assert_same(read[29], batches[29])


def test_batches_of_py_datasets_come_in_turn():
    labeled = Batches([(X[:8], Y[:8]), (X[8:], Y[8:])])
    unlabeled = Batches([(U[:50], None), (U[50:70], None), (U[70:], None)])
    batches = km.data.pair(labeled, unlabeled)
    assert len(batches) == 3
    expected = {"labeled": X[8:], "unlabeled": U[70:]}, Y[8:]
    assert_same(batches[5], expected)
    mixed = km.data.pair(labeled, U, unlabeled_batch_size=20)
    assert len(mixed) == 6
    assert mixed[4][0]["unlabeled"].shape == (20, 4)


@on_tensorflow
@pytest.mark.parametrize("unlabeled", ["tf.data", "pairs", "arrays", "PyDataset"])
def test_tf_data_is_repeated_and_comes_as_it_is(unlabeled):
    u = {
        "tf.data": lambda: tf_data(U, 40),
        "pairs": lambda: tf_data((U, np.zeros(101)), 40),
        "arrays": lambda: U,
        "PyDataset": lambda: Batches([U[:40], U[40:80], U[80:]]),
    }[unlabeled]()
    sizes = {"unlabeled_batch_size": 40} if unlabeled == "arrays" else {}
    dataset = km.data.pair(tf_data((X, Y, X[:, 0]), 8), u, **sizes)
    read = list(dataset.take(9).as_numpy_iterator())
    assert len(read) == 9
    arrays = km.data.pair((X, Y), U, 8, 40)
    for i, (inputs, y, weights) in enumerate(read):
        part = slice(8 * (i % 3), 8 * (i % 3) + 8)
        np.testing.assert_array_equal(inputs["labeled"], X[part])
        np.testing.assert_array_equal(y, Y[part])
        np.testing.assert_array_equal(weights, X[part, 0])
        expected = U[40 * (i % 3) : 40 * (i % 3) + 40]
        if unlabeled == "arrays":
            expected = arrays[i][0]["unlabeled"]
        np.testing.assert_array_equal(inputs["unlabeled"], expected)
    finite = km.data.pair(tf_data((X, Y), 8), u, steps_per_epoch=5, **sizes)
    assert len(list(finite)) == 5


@on_tensorflow
def test_arrays_beside_tf_data_are_the_batches_that_they_are_elsewhere():
    dataset = km.data.pair((X, Y), tf_data(U, 40), batch_size=6, seed=3)
    alone = km.data.pair((X, Y), U, batch_size=6, seed=3)
    for i, (inputs, y) in enumerate(dataset.take(12).as_numpy_iterator()):
        np.testing.assert_array_equal(inputs["labeled"], alone[i][0]["labeled"])
        np.testing.assert_array_equal(y, alone[i][1])


# Limits.


@pytest.mark.parametrize(
    ("labeled", "unlabeled"),
    [
        ((X[:1], Y[:1]), U[:1]),
        ((X.tolist(), Y.tolist()), U.tolist()),
        ((X, Y, None), (U, None)),
        ([X, Y], (U, ["a name"] * 101)),
        (({"a": X, "b": X[:, :2]}, Y), {"a": U, "b": U[:, :2]}),
        (((X, X), Y), ((U, U), np.zeros(101))),
        ((X, {"one": Y, "two": X}), U),
        ((X, Y), np.stack([U, U], 1)),
        ((X[:, 0], Y), U[:, 0]),
        ((X, 2 * Y - 1), U),
        ((X, np.stack([Y, Y - 1], 1)), U),
    ],
)
def test_forms_of_data(labeled, unlabeled):
    inputs, y = km.data.pair(labeled, unlabeled, batch_size=7)[11]
    leaves = keras.tree.flatten((inputs, y))
    assert all(len(leaf) == 7 for leaf in leaves)
    inner = keras.tree.flatten(inputs["unlabeled"])[0]
    assert inner.dtype.kind == "f"


@pytest.mark.parametrize("num_epochs", [1, 3])
@pytest.mark.parametrize("size", [{}, {"steps_per_epoch": 11}])
def test_one_line_trains_and_ends(num_epochs, size):
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model = km.models.ICTModel(network, seed=0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("adam", loss)
    batches = km.data.pair((X, Y), U, batch_size=32, **size)
    model.fit(batches, epochs=num_epochs, verbose=0)
    assert int(model.step.value) == num_epochs * (11 if size else 4)


@pytest.mark.parametrize("steps_per_epoch", [3, 30])
def test_batches_without_end_train_as_long_as_fit_says(steps_per_epoch):
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model = km.models.ICTModel(network, seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = km.data.pair((X, Y), U, batch_size=16, steps_per_epoch=None)
    model.fit(batches, steps_per_epoch=steps_per_epoch, epochs=2, verbose=0)
    assert int(model.step.value) == 2 * steps_per_epoch


# Errors.


@pytest.mark.parametrize(
    ("labeled", "unlabeled", "message"),
    [
        (X, U, r"`labeled`: expected \(x, y\) or .* Received: ndarray of shape"),
        ({"x": X, "y": Y}, U, r"Received: a dictionary of \['x', 'y'\]"),
        ((X, None), U, r"`labeled`: expected \(x, y\)"),
        ((X,), U, "Received: a tuple of 1 parts"),
        ("data", U, "`labeled`: expected .* Received: str"),
        ((X, Y[:5]), U, r"`labeled`: expected arrays of one length.*\[5, 20\]"),
        ((X[:0], Y[:0]), U, r"with at least one example. Received: lengths \[0\]"),
        ((X, Y), U[:0], r"`unlabeled`: .*at least one example"),
        ((X, Y), U[:, :3], r"inputs, \(examples, 4\). Received: \(examples, 3\)"),
        ((X, Y), {"x": U}, r"`unlabeled`: expected inputs u, or \(u, ...\)"),
        (({"x": X}, Y), U, r"\{x: \(examples, 4\)\}. Received: \(examples, 4\)"),
        ((X, Y), U.astype("uint8"), "one scale and dtype. Received: dtype uint8"),
        ((X, Y), U.astype(str), "`unlabeled`: expected arrays of real numbers"),
        ((X, Y.astype(str)), U, "encode names as numbers.* Received: dtype <U"),
        ((X, Y), None, "`unlabeled`: expected arrays, a batched tf.data.Dataset"),
        ((X, Y), "folder", "`unlabeled`: expected .*Received: str"),
        ((X, Y), iter([U]), "Make one of these of anything else"),
        ((X, Y - (Y == 1) * 2), U, r"pair `\(x\[y >= 0\].*label -1, .* for 10 of 20"),
        (
            (np.where(X.min() < X, X, np.inf), Y),
            U,
            "`labeled`: expected finite .* in 1 of 20 exam",
        ),
        (
            (X, Y),
            np.where(U.min() < U, U, np.nan),
            "`unlabeled`: expected finite inputs",
        ),
        (([[1, 2], [3]], [0, 1]), U, "Expected lists of numbers of one shape: pad"),
        ((X, 3), U, "`labeled`: expected arrays"),
        ((X, np.array(3)), U, "Received: a single number"),
        (Batches([X]), U, r"`labeled`: expected \(x, y\)"),
        (Batches([]), U, "`labeled`: expected at least one batch"),
    ],
)
def test_other_data_is_refused_in_one_line(labeled, unlabeled, message):
    with pytest.raises(ValueError, match=message) as raised:
        km.data.pair(labeled, unlabeled)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"batch_size": 0}, "`batch_size` must be an integer of at least 1"),
        ({"unlabeled_batch_size": 2.5}, "`unlabeled_batch_size` must be an integer"),
        ({"steps_per_epoch": 0}, "`steps_per_epoch` must be an integer"),
        ({"steps_per_epoch": "all"}, "`steps_per_epoch` must be an integer"),
    ],
)
def test_sizes_out_of_range(arguments, message):
    with pytest.raises(ValueError, match=message):
        km.data.pair((X, Y), U, **arguments)


def test_sizes_that_no_part_uses():
    labeled, unlabeled = Batches([(X, Y)]), Batches([U])
    with pytest.raises(ValueError, match="`batch_size` is for arrays; a data set come"):
        km.data.pair(labeled, unlabeled, batch_size=8)
    with pytest.raises(ValueError, match="`unlabeled_batch_size` is for arrays"):
        km.data.pair((X, Y), unlabeled, 8, unlabeled_batch_size=8)


@on_tensorflow
def test_tf_data_of_another_form_is_refused():
    import tensorflow as tf

    single = tf.data.Dataset.from_tensor_slices((X, Y))
    with pytest.raises(ValueError, match=r"batch the data set\. Received: single ex"):
        km.data.pair(single, U)
    with pytest.raises(ValueError, match=r"`labeled`: expected \(x, y\)"):
        km.data.pair(tf_data({"x": X, "y": Y}, 4), U)
    with pytest.raises(ValueError, match="`unlabeled`: expected inputs u"):
        km.data.pair((X, Y), tf.data.Dataset.from_tensor_slices(U))
    with pytest.raises(ValueError, match=r"at least one batch\. Received: an empty"):
        km.data.pair((X, Y), tf_data(U[:0], 4))
    shapeless = tf.data.Dataset.from_generator(
        lambda: iter([U]), output_signature=tf.TensorSpec(None)
    )
    with pytest.raises(ValueError, match="of known rank: set their shapes"):
        km.data.pair((X, Y), shapeless)


@on_tensorflow
def test_data_of_unknown_length_trains_where_fit_knows_the_steps():
    u = tf_data(U, 40).filter(lambda batch: True)
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    model = km.models.ICTModel(network, seed=0)
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    batches = km.data.pair(tf_data((X, Y), 8), u)
    model.fit(batches, epochs=2, steps_per_epoch=7, verbose=0, shuffle=False)
    assert int(model.step.value) == 14
