import numpy as np
import pytest
from scipy import ndimage

from trainers.evaluate import deformations


def images(count=3, height=7, width=6, channels=2):
    shape = (count, height, width, channels)
    return np.random.default_rng(0).uniform(size=shape).astype("float32")


def with_scipy(image, matrix, order=1):
    """The same by SciPy, whose coordinates are (row, column)."""
    swapped = matrix[::-1, ::-1].astype("float64")
    centre = (np.array(image.shape[:2]) - 1) / 2
    offset = centre - swapped @ centre
    channels = [
        ndimage.affine_transform(channel, swapped, offset, order=order, mode="nearest")
        for channel in np.moveaxis(image, -1, 0)
    ]
    return np.stack(channels, axis=-1)


@pytest.mark.parametrize("name", ["rotation_80", "shear_57.3", "zoom_in_40"])
def test_against_scipy(name):
    x = images()
    matrices = deformations.matrices(name, len(x), seed=3)
    found = deformations.deform(x, matrices)
    expected = [with_scipy(*pair) for pair in zip(x, matrices)]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_nearest_pixel_against_scipy():
    x = images(count=20)
    matrices = deformations.matrices("rotation_80", len(x), seed=3)
    found = deformations.deform(x, matrices, "nearest")
    expected = [with_scipy(*pair, order=0) for pair in zip(x, matrices)]
    # Half way between two pixels, either may be taken.
    assert np.mean(found == expected) > 0.99
    assert np.isin(found, x).all()
    between = deformations.deform(x, matrices)
    assert np.mean(found == between) < 0.5


def test_known_deformations():
    x = images(height=6, width=6)
    same = deformations.deform(x, np.stack([np.eye(2, dtype="float32")] * 3))
    np.testing.assert_allclose(same, x, atol=1e-6)
    quarter = np.stack([np.array([[0, 1], [-1, 0]], "float32")] * 3)
    turned = deformations.deform(x, quarter)
    np.testing.assert_allclose(turned, np.rot90(x, -1, (1, 2)), atol=1e-5)


def test_zooming_in_shows_the_middle():
    x = np.zeros((1, 9, 9, 1), "float32")
    x[0, 3:6, 3:6] = 1
    near, far = (
        deformations.deform(x, deformations.matrices(name, 1)).mean()
        for name in ("zoom_in_20", "zoom_out_180")
    )
    assert near == pytest.approx(1)
    assert 0 < far < x.mean()


@pytest.mark.parametrize(
    ("name", "degrees"), [("rotation_20", 20), ("shear_28.6", 28.6)]
)
def test_angles_reach_both_ways_and_no_further(name, degrees):
    matrices = deformations.matrices(name, 4000, seed=1)
    angles = np.rad2deg(-np.arcsin(matrices[:, 1, 0]))
    assert np.abs(angles).max() <= degrees
    # Of a uniform distribution; five standard errors, a false alarm in two million.
    assert abs(angles.mean()) < 5 * degrees / np.sqrt(3 * 4000)
    assert angles.std() == pytest.approx(degrees / np.sqrt(3), rel=0.05)


def test_angles_depend_on_seed_and_name_alone():
    draw = deformations.matrices
    np.testing.assert_array_equal(draw("rotation_40", 5), draw("rotation_40", 5))
    assert (draw("rotation_40", 5) != draw("rotation_40", 5, seed=1)).any()
    angles = [np.arcsin(draw(f"rotation_{a}", 1)[0, 0, 1]) / a for a in (20, 40)]
    assert angles[0] != pytest.approx(angles[1])
