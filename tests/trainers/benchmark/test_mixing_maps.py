import numpy as np
import pytest

from trainers.benchmark import mixing_maps

pytestmark = pytest.mark.tensorflow


def test_every_map_mixes_the_same_images_into_the_same_form():
    maps = mixing_maps.datasets(batch_size=6, image_size=4)
    assert set(maps) == {name for pair in mixing_maps.RATIOS for name in pair[:2]}
    for dataset in maps.values():
        x, rows = (np.asarray(part) for part in next(iter(dataset)))
        assert (x.shape, rows.shape) == ((6, 4, 4, 3), (6, 10))
        assert (x.dtype, rows.dtype) == (np.float32, np.float32)
        np.testing.assert_allclose(rows.sum(-1), 1, rtol=1e-5)
        assert rows.max() < 1 or len(np.unique(rows)) > 2
