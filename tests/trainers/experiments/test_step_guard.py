"""Ends training when it must."""

import os
import signal
import time

import keras
import pytest

from trainers.common.errors import RunFailure
from trainers.experiments.step_guard import Interrupt, StepGuard


class Model:
    stop_training = False


@pytest.fixture
def guard():
    guard = StepGuard(steps=25, steps_per_epoch=10)
    guard.set_model(Model())
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
    with pytest.raises(RunFailure, match="no longer finite at step 12"):
        guard.on_train_batch_end(1, {"loss": loss})


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
