import keras
import numpy as np
import pytest

from keras_mixup.losses import MixupERegularizer

RNG = np.random.default_rng(0)
LOGITS = RNG.normal(size=(7, 4)).astype("float32") * 2
ROWS = RNG.dirichlet(np.ones(4), 7).astype("float32")


def numpy_terms(rows=ROWS, logits=LOGITS):
    """What each example adds, summed class by class."""
    q = np.zeros(len(logits))
    for i, (y, f) in enumerate(zip(rows.astype("float64"), logits.astype("float64"))):
        p = np.exp(f) / np.exp(f).sum()
        for c in range(len(f)):
            q[i] += (y[c] - p[c]) * f[c]
    return q


@pytest.mark.parametrize(
    ("num_points", "alpha", "mean_other_weight"),
    [(2, 1.0, 1 / 3), (2, 0.5, 0.25), (3, 2.0, 4 / 7), (1, 1.0, 0.0)],
)
def test_absolute_equals_numpy(num_points, alpha, mean_other_weight):
    loss = MixupERegularizer(num_points, alpha)(ROWS, LOGITS)
    expected = mean_other_weight * np.mean(np.abs(numpy_terms()))
    np.testing.assert_allclose(float(loss), expected, rtol=1e-6)


def test_signed_equals_numpy():
    q = numpy_terms()
    threshold = float(np.median(q) + 1e-3)
    assert 0 < np.sum(q < threshold) < len(q)
    loss = MixupERegularizer(alpha=2.0, variant="signed", threshold=threshold)
    expected = -2 / 5 * np.sum(q[q < threshold]) / len(q)
    np.testing.assert_allclose(float(loss(ROWS, LOGITS)), expected, rtol=1e-6)


def test_mean_weight_of_the_others_for_unequal_concentrations():
    alpha = np.array([0.5, 2.0, 3.0])
    weights = RNG.dirichlet(alpha, 200_000)
    # The point that gives the label is drawn by the weights, and left out.
    expected = np.mean(np.sum(weights * (1 - weights), axis=1))
    one = MixupERegularizer(3, alpha.tolist())(ROWS, LOGITS)
    measured = float(one) / np.mean(np.abs(numpy_terms()))
    # Five standard errors: a false alarm in two million runs.
    assert abs(measured - expected) < 5 * 0.5 / np.sqrt(len(weights))


def test_float16_logits_are_summed_in_float32():
    logits = (LOGITS * 100).astype("float16")
    loss = float(MixupERegularizer()(ROWS, logits))
    expected = np.mean(np.abs(numpy_terms(logits=logits.astype("float64")))) / 3
    np.testing.assert_allclose(loss, expected, rtol=1e-3)


def test_sample_weights():
    weights = np.arange(7, dtype="float32")
    loss = MixupERegularizer()(ROWS, LOGITS, sample_weight=weights)
    expected = np.mean(weights * np.abs(numpy_terms())) / 3
    np.testing.assert_allclose(float(loss), expected, rtol=1e-6)


def test_round_trip():
    loss = MixupERegularizer(3, [0.5, 1.0, 2.0], "signed", 0.7, reduction="sum")
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert again.get_config() == loss.get_config()
    np.testing.assert_allclose(float(again(ROWS, LOGITS)), float(loss(ROWS, LOGITS)))


def test_errors():
    with pytest.raises(ValueError, match=r"`variant` must be one of.*'sign'"):
        MixupERegularizer(variant="sign")
    for threshold in (None, float("nan")):
        with pytest.raises(ValueError, match=r"`threshold` must be a number.*n"):
            MixupERegularizer(variant="signed", threshold=threshold)
    with pytest.raises(ValueError, match="`alpha` must be a positive"):
        MixupERegularizer(alpha=0)
    with pytest.raises(ValueError, match=r"one-hot encode class ids.*shape \(7,\)"):
        MixupERegularizer()(np.zeros(7), LOGITS)
    with pytest.raises(ValueError, match=r"single logit is always 1.*shape \(7, 1\)"):
        MixupERegularizer()(np.ones((7, 1)), np.ones((7, 1)))
