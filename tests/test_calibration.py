"""The strength of mixing, the means of the data, and the correction they give."""

import keras
import numpy as np
import pytest
from keras import ops
from scipy import integrate, sparse, stats

from keras_mixup import calibration, data, models, random

# Exceeded by chance in 6 of 10 million draws of a normal variable.
FIVE_SIGMA = 5.0


def moments(alpha, num_points):
    """Mean and variance of the dominant weight, and the mean squares of the others."""
    mean = calibration.mean_dominant_weight(alpha, num_points)
    if num_points == 2:
        beta = stats.beta(alpha, alpha)
        square = 2 * integrate.quad(lambda w: w**2 * beta.pdf(w), 0.5, 1)[0]
    else:
        # E[max^2] of gammas, over E[sum^2].
        gamma = stats.gamma(alpha)
        area = integrate.quad(
            lambda g: 2 * g * (1 - gamma.cdf(g) ** num_points), 0, np.inf
        )[0]
        total = num_points * alpha
        square = area / (total * (total + 1))
    all_squares = (alpha + 1) / (num_points * alpha + 1)
    return mean, square - mean**2, all_squares - square


class TestMeanDominantWeight:
    def test_of_two_equal_points(self):
        alphas = (0.1, 0.2, 0.4, 0.5, 1, 2)
        expected = (0.94158, 0.89881, 0.83976, 0.81831, 0.75, 0.6875)
        values = [calibration.mean_dominant_weight(alpha) for alpha in alphas]
        assert values == pytest.approx(expected, abs=5e-6)

    def test_of_uniform_weights_is_a_harmonic_number(self):
        for num_points in (2, 3, 4, 5, 50):
            expected = np.sum(1 / np.arange(1, num_points + 1)) / num_points
            value = calibration.mean_dominant_weight(1.0, num_points)
            assert value == pytest.approx(expected, rel=1e-10)

    def test_of_three_at_one_half_is_an_integral_over_a_sphere(self):
        # Weights of Dirichlet(1/2) are the squares of a point on a sphere.
        def inner(angle):
            cosine = np.cos(angle) / np.sqrt(1 + np.cos(angle) ** 2)
            return (1 - cosine**3) / 3

        expected = 12 / np.pi * integrate.quad(inner, 0, np.pi / 4)[0]
        value = calibration.mean_dominant_weight(0.5, 3)
        assert value == pytest.approx(expected, rel=1e-10)

    @pytest.mark.parametrize(
        "alphas",
        [
            *([0.5] * 4, [0.5] * 5, [0.01] * 3, [300.0] * 3),
            *([0.3, 2.0], [2.0, 0.3, 1.0], [0.02, 0.5, 30.0]),
        ],
    )
    def test_is_that_of_draws(self, alphas):
        drawn = np.random.default_rng(0).dirichlet(alphas, 100_000).max(axis=1)
        error = drawn.std() / np.sqrt(len(drawn))
        value = calibration.mean_dominant_weight(alphas, len(alphas))
        assert abs(drawn.mean() - value) < FIVE_SIGMA * error

    def test_integral_and_closed_form_agree_for_two_points(self):
        for alphas in np.array([(0.5, 0.5), (1e-3, 5.0), (1e4, 1e4), (30, 0.2)]):
            integral = calibration._largest_gamma(alphas) / alphas.sum()
            closed = calibration.mean_dominant_weight(alphas, 2)
            assert integral == pytest.approx(closed, rel=1e-12)

    @pytest.mark.parametrize("num_points", [2, 3, 10])
    def test_falls_from_one_to_an_equal_share(self, num_points):
        alphas = np.geomspace(1e-3, 1e4, 40)
        values = [calibration.mean_dominant_weight(a, num_points) for a in alphas]
        assert np.all(np.diff(values) < 0)
        assert 1 - values[0] < 0.01
        assert values[-1] - 1 / num_points < 0.01
        for alpha, limit in [(1e-9, 1), (1e12, 1 / num_points)]:
            value = calibration.mean_dominant_weight(alpha, num_points)
            assert value == pytest.approx(limit, abs=1e-6)

    def test_of_one_point_is_one(self):
        assert calibration.mean_dominant_weight(0.3, 1) == 1.0

    def test_a_point_without_weight_does_not_count(self):
        value = calibration.mean_dominant_weight([1e4, 1e4, 1e-6], 3)
        assert value == pytest.approx(calibration.mean_dominant_weight(1e4), rel=1e-9)

    def test_refuses_bad_arguments(self):
        with pytest.raises(ValueError, match="`alpha` must be a positive"):
            calibration.mean_dominant_weight(0.0)
        with pytest.raises(ValueError, match="as many numbers as there are points"):
            calibration.mean_dominant_weight([1.0, 1.0], 3)
        with pytest.raises(ValueError, match="`num_points` must be an integer"):
            calibration.mean_dominant_weight(1.0, 0)


class TestAlphaFor:
    @pytest.mark.parametrize("num_points", [2, 3, 40])
    def test_is_the_inverse(self, num_points):
        for alpha in (1e-3, 0.2, 1.0, 30.0, 1e4):
            strength = calibration.mean_dominant_weight(alpha, num_points)
            value = calibration.alpha_for(strength, num_points)
            assert value == pytest.approx(alpha, rel=1e-6)

    @pytest.mark.parametrize(("num_points", "alpha"), [(3, 0.203), (4, 0.127)])
    def test_another_k_at_equal_strength(self, num_points, alpha):
        strength = calibration.mean_dominant_weight(0.5)
        value = calibration.alpha_for(strength, num_points)
        assert value == pytest.approx(alpha, abs=5e-4)

    def test_refuses_what_no_alpha_gives(self):
        for weight in (0.25, 0.1, 1.0, 1.5, 0.2500000001, float("nan")):
            with pytest.raises(ValueError, match=r"above 1 / num_points = 0.25 and "):
                calibration.alpha_for(weight, 4)

    @pytest.mark.parametrize("weight", ["a", 1j, None])
    def test_refuses_what_is_no_number(self, weight):
        with pytest.raises(ValueError, match="must be a number above"):
            calibration.alpha_for(weight)

    def test_refuses_a_single_point(self):
        with pytest.raises(ValueError, match="`num_points` must be at least 2"):
            calibration.alpha_for(0.9, 1)


class TestMeans:
    X = np.random.default_rng(0).normal(3, 2, size=(7, 2, 3)).astype("float32")
    IDS = np.array([0, 2, 2, 1, 0, 2, 2])

    def batches(self, y, *more):
        return [(self.X[:4], y[:4], *more), (self.X[4:], y[4:], *more)]

    def check(self, found, count=7):
        x_mean, y_mean = found
        assert x_mean.dtype == y_mean.dtype == np.float32
        np.testing.assert_allclose(x_mean, self.X[:count].mean(0), rtol=1e-6)
        expected = np.bincount(self.IDS[:count], minlength=3) / count
        np.testing.assert_allclose(y_mean, expected, rtol=1e-6)

    @pytest.mark.parametrize("form", ["ids", "column", "rows", "floats"])
    def test_equals_numpy(self, form):
        y = {
            "ids": self.IDS,
            "column": self.IDS[:, None],
            "rows": np.eye(3)[self.IDS],
            "floats": self.IDS.astype("float32"),
        }[form]
        self.check(calibration.means(self.batches(y), 3))

    def test_leaves_unlabelled_inputs_aside(self):
        batches = [
            ({"labeled": x, "unlabeled": x + 1}, y) for x, y in self.batches(self.IDS)
        ]
        self.check(calibration.means(batches, 3))

    @pytest.mark.parametrize("shape", [(-1,), (-1, 1)])
    def test_examples_count_by_their_weights(self, shape):
        weights = np.array([1, 0, 2, 0.5, 0, 3, 1])
        parts = weights[:4].reshape(shape), weights[4:].reshape(shape)
        batches = [(*b, w) for b, w in zip(self.batches(self.IDS), parts)]
        x_mean, y_mean = calibration.means(batches, 3)
        expected = np.average(self.X, axis=0, weights=weights)
        np.testing.assert_allclose(x_mean, expected, rtol=1e-6)
        expected = np.bincount(self.IDS, weights, minlength=3) / weights.sum()
        np.testing.assert_allclose(y_mean, expected, rtol=1e-6)

    def test_an_example_of_weight_zero_has_no_say(self):
        weights = np.array([1, 1, 0, 1, 0, 1, 1])
        x_mean, y_mean = calibration.means([(self.X, self.IDS, weights)], 3)
        kept = weights > 0
        alone = calibration.means([(self.X[kept], self.IDS[kept])], 3)
        np.testing.assert_allclose(x_mean, alone[0], rtol=1e-6)
        np.testing.assert_allclose(y_mean, alone[1], rtol=1e-6)

    def test_equal_weights_and_none_are_the_same(self):
        plain = calibration.means([(self.X, self.IDS)], 3)
        for weights in (None, np.ones(7), np.full(7, 4.0)):
            found = calibration.means([(self.X, self.IDS, weights)], 3)
            np.testing.assert_allclose(found[0], plain[0], rtol=1e-6)
            np.testing.assert_allclose(found[1], plain[1], rtol=1e-6)

    @pytest.mark.parametrize(
        ("weights", "message"),
        [
            ([0, 0, 0], "weight above 0.*3 examples, all of weight 0"),
            ([1, -1, 1], r"not negative.*the lowest -1"),
            ([1, 1], r"of shape \(3,\) or \(3, 1\).*shape \(2,\)"),
            (np.ones((3, 4)), r"per step or pixel.*shape \(3, 4\)"),
            ([1, np.nan, np.inf], "weights of `batches` must be finite.*2 of 3 exam"),
            (["a", "b", "c"], "sample weights to be an array of real numbers.*<U1"),
        ],
    )
    def test_refuses_weights(self, weights, message):
        with pytest.raises(ValueError, match=message):
            calibration.means([(np.ones((3, 1)), [0, 1, 0], weights)], 2)

    @pytest.mark.parametrize("scale", [1e-20, 1e20])
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_scale_does_not_matter(self, scale, dtype):
        x = self.X.astype(dtype)
        plain, _ = calibration.means([(x, self.IDS)], 3)
        scaled, _ = calibration.means([(x * x.dtype.type(scale), self.IDS)], 3)
        np.testing.assert_allclose(scaled / np.float32(scale), plain, rtol=1e-5)

    @pytest.mark.parametrize("dtype", ["float16", "float64", "uint8", "int64", "bool"])
    def test_takes_any_real_numbers(self, dtype):
        x = np.array([[0.0, 1.0], [1.0, 1.0]]).astype(dtype)
        x_mean, _ = calibration.means([(x, [0, 1])], 2)
        assert x_mean.dtype == np.float32
        assert x_mean.tolist() == [0.5, 1.0]

    def test_takes_bfloat16(self):
        x = ops.cast(ops.ones((2, 3)), "bfloat16")
        assert calibration.means([(x, [0, 1])], 2)[0].tolist() == [1.0] * 3

    def test_one_example(self):
        x_mean, y_mean = calibration.means([(self.X[:1], self.IDS[:1])], 3)
        np.testing.assert_array_equal(x_mean, self.X[0])
        assert y_mean.tolist() == [1, 0, 0]

    def test_reads_as_many_batches_as_it_is_told(self):
        self.check(calibration.means(iter(self.batches(self.IDS)), 3, 1), count=4)

    def test_sums_in_float64(self):
        # Added to 2 ** 24, a one vanishes in float32; float16 cannot hold the sum.
        columns = [np.full((1, 2), value, "float32") for value in (2**24, 1, 1, 1, 1)]
        x_mean, _ = calibration.means([(column, [0]) for column in columns], 2)
        assert x_mean.tolist() == [(2**24 + 4) / 5] * 2
        halves = np.full((3, 1), 60000, "float16")
        x_mean, _ = calibration.means([(halves, [0, 0, 1])], 2)
        assert x_mean.tolist() == [60000]

    def test_numbers_are_their_own_rows(self):
        _, mean = calibration.means([(np.ones((2, 1)), [1.0, 4.0])], 1)
        assert mean.tolist() == [2.5]

    def test_takes_tensors_and_py_datasets(self):
        batches = [
            tuple(map(ops.convert_to_tensor, batch)) for batch in self.batches(self.IDS)
        ]
        self.check(calibration.means(batches, 3))
        source = data.load("iris")
        batches = data.SupervisedBatches(source, None, 24, num_steps=4)
        x_mean, y_mean = calibration.means(batches, 3)
        # One pass over 96 examples, which are standardised.
        np.testing.assert_allclose(x_mean, np.zeros(4), atol=1e-5)
        np.testing.assert_allclose(y_mean, np.full(3, 1 / 3), rtol=1e-6)
        with pytest.raises(ValueError, match="have no end: give `num_batches`"):
            calibration.means(data.SupervisedBatches(source, None, 24), 3)

    @pytest.mark.tensorflow
    def test_takes_tf_datasets(self):
        import tensorflow as tf

        dataset = tf.data.Dataset.from_tensor_slices((self.X, self.IDS)).batch(2)
        self.check(calibration.means(dataset, 3))
        self.check(calibration.means(dataset.take(3).repeat(), 3, 3), count=6)
        with pytest.raises(ValueError, match="have no end: give `num_batches`"):
            calibration.means(dataset.repeat(), 3)

    @pytest.mark.parametrize(
        ("batches", "message"),
        [
            ([], "at least one example.*Received: 0 examples"),
            ([(np.zeros((0, 3)), np.zeros(0, int))], "Received: 0 examples"),
            ([(np.array([[np.nan], [1.0], [np.inf]]), [0] * 3)], "2 of 3 examples"),
            ([(np.array([[1e39]]), [0])], "in float32.*1 of 1 examples"),
            ([(np.ones((2, 1)), np.array([[1, np.nan], [0, 1]]))], "labels.*1 of 2 ex"),
            ([(np.array([["a"]]), [0])], "inputs of a batch to be .* dtype <U1"),
            ([(np.array([[None]]), [0])], "dtype object"),
            ([(np.array([[1j]]), [0])], "dtype complex128"),
            ([(sparse.eye(1, format="csr"), [0])], "a dense array.*csr_matrix"),
            ([([[1.0], [1.0, 2.0]], [0, 1])], "rows of one length"),
            ((np.ones((3, 1)), np.zeros(3, int)), "a batch of type ndarray"),
            ([(np.ones((3, 1)),)], "a batch of type tuple"),
            ([(np.ones((3, 1)), [0, 1, 2])], "whole numbers from 0 to 1"),
            ([(np.ones((3, 1)), np.ones((3, 5)))], r"labels of shape \(3, 5\)"),
            ([(np.ones((3, 1)), [0, 1])], r"shape \(3, 1\), labels of shape \(2,\)"),
            ([((np.ones(3), np.ones(3)), [0] * 3)], "must be one array.*tuple"),
            (
                [(np.ones((1, 2)), [0]), (np.ones((1, 1)), [0])],
                r"All examples must have one shape.*\(2,\) and \(1,\)",
            ),
        ],
    )
    def test_refuses(self, batches, message):
        with pytest.raises(ValueError, match=message):
            calibration.means(batches, 2)

    def test_refuses_counts_below_one(self):
        with pytest.raises(ValueError, match="`num_classes` must be"):
            calibration.means([], 0)
        with pytest.raises(ValueError, match="`num_batches` must be"):
            calibration.means([], 2, 0)


def network(units=3):
    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)])


class TestCorrected:
    MEANS = (np.zeros(4), np.full(3, 1 / 3))

    @pytest.mark.parametrize(
        ("make", "alpha", "num_points"),
        [
            (lambda n: models.MixupModel(n, alpha=0.4), 0.4, 2),
            (lambda n: models.MixupModel(n, 3, alpha=(1.0, 2.0, 3.0)), (1, 2, 3), 3),
            (lambda n: models.MixupModel(n, 1), 1.0, 1),
            (lambda n: models.MixupEModel(n, num_points=3, alpha=0.4), 0.4, 3),
            (lambda n: models.ApproximateMixupModel(n, alpha=0.4), 0.4, 2),
            (
                lambda n: models.ICTModel(n, 4, alpha=0.4, supervised_num_points=3),
                0.4,
                3,
            ),
        ],
    )
    def test_takes_the_strength_from_the_model(self, make, alpha, num_points):
        net = network()
        corrected = calibration.corrected(make(net), *self.MEANS)
        expected = calibration.mean_dominant_weight(alpha, num_points)
        assert corrected.network is net
        assert float(corrected.mean_dominant_weight) == pytest.approx(expected)

    @pytest.mark.parametrize(
        "make",
        [
            lambda n: n,
            lambda n: models.ICTModel(n, supervised_num_points=1),
            lambda n: models.MixupModel(n, mix_labels=False),
        ],
    )
    def test_refuses_to_guess(self, make):
        model = make(network())
        with pytest.raises(ValueError, match="give `alpha` and `num_points`"):
            calibration.corrected(model, *self.MEANS)
        with pytest.raises(ValueError, match="give `alpha` and `num_points`"):
            calibration.corrected(model, *self.MEANS, alpha=1.0)
        corrected = calibration.corrected(model, *self.MEANS, alpha=1.0, num_points=2)
        assert float(corrected.mean_dominant_weight) == 0.75

    def test_what_is_given_comes_first(self):
        model = models.MixupModel(network(), alpha=0.3)
        corrected = calibration.corrected(model, *self.MEANS, alpha=1.0)
        assert float(corrected.mean_dominant_weight) == 0.75

    def test_is_the_identity_without_mixing(self):
        x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
        net = network()
        corrected = calibration.corrected(net, [9.0] * 4, [3.0] * 3, 1.0, 1)
        np.testing.assert_array_equal(
            ops.convert_to_numpy(corrected(x)), ops.convert_to_numpy(net(x))
        )


class TestTheory:
    """Mixup is training on shrunk data with noise: Carratino et al., 2020."""

    @pytest.mark.parametrize(("alpha", "num_points"), [(0.4, 2), (1.0, 2), (0.7, 3)])
    def test_moments_of_mixtures(self, alpha, num_points):
        """Given which example dominates, mean and covariance are as stated.

        The weights are the package's. Each of 33 comparisons fails by chance in 6 of
        10 million cases.
        """
        rng = np.random.default_rng(1)
        x = rng.normal(size=(6, 2)) @ [[2.0, 1.0], [0.0, 0.5]] + 3.0
        y = x[:, :1] ** 2 - x[:, 1:]
        both = np.concatenate([x, y], axis=1)
        mean, variance, others = moments(alpha, num_points)
        draws = 20_000
        weights = random.dirichlet((draws,), alpha, num_points, seed=(1, 2))
        weights = np.sort(ops.convert_to_numpy(weights), axis=1)[:, ::-1]
        i = 2
        partners = rng.integers(6, size=(draws, num_points))
        partners[:, 0] = i
        mixed = np.einsum("nk,nkd->nd", weights.astype("float64"), both[partners])

        centre = both.mean(axis=0)
        shrunk = centre + mean * (both[i] - centre)
        self.check(mixed, shrunk)
        # Cov(delta, delta) and Cov(delta, epsilon) at once.
        away = both[i] - centre
        spread = variance * np.outer(away, away) + others * np.cov(both.T, bias=True)
        noise = mixed - shrunk
        self.check(np.einsum("nd,ne->nde", noise, noise), spread)

    @staticmethod
    def check(samples, expected):
        error = samples.std(axis=0) / np.sqrt(len(samples))
        assert np.all(np.abs(samples.mean(axis=0) - expected) < FIVE_SIGMA * error)

    def test_two_points_tie_the_noise_to_the_shrinking(self):
        mean, variance, others = moments(0.4, 2)
        assert others == pytest.approx(variance + (1 - mean) ** 2, rel=1e-8)

    def test_leaves_a_least_squares_line_as_it_is(self):
        """A linear model passes through the means, whatever it is fit to by mixup.

        Mixing all pairs multiplies Cov(x, x) and Cov(x, y) by the same number, so the
        best line for mixup is that of the data, and the correction must not move it.
        """
        rng = np.random.default_rng(0)
        x, y = rng.normal(2, 1, size=(12, 4)), rng.normal(1, 1, size=(12, 3))
        mixed_x, mixed_y = all_mixtures(x, y, alpha=0.4)
        line = least_squares(mixed_x, mixed_y)
        np.testing.assert_allclose(line, least_squares(x, y), atol=1e-9)
        net = network()
        net.set_weights([line[1:], line[0]])
        corrected = calibration.corrected(net, x.mean(0), y.mean(0), 0.4, 2)
        np.testing.assert_allclose(
            ops.convert_to_numpy(corrected(x)),
            ops.convert_to_numpy(net(x.astype("float32"))),
            atol=2e-5,
        )

    def test_undoes_the_shrinking_of_a_least_squares_parabola(self):
        """Parabolas of shrunk inputs are parabolas, so their fits are one another's."""
        rng = np.random.default_rng(0)
        x, y = rng.normal(2, 1, size=(12, 1)), rng.normal(1, 1, size=(12, 1))
        theta = calibration.mean_dominant_weight(0.4)
        shrunk_x = x.mean(0) + theta * (x - x.mean(0))
        shrunk_y = y.mean(0) + theta * (y - y.mean(0))
        inputs = keras.Input((1,))
        powers = keras.layers.Concatenate()([inputs, inputs**2])
        net = keras.Model(inputs, keras.layers.Dense(1)(powers))

        def fit(x, y):
            line = least_squares(np.concatenate([x, x**2], axis=1), y)
            net.set_weights([line[1:], line[0]])

        fit(x, y)
        wanted = ops.convert_to_numpy(net(x.astype("float32")))
        fit(shrunk_x, shrunk_y)
        corrected = calibration.corrected(net, x.mean(0), y.mean(0), 0.4, 2)
        np.testing.assert_allclose(
            ops.convert_to_numpy(corrected(x)), wanted, atol=1e-4
        )
        plain = ops.convert_to_numpy(net(x.astype("float32")))
        assert np.abs(plain - wanted).max() > 0.05


def all_mixtures(x, y, alpha):
    """Every pair at two weights that have the mean and variance of Beta's."""
    deviation = stats.beta(alpha, alpha).std()
    weights = np.array([0.5 - deviation, 0.5 + deviation])

    def mix(rows):
        first, second = rows[:, None, None], rows[None, :, None]
        mixed = weights[:, None] * first + (1 - weights[:, None]) * second
        return mixed.reshape(-1, rows.shape[1])

    return mix(x), mix(y)


def least_squares(x, y):
    """The intercept above the slopes."""
    ones = np.ones((len(x), 1))
    return np.linalg.lstsq(np.concatenate([ones, x], axis=1), y, rcond=None)[0]
