"""Which labels mixup flips, against brute force and the cases of the paper."""

import keras
import numpy as np
import pytest
from scipy import sparse

from keras_mixup import collinearity as module
from keras_mixup import data
from keras_mixup.collinearity import collinearity

# Exceeded by chance in 6 of 10 million draws of a normal variable.
FIVE_SIGMA = 5.0

LINE = np.array([[0.0], [1.0], [2.0]]), np.array([0, 1, 0])


def cloud(size=9, seed=0, dimensions=2):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(size, dimensions)), np.arange(size) % 3


def two_moons(size):
    from sklearn.datasets import make_moons

    return make_moons(size, noise=0.1, random_state=0)


def drawn_mixtures(x, y, alphas, draws, seed=0):
    rng = np.random.default_rng(seed)
    tuples = rng.integers(len(x), size=(draws, len(alphas)))
    weights = rng.dirichlet(alphas, draws)
    mixed = np.einsum("nk,nkd->nd", weights, x[tuples])
    return mixed, np.einsum("nk,nkc->nc", weights, np.eye(y.max() + 1)[y[tuples]])


def foreign_distances(x, y):
    distances = np.linalg.norm(x[:, None] - x[None], axis=-1)
    return np.where(y[:, None] == y[None], np.inf, distances).min(axis=1)


@pytest.mark.parametrize(
    ("alphas", "radius", "max_mixtures"),
    [
        ((1.0, 1.0), 0.3, 10_000),
        ((0.3, 2.5), 0.3, 10_000),
        ((50.0, 50.0), 0.5, 10_000),
        ((1.0, 1.0, 1.0), 0.4, 60_000),
        ((3.0, 0.5, 1.5), 0.5, 60_000),
        ((2.0, 1.0, 0.5, 3.0), 0.5, 60_000),
    ],
)
def test_probabilities_are_those_of_drawn_mixtures(alphas, radius, max_mixtures):
    """Each of 9 comparisons a case fails by chance in 6 of 10 million, but for the
    weights that are drawn on this side too, for which .02 is allowed."""
    x, y = cloud()
    result = collinearity(x, y, alphas, len(alphas), radius, max_mixtures=max_mixtures)
    assert result.exhaustive
    mixed, labels = drawn_mixtures(x, y, alphas, 150_000)
    for i, reach in enumerate(radius * foreign_distances(x, y)):
        own = labels[np.linalg.norm(mixed - x[i], axis=1) <= reach, y[i]]
        error = FIVE_SIGMA * own.std() / np.sqrt(len(own))
        error += 0.02 * (len(alphas) > 2)
        assert abs(own.mean() - result.label_probability[i]) < error + 1e-9


@pytest.mark.parametrize("alphas", [(1.0, 1.0), (0.5, 2.0, 1.0), (8.0, 8.0, 8.0)])
def test_a_sample_agrees_with_all(alphas):
    x, y = cloud(16)
    options = {"alpha": alphas, "num_points": len(alphas), "radius": 0.4}
    everything = collinearity(x, y, **options, max_mixtures=200_000)
    # 100 of 120 pairs; 4000 of 4096 tuples, and 40 around each point.
    most = 100 if len(alphas) == 2 else 4000
    runs = [
        collinearity(x, y, **options, max_mixtures=most, seed=seed)
        for seed in range(10)
    ]
    assert everything.exhaustive
    assert not any(run.exhaustive for run in runs)
    found = np.array([run.label_probability for run in runs])
    error = found.std(axis=0, ddof=1) / np.sqrt(len(runs))
    # A ratio of sampled masses is biased a little.
    away = np.abs(found.mean(axis=0) - everything.label_probability)
    assert np.all(away < FIVE_SIGMA * error + 0.02)
    closest = np.min([run.closeness for run in runs], axis=0)
    assert np.all(closest >= everything.closeness - 0.05 * (len(alphas) > 2) - 1e-12)


def test_closeness_is_the_nearest_of_a_fine_grid():
    x, y = cloud(12, dimensions=3)
    result = collinearity(x, y)
    nearest = foreign_distances(x, y)
    weights = np.linspace(0, 1, 2001)[:, None]
    for i in range(len(x)):
        own = (y == y[i]).astype(float)
        distance = min(
            np.linalg.norm(mixed - x[i], axis=1)[share <= 0.5].min(initial=np.inf)
            for s in range(len(x))
            for t in range(len(x))
            for mixed in [weights * x[s] + (1 - weights) * x[t]]
            for share in [weights[:, 0] * own[s] + (1 - weights[:, 0]) * own[t]]
        )
        assert result.closeness[i] == pytest.approx(distance / nearest[i], abs=2e-3)
    assert result.fraction_close == np.mean(result.closeness <= 0.125)
    quantiles = result.closeness_quantiles((0.0, 0.5))
    assert quantiles == {
        0.0: result.closeness.min(),
        0.5: np.sort(result.closeness)[5],
    }


class TestThePapersCases:
    def test_counterexample(self):
        x, y = LINE
        # By hand: (1, 1); (0, 2) in an eighth of its lambdas, twice; (0, 1) and (2, 1)
        # in an eighth, twice, with a mean label of 15/16.
        weak = collinearity(x, y, alpha=1.0)
        assert weak.num_flipped == 0
        expected = (1 + 4 / 8 * 15 / 16) / (1 + 2 / 8 * 0.5 * 2 + 4 / 8)
        assert weak.label_probability[1] == pytest.approx(expected)
        # The networks of the paper: .84 and, over five seeds, .8417.
        assert weak.label_probability[1] == pytest.approx(0.8417, abs=0.01)
        strong = collinearity(x, y, alpha=128.0)
        assert strong.flipped.tolist() == [1]
        assert strong.fraction_flipped == 1 / 3
        assert strong.label_probability[1] == pytest.approx(0.35, abs=0.01)
        limit = collinearity(x, y, alpha=1e5)
        assert limit.label_probability[1] == pytest.approx(1 / 3)
        assert limit.label_probability[[0, 2]].tolist() == [1, 1]

    def test_counterexample_with_three_points(self):
        strong = collinearity(*LINE, alpha=128.0, num_points=3, max_mixtures=30_000)
        assert strong.flipped.tolist() == [1]
        assert strong.closeness[1] == 0

    def test_two_moons(self):
        x, y = two_moons(400)
        weak = collinearity(x, y, 1.0, max_points=150)
        strong = collinearity(x, y, 1024.0, max_points=150)
        assert weak.fraction_flipped < 0.05
        assert 0.07 < strong.fraction_flipped < 0.15
        assert strong.fraction_close > 0.3

    def test_digits(self):
        x, y = data.load("digits").standardized("train")
        result = collinearity(x, y, 1024.0, max_points=40)
        assert result.exhaustive
        assert result.num_flipped == 0
        assert result.closeness.min() > 0.4


def test_examines_a_sample_of_points_among_all_partners():
    x, y = cloud(40)
    everything = collinearity(x, y, 64.0)
    some = collinearity(x, y, 64.0, max_points=7, seed=3)
    assert len(some.points) == 7
    assert some.num_examples == 40
    np.testing.assert_array_equal(
        some.label_probability, everything.label_probability[some.points]
    )
    assert set(some.flipped) == set(everything.flipped) & set(some.points)
    other = collinearity(x, y, 64.0, max_points=7, seed=4)
    assert other.points.tolist() != some.points.tolist()


@pytest.mark.parametrize("alphas", [(2.0, 2.0), (2.0, 1.0, 2.0)])
def test_neither_scale_nor_place_nor_the_names_of_classes_matter(alphas):
    x, y = cloud(12)
    options = {"alpha": alphas, "num_points": len(alphas), "max_mixtures": 5000}
    plain = collinearity(x, y, **options)
    moved = collinearity((x * 512 + 4096).reshape(12, 1, 2), y[:, None] * 7, **options)
    np.testing.assert_allclose(
        plain.label_probability, moved.label_probability, rtol=1e-9
    )
    np.testing.assert_allclose(plain.closeness, moved.closeness, atol=1e-7)


@pytest.mark.parametrize("alphas", [(2.0, 2.0), (2.0, 1.0, 2.0)])
@pytest.mark.parametrize(
    ("scale", "dtype"),
    [
        *((scale, "float32") for scale in (1e-30, 1e-20, 1e20, 1e30)),
        *((scale, "float64") for scale in (1e-300, 1e-160, 1e160, 1e300)),
    ],
)
def test_no_scale_is_too_large_or_too_small(alphas, scale, dtype):
    x, y = cloud(12)
    options = {"alpha": alphas, "num_points": len(alphas), "max_mixtures": 5000}
    plain = collinearity(x, y, **options)
    scaled = collinearity((x * scale).astype(dtype), y, **options)
    rtol = 1e-4 if dtype == "float32" else 1e-9
    np.testing.assert_allclose(
        scaled.label_probability, plain.label_probability, rtol=rtol
    )
    np.testing.assert_allclose(scaled.closeness, plain.closeness, atol=rtol)
    assert scaled.flipped.tolist() == plain.flipped.tolist()


def test_points_that_are_nearly_one_are_one():
    x = np.array([[0.0], [1e-160], [1.0], [2.0]])
    near, same = (
        collinearity(x, [0, 0, 1, 0]),
        collinearity(np.where(x < 1e-100, 0, x), [0, 0, 1, 0]),
    )
    np.testing.assert_allclose(near.label_probability, same.label_probability)
    np.testing.assert_allclose(near.closeness, same.closeness)


@pytest.mark.parametrize("dtype", ["float16", "float64", "int8", "uint8", "int64"])
def test_takes_any_real_numbers(dtype):
    x, y = LINE
    result = collinearity(x.astype(dtype), y, alpha=128.0)
    assert result.flipped.tolist() == [1]


def test_takes_tensors():
    x, y = map(keras.ops.convert_to_tensor, (LINE[0], LINE[1]))
    x = keras.ops.cast(x, "bfloat16")
    assert collinearity(x, y, alpha=128.0).flipped.tolist() == [1]


def test_counts_equal_inputs_with_their_labels():
    x, y = np.array([[0.0], [0.0], [0.0], [1.0]]), np.array([0, 0, 1, 1])
    result = collinearity(x, y)
    # Of nine pairs at 0, four have label 0, one has 1, four have both.
    assert result.label_probability[:3] == pytest.approx([2 / 3, 2 / 3, 1 / 3])
    assert result.flipped.tolist() == [2]
    assert result.closeness[:3].tolist() == [0, 0, 0]
    tie = collinearity([[0.0], [0.0]], [0, 1])
    assert tie.num_flipped == 0


def test_chunks_do_not_matter(monkeypatch):
    from keras_mixup.collinearity import neighborhoods, tuples

    x, y = cloud(30)
    for alphas, most in [((2.0, 2.0), 1000), ((2.0, 2.0), 100), ((1.0,) * 3, 2000)]:
        whole = collinearity(x, y, alphas, len(alphas), max_mixtures=most)
        with monkeypatch.context() as patch:
            patch.setattr(tuples, "_CHUNK", 7)
            patch.setattr(tuples, "_ELEMENTS", 6)
            patch.setattr(neighborhoods, "_ELEMENTS", 6)
            patch.setattr(neighborhoods, "_ROWS", 4)
            parts = collinearity(x, y, alphas, len(alphas), max_mixtures=most)
        np.testing.assert_allclose(whole.label_probability, parts.label_probability)
        np.testing.assert_array_equal(whole.closeness, parts.closeness)


def test_says_what_it_was_asked():
    result = collinearity(*LINE, alpha=np.array([1.0, 2.0]), radius=0.2, seed=5)
    assert (result.alpha, result.num_points) == ([1.0, 2.0], 2)
    assert (result.radius, result.seed, result.num_mixtures) == (0.2, 5, 3)
    assert set(module.__all__) == {"Collinearity", "Margin", "collinearity", "margin"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"alpha": 0.0}, "`alpha` must be a positive"),
        ({"num_points": 1}, "`num_points` must be at least 2"),
        ({"radius": 0.0}, "`radius` must be above 0 and at most 0.5"),
        ({"radius": 0.6}, "`radius` must be above 0 and at most 0.5"),
        ({"max_points": 0}, "`max_points` must be an integer of at least 1"),
        ({"max_mixtures": 0}, "`max_mixtures` must be an integer of at least 1"),
        ({"seed": -1}, "`seed` must be an integer of at least 0"),
        ({"y": [1, 1, 1]}, "at least 2 classes are needed.*the label 1 for all 3"),
        ({"y": [1, 0]}, "as many labels as inputs"),
        ({"y": [0.0, 1.0, 0.0]}, "integer class ids"),
        ({"x": [0.0, 1.0, 2.0]}, r"inputs of shape \(examples, ...\)"),
        ({"x": [[0.0], [np.nan], [np.inf]]}, "finite numbers.* in 2 of 3 examples"),
        ({"x": np.zeros((0, 2)), "y": np.zeros(0, int)}, "at least one example"),
        ({"x": [["a"], ["b"], ["c"]]}, "inputs to be an array of real.*dtype <U1"),
        ({"x": [[None], [1], [2]]}, "real numbers.*dtype object"),
        ({"x": [[1j], [1], [2]]}, "real numbers.*dtype complex128"),
        ({"x": sparse.eye(3, format="csr")}, "dense array.*Received: csr_matrix"),
        ({"x": [[1], [1, 2], [1]]}, "rows of one length"),
        ({"y": ["a", "b", "a"]}, "labels to be an array of real numbers.*<U1"),
        ({"x": [[0.0]], "y": [0]}, "at least 2 classes.*the label 0 for all 1 "),
    ],
)
def test_refuses(arguments, message):
    x, y = LINE
    with pytest.raises(ValueError, match=message):
        collinearity(**{"x": x, "y": y, **arguments})
