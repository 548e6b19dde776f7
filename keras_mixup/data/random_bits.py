"""Keyed random bits in whole-number arithmetic.

Every function here uses `+ * // & ^` alone, which NumPy arrays, TensorFlow's int64
tensors and Python's integers all understand and never overflow here, so that each of
them gets the very same bits from one piece of code.
"""

from typing import Any

from keras_mixup.data import array_checks

Key = tuple[Any, Any]
"""Two words of 32 bits, integers or int64 arrays or tensors."""

WORD = 2**32 - 1

# Each stream of draws has a name of its own, so that none repeats another.
SPLIT, LABELS, LABELED, UNLABELED, MIX, NOISE = range(6)


def root_key(seed: int, stream: int) -> Key:
    """Derives the key of a stream of draws from a seed.

    Args:
        seed: Integer; 64 bits of it count.
        stream: Small integer, one of the names above.

    Returns:
        A pair of integers.

    Raises:
        ValueError: For a seed that is no integer.
    """
    if not array_checks.is_integer(seed):
        raise ValueError(f"`seed` must be an integer. Received: seed={seed!r}")
    return fold_in(fold_in((0x243F6A88, 0x85A308D3), int(seed) % 2**64), stream)


def fold_in(key: Key, data: Any) -> Key:
    """Derives a new key from a key and an integer of at least 0, of any shape."""
    left, right = key
    return bits(key, data), bits((right ^ 0x13198A2E, left ^ 0x03707344), data)


def bits(key: Key, index: Any) -> Any:
    """Draws 32 uniform bits for each index of at least 0."""
    left, right = key
    return word_bits((left ^ _scramble(index // 2**32), right), index & WORD)


def word_bits(key: Key, word: Any) -> Any:
    """Draws 32 uniform bits for each index from 0 to 2**32 - 1."""
    left, right = key
    return _scramble((_scramble(word ^ left) + right) & WORD)


def _scramble(word):
    """A permutation of the 32-bit words: the finaliser `lowbias32`.

    Reference: https://github.com/skeeto/hash-prospector (public domain). Its second
    factor is taken modulo 2**32 to the negative side, so that no product leaves int64.
    """
    word = word ^ (word // 2**16)
    word = (word * 0x7FEB352D) & WORD
    word = word ^ (word // 2**15)
    word = (word * (0x846CA68B - 2**32)) & WORD
    return word ^ (word // 2**16)
