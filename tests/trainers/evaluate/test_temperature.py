"""Temperatures, against a grid of them."""

import numpy as np
import pytest

from trainers.evaluate.temperature import BOUNDS, fitted
from trainers.run.scores import score_logits


def drawn(temperature, examples=20_000):
    """Logits, and labels that softmax of the logits over a temperature draws."""
    rng = np.random.default_rng(0)
    logits = 3 * rng.normal(size=(examples, 4))
    # The largest of these is drawn with the probabilities of a softmax.
    gumbel = rng.gumbel(size=logits.shape)
    return logits, np.argmax(logits / temperature + gumbel, axis=1)


@pytest.mark.parametrize("temperature", [0.5, 1.0, 3.0])
def test_finds_the_temperature_that_drew_the_labels(temperature):
    found = fitted(*drawn(temperature))
    assert found == pytest.approx(temperature, rel=0.05)


def test_no_temperature_of_a_grid_is_better():
    logits, y = drawn(2.0, examples=300)

    def loss(temperature):
        return score_logits(logits / temperature, y)["cross_entropy"]

    best = min(map(loss, np.geomspace(*BOUNDS, 400)))
    assert loss(fitted(logits, y)) <= best + 1e-9


def test_logits_that_are_doubled_have_the_double_temperature():
    logits, y = drawn(1.5, examples=300)
    assert fitted(2 * logits, y) == pytest.approx(2 * fitted(logits, y), rel=1e-3)


def test_predictions_that_are_all_right_or_all_wrong_have_a_temperature():
    logits = np.array([[2.0, 0.0], [0.0, 1.0]])
    # The loss is 0 well before the bound, where all smaller ones are as good.
    assert BOUNDS[0] <= fitted(logits, np.array([0, 1])) < 0.1
    assert fitted(logits, np.array([1, 0])) == pytest.approx(BOUNDS[1], rel=0.01)
