"""Distribution tests: one seed each, so an alarm is a fault and not chance.

Before the seeds were fixed, the Kolmogorov-Smirnov and chi-square thresholds below had
a false-alarm rate of 1e-4 a case, and the five-sigma ones of 6e-7.
"""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import stats

from keras_mixup import _tf_data, random

DRAWS = 20_000


def draws(alpha, num_points, size=DRAWS, seed=(3, 4)):
    return np.asarray(random.dirichlet((size,), alpha, num_points, seed))


@pytest.mark.parametrize("num_points", [2, 3, 4, 5])
@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.0, 32.0, 1024.0])
def test_each_weight_is_beta_distributed(alpha, num_points):
    weights = draws(alpha, num_points)
    law = stats.beta(alpha, (num_points - 1) * alpha)
    for point in range(num_points):
        assert stats.kstest(weights[:, point], law.cdf).pvalue > 1e-4


@pytest.mark.parametrize("num_points", [2, 3, 4, 5])
@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.2])
def test_small_alpha_fills_bins_as_beta_does(alpha, num_points):
    # Weights that round to 0 or 1 in float32 belong to the first and the last bin.
    weights = draws(alpha, num_points)
    law = stats.beta(alpha, (num_points - 1) * alpha)
    edges = np.array([0.01, 0.1, 0.4, 0.6, 0.9, 0.99])
    expected = np.diff(law.cdf(np.concatenate([[0], edges, [1]]))) * DRAWS
    for point in range(num_points):
        counts = np.bincount(np.digitize(weights[:, point], edges), minlength=7)
        keep = expected > 5
        statistic = np.sum((counts - expected)[keep] ** 2 / expected[keep])
        assert stats.chi2.sf(statistic, keep.sum() - 1) > 1e-4
    variance = law.var()
    spread = law.std() ** 2 * np.sqrt((law.stats("k") + 2) / DRAWS)
    assert abs(weights[:, 0].var() - variance) < 5 * spread


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("num_points", [2, 3, 5])
def test_no_atom_at_equal_weights(policy, num_points):
    keras.config.set_dtype_policy(policy)
    weights = draws(0.01, num_points)
    assert weights.dtype == np.float32
    assert np.mean(weights[:, 0] == np.float32(1 / num_points)) < 1e-3
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-5)
    assert np.isfinite(weights).all()
    assert weights.min() >= 0


@pytest.mark.parametrize("alpha", [0.5, 1.0])
@pytest.mark.parametrize("num_points", [2, 3, 4, 5])
def test_identities_of_the_weights(alpha, num_points):
    weights = draws(alpha, num_points, 100_000)
    scale = num_points * alpha + 1
    squares = np.sum(weights**2, -1)
    error = 5 * squares.std() / np.sqrt(len(squares))
    assert abs(squares.mean() - (alpha + 1) / scale) < error
    # A label drawn with probability lambda differs from the example's own weight.
    other = np.sum(weights * (1 - weights), -1)
    assert abs(other.mean() - (num_points - 1) * alpha / scale) < error


@pytest.mark.parametrize(
    ("alpha", "expected"),
    [(0.5, [0.8183, 0.7009, 0.6176, 0.5547]), (1.0, [0.75, 0.6111, 0.5208])],
)
def test_mean_dominant_weight(alpha, expected):
    for num_points, value in enumerate(expected, start=2):
        dominant = draws(alpha, num_points, 100_000).max(-1)
        error = 5 * dominant.std() / np.sqrt(len(dominant))
        assert abs(dominant.mean() - value) < error + 5e-5


def test_concentration_for_each_point():
    weights = draws([1.0, 2.0, 5.0], 3)
    np.testing.assert_allclose(weights.mean(0), [1 / 8, 2 / 8, 5 / 8], atol=0.01)


def test_one_point_is_the_identity():
    np.testing.assert_array_equal(draws(0.5, 1, 7), np.ones((7, 1)))


def test_shapes():
    assert random.dirichlet((), 1.0, 3, (0, 0)).shape == (3,)
    assert random.dirichlet((0,), 1.0, 3, (0, 0)).shape == (0, 3)
    assert random.dirichlet((2, 5), 1.0, 3, (0, 0)).shape == (2, 5, 3)
    assert random.partners(0, 2, (0, 0)).shape == (0, 2)
    assert random.partners(1, 3, (0, 0)).shape == (1, 3)


@pytest.mark.tensorflow
class TestInTfData:
    """The draws of a tf.data pipeline, which have a sampler for themselves."""

    @pytest.fixture(autouse=True)
    def _in_tf_data(self, monkeypatch):
        monkeypatch.setattr(_tf_data, "in_tf_data", lambda: True)

    @pytest.mark.parametrize("num_points", [2, 4])
    @pytest.mark.parametrize("alpha", [0.5, 1.0, 32.0, 1024.0])
    def test_each_weight_is_beta_distributed(self, alpha, num_points):
        test_each_weight_is_beta_distributed(alpha, num_points)

    @pytest.mark.parametrize("num_points", [2, 4])
    @pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1, 0.2])
    def test_small_alpha_fills_bins_as_beta_does(self, alpha, num_points):
        test_small_alpha_fills_bins_as_beta_does(alpha, num_points)

    @pytest.mark.parametrize("num_points", [2, 5])
    def test_no_atom_at_equal_weights(self, num_points):
        test_no_atom_at_equal_weights("float32", num_points)

    def test_other_properties(self):
        test_concentration_for_each_point()
        test_shapes()
        test_draws_are_functions_of_the_seed()
        test_alpha_as_a_tensor(0.5)


@pytest.mark.tensorflow
def test_tf_data_has_draws_of_its_sampler(monkeypatch):
    import tensorflow as tf

    def draw(*_):
        return random.dirichlet((50,), 0.5, 2, (3, 4))

    (mapped,) = tf.data.Dataset.range(1).map(draw)
    plain = np.asarray(draw())
    np.testing.assert_allclose(np.asarray(tf.function(draw)()), plain, rtol=1e-6)
    assert not np.allclose(np.asarray(mapped), plain)
    monkeypatch.setattr(_tf_data, "in_tf_data", lambda: True)
    np.testing.assert_allclose(np.asarray(mapped), np.asarray(draw()), rtol=1e-6)


def test_uniform_numbers():
    numbers = np.asarray(random.uniform((DRAWS,), (3, 4)))
    assert numbers.dtype == np.float32
    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert stats.kstest(numbers, "uniform").pvalue > 1e-4
    np.testing.assert_array_equal(numbers * 2**24 % 1, 0)
    np.testing.assert_array_equal(numbers, random.uniform((DRAWS,), (3, 4)))
    assert random.uniform((), (0, 0)).shape == ()
    assert random.uniform((0, 2), (0, 0)).shape == (0, 2)


@pytest.mark.parametrize("alpha", [0.5, [1.0, 2.0, 5.0]])
def test_alpha_as_a_tensor(alpha):
    tensor = ops.convert_to_tensor(np.array(alpha, "float32"))
    weights = np.asarray(random.dirichlet((DRAWS,), tensor, 3, (3, 4)))
    alphas = np.broadcast_to(alpha, 3)
    for point in range(3):
        law = stats.beta(alphas[point], alphas.sum() - alphas[point])
        assert stats.kstest(weights[:, point], law.cdf).pvalue > 1e-4


def test_alpha_as_a_tensor_of_zero_mixes_nothing():
    for alpha in (0.0, np.zeros(3, "float32")):
        weights = random.dirichlet((50,), ops.convert_to_tensor(alpha), 3, (3, 4))
        np.testing.assert_array_equal(weights, np.tile([1.0, 0.0, 0.0], (50, 1)))


def test_draws_are_functions_of_the_seed():
    one, two = draws(0.5, 2, 50, (1, 2)), draws(0.5, 2, 50, (1, 2))
    np.testing.assert_array_equal(one, two)
    for other in [(1, 3), (2, 2), (2, 1), (-1, 2), (2**40, 2)]:
        assert not np.array_equal(one, draws(0.5, 2, 50, other))


def test_folded_seeds_differ_and_repeat():
    seeds = {tuple(np.asarray(random.fold_in((0, 5), i))) for i in range(300)}
    assert len(seeds) == 300
    chain = random.fold_in(random.fold_in((0, 5), 1), 2)
    swapped = random.fold_in(random.fold_in((0, 5), 2), 1)
    assert not np.array_equal(np.asarray(chain), np.asarray(swapped))
    again = random.fold_in(random.fold_in((0, 5), ops.convert_to_tensor(1)), 2)
    np.testing.assert_array_equal(np.asarray(chain), np.asarray(again))


def test_partners_are_permutations_uniform_over_positions():
    size, repeats = 6, 1000
    counts = np.zeros((size, size))
    for step in range(repeats):
        indices = np.asarray(random.partners(size, 3, random.fold_in((1, 1), step)))
        np.testing.assert_array_equal(indices[:, 0], np.arange(size))
        np.testing.assert_array_equal(
            np.sort(indices, axis=0), np.tile(indices[:, :1], 3)
        )
        counts[np.arange(size), indices[:, 1]] += 1
    expected = repeats / size
    statistic = np.sum((counts - expected) ** 2 / expected)
    assert stats.chi2.sf(statistic, (size - 1) ** 2) > 1e-4


@pytest.mark.compiled
def test_draws_under_xla():
    @compiled_with_xla
    def function(seed):
        seed = random.fold_in(seed, 3)
        return random.dirichlet((DRAWS,), 0.5, 3, seed), random.partners(9, 3, seed)

    weights, partners = function(random.fold_in((5, 6), 7))
    law = stats.beta(0.5, 1.0)
    for point in range(3):
        assert stats.kstest(np.asarray(weights)[:, point], law.cdf).pvalue > 1e-4
    np.testing.assert_array_equal(
        np.sort(partners, axis=0), np.tile(np.arange(9)[:, None], 3)
    )
    again, _ = function(random.fold_in((5, 6), 7))
    np.testing.assert_array_equal(weights, again)
    other, _ = function(random.fold_in((5, 6), 8))
    assert not np.array_equal(weights, other)


def compiled_with_xla(function):
    if keras.config.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function, jit_compile=True, autograph=False)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0.0}, "`alpha` must be a positive"),
        ({"alpha": -1.0}, "`alpha` must be a positive"),
        ({"alpha": float("nan")}, "`alpha` must be a positive"),
        ({"alpha": float("inf")}, "`alpha` must be a positive"),
        ({"alpha": 1e300}, "`alpha` must be a positive"),
        ({"alpha": "a"}, "`alpha` must be a positive"),
        ({"alpha": [1.0, 0.0]}, "`alpha` must be a positive"),
        ({"alpha": [1.0, 1.0, 1.0]}, "as many numbers as there are points"),
        ({"num_points": 0}, "`num_points` must be an integer of at least 1"),
        ({"num_points": 2.0}, "`num_points` must be an integer of at least 1"),
        ({"seed": 3}, "`seed` must be a pair"),
        ({"seed": (0.5, 1.0)}, "`seed` must be a pair"),
    ],
)
def test_errors(arguments, message):
    arguments = {"alpha": 1.0, "num_points": 2, "seed": (0, 0), **arguments}
    with pytest.raises(ValueError, match=message):
        random.dirichlet((3,), **arguments)


def test_other_backends_are_refused(monkeypatch):
    monkeypatch.setattr(keras.config, "backend", lambda: "numpy")
    with pytest.raises(ValueError, match="Received: the backend 'numpy'"):
        random.fold_in((0, 0), 1)
