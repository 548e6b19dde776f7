import keras
import numpy as np
import pytest

from keras_mixup import mixing, random
from keras_mixup.models import MixupModel

SPARSE = keras.losses.SparseCategoricalCrossentropy


def linear_network(units=3):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])


def batch(size=8):
    rng = np.random.RandomState(0)
    return rng.normal(size=(size, 4)).astype("float32"), np.arange(size) % 3


def step_draw(step, size, *, seed, **options):
    """The draw that a model makes in a step, from the public functions alone."""
    key = random.fold_in(random.fold_in((seed, 0), step), 0)
    weights, partners = mixing.draw(size, seed=key, **options)
    weights = np.broadcast_to(np.asarray(weights), partners.shape)
    return weights.astype("float64"), np.asarray(partners)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("form", ["ids", "column", "rows"])
@pytest.mark.parametrize(
    "options",
    [
        {"num_points": 2},
        {"num_points": 5, "alpha": 0.3},
        {"num_points": 2, "per_example": False},
        {"num_points": 3, "dominant_first": True},
    ],
)
def test_two_steps_equal_numpy(form, options):
    x, ids = batch()
    y = {"ids": ids, "column": ids[:, None], "rows": np.eye(3)[ids]}[form]
    network = linear_network()
    model = MixupModel(network, seed=5, **options)
    loss = (
        keras.losses.CategoricalCrossentropy(from_logits=True)
        if form == "rows"
        else SPARSE(from_logits=True)
    )
    model.compile(keras.optimizers.SGD(0.5), loss)
    kernel, bias = (w.astype("float64") for w in network.get_weights())
    for step in range(2):
        weights, partners = step_draw(step, 8, **{"alpha": 1.0, "seed": 5, **options})
        mixed_x = np.einsum("bk,bk...->b...", weights, x[partners])
        mixed_y = np.einsum("bk,bk...->b...", weights, np.eye(3)[ids][partners])
        probabilities = softmax(mixed_x @ kernel + bias)
        expected_loss = -np.mean(np.sum(mixed_y * np.log(probabilities), -1))
        error = (probabilities - mixed_y) / 8
        kernel, bias = kernel - 0.5 * mixed_x.T @ error, bias - 0.5 * error.sum(0)
        logs = model.train_on_batch(x, y, return_dict=True)
        model.reset_metrics()
        np.testing.assert_allclose(logs["loss"], expected_loss, rtol=1e-5)
    np.testing.assert_allclose(network.get_weights()[0], kernel, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(network.get_weights()[1], bias, rtol=1e-4, atol=1e-6)


def test_mixing_the_inputs_only_keeps_the_label_of_the_largest_weight():
    x, ids = batch()
    network = linear_network()
    model = MixupModel(network, mix_labels=False, seed=5)
    model.compile(
        keras.optimizers.SGD(0.0), SPARSE(from_logits=True), metrics=["accuracy"]
    )
    options = {"seed": 5, "alpha": 1.0, "num_points": 2, "dominant_first": True}
    weights, partners = step_draw(0, 8, **options)
    assert np.all(weights[:, 0] >= 0.5)
    kernel, bias = network.get_weights()
    mixed = np.einsum("bk,bk...->b...", weights, x[partners])
    probabilities = softmax(mixed @ kernel + bias)
    logs = model.train_on_batch(x, ids, return_dict=True)
    expected = -np.mean(np.log(probabilities[np.arange(8), ids]))
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)
    accuracy = np.mean(probabilities.argmax(-1) == ids)
    np.testing.assert_allclose(logs["accuracy"], accuracy)
    assert MixupModel.from_config(model.get_config()).mix_labels is False


def test_one_point_equals_plain_training_to_the_last_digit():
    x, ids = batch(32)
    results = []
    for wrap in (lambda n: n, lambda n: MixupModel(n, num_points=1)):
        keras.utils.set_random_seed(1)
        network = keras.Sequential(
            [
                keras.Input((4,)),
                keras.layers.Dense(8, kernel_regularizer="l2"),
                keras.layers.BatchNormalization(),
                keras.layers.Dropout(0.5, seed=3),
                keras.layers.Dense(3),
            ]
        )
        model = wrap(network)
        model.compile("adam", SPARSE(from_logits=True), metrics=["accuracy"])
        history = model.fit(
            x, ids, sample_weight=np.linspace(0, 1, 32), epochs=3, shuffle=False,
            batch_size=8, verbose=0,
        )  # fmt: skip
        results.append((network.get_weights(), history.history))
    for plain, mixed in zip(*(weights for weights, _ in results)):
        np.testing.assert_array_equal(plain, mixed)
    assert results[0][1] == results[1][1]


def test_training_accuracy_compares_with_the_dominant_class():
    x, ids = batch()
    network = linear_network()
    model = MixupModel(network, seed=2)
    model.compile(
        keras.optimizers.SGD(0.0), SPARSE(from_logits=True), metrics=["accuracy"]
    )
    logs = model.train_on_batch(x, ids, return_dict=True)
    weights, partners = step_draw(0, 8, seed=2, alpha=1.0, num_points=2)
    mixed_x = np.einsum("bk,bk...->b...", weights, x[partners])
    rows = np.einsum("bk,bk...->b...", weights, np.eye(3)[ids][partners])
    kernel, bias = network.get_weights()
    expected = np.mean((mixed_x @ kernel + bias).argmax(-1) == rows.argmax(-1))
    np.testing.assert_allclose(logs["accuracy"], expected)


def test_evaluation_and_prediction_do_not_mix():
    x, ids = batch()
    network = linear_network()
    model = MixupModel(network)
    model.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"])
    network.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"])
    np.testing.assert_allclose(
        model.evaluate(x, ids, verbose=0), network.evaluate(x, ids, verbose=0), 1e-6
    )
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), network.predict(x, verbose=0)
    )


def test_sample_weights_are_mixed():
    x, ids = batch()
    sample_weight = np.array([0, 0, 0, 0, 1, 1, 1, 1], "float32")
    network = linear_network()
    model = MixupModel(network, seed=2)
    model.compile(keras.optimizers.SGD(0.0), SPARSE(from_logits=True))
    logs = model.train_on_batch(x, ids, sample_weight, return_dict=True)
    weights, partners = step_draw(0, 8, seed=2, alpha=1.0, num_points=2)
    mix = lambda v: np.einsum("bk,bk...->b...", weights, v[partners])  # noqa: E731
    kernel, bias = network.get_weights()
    log_p = np.log(softmax(mix(x) @ kernel + bias))
    # The mixture of the weighted losses, in which an example of weight 0 has no say.
    rows = mix(np.eye(3)[ids] * sample_weight[:, None])
    np.testing.assert_allclose(
        logs["loss"], np.mean(-np.sum(rows * log_p, -1)), rtol=1e-5
    )


def test_regression_and_sequences():
    rng = np.random.RandomState(0)
    x = rng.normal(size=(8, 5, 4)).astype("float32")
    network = keras.Sequential([keras.Input((5, 4)), keras.layers.Dense(2)])
    model = MixupModel(network, seed=1)
    model.compile("sgd", "mse")
    assert np.isfinite(model.train_on_batch(x, rng.normal(size=(8, 5, 2))))
    ids = rng.randint(0, 2, (8, 5))
    model.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"])
    logs = model.train_on_batch(x, ids, return_dict=True)
    assert 0 <= logs["accuracy"] <= 1


def test_networks_of_several_inputs():
    a, b = keras.Input((3,), name="a"), keras.Input((2,), name="b")
    network = keras.Model(
        {"a": a, "b": b}, keras.layers.Dense(2)(keras.layers.Concatenate()([a, b]))
    )
    x = {"a": np.ones((8, 3), "float32"), "b": np.zeros((8, 2), "float32")}
    model = MixupModel(network, seed=1)
    model.compile("sgd", SPARSE(from_logits=True))
    history = model.fit(x, np.zeros(8, "int32"), verbose=0)
    assert np.isfinite(history.history["loss"][0])


@keras.saving.register_keras_serializable(package="keras_mixup_tests")
class SubclassedNetwork(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = keras.layers.Dense(3)

    def call(self, inputs):
        return self.dense(inputs)


@pytest.mark.parametrize(
    "make_network",
    [lambda: keras.Sequential([keras.layers.Dense(3)]), SubclassedNetwork],
)
def test_networks_of_every_kind(make_network, tmp_path):
    x, ids = batch()
    network = make_network()
    with pytest.raises(ValueError, match="`network` must be built"):
        MixupModel(network)
    network(x)
    model = MixupModel(network, seed=1)
    model.compile("sgd", SPARSE(from_logits=True))
    model.fit(x, ids, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        model.predict(x, verbose=0), loaded.predict(x, verbose=0)
    )


@pytest.mark.parametrize(
    "loss",
    [
        "sparse_categorical_crossentropy",
        keras.losses.sparse_categorical_crossentropy,
        SPARSE(),
    ],
)
def test_every_way_to_name_the_sparse_loss(loss):
    x, ids = batch()
    network = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Softmax()]
    )
    model = MixupModel(network, seed=1)
    model.compile(keras.optimizers.SGD(0.0), loss)
    reference = MixupModel(network, seed=1)
    reference.compile(keras.optimizers.SGD(0.0), "categorical_crossentropy")
    np.testing.assert_allclose(
        model.train_on_batch(x, ids),
        reference.train_on_batch(x, np.eye(3, dtype="float32")[ids]),
        rtol=1e-5,
    )


def test_round_trip_of_the_configuration():
    model = MixupModel(linear_network(), 3, [1.0, 2.0, 3.0], False, True, 7)
    copy = MixupModel.from_config(model.get_config())
    assert copy.get_config() == model.get_config()


def test_a_wrapped_network_may_be_compiled_already():
    x, ids = batch()
    network = linear_network()
    network.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"])
    network.fit(x, ids, verbose=0)
    model = MixupModel(network)
    model.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"])
    history = model.fit(x, ids, verbose=0)
    assert sorted(history.history) == ["accuracy", "loss"]


def test_ids_outside_the_classes_do_not_train_in_silence():
    x, _ = batch()
    model = MixupModel(linear_network(), seed=1)
    model.compile("sgd", SPARSE(from_logits=True))
    if keras.config.backend() == "torch":
        # Its steps are not compiled, and have values.
        with pytest.raises(ValueError, match=r"from 0 to 2 .* Received: 7"):
            model.train_on_batch(x, np.full(8, 7))
        return
    assert np.isnan(model.train_on_batch(x, np.full(8, 7)))


@pytest.mark.torch
def test_a_compiled_step_is_refused():
    model = MixupModel(linear_network(), seed=1)
    with pytest.raises(ValueError, match="Compile with `jit_compile=False`"):
        model.compile("sgd", SPARSE(from_logits=True), jit_compile=True)


def test_errors():
    with pytest.raises(ValueError, match="must be a keras"):
        MixupModel(keras.layers.Dense(3))
    with pytest.raises(ValueError, match="`alpha` must be a positive"):
        MixupModel(linear_network(), alpha=0.0)
    with pytest.raises(ValueError, match="`num_points` must be an integer"):
        MixupModel(linear_network(), num_points=0)
    with pytest.raises(ValueError, match="`seed` must be an integer or None"):
        MixupModel(linear_network(), seed="a")
    model = MixupModel(linear_network())
    x, ids = batch()
    model.compile("sgd", lambda y, p: keras.ops.mean(p, axis=-1))
    with pytest.raises(ValueError, match="Class ids can be mixed under"):
        model.train_on_batch(x, ids)


class TenfoldLoss(SPARSE):
    def call(self, y_true, y_pred):
        return 10 * super().call(y_true, y_pred)


def two_outputs():
    inputs = keras.Input((4,))
    return keras.Model(inputs, [keras.layers.Dense(3)(inputs) for _ in range(2)])


def test_losses_of_ones_own_on_ids_are_not_replaced():
    with pytest.raises(ValueError, match="A loss of your own on class ids"):
        MixupModel(linear_network()).compile("sgd", TenfoldLoss(from_logits=True))
    x, ids = batch()
    plain = MixupModel(linear_network(), num_points=1)
    plain.compile("sgd", TenfoldLoss(from_logits=True))
    once = MixupModel(plain.network, num_points=1)
    once.compile("sgd", SPARSE(from_logits=True))
    np.testing.assert_allclose(
        plain.evaluate(x, ids, verbose=0), 10 * once.evaluate(x, ids, verbose=0), 1e-5
    )


def test_several_outputs():
    x, ids = batch()
    model = MixupModel(two_outputs(), seed=1)
    model.compile("sgd", ["mse", "mse"])
    targets = [np.eye(3, dtype="float32")[ids]] * 2
    weights = [np.ones(8), np.zeros(8)]
    history = model.fit(x, targets, sample_weight=weights, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    with pytest.raises(ValueError, match="Class ids can be mixed under"):
        model.fit(x, [ids, ids], verbose=0)


def test_alpha_as_an_array_survives_saving(tmp_path):
    model = MixupModel(linear_network(), alpha=np.array([0.5, 1.0]))
    model.save(tmp_path / "model.keras")
    assert keras.models.load_model(tmp_path / "model.keras").alpha == [0.5, 1.0]


@pytest.mark.tensorflow
def test_the_network_is_exported(tmp_path):
    import tensorflow as tf

    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    x = np.eye(4, dtype="float32")
    MixupModel(network).export(str(tmp_path / "model"), verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_allclose(exported.serve(x), network(x), atol=1e-6)


def test_sequences_of_length_one():
    network = keras.Sequential([keras.Input((1, 4)), keras.layers.Dense(3)])
    x, y = np.eye(4, dtype="float32")[:, None], np.array([[0], [1], [2], [0]])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model = MixupModel(network, seed=0)
    model.compile(keras.optimizers.SGD(0.0), loss, metrics=["accuracy"])
    assert np.isfinite(model.train_on_batch(x, y)).all()
    expected = float(keras.ops.convert_to_numpy(loss(y, network(x))))
    np.testing.assert_allclose(model.evaluate(x, y, verbose=0)[0], expected, rtol=1e-5)
