import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup import mixing, random
from keras_mixup.losses import MixupERegularizer
from keras_mixup.models import MixupEModel, MixupModel

SPARSE = keras.losses.SparseCategoricalCrossentropy
RNG = np.random.default_rng(0)
X = RNG.normal(size=(6, 4)).astype("float32")
Y = np.arange(6) % 3


def linear_network(**options):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, **options)])


def compiled(model, learning_rate=0.5, loss=None, **options):
    loss = loss or SPARSE(from_logits=True)
    model.compile(keras.optimizers.SGD(learning_rate), loss, **options)
    return model


def mixed(values, step, **options):
    key = random.fold_in(random.fold_in((5, 0), step), 0)
    weights, partners = mixing.draw(len(values), seed=key, **options)
    weights = np.broadcast_to(np.asarray(weights, "float64"), partners.shape)
    return np.einsum("bk,bk...->b...", weights, values[np.asarray(partners)])


def log_softmax(z):
    z = z - z.max(-1, keepdims=True)
    return z - np.log(np.exp(z).sum(-1, keepdims=True))


def numpy_parts(w, variant, threshold, other_weight, step, **draw):
    """Mixup loss and regulariser of a linear network, in float64."""
    rows = np.eye(3)[Y]
    f = X.astype("float64") @ w[:-1] + w[-1]
    x = mixed(X.astype("float64"), step, **draw)
    mixup = -np.mean(
        np.sum(mixed(rows, step, **draw) * log_softmax(x @ w[:-1] + w[-1]), -1)
    )
    q = np.sum((rows - np.exp(log_softmax(f))) * f, -1)
    if variant == "absolute":
        return mixup, other_weight * np.mean(np.abs(q))
    return mixup, -other_weight * np.mean(q * (q < threshold))


@pytest.mark.parametrize(
    ("variant", "num_points", "other_weight"),
    [("absolute", 2, 0.25), ("signed", 2, 0.25), ("absolute", 3, 0.4)],
)
def test_two_steps_equal_numpy(variant, num_points, other_weight):
    eta, rate, threshold = 0.8, 0.5, 0.6
    model = MixupEModel(
        linear_network(), num_points, 0.5, eta, variant, threshold, seed=5
    )
    compiled(model, rate)
    w = np.concatenate([model.network.get_weights()[0], np.zeros((1, 3))])
    w = w.astype("float64")
    for step in range(2):
        parts = lambda v, t=step: numpy_parts(  # noqa: E731
            v, variant, threshold, other_weight, t, num_points=num_points, alpha=0.5
        )
        mixup, regularizer = parts(w)
        eta_hat = abs(mixup) / abs(mixup + eta * regularizer)
        gradient = np.zeros_like(w)
        for index in np.ndindex(w.shape):
            up, down = w.copy(), w.copy()
            up[index] += 1e-6
            down[index] -= 1e-6
            slopes = (np.array(parts(up)) - np.array(parts(down))) / 2e-6
            gradient[index] = eta_hat * (slopes[0] + eta * slopes[1])
        logs = model.train_on_batch(X, Y, return_dict=True)
        w -= rate * gradient
    # Metrics of the model are means over the steps since they were reset.
    np.testing.assert_allclose(logs["loss"], logs["mixup_loss"], rtol=1e-5)
    np.testing.assert_allclose(model.network.get_weights()[0], w[:-1], atol=1e-5)
    np.testing.assert_allclose(model.network.get_weights()[1], w[-1], atol=1e-5)
    model.reset_metrics()
    model.optimizer.learning_rate = 0.0
    logs = model.train_on_batch(X, Y, return_dict=True)
    mixup, regularizer = numpy_parts(
        w, variant, threshold, other_weight, 2, num_points=num_points, alpha=0.5
    )
    np.testing.assert_allclose(logs["mixup_loss"], mixup, rtol=1e-4)
    np.testing.assert_allclose(logs["regularizer"], regularizer, rtol=1e-4)
    np.testing.assert_allclose(
        logs["eta_hat"], abs(mixup) / abs(mixup + eta * regularizer), rtol=1e-4
    )


@pytest.mark.parametrize("options", [{"eta": 0.0}, {"num_points": 1}])
def test_switched_off_it_is_mixup_to_the_last_digit(options):
    network = linear_network()
    start = network.get_weights()
    weights = []
    for model_class in (MixupEModel, MixupModel):
        network.set_weights(start)
        chosen = {"eta": 1.0, **options}
        if model_class is MixupModel:
            del chosen["eta"]
        model = compiled(model_class(network, **chosen, seed=5))
        for _ in range(3):
            model.train_on_batch(X, Y)
        weights.append(network.get_weights())
    for one, two in zip(*weights):
        np.testing.assert_array_equal(one, two)


def test_switched_off_the_parts_are_those_of_mixup():
    network = linear_network(kernel_regularizer=keras.regularizers.L2(0.1))
    model = compiled(MixupEModel(network, eta=0.0, seed=5), 0.0)
    logs = model.train_on_batch(X, Y, return_dict=True)
    penalty = 0.1 * np.sum(network.get_weights()[0] ** 2)
    np.testing.assert_allclose(logs["mixup_loss"], logs["loss"] - penalty, rtol=1e-5)
    assert (logs["regularizer"], logs["eta_hat"]) == (0.0, 1.0)


def test_a_tiny_eta_is_nearly_mixup():
    network = linear_network()
    start = network.get_weights()
    weights = []
    for model in (
        MixupEModel(network, eta=1e-6, seed=5),
        MixupModel(network, seed=5),
    ):
        network.set_weights(start)
        compiled(model).train_on_batch(X, Y)
        weights.append(network.get_weights()[0])
    np.testing.assert_allclose(*weights, atol=1e-5)
    assert not np.array_equal(*weights)


def test_regularisation_of_the_network_stays_outside_of_eta_hat():
    network = linear_network(kernel_regularizer=keras.regularizers.L2(0.3))
    model = compiled(MixupEModel(network, eta=5.0, seed=5), 0.0)
    penalty = 0.3 * np.sum(network.get_weights()[0] ** 2)
    logs = model.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], logs["mixup_loss"] + penalty, rtol=1e-5)
    expected = logs["mixup_loss"] / (logs["mixup_loss"] + 5 * logs["regularizer"])
    np.testing.assert_allclose(logs["eta_hat"], expected, rtol=1e-5)


def test_moving_statistics_are_those_of_the_mixed_pass():
    network = keras.Sequential(
        [
            keras.Input((4,)),
            keras.layers.BatchNormalization(momentum=0.0, name="norm"),
            keras.layers.Dense(3),
        ]
    )
    model = compiled(MixupEModel(network, alpha=0.5, eta=1.0, seed=5), 0.0)
    model.train_on_batch(X, Y)
    moving = np.asarray(network.get_layer("norm").moving_mean)
    expected = mixed(X.astype("float64"), 0, num_points=2, alpha=0.5).mean(0)
    np.testing.assert_allclose(moving, expected, atol=1e-5)


def test_rows_as_labels_and_sample_weights():
    rows = np.eye(3, dtype="float32")[Y]
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    weights = np.array([1, 0, 2, 1, 1, 1], "float32")
    logs = []
    for labels, chosen in ((rows, loss), (Y, None)):
        keras.utils.set_random_seed(3)
        model = compiled(MixupEModel(linear_network(), eta=1.0, seed=5), loss=chosen)
        logs.append(model.train_on_batch(X, labels, weights, return_dict=True))
    for name in logs[0]:
        np.testing.assert_allclose(logs[0][name], logs[1][name], rtol=1e-5)
    regularizer = MixupERegularizer()
    keras.utils.set_random_seed(3)
    network = linear_network()
    expected = ops.convert_to_numpy(regularizer(rows, network(X), weights))
    np.testing.assert_allclose(logs[0]["regularizer"], expected, rtol=1e-5)


def test_a_loss_of_zero_has_the_scale_one():
    model = MixupEModel(linear_network(), eta=1.0)
    assert float(model._scale(np.float32(0), np.float32(0))) == 1.0


def test_the_regulariser_in_a_step_of_ones_own():
    """The sum by hand is what the model computes, but for the factor eta_hat."""
    network = linear_network()
    model = compiled(MixupEModel(network, alpha=0.5, eta=0.3, seed=5), 0.0)
    logs = model.train_on_batch(X, Y, return_dict=True)
    rows = np.eye(3, dtype="float32")[Y]
    by_hand = MixupERegularizer(alpha=0.5)(rows, network(X, training=True))
    by_hand = ops.convert_to_numpy(by_hand)
    np.testing.assert_allclose(logs["regularizer"], by_hand, rtol=1e-5)


def test_round_trip(tmp_path):
    model = compiled(
        MixupEModel(linear_network(), 3, [0.5, 1, 2], 0.2, "signed", 0.7, seed=5)
    )
    model.train_on_batch(X, Y)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    configs = [m.get_config() for m in (model, loaded)]
    assert configs[0].pop("network")["config"]["name"] == model.network.name
    assert configs[1].pop("network")["config"]["name"] == model.network.name
    assert configs[0] == configs[1]
    np.testing.assert_array_equal(
        loaded.predict(X, verbose=0), model.predict(X, verbose=0)
    )
    for m in (model, loaded):
        m.reset_metrics()
    np.testing.assert_allclose(
        loaded.train_on_batch(X, Y), model.train_on_batch(X, Y), rtol=1e-5
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"eta": -1.0}, "`eta` must be a number that is not negative.*-1.0"),
        ({"eta": float("nan")}, "`eta` must be a number"),
        ({"variant": "both"}, "`variant` must be one of"),
        ({"alpha": 0.0}, "`alpha` must be a positive"),
    ],
)
def test_errors(options, message):
    with pytest.raises(ValueError, match=message):
        MixupEModel(linear_network(), **options)


@pytest.mark.tensorflow
def test_eta_hat_is_that_of_both_replicas():
    import tensorflow as tf

    strategy = tf.distribute.MirroredStrategy(
        ["CPU:0", "CPU:1"], cross_device_ops=tf.distribute.ReductionToOneDevice()
    )
    with strategy.scope():
        model = compiled(MixupEModel(linear_network(), eta=2.0, seed=5), 0.0)
    dataset = tf.data.Dataset.from_tensor_slices((X, Y)).batch(6)
    logs = model.fit(dataset, verbose=0).history
    mixup, regularizer = logs["mixup_loss"][0], logs["regularizer"][0]
    np.testing.assert_allclose(
        logs["eta_hat"][0], mixup / (mixup + 2 * regularizer), rtol=1e-5
    )
    np.testing.assert_allclose(logs["loss"][0], mixup, rtol=1e-5)
