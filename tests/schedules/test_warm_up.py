import keras
import numpy as np
import pytest

from keras_mixup.schedules import WarmUp

STEPS = (0, 1, 8, 9, 10, 500)


def test_closed_form():
    rates = [float(WarmUp(0.3, 10)(step)) for step in STEPS]
    np.testing.assert_allclose(rates, [0.03, 0.06, 0.27, 0.3, 0.3, 0.3], rtol=1e-6)


def test_a_schedule_counts_from_the_beginning():
    inner = keras.optimizers.schedules.PiecewiseConstantDecay([7], [1.0, 0.1])
    rates = [float(WarmUp(inner, 10)(step)) for step in (6, 7, 8, 9, 20)]
    np.testing.assert_allclose(rates, [0.7, 0.8, 0.09, 0.1, 0.1], rtol=1e-6)


@pytest.mark.parametrize(
    "rate", [0.3, keras.optimizers.schedules.CosineDecay(0.3, 100)]
)
def test_saving_round_trip(tmp_path, rate):
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    network.compile(keras.optimizers.SGD(WarmUp(rate, 10)), "mse")
    network.fit(np.ones((3, 2)), np.ones((3, 1)), batch_size=1, verbose=0)
    network.save(tmp_path / "network.keras")
    loaded = keras.models.load_model(tmp_path / "network.keras")
    found, expected = (float(m.optimizer.learning_rate) for m in (loaded, network))
    assert found == expected
    assert 0 < found < 0.13


def test_errors():
    with pytest.raises(ValueError, match=r"`warmup_steps` must be at least 1.*=0"):
        WarmUp(0.1, 0)
