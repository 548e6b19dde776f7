"""A wrapper keeps what Keras reads from a network, or says what it leaves aside."""

import warnings

import keras
import numpy as np
import pytest

from keras_mixup.models import (
    ICTModel,
    ManifoldMixupModel,
    MixMatchModel,
    MixupEModel,
    MixupModel,
)

L = keras.layers
SPARSE = keras.losses.SparseCategoricalCrossentropy
X = np.random.RandomState(0).normal(size=(8, 4)).astype("float32")
Y = np.arange(8) % 3

MODELS = {
    "mixup": MixupModel,
    "mixupe": MixupEModel,
    "ict": lambda n: ICTModel(n, teacher_decay=None),
    "mixmatch": lambda n: MixMatchModel(n, teacher_decay=None, num_views=1),
}


def network():
    return keras.Sequential([keras.Input((4,)), L.Dense(3)])


def batch_for(model):
    return {"labeled": X, "unlabeled": X} if hasattr(model, "teacher") else X


class WithoutTraining(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(3)

    def call(self, x):
        return self.head(x)


@pytest.mark.parametrize("name", MODELS)
def test_a_network_whose_call_takes_no_training(name):
    inner = WithoutTraining()
    inner(X)
    model = MODELS[name](inner)
    model.compile("sgd", SPARSE(from_logits=True))
    assert np.isfinite(model.train_on_batch(batch_for(model), Y)).all()
    model.evaluate(X, Y, verbose=0)


class OwnSteps(keras.Model):
    def __init__(self):
        super().__init__()
        self.head = L.Dense(3)

    def call(self, x):
        return self.head(x)

    def compute_loss(self, *args, **kwargs):
        return 0.0


@pytest.mark.parametrize("name", MODELS)
def test_steps_of_the_network_that_are_not_used_are_said(name):
    inner = OwnSteps()
    inner(X)
    said = "compute_loss of the network.*not be used"
    with pytest.warns(UserWarning, match=said) as caught:
        MODELS[name](inner)
    # It points at the line that makes the model.
    assert [warning.filename for warning in caught] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        MixupModel(network())


def test_a_preprocessor_that_would_not_be_used_is_refused():
    inner = network()
    inner.preprocessor = lambda x: x
    with pytest.raises(ValueError, match=r"dataset.map\(network.preprocessor\)"):
        MixupModel(inner)
    inner.preprocessor = None
    MixupModel(inner)


def test_losses_metrics_and_history_by_the_names_of_outputs():
    inputs = keras.Input((4,))
    inner = keras.Model(
        inputs, [L.Dense(1, name="age")(inputs), L.Dense(3, name="kind")(inputs)]
    )
    y = {"age": X[:, :1], "kind": np.eye(3)[Y]}
    histories = []
    for model in (inner, MixupModel(inner, num_points=1), MixupModel(inner)):
        model.compile(
            "sgd",
            loss={"age": "mse", "kind": keras.losses.CategoricalCrossentropy(True)},
            loss_weights={"age": 2.0, "kind": 1.0},
            metrics={"kind": ["accuracy"]},
        )
        histories.append(model.fit(X, y, verbose=0, validation_data=(X, y)).history)
    plain, one_point, mixed = histories
    assert set(plain) == set(one_point) == set(mixed)


@pytest.mark.parametrize("structure", ["list", "dictionary"])
def test_structures_of_one_output(structure):
    inputs = keras.Input((4,))
    outputs = L.Dense(3, name="kind")(inputs)
    outputs = [outputs] if structure == "list" else {"kind": outputs}
    y = Y if structure == "list" else {"kind": Y}
    loss = SPARSE(from_logits=True)
    for model in (
        keras.Model(inputs, outputs),
        MixupModel(keras.Model(inputs, outputs)),
    ):
        model.compile("sgd", loss if structure == "list" else {"kind": loss})
        assert np.isfinite(model.fit(X, y, verbose=0).history["loss"]).all()


@pytest.mark.tensorflow  # JAX has to be told of it before it starts.
@pytest.mark.parametrize("name", [*MODELS, "manifold"])
def test_double_precision(name):
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    try:
        make = MODELS.get(name, lambda n: ManifoldMixupModel(n, ["input"]))
        inner = network()
        model = make(inner)
        model.compile("sgd", SPARSE(from_logits=True), metrics=["accuracy"])
        x = keras.tree.map_structure(lambda t: t.astype("float64"), batch_for(model))
        assert np.isfinite(model.train_on_batch(x, Y, np.ones(8))).all()
        model.evaluate(X, Y, verbose=0)
    finally:
        keras.config.set_floatx("float32")


def test_binary_and_regression_losses_of_consistency():
    def trained(loss, units, y, **options):
        inner = keras.Sequential([keras.Input((4,)), L.Dense(units)])
        model = ICTModel(inner, ramp=None, seed=0, teacher_decay=None, **options)
        model.compile(keras.optimizers.SGD(0.0), loss)
        logs = model.train_on_batch(batch_for(model), y, return_dict=True)
        return logs["consistency_loss"], inner.get_weights()

    # Outputs that are linear in the input are consistent as they are.
    value, _ = trained("mse", 1, X[:, :1])
    assert value < 1e-10
    value, (kernel, bias) = trained(
        keras.losses.BinaryCrossentropy(from_logits=True), 1, (Y > 0).astype("float32")
    )
    p = 1 / (1 + np.exp(-(X @ kernel + bias)))
    assert 0 < value < (p.max() - p.min()) ** 2
    value, _ = trained(lambda y, z: keras.ops.mean(z, -1), 1, X[:, :1], target="logits")
    assert value < 1e-10


@pytest.mark.parametrize(
    "loss", ["mse", lambda y, z: keras.ops.mean(z, -1), keras.losses.Hinge()]
)
@pytest.mark.parametrize("name", ["mixupe", "mixmatch"])
def test_methods_that_need_probabilities_refuse_other_losses(name, loss):
    with pytest.raises(ValueError, match="must know what the outputs mean") as error:
        MODELS[name](network()).compile("sgd", loss)
    assert "MixupModel" in str(error.value)


def test_sigmoids_are_learnt_where_labels_are_independent():
    x = np.random.RandomState(1).normal(size=(16, 4)).astype("float32")
    y = np.ones((16, 3), "float32")
    for name in ("mixupe", "mixmatch"):
        keras.utils.set_random_seed(0)
        inner = keras.Sequential([keras.Input((4,)), L.Dense(16, "relu"), L.Dense(3)])
        model = MODELS[name](inner)
        if name == "mixmatch":  # At its full weight, the first guesses are kept.
            model.consistency_weight = 0.0
        loss = keras.losses.BinaryCrossentropy(from_logits=True)
        model.compile(keras.optimizers.Adam(0.02), loss)
        batch = {"labeled": x, "unlabeled": x} if name == "mixmatch" else x
        for _ in range(200):
            model.train_on_batch(batch, y)
        p = keras.ops.convert_to_numpy(keras.ops.sigmoid(model(x)))
        assert p.mean(0).min() > 0.95
