"""Processes that share batches read their parts of them."""

import numpy as np
import pytest

from keras_mixup import data

SOURCE = data.load("digits")


def plan():
    return data.plan(
        SOURCE, num_labels=50, batch_size=6, unlabeled_batch_size=9, num_views=2
    )


def test_the_parts_make_up_the_batch():
    inputs, y = plan().batches(5)[2]
    parts = [plan().batches(5, shard=(number, 3))[2] for number in range(3)]
    np.testing.assert_array_equal(np.concatenate([p[1] for p in parts]), y)
    for name in ("labeled", "unlabeled"):
        joined = np.concatenate([part[0][name] for part in parts])
        np.testing.assert_array_equal(joined, inputs[name])
    assert parts[0][0]["unlabeled"].shape[:2] == (3, 2)


@pytest.mark.parametrize(
    ("shard", "message"),
    [((0, 2), "Batches of 9 examples cannot be cut into 2"), ((3, 3), "`shard` must")],
)
def test_no_equal_parts(shard, message):
    with pytest.raises(ValueError, match=message):
        plan().batches(shard=shard)
