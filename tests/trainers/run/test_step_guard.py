"""Ends training when it must."""

import os
import signal
import time

import keras
import numpy as np
import pytest

from trainers.errors import RunFailure
from trainers.run.step_guard import Interrupt, StepGuard


def line():
    """A model of one weight and its square error, compiled."""
    layer = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones", name="w")
    model = keras.Sequential([keras.Input((1,)), layer])
    model.compile(keras.optimizers.SGD(1e-3), "mse")
    return model


@pytest.fixture
def guard():
    guard = StepGuard(steps=25, steps_per_epoch=10)
    guard.set_model(line())
    return guard


def test_stops_at_the_last_step_in_mid_epoch(guard):
    guard.on_epoch_begin(2)
    guard.on_train_batch_end(3, {"loss": 1.0})
    assert not guard.model.stop_training
    guard.on_train_batch_end(4, {"loss": 1.0})
    assert guard.model.stop_training


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_names_the_step_whose_loss_is_not_finite(guard, loss):
    guard.on_epoch_begin(1)
    guard.on_train_batch_end(0, {"loss": 1.0})
    guard.model.set_weights([np.array([[loss]])])
    message = "loss is no longer finite at step 12; neither are .*w/kernel"
    with pytest.raises(RunFailure, match=message):
        guard.on_train_batch_end(1, {"loss": loss})


def test_a_loss_that_is_not_finite_at_the_end(guard, capsys):
    guard.on_epoch_begin(2)
    guard.on_train_batch_end(0, {"loss": float("inf")})
    guard.on_train_batch_end(1, {"loss": float("nan")})
    assert capsys.readouterr().err.count("the loss is not finite at step 21") == 1
    with pytest.raises(RunFailure, match=r"at step 25 \(first seen at step 21\). The"):
        guard.on_train_batch_end(4, {"loss": float("inf")})


@pytest.mark.parametrize("overflow", [1, 2])
def test_a_loss_that_overflows_once_is_no_failure(overflow):
    """The loss overflows float32; its gradient is clipped, so the weight is finite."""
    x = np.full((8, 1), 1.0, "float32")
    x[overflow] = 1e30
    model = line()
    model.compile(keras.optimizers.SGD(1e-3, clipvalue=1.0), Overflowing())
    history = model.fit(
        *(x, np.zeros((8, 1), "float32")),
        batch_size=1,
        epochs=2,
        steps_per_epoch=4,
        shuffle=False,
        callbacks=[StepGuard(7, 4)],
        verbose=0,
    ).history["loss"]
    assert np.isfinite(model.get_weights()[0]).all()
    # The mean of the steps after the overflow, all near 1.
    np.testing.assert_allclose(history, [1, 1], atol=0.05)


def test_an_epoch_that_ends_in_an_overflow_has_no_loss():
    model = line()
    model.compile(keras.optimizers.SGD(1e-3, clipvalue=1.0), Overflowing())
    x = np.array([[1], [1e30], [1], [1]], "float32")
    history = model.fit(
        *(x, np.zeros((4, 1), "float32")),
        batch_size=1,
        epochs=2,
        steps_per_epoch=2,
        shuffle=False,
        callbacks=[StepGuard(4, 2)],
        verbose=0,
    ).history["loss"]
    assert np.isinf(history[0])
    assert history[1] == pytest.approx(1, abs=0.05)


class Overflowing(keras.losses.Loss):
    """Infinite for large outputs, with a finite gradient."""

    def call(self, y_true, y_pred):
        large = keras.ops.abs(y_pred) > 1e20
        square = keras.ops.square(keras.ops.where(large, 1.0, y_pred - y_true))
        return keras.ops.where(large, float("inf"), square)[:, 0]


def test_takes_exactly_the_steps():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = keras.ops.ones((40, 1))
    guard = StepGuard(steps=5, steps_per_epoch=3)
    model.fit(
        x, x, batch_size=2, epochs=9, steps_per_epoch=3, callbacks=[guard], verbose=0
    )
    assert int(model.optimizer.iterations) == 5


def interrupt_this_process():
    os.kill(os.getpid(), signal.SIGINT)
    # Python's own handler has run when this returns.
    time.sleep(0.01)


def test_an_interrupt_waits_for_the_end_of_the_step():
    with Interrupt().watched() as interrupt:
        guard = StepGuard(5, 3, interrupt)
        guard.on_train_batch_end(0, {"loss": 1.0})
        interrupt_this_process()
        with pytest.raises(KeyboardInterrupt):
            guard.on_train_batch_end(1, {"loss": 1.0})
        interrupt.received = False
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_second_interrupt_does_not_wait():
    with Interrupt().watched() as interrupt:
        interrupt_this_process()
        with pytest.raises(KeyboardInterrupt):
            interrupt_this_process()
        interrupt.received = False


def test_an_interrupt_after_the_last_step_is_not_lost():
    with pytest.raises(KeyboardInterrupt), Interrupt().watched():
        interrupt_this_process()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_an_error_is_not_hidden_by_an_interrupt():
    def fail():
        with Interrupt().watched():
            interrupt_this_process()
            raise RunFailure("why")

    with pytest.raises(RunFailure):
        fail()
