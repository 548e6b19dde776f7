import itertools
import re

import numpy as np
import pytest

from keras_mixup.data import choose_labeled, splits

Y = np.arange(60) % 3


def test_labels_are_chosen_equally_by_class():
    chosen = choose_labeled(Y, 12, 3, seed=5)
    np.testing.assert_array_equal(np.bincount(Y[chosen]), [4, 4, 4])
    np.testing.assert_array_equal(chosen, np.unique(chosen))
    np.testing.assert_array_equal(chosen, choose_labeled(Y, 12, 3, seed=5))


def test_the_seed_changes_the_choice():
    choices = {tuple(choose_labeled(Y, 12, 3, seed=seed)) for seed in range(20)}
    # Two choices agree once in C(20, 4)**3, 10**11.
    assert len(choices) == 20


def test_each_member_of_a_class_is_chosen_equally_often():
    """Each is chosen in 800 * 4 / 20 draws; six deviations: once in 10**7."""
    draws = [choose_labeled(Y, 12, 3, seed=seed) for seed in range(800)]
    counts = np.bincount(np.concatenate(draws), minlength=60)
    assert np.abs(counts - 160).max() < 6 * np.sqrt(800 * 0.2 * 0.8)


@pytest.mark.filterwarnings("ignore:.*do not divide")
def test_smaller_choices_are_part_of_larger_ones():
    nested = [set(choose_labeled(Y, n, 3, seed=1)) for n in range(3, 61)]
    for smaller, larger in itertools.pairwise(nested):
        assert smaller < larger


def test_a_remainder_is_said_and_given_to_classes_of_the_seed():
    favoured = set()
    for seed in range(20):
        with pytest.warns(UserWarning, match="1 classes, chosen by the seed, get 5"):
            chosen = choose_labeled(Y, 13, 3, seed=seed)
        counts = np.bincount(Y[chosen])
        np.testing.assert_array_equal(np.sort(counts), [4, 4, 5])
        favoured.add(int(counts.argmax()))
    # One of the three is never favoured in 20 draws once in 1,000; seeds are fixed.
    assert favoured == {0, 1, 2}


def test_all_labels_are_all_even_when_classes_are_unequal():
    y = np.array([0, 0, 0, 1])
    np.testing.assert_array_equal(choose_labeled(y, 4, 2), np.arange(4))


@pytest.mark.parametrize("num_labels", [2, 61])
def test_too_few_and_too_many_labels(num_labels):
    message = (
        "`num_labels` must be at least the number of classes and at most the number "
        "of training examples that have a label, 3 to 60. Received: "
        f"num_labels={num_labels}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        choose_labeled(Y, num_labels, 3)


@pytest.mark.parametrize("num_labels", [0, -1, 1.5, "9", True])
def test_a_number_of_labels_that_is_none(num_labels):
    with pytest.raises(ValueError, match="`num_labels` must be an integer of at least"):
        choose_labeled(Y, num_labels, 3)


def test_more_labels_than_a_class_has():
    y = np.array([0] * 10 + [1])
    message = "Expected at least 2 examples of class 1 .* Received: 1"
    with pytest.raises(ValueError, match=message):
        choose_labeled(y, 4, 2)


def test_held_out_examples_are_in_proportion():
    y = np.repeat([0, 1, 2], [50, 30, 20])
    kept, held_out = splits.hold_out("set", y, 20, 3, seed=0)
    np.testing.assert_array_equal(np.bincount(y[held_out]), [10, 6, 4])
    np.testing.assert_array_equal(
        np.sort(np.concatenate([kept, held_out])), np.arange(100)
    )


@pytest.mark.parametrize("size", range(1, 90, 7))
def test_exactly_as_many_are_held_out_as_asked_for(size):
    y = np.repeat([0, 1, 2], [50, 33, 17])
    kept, held_out = splits.hold_out("set", y, size, 3, seed=0)
    assert (len(kept), len(held_out)) == (100 - size, size)
    shares = np.array([50, 33, 17]) * size / 100
    assert np.abs(np.bincount(y[held_out], minlength=3) - shares).max() < 1


@pytest.mark.parametrize("size", [0, 58, 1000])
def test_too_many_held_out(size):
    with pytest.raises(ValueError, match=f"expected a number from 1 to 57.*: {size}"):
        splits.hold_out("set", Y, size, 3, seed=0)


def test_a_class_too_small_to_split():
    y = np.array([0] * 20 + [1])
    with pytest.raises(ValueError, match=r"enough examples of each.* of class 1"):
        splits.hold_out("set", y, 15, 2, seed=0)


def test_one_hot_rows_are_not_chosen_from():
    rows = np.eye(3, dtype="int32")[np.arange(9) % 3]
    with pytest.raises(ValueError, match="choose_labeled: expected labels to be int"):
        choose_labeled(rows, 3, 3)
