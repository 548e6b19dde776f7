"""An example, or an element, of weight 0 has no say, mixed or not."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_mixup.models import (
    ICTModel,
    ManifoldMixupModel,
    MixMatchModel,
    MixupEModel,
    MixupModel,
)
from keras_mixup.models.targets import Outputs

BACKEND = keras.config.backend()
L = keras.layers
SPARSE = keras.losses.SparseCategoricalCrossentropy
RNG = np.random.RandomState(0)
X = RNG.normal(size=(16, 6, 2)).astype("float32")
Y = RNG.randint(0, 3, (16, 6))
LENGTHS = RNG.randint(1, 6, 16)
PADDED = np.arange(6) >= LENGTHS[:, None]

MODELS = {
    "mixup": lambda n: MixupModel(n, seed=0),
    "three points": lambda n: MixupModel(n, num_points=3, seed=0),
    "inputs only": lambda n: MixupModel(n, mix_labels=False, seed=0),
    "mixupe": lambda n: MixupEModel(n, seed=0),
    "manifold": lambda n: ManifoldMixupModel(n, ["input"], seed=0),
    "ict": lambda n: ICTModel(n, supervised_num_points=2, seed=0),
    "mixmatch": lambda n: MixMatchModel(n, num_views=1, seed=0),
}


def named(*names):
    """Names of models, of which TensorFlow compiles two in the fast tests."""
    slow = pytest.mark.slow_on_tensorflow
    fast = ("mixup", "ict")
    return [n if n in fast else pytest.param(n, marks=slow) for n in names]


def steps_network(masked):
    mask = [L.Masking(0.0)] if masked else []
    return keras.Sequential(
        [keras.Input((6, 2)), *mask, L.LSTM(4, return_sequences=True), L.Dense(3)]
    )


def trained(make, network, x, y, sample_weight=None, loss=None):
    keras.utils.set_random_seed(1)
    model = make(network())
    loss = loss or SPARSE(from_logits=True)
    model.compile(keras.optimizers.SGD(0.5), loss, weighted_metrics=["accuracy"])
    if hasattr(model, "teacher"):
        x = {"labeled": x, "unlabeled": x}
    for _ in range(3):
        model.train_on_batch(x, y, sample_weight)
    weights = getattr(model, "network", model).get_weights()
    assert all(np.isfinite(w).all() for w in weights)
    return weights


def assert_same(one, other):
    for a, b in zip(one, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-6)


@pytest.mark.parametrize("name", named(*MODELS))
def test_labels_of_padding_do_not_matter(name):
    x = np.where(PADDED[..., None], 0, X).astype("float32")
    labels = (np.where(PADDED, label, Y) for label in (0, 2))
    one, other = (
        trained(MODELS[name], lambda: steps_network(True), x, y) for y in labels
    )
    assert_same(one, other)


@pytest.mark.parametrize("name", named(*MODELS))
@pytest.mark.parametrize("label", [2, -1])
def test_labels_of_examples_of_weight_0_do_not_matter(name, label):
    if (name, label) == ("inputs only", -1) and BACKEND != "jax":
        pytest.skip("Keras itself refuses the label there, which is not mixed")
    weight = np.repeat([1.0, 0.0], 8).astype("float32")
    others = np.where(weight[:, None] > 0, Y, label)
    one, other = (
        trained(MODELS[name], lambda: steps_network(False), X, y, weight[:, None])
        for y in (Y, others)
    )
    assert_same(one, other)


@pytest.mark.parametrize("name", named("mixup", "mixupe", "manifold", "ict"))
def test_labels_of_steps_of_weight_0_do_not_matter(name):
    weight = RNG.randint(0, 2, Y.shape).astype("float32")
    others = np.where(weight > 0, Y, 1)
    one, other = (
        trained(MODELS[name], lambda: steps_network(False), X, y, weight)
        for y in (Y, others)
    )
    assert_same(one, other)


@pytest.mark.parametrize("name", named("mixup", "three points", "manifold", "ict"))
def test_ignored_classes_are_left_out(name):
    y = np.where(PADDED, 255, Y)
    loss = SPARSE(from_logits=True, ignore_class=255)
    ignored = trained(MODELS[name], lambda: steps_network(False), X, y, None, loss)
    # Keras leaves them out of the mean: so does a weight with this sum.
    weight = np.where(PADDED, 0.0, PADDED.size / (~PADDED).sum()).astype("float32")
    weighted = trained(MODELS[name], lambda: steps_network(False), X, Y, weight)
    assert_same(ignored, weighted)


def test_one_point_and_masks_equal_plain_training():
    x = np.where(PADDED[..., None], 0, X).astype("float32")
    plain = trained(lambda n: n, lambda: steps_network(True), x, Y)
    model = trained(
        lambda n: MixupModel(n, num_points=1), lambda: steps_network(True), x, Y
    )
    assert_same(plain, model)
    # With nearly no mixing the masked loss is the plain one as well.
    nearly = lambda n: MixupModel(n, alpha=1e-6, dominant_first=True)  # noqa: E731
    model = trained(nearly, lambda: steps_network(True), x, Y)
    for a, b in zip(plain, model, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_missing_targets_of_weight_0():
    y = RNG.normal(size=(8, 1)).astype("float32")
    y[4:] = np.nan
    network = lambda: keras.Sequential([keras.Input((4,)), L.Dense(1)])  # noqa: E731
    x = RNG.normal(size=(8, 4)).astype("float32")
    weight = np.repeat([1.0, 0.0], 4).astype("float32")
    trained(MODELS["mixup"], network, x, y, weight, keras.losses.MeanSquaredError())


def test_class_weights_are_mixed_with_the_labels():
    x, y = X[:, 0], Y[:, 0]
    network = lambda: keras.Sequential([keras.Input((2,)), L.Dense(3)])  # noqa: E731
    weights = {0: 1.0, 1: 0.0, 2: 3.0}
    results = []
    for options in (
        {"class_weight": weights},
        {"sample_weight": np.array([weights[i] for i in y])},
    ):
        keras.utils.set_random_seed(1)
        model = MixupModel(network(), seed=0)
        model.compile(keras.optimizers.SGD(0.5), SPARSE(from_logits=True))
        model.fit(x, y, batch_size=16, shuffle=False, verbose=0, **options)
        results.append(model.get_weights())
    assert_same(*results)


@pytest.mark.parametrize("power", [1, 2])
def test_hinge_labels_are_signs_before_they_are_mixed(power):
    loss = keras.losses.SquaredHinge() if power == 2 else keras.losses.Hinge()
    x, y = X[:, 0], (Y[:, :1] > 0).astype("float32")
    kernels = []
    for labels in (y, 2 * y - 1):
        network = lambda: keras.Sequential([keras.Input((2,)), L.Dense(1)])  # noqa: E731
        kernels.append(trained(MODELS["mixup"], network, x, labels, None, loss))
    assert_same(*kernels)
    model = MixupModel(keras.Sequential([keras.Input((2,)), L.Dense(1)]), seed=0)
    model.compile(keras.optimizers.SGD(0.0), loss)
    x_mixed, rows, _ = model.prepare_batch(ops.convert_to_tensor(x), y, None)
    z = ops.convert_to_numpy(model.network(x_mixed))
    rows = ops.convert_to_numpy(rows)
    assert rows.min() < -0.5
    expected = np.mean(np.maximum(1 - rows * z, 0) ** power)
    np.testing.assert_allclose(model.train_on_batch(x, y), expected, rtol=1e-5)
    model.network.compile(loss=loss)
    np.testing.assert_allclose(
        model.evaluate(x, y, verbose=0), model.network.evaluate(x, y, verbose=0), 1e-6
    )


@pytest.mark.parametrize(
    "loss",
    [
        keras.losses.CategoricalHinge(),
        keras.losses.CTC(),
        keras.losses.Circle(),
        keras.losses.CategoricalGeneralizedCrossEntropy(),
        SPARSE(axis=1),
    ],
    ids=lambda loss: type(loss).__name__,
)
def test_losses_that_read_labels_by_value_are_refused(loss):
    network = keras.Sequential([keras.Input((2,)), L.Dense(3)])
    with pytest.raises(ValueError, match=r"value|last axis of the outputs"):
        MixupModel(network).compile("sgd", loss)
    MixupModel(network, num_points=1).compile("sgd", loss)
    MixupModel(network, mix_labels=False).compile("sgd", loss)


def test_float_ids_under_a_loss_of_ones_own_are_refused():
    network = keras.Sequential([keras.Input((2,)), L.Dense(3)])
    model = MixupModel(network)
    model.compile("sgd", lambda y, z: ops.mean(z, -1))
    for y in (Y[:, 0], Y[:, 0].astype("float32"), Y[:, :1].astype("float32")):
        with pytest.raises(ValueError, match=r"Class ids can be mixed.*<lambda>"):
            model.train_on_batch(X[:, 0], y)
    rows = np.eye(3, dtype="float32")[Y[:, 0]]
    assert np.isfinite(model.train_on_batch(X[:, 0], rows))


def two_outputs(names=("age", "kind")):
    inputs = keras.Input((2,))
    return keras.Model(
        inputs,
        [L.Dense(1, name=names[0])(inputs), L.Dense(3, name=names[1])(inputs)],
    )


@pytest.mark.parametrize("form", ["dictionary", "list"])
def test_ids_among_several_outputs(form):
    loss = {"age": "mse", "kind": SPARSE(from_logits=True)}
    y = {"age": X[:, 0, :1], "kind": Y[:, 0]}
    weight = {"age": np.ones(16), "kind": np.repeat([1.0, 0.0], 8)}
    if form == "list":
        loss, y, weight = (list(d.values()) for d in (loss, y, weight))
    model = MixupModel(two_outputs(), seed=0)
    metrics = {"kind": "accuracy"} if form == "dictionary" else [[], ["accuracy"]]
    model.compile("sgd", loss, metrics=metrics)
    history = model.fit(X[:, 0], y, verbose=0).history
    assert {"loss", "age_loss", "kind_loss", "kind_accuracy"} <= set(history)
    model.evaluate(X[:, 0], y, verbose=0)
    if form == "list":
        model.fit(X[:, 0], y, sample_weight=weight, verbose=0)


def test_weights_of_one_output_leave_the_other_alone():
    weight = [np.ones(16, "float32"), np.repeat([1.0, 0.0], 8).astype("float32")]
    results = []
    for label in (1, 2):
        keras.utils.set_random_seed(1)
        model = MixupModel(two_outputs(), seed=0)
        model.compile(keras.optimizers.SGD(0.5), ["mse", SPARSE(from_logits=True)])
        y = [X[:, 0, :1], np.where(weight[1] > 0, Y[:, 0], label)]
        model.train_on_batch(X[:, 0], y, sample_weight=weight)
        results.append(model.get_weights())
    assert_same(*results)


def test_labels_that_fit_no_output_are_refused():
    outputs = Outputs.of([1, 2], ["age", "kind"])
    assert outputs.by_output({"kind": "b"}, "losses") == [None, "b"]
    assert outputs.by_output("a", "losses") == ["a", "a"]
    with pytest.raises(ValueError, match=r"labels for each of.*'age', 'kind'"):
        outputs.by_output({"weight": 1, "kind": 2, "age": 3}, "labels")
