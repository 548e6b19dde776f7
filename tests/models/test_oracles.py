"""One step of every method against NumPy: losses, gradients, statistics, teachers.

The oracle computes the loss of a method in float64 from its formula, given the draws
of the step, and differentiates it by central differences. The model takes a step of
gradient descent of rate 1, so that the gradient is what its weights have lost. Weights,
statistics and losses are compared to `5e-5 + 1e-5 |value|`, twice the most that
float32 rounds off here, where a norm divides; a wrong term is off by 1e-3 or more.
"""

import itertools

import keras
import numpy as np
import pytest

from keras_mixup import mixing, random
from keras_mixup.models import (
    ApproximateMixupModel,
    ICTModel,
    ManifoldMixupModel,
    MixMatchModel,
    MixupEModel,
    MixupModel,
)
from tests.models.oracle import methods
from tests.models.oracle.network import (
    after_step,
    assign_weights,
    gradient,
    is_trained,
    keras_network,
    values,
)

TOLERANCE = {"rtol": 1e-5, "atol": 5e-5}
STEP = 3  # No step is like the first, where a teacher equals its student.
LOSSES = {
    "softmax": keras.losses.CategoricalCrossentropy(from_logits=True),
    "sigmoid": keras.losses.BinaryCrossentropy(from_logits=True),
    "linear": keras.losses.MeanSquaredError(),
}
RNG = np.random.RandomState(0)
X = RNG.normal(0.3, 1, size=(8, 4)).astype("float32")
# Not of the size of the labelled batch, nor a multiple of any number of parts.
U = RNG.normal(-0.2, 1, size=(11, 3, 4)).astype("float32")
ROWS = RNG.dirichlet([0.5, 0.5, 0.5], len(X)).astype("float32")
SAMPLE_WEIGHT = RNG.uniform(0.2, 2, len(X)).astype("float32")
# The batch of the oracle.
X64, U64, ROWS64, WEIGHT64 = (v.astype("float64") for v in (X, U, ROWS, SAMPLE_WEIGHT))

with_and_without_norm = pytest.mark.parametrize(
    "norm", [False, True], ids=["plain", "norm"]
)


def made(model_class, norm, meaning="softmax", step=STEP, activation="relu", **options):
    """A model at a step in the middle of training."""
    model = model_class(keras_network(norm, 1, activation), **options, seed=5)
    # Draws of TensorFlow are others under XLA; eager steps need no compilation.
    eager = keras.config.backend() == "tensorflow"
    model.compile(
        keras.optimizers.SGD(1.0), LOSSES[meaning], jit_compile=False, run_eagerly=eager
    )
    model.step.assign(step)
    if getattr(model, "teacher", None) is not None:
        assign_weights(model.teacher, 2)
    return model


def mixer(
    model,
    size,
    stream=0,
    num_points=2,
    alpha=1.0,
    per_example=True,
    dominant_first=False,
    probability=1.0,
):
    """The mixing of the model's step, of the draws as arrays."""
    weights, partners = mixing.draw(
        size,
        num_points,
        alpha,
        model.step_seed(stream),
        per_example,
        probability=probability,
    )
    weights, partners = (keras.ops.convert_to_numpy(v) for v in (weights, partners))
    if dominant_first:
        weights = -np.sort(-weights)
    weights = np.broadcast_to(weights.astype("float64"), partners.shape)
    return lambda v: np.einsum("bk,bk...->b...", weights, v[partners])


def check_step(model, oracle, x=X, sample_weight=None):
    """Compares one step with `oracle(weights, held)`."""
    before = values(model.network)
    teacher = getattr(model, "teacher", None)
    averages = None if teacher is None else values(teacher)
    expected = oracle(before, before)
    slopes = gradient(lambda w: oracle(w, before).loss, before)
    assert any(np.abs(slope).max() > 1e-2 for slope in slopes.values())
    logs = model.train_on_batch(x, ROWS, sample_weight, return_dict=True)
    found = {name: float(value) for name, value in logs.items()}
    assert_close(found, {"loss": expected.loss, **expected.logs})
    after = values(model.network)
    assert_close(after, after_step(before, slopes, expected.statistics))
    if averages is not None:
        assert_close(values(teacher), moved_averages(model, averages, after))


def moved_averages(model, averages, weights):
    """The averages after the step, whose number counts from 1."""
    number = int(keras.ops.convert_to_numpy(model.step.value))
    keep = min(1 - 1 / (number + 1), model.teacher_decay)
    moved = {n: keep * a + (1 - keep) * weights[n] for n, a in averages.items()}
    if model.teacher_statistics == "copied":
        moved.update({n: w for n, w in weights.items() if not is_trained(n)})
    return moved


def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, **TOLERANCE, err_msg=name)


@with_and_without_norm
@pytest.mark.parametrize(
    "options",
    [
        {"num_points": 1},
        {},
        {"num_points": 3, "alpha": 0.5},
        {"num_points": 4, "per_example": False},
        {"alpha": [0.5, 2.0]},
        {"dominant_first": True},
        {"num_points": 3, "mix_labels": False},
        {"probability": 0.5},
        {"num_points": 3, "sample_weight": True},
        {"mix_labels": False, "sample_weight": True},
        {"meaning": "sigmoid"},
        {"meaning": "linear"},
    ],
    ids=str,
)
def test_mixup(norm, options):
    options = dict(options)
    is_weighted = options.pop("sample_weight", False)
    model = made(MixupModel, norm, **options)
    meaning = options.pop("meaning", "softmax")
    mix_labels = options.pop("mix_labels", True)
    options["dominant_first"] = options.get("dominant_first") or not mix_labels
    mix = mixer(model, len(X), **options)
    check_step(
        model,
        lambda weights, held: methods.mixup(
            weights,
            X64,
            ROWS64,
            mix,
            mix_labels=mix_labels,
            sample_weight=WEIGHT64 if is_weighted else None,
            meaning=meaning,
        ),
        sample_weight=SAMPLE_WEIGHT if is_weighted else None,
    )


PLACES = ["input", "hidden", "norm", "activation", "logits"]


def step_that_draws(place, places):
    """The first step that mixes at this place."""
    for step in itertools.count():
        seed = random.fold_in(random.fold_in((5, 1), step), 0)
        drawn = keras.ops.convert_to_numpy(random.integer(len(places), seed))
        if places[int(drawn)] == place:
            return step


@pytest.mark.parametrize(
    ("norm", "place"),
    [(True, place) for place in PLACES]
    + [(False, place) for place in PLACES if place != "norm"],
)
@pytest.mark.parametrize(
    "options", [{}, {"num_points": 3, "per_example": True, "alpha": 0.5}], ids=str
)
def test_manifold_mixup(norm, place, options):
    places = [name for name in PLACES if norm or name != "norm"]
    step = step_that_draws(place, places)
    model = made(ManifoldMixupModel, norm, layers=places, step=step, **options)
    mix = mixer(model, len(X), **{"alpha": 2.0, "per_example": False, **options})
    check_step(
        model,
        lambda weights, held: methods.mixup(weights, X64, ROWS64, mix, place=place),
    )


@with_and_without_norm
@pytest.mark.parametrize("variant", ["absolute", "signed"])
@pytest.mark.parametrize(
    ("options", "other_weight"),
    [
        ({}, 1 / 3),
        ({"num_points": 3, "alpha": 0.5}, 0.4),
        ({"alpha": 2.0, "per_example": False}, 0.4),
        ({"sample_weight": True}, 1 / 3),
        ({"meaning": "sigmoid"}, 1 / 3),
    ],
    ids=str,
)
def test_mixupe(norm, variant, options, other_weight):
    options = dict(options)
    is_weighted = options.pop("sample_weight", False)
    settings = {"eta": 0.7, "variant": variant, "threshold": 0.1}
    model = made(MixupEModel, norm, **options, **settings)
    meaning = options.pop("meaning", "softmax")
    mix = mixer(model, len(X), **options)
    check_step(
        model,
        lambda weights, held: methods.mixupe(
            weights,
            held,
            X64,
            ROWS64,
            mix,
            other_weight=other_weight,
            sample_weight=WEIGHT64 if is_weighted else None,
            meaning=meaning,
            **settings,
        ),
        sample_weight=SAMPLE_WEIGHT if is_weighted else None,
    )


SOURCES = {
    "teacher": {"teacher_decay": 0.7},
    "itself": {"teacher_decay": None},
    "both_sides": {"teacher_decay": None, "stop_gradient": False},
}


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("distance", ["mean_squared", "euclidean"])
@pytest.mark.parametrize(
    "target", ["probabilities", "logits", "softmax_of_mixed_logits"]
)
@with_and_without_norm
def test_ict_in_its_targets(norm, target, distance, source):
    check_ict(norm, target=target, distance=distance, **SOURCES[source])


@with_and_without_norm
@pytest.mark.parametrize(
    "options",
    [
        {"num_points": 1},
        {"num_points": 4, "alpha": 1.0},
        {"per_example": False, "dominant_first": True},
        {"supervised_num_points": 2},
        {"supervised_num_points": 3, "per_example": False},
        {"num_views": 2},
        {"num_views": 2, "num_points": 1, "target": "logits"},
        {"teacher_statistics": "copied"},
        {"meaning": "sigmoid", "target": "softmax_of_mixed_logits"},
        {"meaning": "linear"},
    ],
    ids=str,
)
def test_ict_with_options(norm, options):
    check_ict(norm, **{"teacher_decay": 0.9, **options})


def check_ict(norm, meaning="softmax", **options):
    model = made(ICTModel, norm, meaning, consistency_weight=4.0, **options)
    # A ramp over twelve steps, of which three are done.
    model.ramp_steps.assign(12)
    draw = {
        "num_points": options.pop("num_points", 2),
        "alpha": options.pop("alpha", 0.5),
        "per_example": options.pop("per_example", True),
        "dominant_first": options.pop("dominant_first", False),
    }
    supervised_points = options.pop("supervised_num_points", 1)
    num_views = options.pop("num_views", 1)
    has_teacher = options.pop("teacher_decay") is not None
    options.pop("teacher_statistics", None)
    mix = mixer(model, len(U), stream=1, **draw)
    supervised_mix = mixer(model, len(X), **{**draw, "num_points": supervised_points})
    teacher = values(model.teacher) if has_teacher else None
    check_step(
        model,
        lambda weights, held: methods.ict(
            weights,
            held,
            X64,
            [U64[:, view] for view in range(num_views)],
            ROWS64,
            mix,
            supervised_mix,
            teacher=teacher,
            consistency_weight=1.0,
            meaning=meaning,
            **options,
        ),
        {"labeled": X, "unlabeled": U[:, 0] if num_views == 1 else U[:, :2]},
    )


@with_and_without_norm
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_points": 3},
        {"num_views": 1},
        {"num_views": 3, "temperature": 1.0},
        {"num_points": 1, "teacher_decay": None},
        {"teacher_statistics": "copied"},
        {"sample_weight": True},
        {"meaning": "sigmoid"},
    ],
    ids=str,
)
def test_mixmatch(norm, options):
    options = {"alpha": 0.75, "temperature": 0.5, "num_views": 2, **options}
    is_weighted = options.pop("sample_weight", False)
    meaning = options.pop("meaning", "softmax")
    model = made(MixMatchModel, norm, meaning, consistency_weight=6.0, **options)
    num_views = options["num_views"]
    mix = mixer(
        model,
        len(X) + num_views * len(U),
        num_points=options.get("num_points", 2),
        alpha=options["alpha"],
        dominant_first=True,
    )
    check_step(
        model,
        lambda weights, held: methods.mixmatch(
            weights,
            held,
            X64,
            [U64[:, view] for view in range(num_views)],
            ROWS64,
            mix,
            temperature=options["temperature"],
            consistency_weight=6.0,
            sample_weight=WEIGHT64 if is_weighted else None,
            meaning=meaning,
        ),
        {"labeled": X, "unlabeled": U[:, 0] if num_views == 1 else U[:, :num_views]},
        SAMPLE_WEIGHT if is_weighted else None,
    )


@with_and_without_norm
@pytest.mark.parametrize("activation", ["relu", "tanh"])
@pytest.mark.parametrize(
    # E[max(lambda, 1 - lambda)] of the uniform and of the arcsine distribution.
    ("alpha", "theta", "num_samples"),
    [(1.0, 0.75, 1), (0.5, 0.5 + 1 / np.pi, 3)],
)
def test_approximate_mixup(norm, activation, alpha, theta, num_samples):
    model = made(
        ApproximateMixupModel,
        norm,
        activation=activation,
        alpha=alpha,
        num_samples=num_samples,
    )
    mixers = [
        mixer(model, len(X), stream, alpha=alpha, dominant_first=True)
        for stream in range(num_samples)
    ]
    check_step(
        model,
        lambda weights, held: methods.approximate_mixup(
            weights, X64, ROWS64, mixers, theta=theta, activation=activation
        ),
    )
