"""Learning rate, consistency weight and optimizer."""

import keras
import numpy as np
import pytest

from trainers.errors import UsageError
from trainers.run import learning_rates
from trainers.run.experiment import Experiment


def at(schedule, *steps):
    return [float(schedule(step)) for step in steps]


def test_linear_ramp():
    ramp = learning_rates.consistency_weight(
        Experiment(consistency_weight=100.0, ramp_fraction=0.4, steps=1000)
    )
    np.testing.assert_allclose(at(ramp, 0, 100, 400, 999), [0, 25, 100, 100])


def test_exponential_ramp():
    ramp = learning_rates.consistency_weight(
        Experiment(
            consistency_weight=10.0,
            ramp_shape="exponential",
            ramp_fraction=0.5,
            steps=200,
        )
    )
    expected = [10 * np.exp(-5), 10 * np.exp(-1.25), 10, 10]
    np.testing.assert_allclose(at(ramp, 0, 50, 100, 199), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "options", [{"ramp_shape": "none"}, {"ramp_fraction": 0.0}, {"steps": 1}]
)
def test_no_ramp(options):
    assert learning_rates.consistency_weight(Experiment(**options)) == 10.0


def test_learning_rates():
    assert learning_rates.learning_rate(Experiment(learning_rate=0.5)) == 0.5
    cosine = learning_rates.learning_rate(
        Experiment(learning_rate=0.5, learning_rate_schedule="cosine", steps=100)
    )
    np.testing.assert_allclose(at(cosine, 0, 50, 100), [0.5, 0.25, 0], atol=1e-7)
    longer = learning_rates.learning_rate(
        Experiment(
            learning_rate_schedule="cosine", steps=100, learning_rate_decay_steps=200
        )
    )
    np.testing.assert_allclose(at(longer, 100), [1e-3], rtol=1e-5)


def test_steps_of_the_learning_rate():
    experiment = Experiment(
        learning_rate=0.5, learning_rate_steps=(60, 120), learning_rate_factor=0.2
    )
    rates = at(learning_rates.learning_rate(experiment), 0, 59, 60, 119, 120, 10**6)
    expected = [0.5, 0.5, 0.1, 0.1, 0.02, 0.02]
    np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, [0.05, 0.45, 0.5, 0.5, 0.5]),
        ({"learning_rate_steps": (5, 10)}, [0.05, 0.045, 0.05, 0.005, 0.005]),
        (
            {"learning_rate_schedule": "cosine", "steps": 20},
            [
                share * 0.25 * (1 + np.cos(np.pi * step / 20))
                for step, share in ((0, 0.1), (8, 0.9), (9, 1), (10, 1), (15, 1))
            ],
        ),
    ],
)
def test_warm_up(options, expected):
    experiment = Experiment(learning_rate=0.5, warmup_steps=10, **options)
    rates = at(learning_rates.learning_rate(experiment), 0, 8, 9, 10, 15)
    np.testing.assert_allclose(rates, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"learning_rate_steps": (60, 60)}, "rising order; received 60,60"),
        ({"learning_rate_steps": (9, 8)}, "rising order; received 9,8"),
        ({"learning_rate_steps": (0, 8)}, "--learning_rate_steps must be at least 1"),
        (
            {"learning_rate_steps": (8,), "learning_rate_schedule": "cosine"},
            "needs --learning_rate_schedule=constant; received 8 and cosine",
        ),
        ({"learning_rate_factor": 0.0}, "--learning_rate_factor must be greater"),
        ({"warmup_steps": -1}, "--warmup_steps must be at least 0"),
    ],
)
def test_schedules_that_make_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        Experiment(**options)


def test_optimizers():
    adam = learning_rates.optimizer(Experiment())
    assert isinstance(adam, keras.optimizers.Adam)
    sgd = learning_rates.optimizer(Experiment(optimizer="sgd", momentum=0.8))
    assert (sgd.momentum, sgd.nesterov) == (0.8, False)
    assert learning_rates.optimizer(Experiment(optimizer="nesterov")).nesterov


def test_weight_decay_takes_its_share_of_the_kernels_alone():
    network = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(2), keras.layers.BatchNormalization()]
    )
    experiment = Experiment(optimizer="sgd", learning_rate=0.1, weight_decay=0.5)
    optimizer = learning_rates.optimizer(experiment)
    weights = network.trainable_variables
    before = [np.array(weight) + 1 for weight in weights]
    for weight, value in zip(weights, before):
        weight.assign(value)
    optimizer.build(weights)
    optimizer.apply([keras.ops.zeros(weight.shape) for weight in weights])
    shares = [np.array(weight) / value for weight, value in zip(weights, before)]
    expected = [0.95 if weight.name == "kernel" else 1.0 for weight in weights]
    for share, value in zip(shares, expected):
        np.testing.assert_allclose(share, value, rtol=1e-6)
