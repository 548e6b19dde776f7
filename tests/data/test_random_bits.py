import numpy as np
import pytest

from keras_mixup.data import random_bits


def reference(key, index):
    """The documented hash in Python's own integers, with unsigned factors."""

    def scramble(word):
        word ^= word >> 16
        word = word * 0x7FEB352D % 2**32
        word ^= word >> 15
        word = word * 0x846CA68B % 2**32
        return word ^ word >> 16

    word = scramble(index % 2**32 ^ key[0] ^ scramble(index >> 32))
    return scramble((word + key[1]) % 2**32)


def test_bits_match_unsigned_arithmetic():
    index = np.concatenate([np.arange(1000), 2**32 + np.arange(9), [2**62 + 5]])
    key = (2**32 - 1, 12345)
    expected = [reference(key, int(i)) for i in index]
    np.testing.assert_array_equal(random_bits.bits(key, index), expected)


@pytest.mark.tensorflow
def test_tensors_get_the_same_bits():
    import tensorflow as tf

    index = np.concatenate([np.arange(1000), [2**40, 2**63 - 1]])
    key = random_bits.root_key(-3, 4)
    expected = np.stack(random_bits.fold_in(key, index))
    compute = tf.function(lambda i: random_bits.fold_in(key, i))
    np.testing.assert_array_equal(np.stack(compute(tf.constant(index))), expected)


def test_streams_and_seeds_differ():
    keys = {
        random_bits.root_key(seed, stream)
        for seed in (-1, 0, 1, 2**32, 2**63)
        for stream in range(5)
    }
    assert len(keys) == 25


@pytest.mark.parametrize("seed", [1.5, 1.0, True, "1", None])
def test_a_seed_that_is_no_integer_is_refused(seed):
    with pytest.raises(ValueError, match="`seed` must be an integer"):
        random_bits.root_key(seed, 0)


def test_integers_of_numpy_are_the_same_seeds():
    assert random_bits.root_key(np.int64(3), 0) == random_bits.root_key(3, 0)


def test_bits_are_uniform_and_unrelated_to_the_seed_of_their_neighbour():
    """Chi-square of 64 bins, top and bottom bits; fails by chance once in 10**6."""
    from scipy import stats

    index = np.arange(64_000)
    limit = stats.chi2.isf(1e-6 / 4, 63)
    for seed in (0, 1):
        drawn = random_bits.bits(random_bits.root_key(seed, 0), index)
        for part in (drawn % 64, drawn // 2**26):
            counts = np.bincount(part, minlength=64)
            assert np.sum((counts - 1000) ** 2 / 1000) < limit
    other = random_bits.bits(random_bits.root_key(0, 0), index)
    # The correlation of independent draws has a standard deviation of 1/sqrt(n).
    assert abs(np.corrcoef(drawn, other)[0, 1]) < 5 / np.sqrt(len(index))
