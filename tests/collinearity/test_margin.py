"""The class that the mixup optimum gives to any point, against drawn mixtures."""

import numpy as np
import pytest

from keras_mixup.collinearity import margin

LINE = np.array([[0.0], [1.0], [4.0]]), np.array([0, 0, 1])


def cloud(size=8, dimensions=2, num_classes=3, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(size, dimensions)), np.arange(size) % num_classes


def all_mixtures(x, y, num_weights=2001):
    """Every pair of points at many weights, and the weight of each class in each."""
    weights = np.linspace(0, 1, num_weights)[:, None, None]
    first, second = np.stack(np.triu_indices(len(x)))
    mixed = weights * x[first] + (1 - weights) * x[second]
    labels = np.eye(y.max() + 1)[y]
    shares = weights * labels[first] + (1 - weights) * labels[second]
    return mixed.reshape(-1, x.shape[1]), shares.reshape(-1, labels.shape[1])


@pytest.mark.parametrize(
    ("dimensions", "num_classes"), [(1, 2), (2, 2), (2, 3), (3, 4)]
)
def test_equals_brute_force(dimensions, num_classes):
    """To the step between neighbouring weights, at most 5 / 2000 long."""
    x, y = cloud(8, dimensions, num_classes)
    points = np.random.default_rng(1).uniform(-1.5, 1.5, (40, dimensions))
    result = margin(points, x, y)
    mixed, shares = all_mixtures(x, y)
    away = np.linalg.norm(points[:, None] - mixed, axis=-1)
    radii = np.stack(
        [np.where(share <= 0.5, away, np.inf).min(axis=1) for share in shares.T]
    )
    np.testing.assert_allclose(result.distance, away.min(axis=1), atol=3e-3)
    np.testing.assert_allclose(result.radius, radii.max(axis=0), atol=3e-3)
    clear = np.abs(result.radius - result.distance) > 6e-3
    assert clear.sum() >= 15
    expected = np.where(result.distance < result.radius, radii.argmax(axis=0), -1)
    np.testing.assert_array_equal(result.classes[clear], expected[clear])
    assert (expected[clear] >= 0).any()


def test_the_mean_label_of_any_ball_is_of_the_class():
    x, y = cloud(10)
    points = np.random.default_rng(1).normal(size=(60, 2))
    result = margin(points, x, y)
    rng = np.random.default_rng(2)
    pairs, weights = rng.integers(10, size=(200_000, 2)), rng.beta(2, 2, 200_000)
    mixed = weights[:, None] * x[pairs[:, 0]] + (1 - weights[:, None]) * x[pairs[:, 1]]
    labels = np.eye(3)[y]
    shares = (
        weights[:, None] * labels[pairs[:, 0]]
        + (1 - weights[:, None]) * labels[pairs[:, 1]]
    )
    examined = 0
    for point, one, radius, distance in zip(
        points, result.classes, result.radius, result.distance
    ):
        if one < 0:
            continue
        for ball in (0.5 * (radius + distance), 0.999 * radius):
            inside = np.linalg.norm(mixed - point, axis=1) <= ball
            if inside.any():
                examined += 1
                assert shares[inside].mean(axis=0).argmax() == one
                assert (shares[inside][:, one] > 0.5).all()
    assert examined >= 20


def test_training_points_keep_their_class_unless_a_mixture_falls_on_them():
    x, y = cloud(12, dimensions=5)
    result = margin(x, x, y)
    np.testing.assert_array_equal(result.classes, y)
    np.testing.assert_allclose(result.distance, 0, atol=1e-6)
    # Between two points of another class.
    result = margin([[1.0]], [[0.0], [1.0], [2.0]], [0, 1, 0])
    assert result.classes.tolist() == [-1]
    assert result.radius.tolist() == [0.0]


def test_half_way_is_the_border():
    points = np.array([[1.999], [2.001], [2.499], [2.501]])
    # From 2 to 2.5 the segments from 0 and from 1 to 4 disagree.
    assert margin(points, *LINE).classes.tolist() == [0, -1, -1, 1]


def test_of_one_class_every_point_is():
    result = margin([[0.5]], [[0.0], [1.0]], [3, 3])
    assert result.classes.tolist() == [3]
    assert result.radius.tolist() == [np.inf]


def test_images_and_class_ids_that_leave_gaps():
    x, y = cloud(9, dimensions=12)
    points = 0.9 * x[:4] + 0.1 * x[4:8]
    flat = margin(points, x, y)
    images = margin(points.reshape(4, 2, 2, 3), x.reshape(-1, 2, 2, 3), y * 7)
    np.testing.assert_array_equal(
        images.classes, np.where(flat.classes < 0, -1, 7 * y[:4])
    )
    np.testing.assert_array_equal(images.radius, flat.radius)


def test_a_sample_of_pairs_bounds_from_above():
    x, y = cloud(60)
    points = np.random.default_rng(1).normal(size=(20, 2))
    full, part = margin(points, x, y), margin(points, x, y, max_mixtures=200)
    assert full.exhaustive
    assert not part.exhaustive
    # Squared distances are right to 1e-15.
    assert (part.radius >= full.radius - 1e-7).all()
    assert (part.distance >= full.distance - 1e-7).all()
    assert (part.radius > full.radius).any()
    again = margin(points, x, y, max_mixtures=200)
    np.testing.assert_array_equal(part.radius, again.radius)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"points": [[0.0, 1.0]]}, r"shape \(1,\). Received: \(2,\)"),
        ({"points": [["a"]]}, "points"),
        ({"points": np.empty((0, 1))}, "at least one"),
        ({"x": [[0.0], [np.nan], [1.0]]}, "finite"),
        ({"points": [[np.nan]]}, "finite"),
        ({"y": [0, 1]}, "labels"),
        ({"max_mixtures": 0}, "max_mixtures"),
        ({"seed": -1}, "seed"),
    ],
)
def test_errors(changes, message):
    x, y = LINE
    with pytest.raises(ValueError, match=message):
        margin(**{"points": [[0.5]], "x": x, "y": y, **changes})
