import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup import mixing
from keras_mixup.layers import DirichletMixup

SEED = (11, 12)


def batch(size=6, shape=(4, 4, 2)):
    rng = np.random.RandomState(0)
    return rng.normal(size=(size, *shape)).astype("float32"), np.arange(size) % 3


def expected(value, size, **options):
    """The mixture by NumPy, from the draws that the layer makes of `SEED`."""
    options = {"num_points": 2, "alpha": 0.5, **options}
    weights, partners = mixing.draw(size, seed=SEED, **options)
    weights = np.broadcast_to(np.asarray(weights), partners.shape)
    return np.einsum("bk,bk...->b...", weights, value[np.asarray(partners)])


@pytest.mark.parametrize("shape", [(), (3,), (5, 3), (4, 4, 2), (2, 3, 4, 2)])
@pytest.mark.parametrize("num_points", [2, 3])
def test_inputs_of_any_rank(shape, num_points):
    x, _ = batch(shape=shape)
    mixed = DirichletMixup(num_points=num_points).mix(x, SEED)
    np.testing.assert_allclose(
        mixed, expected(x, 6, num_points=num_points), rtol=1e-5, atol=1e-6
    )


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
@pytest.mark.parametrize("extra_axis", [False, True])
def test_class_ids(dtype, extra_axis):
    x, ids = batch()
    y = ids.astype(dtype)[:, None] if extra_axis else ids.astype(dtype)
    _, rows = DirichletMixup(num_classes=3).mix((x, y), SEED)
    np.testing.assert_allclose(rows, expected(np.eye(3)[ids], 6), rtol=1e-5)
    assert ops.dtype(rows) == "float32"


def test_soft_rows_and_regression_targets():
    x, _ = batch()
    soft = np.random.RandomState(1).dirichlet(np.ones(3), 6).astype("float32")
    _, rows = DirichletMixup(num_classes=3).mix((x, soft), SEED)
    np.testing.assert_allclose(rows, expected(soft, 6), rtol=1e-5)
    targets = np.random.RandomState(2).normal(size=(6, 2, 5))
    _, mixed = DirichletMixup().mix((x, targets), SEED)
    np.testing.assert_allclose(mixed, expected(targets, 6), rtol=1e-4, atol=1e-6)


def test_crossentropy_of_mixed_rows_is_the_mixture_of_crossentropies():
    x, ids = batch()
    logits = np.random.RandomState(3).normal(size=(6, 3)).astype("float32")
    _, rows = DirichletMixup(num_classes=3).mix((x, ids), SEED)
    weights, partners = mixing.draw(6, 2, 0.5, SEED)
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    parts = [
        -np.asarray(weights)[:, k]
        * log_p[np.arange(6), ids[np.asarray(partners)[:, k]]]
        for k in range(2)
    ]
    loss = keras.losses.categorical_crossentropy(rows, logits, from_logits=True)
    np.testing.assert_allclose(loss, np.sum(parts, 0), rtol=1e-5)


@pytest.mark.parametrize("trailing", [(), (1,)])
def test_dictionary_with_masks(trailing):
    x, ids = batch()
    masks = np.random.RandomState(4).randint(0, 3, (6, 4, 4))
    given = {
        "images": x,
        "labels": ids,
        "segmentation_masks": masks.reshape(6, 4, 4, *trailing),
        "sample_weight": None,
    }
    mixed = DirichletMixup(num_classes=3).mix(given, SEED)
    assert list(mixed) == list(given)
    assert mixed["sample_weight"] is None
    np.testing.assert_allclose(
        mixed["segmentation_masks"], expected(np.eye(3)[masks], 6), rtol=1e-5
    )
    soft = np.random.RandomState(5).normal(size=(6, 4, 4, 2)).astype("float32")
    mixed = DirichletMixup().mix({"images": x, "segmentation_masks": soft}, SEED)
    np.testing.assert_allclose(
        mixed["segmentation_masks"], expected(soft, 6), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("form", ["int32", "float32", "one-hot bytes"])
def test_the_rank_of_the_images_tells_ids_from_rows_in_masks(form):
    # As wide as there are classes, so that the shape alone would not tell.
    x, _ = batch(shape=(3, 3, 1))
    ids = np.random.RandomState(4).randint(0, 3, (6, 3, 3))
    masks = np.eye(3, dtype="uint8")[ids] if form == "one-hot bytes" else ids
    masks = masks if form == "one-hot bytes" else masks.astype(form)
    mixed = DirichletMixup(num_classes=3).mix(
        {"images": x, "segmentation_masks": masks}, SEED
    )
    np.testing.assert_allclose(
        mixed["segmentation_masks"], expected(np.eye(3)[ids], 6), rtol=1e-5
    )


def test_returns_the_form_it_was_given():
    x, ids = batch()
    layer = DirichletMixup(num_classes=3)
    assert layer(x).shape == x.shape
    assert len(layer(x, ids)) == 2
    assert len(layer(x, ids, np.ones(6))) == 3
    assert len(layer(x, sample_weight=np.ones(6))) == 3
    assert set(layer({"images": x, "labels": ids})) == {"images", "labels"}


@pytest.mark.parametrize("size", [1, 2, 5])
def test_small_and_odd_batches(size):
    x, ids = batch(size)
    mixed, rows = DirichletMixup(num_points=5, num_classes=3)(x, ids)
    assert mixed.shape == x.shape
    np.testing.assert_allclose(np.sum(np.asarray(rows), -1), 1, rtol=1e-5)


def test_bytes_become_floats_and_stay_in_range():
    x = np.random.RandomState(0).randint(0, 256, (8, 4, 4, 3)).astype("uint8")
    mixed = np.asarray(DirichletMixup()(x))
    assert mixed.dtype == "float32"
    assert np.min(mixed) >= 0
    assert np.max(mixed) <= 255.001


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_leaves_labels_in_float32(policy):
    keras.config.set_dtype_policy(policy)
    x, ids = batch()
    mixed, rows = DirichletMixup(num_classes=3)(ops.cast(x, "float16"), ids)
    assert ops.dtype(mixed) == "float16"
    assert ops.dtype(rows) == "float32"
    # In float16 a third of these weights would not sum to 1.
    np.testing.assert_allclose(np.sum(np.asarray(rows), -1), 1, rtol=1e-6)


def test_without_training_it_is_the_identity():
    x, ids = batch()
    same_x, same_ids = DirichletMixup(num_classes=3)(x, ids, training=False)
    np.testing.assert_array_equal(same_x, x)
    np.testing.assert_array_equal(same_ids, ids)
    assert DirichletMixup(num_points=1)(x) is not None
    np.testing.assert_array_equal(DirichletMixup(num_points=1)(x), x)


def test_inputs_alone_can_be_mixed():
    x, ids = batch()
    mixed, same = DirichletMixup(mix_labels=False).mix((x, ids), SEED)
    np.testing.assert_allclose(mixed, expected(x, 6), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(same, ids)


@pytest.mark.parametrize("per_example", [True, False])
def test_with_a_probability_examples_are_left_alone(per_example):
    x = np.random.RandomState(0).normal(size=(400, 2)).astype("float32")
    options = {"probability": 0.25, "per_example": per_example}
    mixed = np.asarray(DirichletMixup(**options).mix(x, SEED))
    weights, partners = map(np.asarray, mixing.draw(400, 2, 0.5, SEED, **options))
    weights = np.broadcast_to(weights, partners.shape)
    by_numpy = np.einsum("bk,bk...->b...", weights, x[partners])
    np.testing.assert_allclose(mixed, by_numpy, rtol=1e-5, atol=1e-6)
    always = DirichletMixup(per_example=per_example).mix(x, SEED)
    np.testing.assert_array_equal(
        DirichletMixup(probability=1, per_example=per_example).mix(x, SEED), always
    )
    never = DirichletMixup(probability=0.0, per_example=per_example).mix(x, SEED)
    np.testing.assert_array_equal(never, x)


def test_calls_differ_and_a_seed_repeats_them():
    x, _ = batch()
    one, two = DirichletMixup(seed=5), DirichletMixup(seed=5)
    first = np.asarray(one(x))
    np.testing.assert_array_equal(first, two(x))
    second = np.asarray(one(x))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(second, two(x))


def test_inside_a_network():
    inputs = keras.Input((4,))
    with pytest.raises(ValueError, match="cannot reach the labels"):
        DirichletMixup()(inputs)
    outputs = DirichletMixup(mix_labels=False, seed=1)(inputs)
    network = keras.Model(inputs, outputs)
    x = np.random.RandomState(0).normal(size=(6, 4)).astype("float32")
    np.testing.assert_array_equal(network(x, training=False), x)
    assert not np.array_equal(network(x, training=True), x)
    np.testing.assert_array_equal(network.predict(x, verbose=0), x)


@pytest.mark.compiled
def test_compiles_with_xla():
    x, ids = batch()
    layer = DirichletMixup(num_points=3, num_classes=3)

    def function(x, y):
        return layer.mix((x, y), SEED)

    if keras.config.backend() == "jax":
        import jax

        compiled = jax.jit(function)(x, ids)
    else:
        import tensorflow as tf

        compiled = tf.function(function, jit_compile=True, autograph=False)(x, ids)
    mixed, rows = (np.asarray(part) for part in compiled)
    assert mixed.shape == x.shape
    np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-5)
    # What is mixed stays within what there was, with the draws of XLA too.
    assert mixed.min() >= x.min()
    assert mixed.max() <= x.max()
    assert not np.array_equal(mixed, x)


@pytest.mark.tensorflow
def test_in_a_data_set_of_unknown_batch_size():
    import tensorflow as tf

    x, ids = batch(7)
    data = tf.data.Dataset.from_tensor_slices((x, ids)).batch(4)
    layer = DirichletMixup(num_classes=3, seed=1)
    shapes = [(a.shape, b.shape) for a, b in data.map(layer)]
    assert shapes == [((4, 4, 4, 2), (4, 3)), ((3, 4, 4, 2), (3, 3))]


@pytest.mark.tensorflow
def test_unknown_ids_in_a_graph_give_nan():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensors((np.ones((2, 1)), np.array([0, 7])))
    rows = next(iter(data.map(DirichletMixup(num_points=1, num_classes=3))))[1]
    assert np.isnan(rows[1]).all()
    assert not np.isnan(rows[0]).any()


def test_config_round_trip():
    layer = DirichletMixup(
        3, [0.5, 1.0, 2.0], False, True, 7, False, 9, 0.25, name="mixup"
    )
    copy = DirichletMixup.from_config(layer.get_config())
    assert copy.get_config() == layer.get_config()
    unseeded = DirichletMixup()
    copy = DirichletMixup.from_config(unseeded.get_config())
    x, _ = batch()
    np.testing.assert_array_equal(unseeded(x), copy(x))


def test_saved_network_keeps_the_layer(tmp_path):
    network = keras.Sequential(
        [keras.Input((4,)), DirichletMixup(mix_labels=False), keras.layers.Dense(2)]
    )
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    x = np.ones((3, 4), "float32")
    np.testing.assert_array_equal(*map(ops.convert_to_numpy, (network(x), loaded(x))))


X = np.ones((4, 3), "float32")


@pytest.mark.parametrize(
    ("options", "inputs", "message"),
    [
        ({}, (X, np.zeros(4, "int32")), "give `num_classes`"),
        ({"num_classes": 3}, (X, np.array([0, 1, 2, 3])), "from 0 to 2"),
        ({"num_classes": 3}, (X, np.array([0, 1, 2, -1])), "from 0 to 2"),
        ({"num_classes": 3}, (X, np.array([0, 1, 2, 0.5])), "from 0 to 2"),
        ({"num_classes": 3}, (X, np.eye(4, 3, dtype="int32")), "Cast one-hot rows"),
        ({"num_classes": 3}, (X, np.eye(4, dtype="float32")), "one column for each"),
        ({}, (X, np.ones(3)), "same number of examples"),
        ({}, (X, np.ones(4), np.ones(5)), "same number of examples"),
        ({}, {"labels": np.ones(4)}, 'must have the key "images"'),
        ({}, {"images": X, "boxes": X}, "must have the key"),
        ({}, (X, X, X, X), "Received: 4 parts"),
        ({}, np.float32(1.0), "Received: a scalar"),
        ({"num_classes": 3}, (X, np.ones((4, 2, 5), "float32")), "one column for each"),
        (
            {"num_classes": 3},
            {
                "images": np.ones((4, 2, 2, 1)),
                "segmentation_masks": np.ones((4, 2, 2, 4)),
            },
            "must hold class ids, or one channel",
        ),
        (
            {},
            {"images": np.ones((4, 3, 3, 1)), "segmentation_masks": np.ones((4, 2, 2))},
            "size of the images",
        ),
    ],
)
def test_input_errors(options, inputs, message):
    with pytest.raises(ValueError, match=message):
        DirichletMixup(**options).mix(inputs, SEED)


def test_a_dictionary_takes_no_other_labels():
    with pytest.raises(ValueError, match="holds its labels itself"):
        DirichletMixup()({"images": X}, np.ones(4))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"alpha": 0}, "`alpha` must be a positive"),
        ({"num_points": 0}, "`num_points` must be"),
        ({"num_classes": 1}, "`num_classes` must be at least 2"),
        ({"probability": 1.5}, r"`probability` must be a number from 0.*1.5"),
        ({"probability": float("nan")}, "`probability` must be a number from 0"),
        ({"probability": "often"}, "`probability` must be a number from 0.*'often'"),
    ],
)
def test_argument_errors(options, message):
    with pytest.raises(ValueError, match=message):
        DirichletMixup(**options)
