import re

import numpy as np
import pytest

from keras_mixup.data import corrupt_labels, random_bits

Y = np.arange(997) % 10


@pytest.mark.parametrize("rate", [0.0, 0.001, 0.2, 0.5, 0.8, 1])
def test_as_many_are_replaced_as_the_rate_says(rate):
    # With a class that none of them has, every replacement but a tenth shows.
    noisy = corrupt_labels(np.full(997, 10), rate, 10, seed=1)
    assert np.sum(noisy < 10) == round(rate * 997)


def test_labels_are_drawn_from_all_classes_the_true_one_included():
    noisy = corrupt_labels(np.zeros(20000, int), 1.0, 10, seed=0)
    counts = np.bincount(noisy, minlength=10)
    # A false alarm in 10,000 (chi-squared, 9 degrees of freedom).
    assert np.square(counts - 2000).sum() / 2000 < 33.7


def test_lower_rates_are_part_of_higher_ones():
    changed = np.arange(997) < 0
    for rate in (0.2, 0.5, 0.8, 1.0):
        noisy = corrupt_labels(Y, rate, 10, seed=2)
        before, changed = changed, noisy != Y
        assert changed[before].all()
        if rate == 0.5:
            at_half = noisy
        elif rate > 0.5:
            np.testing.assert_array_equal(noisy[before], at_half[before])
            at_half = noisy


def test_a_function_of_its_arguments_that_leaves_them_alone():
    y = Y.astype("int32")
    first, second = (corrupt_labels(y, 0.5, 10, seed=4) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(y, Y)
    assert first.dtype == "int32"
    assert (first != corrupt_labels(y, 0.5, 10, seed=5)).any()


def test_replaced_examples_are_spread_evenly():
    hits = np.zeros(20)
    for seed in range(2000):
        hits += corrupt_labels(np.full(20, 3), 0.25, 3, seed=seed) < 3
    # Each is chosen 500 times, standard deviation 19; a false alarm in 3,000.
    assert np.abs(hits - 500).max() < 80


def test_no_labels_at_all():
    assert corrupt_labels(np.zeros(0, int), 0.5, 3).shape == (0,)


def test_the_draws_are_none_of_another_stream():
    key = random_bits.root_key(0, random_bits.NOISE)
    others = [random_bits.root_key(0, stream) for stream in range(random_bits.NOISE)]
    assert key not in others


@pytest.mark.parametrize("rate", [-0.1, 1.01, float("nan"), True, "0.5", None])
def test_a_rate_that_is_none(rate):
    message = f"must be a number from 0 to 1. Received: {rate!r}"
    with pytest.raises(ValueError, match=re.escape(message)):
        corrupt_labels(Y, rate, 10)


@pytest.mark.parametrize("y", [np.eye(3), np.zeros(4), np.array(["a", "b"])])
def test_labels_that_are_no_class_ids(y):
    with pytest.raises(ValueError, match="corrupt_labels: expected labels to be int"):
        corrupt_labels(y, 0.5, 3)


def test_no_classes_to_draw_from():
    with pytest.raises(ValueError, match="`num_classes` must be an integer of at le"):
        corrupt_labels(Y, 0.5, 0)
