"""Every method by its flags: what is built, and one step of it."""

import keras
import numpy as np
import pytest

from keras_mixup import data, models
from trainers.run import training
from trainers.run.experiment import Experiment
from trainers.run.methods import METHODS
from trainers.run.training_batches import training_batches

SMALL = {
    "num_labels": 50,
    "batch_size": 6,
    "architecture": "mlp_4",
    "augmentation": "none",
    "optimizer": "sgd",
}


@pytest.fixture(scope="module")
def source():
    return data.load("digits")


def first_batch(experiment, source):
    batches = training_batches(experiment, source, 0)
    if keras.config.backend() == "tensorflow":
        return next(iter(batches.as_numpy_iterator()))
    return batches[0]


EXTRA = {"manifold_mixup": {"mixing_layers": ("input", "layer_0")}}


@pytest.mark.parametrize(
    "label_smoothing", [0.0, pytest.param(0.1, marks=pytest.mark.slow_on_tensorflow)]
)
@pytest.mark.parametrize("method", METHODS)
def test_a_step_of_each_method(method, label_smoothing, source):
    options = {**SMALL, **EXTRA.get(method, {}), "label_smoothing": label_smoothing}
    experiment = Experiment(method=method, **options)
    model = training.build_model(experiment, source)
    x, y = first_batch(experiment, source)
    assert y.shape == ((6, 10) if label_smoothing else (6,))
    logs = model.train_on_batch(x, y, return_dict=True)
    assert np.isfinite(list(logs.values())).all()


def build(source, **options):
    return training.build_model(Experiment(**{**SMALL, **options}), source)


def test_flags_reach_the_models(source):
    mixupe = build(source, method="mixupe", eta=0.3, variant="signed", threshold=0.7)
    assert (mixupe.eta, mixupe.regularizer.variant) == (0.3, "signed")
    assert mixupe.regularizer.threshold == 0.7
    layers = ("layer_0",)
    manifold = build(source, method="manifold_mixup", mixing_layers=layers, alpha=2.0)
    assert (manifold.layer_names, manifold.alpha) == (["layer_0"], 2.0)
    approximate = build(source, method="approximate_mixup", num_samples=3)
    assert approximate.num_samples == 3
    matched = build(source, method="mixmatch", temperature=0.3, num_views=3)
    assert (matched.temperature, matched.num_views) == (0.3, 3)
    teacher = build(source, method="mean_teacher")
    assert isinstance(teacher, models.ICTModel)
    assert (teacher.num_points, teacher.num_views) == (1, 2)
    assert not build(source, method="mixup", mix_labels=False).mix_labels


def test_smoothed_labels_are_those_of_the_formula(source):
    experiment = Experiment(method="erm", **SMALL, label_smoothing=0.2)
    model = training.build_model(experiment, source)
    x, y = first_batch(experiment, source)
    smooth = 0.8 * y + 0.2 / 10
    logits = keras.ops.convert_to_numpy(model.network(x)).astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    loss = model.train_on_batch(x, y)[0]
    np.testing.assert_allclose(loss, -np.mean(np.sum(smooth * log_p, -1)), rtol=1e-5)


def test_label_noise_reaches_the_batches(source):
    noisy = Experiment(method="erm", **{**SMALL, "batch_size": 50}, label_noise=1.0)
    clean = Experiment(method="erm", **{**SMALL, "batch_size": 50})
    (x, y), (u, v) = first_batch(noisy, source), first_batch(clean, source)
    np.testing.assert_array_equal(x, u)
    # All labels are drawn anew: fewer than half agree but once in 10^20 runs.
    assert np.mean(y == v) < 0.5


def test_standardize_reaches_the_data_set():
    counterexample = training.load_source(Experiment(dataset="counterexample"))
    np.testing.assert_array_equal(
        counterexample.standardized("train")[0].ravel(), [0, 1, 2]
    )
    asked = training.load_source(
        Experiment(dataset="counterexample", standardize="true")
    )
    assert asked.standardized("train")[0].std() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("architecture", "layers"),
    [("linear", 1), ("mlp", 3), ("preact_resnet_18", 7), ("wide_resnet_10_1", 6)],
)
def test_architectures(architecture, layers):
    network = training.build_network(
        Experiment(architecture=architecture), (8, 8, 1), 10
    )
    names = [layer.name for layer in network.layers]
    assert [f"layer_{i}" in names for i in range(layers + 1)] == [True] * layers + [
        False
    ]


def test_group_normalisation_is_asked_for_by_the_name_of_the_architecture():
    network = training.build_network(
        Experiment(architecture="wide_resnet_16_2_group_norm"), (8, 8, 1), 10
    )
    assert network.name == "wide_resnet_16_2_group_norm"
    kinds = {type(layer).__name__ for layer in network.layers}
    assert "GroupNormalization" in kinds
    assert "BatchNormalization" not in kinds
