import numpy as np
import pytest
from scipy import stats

from keras_mixup.data import order, random_bits

SIZES = [1, 2, 3, 4, 5, 7, 50, 97, 1000, 4097, 65535, 65536, 65537, 65538]


def key(seed=0, stream=0):
    return random_bits.root_key(seed, stream)


@pytest.mark.parametrize("size", SIZES)
def test_each_epoch_visits_every_example_once(size):
    visited = order.visit(np.arange(3 * size), size, key(), order.walk_numpy)
    for epoch in visited.reshape(3, size):
        np.testing.assert_array_equal(np.sort(epoch), np.arange(size))


def test_epochs_and_streams_and_seeds_have_orders_of_their_own():
    first, second = order.visit(np.arange(2000), 1000, key(), order.walk_numpy).reshape(
        2, 1000
    )
    for other in (
        second,
        order.permutation(1000, key(stream=1)),
        order.permutation(1000, key(seed=1)),
        np.arange(1000),
    ):
        # The number of fixed points is Poisson(1): 12 or more once in 10**9.
        assert np.sum(first == other) < 12


def test_a_position_far_out_needs_nothing_before_it():
    position = 10**12 + np.arange(100)
    visited = order.visit(position, 100, key(), order.walk_numpy)
    one_by_one = [
        order.visit(position[i : i + 1], 100, key(), order.walk_numpy)[0]
        for i in range(100)
    ]
    np.testing.assert_array_equal(visited, one_by_one)
    np.testing.assert_array_equal(np.sort(visited), np.arange(100))


@pytest.mark.parametrize("size", [2, 3, 5, 10, 50])
def test_every_example_is_equally_often_at_every_position(size):
    """Chi-square over 400 * size epochs; fails by chance once in 10**6 per size.

    Rows and columns of the table have fixed sums, which leaves (size - 1)**2 degrees
    of freedom and, of the sum over cells, (size - 1) / size.
    """
    epochs = 400 * size
    visited = order.visit(np.arange(epochs * size), size, key(1), order.walk_numpy)
    position = np.tile(np.arange(size), epochs)
    counts = np.bincount(position * size + visited, minlength=size * size)
    expected = epochs / size
    statistic = np.sum((counts - expected) ** 2 / expected)
    degrees = (size - 1) ** 2
    assert statistic * (size - 1) / size < stats.chi2.isf(1e-6, degrees)
    if degrees > 1:
        # Nor more even than chance.
        assert statistic * (size - 1) / size > stats.chi2.ppf(1e-6, degrees)


@pytest.mark.parametrize("size", [7, 10])
def test_neighbours_are_uniform_too(size):
    """Pairs at positions 0 and 1, chi-square; false alarm once in 10**6 per size."""
    epochs = 200 * size * (size - 1)
    visited = order.visit(np.arange(epochs * size), size, key(2), order.walk_numpy)
    first, second = visited.reshape(epochs, size)[:, :2].T
    counts = np.bincount(first * size + second, minlength=size * size)
    counts = counts.reshape(size, size)[~np.eye(size, dtype=bool)]
    statistic = np.sum((counts - 200) ** 2 / 200)
    assert statistic < stats.chi2.isf(1e-6, size * (size - 1) - 1)


@pytest.mark.tensorflow
@pytest.mark.parametrize("size", [1, 2, 50, 65537])
def test_tensors_are_visited_in_the_same_order(size):
    import tensorflow as tf

    position = np.concatenate([np.arange(200), 10**12 + np.arange(200)])
    expected = order.visit(position, size, key(), order.walk_numpy)
    visit = tf.function(lambda p: order.visit(p, size, key(), order.walk_tensors))
    np.testing.assert_array_equal(visit(tf.constant(position)), expected)
