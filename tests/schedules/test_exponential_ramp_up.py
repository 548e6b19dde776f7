import numpy as np
import pytest

from keras_mixup.schedules import ExponentialRampUp


def test_equals_the_formula():
    ramp = ExponentialRampUp(peak=7.0, ramp_steps=50)
    steps = np.arange(60)
    expected = 7 * np.exp(-5 * (1 - np.minimum(steps / 50, 1)) ** 2)
    np.testing.assert_allclose([float(ramp(s)) for s in steps], expected, rtol=1e-5)


def test_round_trip():
    ramp = ExponentialRampUp(peak=7.0, ramp_steps=50)
    assert ExponentialRampUp.from_config(ramp.get_config()).get_config() == {
        "peak": 7.0,
        "ramp_steps": 50,
    }


@pytest.mark.parametrize(("peak", "steps"), [(-1.0, 5), (float("nan"), 5), (1.0, 0)])
def test_errors(peak, steps):
    with pytest.raises(ValueError, match="`ramp_steps` must be at least 1"):
        ExponentialRampUp(peak, steps)
