"""Attacks and lines between examples, on a linear network that NumPy can follow."""

import keras
import numpy as np
import pytest

from keras_mixup import data
from trainers.evaluate import attacks, between, chunked


def softmax(logits):
    exps = np.exp(logits - logits.max(1, keepdims=True))
    return exps / exps.sum(1, keepdims=True)


def set_of(shape, dtype="float32", count=300, classes=3, seed=0):
    generator = np.random.default_rng(seed)
    y = np.arange(count) % classes
    x = generator.normal(size=(count, *shape)) + y.reshape(-1, *[1] * len(shape))
    if dtype == "uint8":
        x = np.clip(50 * x + 100, 10, 240)
    x = x.astype(dtype)
    splits = [(x[i : i + 100], y[i : i + 100]) for i in (0, 100, 200)]
    return data.Source("mine", *splits)


def linear(shape, classes=3, seed=1):
    network = keras.Sequential(
        [keras.Input(shape), keras.layers.Flatten(), keras.layers.Dense(classes)]
    )
    generator = np.random.default_rng(seed)
    network.set_weights([generator.normal(size=w.shape) for w in network.get_weights()])
    return network


class Linear:
    """The same network in float64."""

    def __init__(self, network):
        self.kernel, self.bias = (w.astype("float64") for w in network.get_weights())

    def logits(self, x):
        return x.reshape(len(x), -1).astype("float64") @ self.kernel + self.bias

    def gradient(self, x, rows):
        gap = softmax(self.logits(x)) - rows
        return (gap @ self.kernel.T).reshape(x.shape)


@pytest.mark.parametrize("shape", [(5,), (4, 3, 2)])
@pytest.mark.parametrize("black_box", [False, True])
def test_fast_gradient_sign_against_numpy(black_box, shape):
    is_image = len(shape) == 3
    source = set_of(shape, "uint8" if is_image else "float32")
    network, other = linear(shape), linear(shape, seed=2)
    attacker = (other, source) if black_box else None
    strengths = [0.02, 0.2]
    found = attacks.fast_gradient_sign(
        network, source, source.test, strengths, attacker
    )
    (x, y), train = source.test, source.train.x.astype("float64")
    axes = tuple(range(train.ndim - 1))
    deviation = train.std(axes)
    unit = np.ptp(train) if is_image else deviation
    gradient = Linear(other if black_box else network).gradient(
        (x - train.mean(axes)) / deviation, np.eye(3)[y]
    )
    for eps, accuracy in zip(strengths, found):
        moved = x + eps * unit * np.sign(gradient)
        if is_image:
            moved = np.clip(moved, train.min(), train.max())
        logits = Linear(network).logits((moved - train.mean(axes)) / deviation)
        assert accuracy == pytest.approx(np.mean(logits.argmax(1) == y), abs=1e-6)
    if not black_box:
        clean = chunked.accuracy(network, source, source.test)
        assert found[1] < found[0] <= clean


@pytest.mark.parametrize("shape", [(5,), (4, 3, 2)])
def test_iterative_attack_against_numpy(shape):
    is_image = len(shape) == 3
    source = set_of(shape, "uint8" if is_image else "float32")
    network, other = linear(shape), linear(shape, seed=2)
    (found,) = attacks.fast_gradient_sign(
        network, source, source.test, [0.2], (other, source), steps=4
    )
    (x, y), train = source.test, source.train.x.astype("float64")
    axes = tuple(range(train.ndim - 1))
    deviation = train.std(axes)
    unit = np.ptp(train) if is_image else deviation
    moved, signs = x.astype("float64"), []
    for _ in range(4):
        standardized = (moved - train.mean(axes)) / deviation
        signs.append(np.sign(Linear(other).gradient(standardized, np.eye(3)[y])))
        moved = moved + 0.05 * unit * signs[-1]
        if is_image:
            moved = np.clip(moved, train.min(), train.max())
    # The gradient turns on the way, so that it matters where it is taken.
    assert (signs[0] != signs[-1]).any()
    assert (np.abs(moved - x) <= 0.2 * unit * (1 + 1e-6)).all()
    logits = Linear(network).logits((moved - train.mean(axes)) / deviation)
    assert found == pytest.approx(np.mean(logits.argmax(1) == y), abs=1e-6)


def test_raw_inputs_are_attacked_as_they_are():
    source = set_of((5,))
    raw = data.Source(
        "raw", source.train, source.validation, source.test, 3, False, False
    )
    network = linear((5,))
    x, y = raw.test
    gradient = Linear(network).gradient(x, np.eye(3)[y])
    moved = x + 0.5 * raw.train.x.std(0) * np.sign(gradient)
    expected = np.mean(Linear(network).logits(moved).argmax(1) == y)
    found = attacks.fast_gradient_sign(network, raw, raw.test, [0.5])
    assert found == [pytest.approx(expected)]


@pytest.mark.parametrize("size", [7, 100])
def test_predictions_do_not_depend_on_the_batches(monkeypatch, size):
    source, network = set_of((5,)), linear((5,))
    expected = Linear(network).logits(source.standardized("test")[0])
    plain = chunked.batches
    monkeypatch.setattr(chunked, "batches", lambda *a: plain(*a, size=size))
    found = chunked.predict(network, source, source.test)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    doubled = chunked.predict(
        network, source, source.test, lambda x, y, positions: x + positions[:, None]
    )
    moved = source.test.x + np.arange(100)[:, None]
    expected = Linear(network).logits(source.network_inputs(moved.astype("float32")))
    np.testing.assert_allclose(doubled, expected, atol=1e-3)


def test_between_against_numpy():
    source, network = set_of((5,), classes=4), linear((5,), classes=4)
    found = between.between(network, source, source.test, 300, 5, seed=3)
    x, y = source.standardized("test")
    first, second = between.pairs(len(y), 300, seed=3)
    assert (first != second).all()
    assert found["weights"] == [0, 0.25, 0.5, 0.75, 1]
    for index, weight in enumerate(found["weights"]):
        point = weight * x[first] + (1 - weight) * x[second]
        rows = weight * np.eye(4)[y[first]] + (1 - weight) * np.eye(4)[y[second]]
        predicted = Linear(network).logits(point).argmax(1)
        misses = np.mean((predicted != y[first]) & (predicted != y[second]))
        norms = np.linalg.norm(Linear(network).gradient(point, rows), axis=1)
        assert found["misses"][index] == pytest.approx(misses, abs=1e-6)
        assert found["gradient_norms"][index] == pytest.approx(norms.mean(), rel=1e-4)


def test_pairs_cover_the_examples():
    first, second = between.pairs(5, 2000, seed=0)
    assert set(first) == set(second) == set(range(5))
    assert (first != second).all()
