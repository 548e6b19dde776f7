import numpy as np
import pytest
from keras import ops
from scipy.special import softmax

from keras_mixup.losses import ConsistencyLoss

RNG = np.random.RandomState(0)
MIXED, LOGITS = RNG.normal(size=(2, 5, 4)).astype("float32")


@pytest.mark.parametrize(
    "target", ["probabilities", "logits", "softmax_of_mixed_logits"]
)
@pytest.mark.parametrize("distance", ["mean_squared", "euclidean"])
def test_equals_numpy(target, distance):
    targets = softmax(MIXED, -1) if target == "softmax_of_mixed_logits" else MIXED
    outputs = LOGITS if target == "logits" else softmax(LOGITS, -1)
    squared = (outputs - targets) ** 2
    expected = squared.mean() if distance == "mean_squared" else np.mean(
        np.sqrt(squared.sum(-1))
    )  # fmt: skip
    loss = ConsistencyLoss(target, distance)
    np.testing.assert_allclose(float(loss(MIXED, LOGITS)), expected, rtol=1e-5)
    copy = ConsistencyLoss.from_config(loss.get_config())
    assert copy.get_config() == loss.get_config()


def test_what_is_mixed():
    np.testing.assert_allclose(
        ConsistencyLoss("probabilities").before_mixing(LOGITS),
        softmax(LOGITS, -1),
        rtol=1e-5,
    )
    half = ops.cast(LOGITS, "float16")
    assert ops.dtype(ConsistencyLoss("logits").before_mixing(half)) == "float32"


def test_distance_zero_has_a_gradient(gradient):
    loss = ConsistencyLoss("logits", "euclidean")
    there = gradient(lambda outputs: loss(LOGITS, outputs), LOGITS)
    np.testing.assert_array_equal(there, np.zeros_like(LOGITS))


@pytest.mark.parametrize("argument", ["target", "distance"])
def test_errors(argument):
    with pytest.raises(ValueError, match=f"`{argument}` must be one of"):
        ConsistencyLoss(**{argument: "x"})


def test_a_single_logit_has_no_probabilities():
    ones, zeros = np.ones((4, 1)), np.zeros((4, 1))
    assert float(ConsistencyLoss(target="logits")(ones, zeros)) == 1.0
    for target in ("probabilities", "softmax_of_mixed_logits"):
        with pytest.raises(ValueError, match=r"single logit is always 1.*\(4, 1\)"):
            ConsistencyLoss(target=target)(ones, zeros)
