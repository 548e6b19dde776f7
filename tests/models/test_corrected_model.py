import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup.models import CorrectedModel

RNG = np.random.default_rng(0)
X = RNG.normal(1, 2, size=(6, 3, 2)).astype("float32")
X_MEAN, Y_MEAN = X.mean(axis=0), np.array([0.5, 0.3, 0.2], "float32")


def network():
    return keras.Sequential(
        [
            keras.Input((3, 2)),
            keras.layers.Flatten(),
            keras.layers.Dense(8, activation="tanh"),
            keras.layers.Dropout(0.5),
            keras.layers.Dense(3),
        ]
    )


def predictions(model, x):
    return ops.convert_to_numpy(model(x)).astype("float32")


def by_hand(net, theta, x=X):
    logits = predictions(net, theta * x + (1 - theta) * X_MEAN)
    return logits / theta + (1 - 1 / theta) * Y_MEAN


@pytest.mark.parametrize("theta", [0.3, 1.0])
def test_equals_the_formula(theta):
    net = network()
    model = CorrectedModel(net, X_MEAN, Y_MEAN, theta)
    np.testing.assert_allclose(predictions(model, X), by_hand(net, theta), atol=2e-6)
    if theta == 1:
        np.testing.assert_array_equal(predictions(model, X), predictions(net, X))


def test_integers_and_half_floats_are_corrected_in_float32():
    net = network()
    model = CorrectedModel(net, X_MEAN, Y_MEAN, 0.75)
    for x in (X.round().astype("int32"), X.astype("float16")):
        expected = by_hand(net, 0.75, x.astype("float32"))
        np.testing.assert_allclose(predictions(model, x), expected, atol=2e-6)


def test_saves_and_loads(tmp_path):
    model = CorrectedModel(network(), X_MEAN, Y_MEAN, 0.6, name="mine")
    path = str(tmp_path / "model.keras")
    model.save(path)
    loaded = keras.models.load_model(path)
    assert isinstance(loaded, CorrectedModel)
    assert loaded.name == "mine"
    np.testing.assert_array_equal(predictions(loaded, X), predictions(model, X))
    np.testing.assert_array_equal(ops.convert_to_numpy(loaded.x_mean), X_MEAN)
    again = str(tmp_path / "again.keras")
    loaded.save(again)
    np.testing.assert_array_equal(
        predictions(keras.models.load_model(again), X), predictions(model, X)
    )


def test_means_are_weights_that_do_not_train():
    net = network()
    model = CorrectedModel(net, X_MEAN, Y_MEAN, 0.6)
    assert len(model.weights) == len(net.weights) + 3
    assert len(model.trainable_weights) == len(net.trainable_weights)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_evaluates_and_predicts(jit_compile):
    net = network()
    model = CorrectedModel(net, X_MEAN, Y_MEAN, 0.6)
    model.compile(
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=jit_compile,
    )
    expected = by_hand(net, 0.6)
    y = expected.argmax(axis=1)
    scores = model.evaluate(X, y, batch_size=4, verbose=0, return_dict=True)
    log_sum = np.log(np.exp(expected).sum(axis=1))
    loss = np.mean(log_sum - expected[np.arange(6), y])
    assert scores["accuracy"] == 1
    assert scores["loss"] == pytest.approx(loss, rel=1e-5)
    np.testing.assert_allclose(
        model.predict(X, batch_size=4, verbose=0), expected, atol=5e-6
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_works_in_mixed_precision(jit_compile, tmp_path):
    policy = "mixed_bfloat16" if jit_compile else "mixed_float16"
    keras.config.set_dtype_policy(policy)
    net = network()
    assert net.compute_dtype != "float32"
    # Float16 cannot hold these means, float32 can.
    model = CorrectedModel(net, X_MEAN, Y_MEAN * 1e6, 0.9)
    model.compile(jit_compile=jit_compile)
    found = model.predict(X, verbose=0)
    assert found.dtype == np.float32
    expected = by_hand(net, 0.9) + (1 - 1 / 0.9) * Y_MEAN * (1e6 - 1)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # Not compiled, so that there is no optimizer to save.
    model = CorrectedModel(net, X_MEAN, Y_MEAN, 0.9)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(predictions(loaded, X), predictions(model, X))


class Subclass(keras.Model):
    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(3)

    def call(self, inputs):
        return self.dense(ops.reshape(inputs, (-1, 6)))


def test_the_network_may_be_a_subclass():
    net = Subclass()
    net(X)
    model = CorrectedModel(net, X_MEAN, Y_MEAN, 0.6)
    np.testing.assert_allclose(predictions(model, X), by_hand(net, 0.6), atol=2e-6)


def test_the_network_may_take_any_size():
    inputs = keras.Input((None, None, 1))
    pooled = keras.layers.GlobalAveragePooling2D()(inputs)
    net = keras.Model(inputs, keras.layers.Dense(2)(pooled))
    model = CorrectedModel(net, np.zeros((4, 5, 1)), np.zeros(2), 0.5)
    assert predictions(model, np.ones((2, 4, 5, 1))).shape == (2, 2)


def _two_outputs():
    inputs = keras.Input((2,))
    return keras.Model(inputs, [inputs + 1, inputs + 2])


def _two_inputs():
    inputs = [keras.Input((2,)), keras.Input((2,))]
    return keras.Model(inputs, inputs[0] + inputs[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, X_MEAN, Y_MEAN, 0.5), "`network` must be a built keras.Model"),
        ((keras.Sequential(), X_MEAN, Y_MEAN, 0.5), "`network` must be a built"),
        ((_two_outputs, [1, 2], [1, 2], 0.5), "one output, the logits.*2 outputs"),
        ((_two_inputs, [1, 2], [1, 2], 0.5), "one input"),
        ((network, X_MEAN[0], Y_MEAN, 0.5), r"`x_mean` must .* \(3, 2\).*\(2,\)"),
        ((network, X_MEAN, Y_MEAN[:2], 0.5), r"`y_mean` must .* \(3,\).*\(2,\)"),
        ((network, X_MEAN * np.nan, Y_MEAN, 0.5), "`x_mean` must be an array of fin"),
        ((network, X_MEAN, "mean", 0.5), "`y_mean` must be an array of fin"),
        ((network, X_MEAN, Y_MEAN, 0.0), "above 0 and at most 1.*Received: 0.0"),
        ((network, X_MEAN, Y_MEAN, 1.1), "above 0 and at most 1"),
        ((network, X_MEAN, Y_MEAN, None), "above 0 and at most 1"),
    ],
)
def test_refuses(arguments, message):
    net, *rest = arguments
    if net is not None and not isinstance(net, keras.Model):
        net = net()
    with pytest.raises(ValueError, match=message):
        CorrectedModel(net, *rest)


@pytest.mark.tensorflow
def test_is_exported(tmp_path):
    import tensorflow as tf

    model = CorrectedModel(network(), X_MEAN, Y_MEAN, 0.6)
    expected = predictions(model, X)
    model.export(str(tmp_path / "model"), verbose=False)
    exported = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_allclose(exported.serve(X), expected, atol=1e-6)


def test_words_have_no_mean():
    network = keras.Sequential(
        [keras.layers.Embedding(9, 2), keras.layers.Flatten(), keras.layers.Dense(3)]
    )
    network.build((None, 4))
    with pytest.raises(ValueError, match="It looks this one up"):
        CorrectedModel(network, np.zeros(4), np.zeros(3), 0.75)


def test_whole_numbers_are_not_rounded():
    inputs = keras.Input((4,), dtype="int32")
    network = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    model = CorrectedModel(network, np.full(4, 0.5), np.zeros(3), 0.75)
    x = np.arange(8).reshape(2, 4)
    kernel, bias = network.get_weights()
    expected = ((0.75 * x + 0.25 * 0.5) @ kernel + bias) / 0.75
    np.testing.assert_allclose(model.predict(x, verbose=0), expected, rtol=1e-5)
