"""What the draws on PyTorch are made of."""

import keras
import numpy as np
import pytest

from keras_mixup import mixing, random

pytestmark = pytest.mark.torch


def split_mix(state):
    """The output function of SplitMix64, in unbounded integers."""
    mask = 2**64 - 1
    state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
    state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
    return state ^ (state >> 31)


def test_the_hash_is_that_of_split_mix_64():
    import torch

    from keras_mixup import _torch_random

    words = [0, 1, 2**31, 2**63 - 1, 2**63, 2**64 - 1, 0x0123456789ABCDEF]
    signed = torch.tensor([w - 2**64 if w >= 2**63 else w for w in words])
    mixed = [int(w) % 2**64 for w in _torch_random._mixed(signed)]
    assert mixed == [split_mix(w) for w in words]
    # The first number of the public generator that starts at 0.
    assert split_mix(0x9E3779B97F4A7C15) == 0xE220A8397B1DCDAF


def test_nothing_is_read_back_from_the_device():
    import torch
    from torch.utils._python_dispatch import TorchDispatchMode

    seen = set()

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
            seen.add(str(operation))
            return operation(*args, **(kwargs or {}))

    step = keras.Variable(3, dtype="int32", trainable=False)
    x = torch.zeros(8, 3)
    with Watch():
        seed = random.fold_in(random.fold_in((7, 1), step.value), 0)
        weights, partners = mixing.draw(8, 3, 0.5, seed, probability=0.5)
        random.integer(5, seed)
        mixing.mix(x, weights, partners)
    assert any("bitwise_xor" in name for name in seen)
    # On a GPU each of these would wait for all that runs there: a number for the host,
    # a choice by values, a copy of an array or a number of the host.
    waits = ("_local_scalar_dense", "nonzero", "lift_fresh")
    assert not {name for name in seen if any(wait in name for wait in waits)}


def test_words_of_a_seed_are_not_interchangeable():
    one, other = (np.asarray(random.fold_in(seed, 5)) for seed in ((1, 2), (2, 1)))
    assert not set(one) & set(other)


def test_two_streams_are_not_correlated():
    draws = [
        np.asarray(random.uniform((20_000,), random.fold_in((0, 0), data)))
        for data in range(4)
    ]
    correlations = np.corrcoef(draws)[np.triu_indices(4, 1)]
    # Five sigma.
    assert np.abs(correlations).max() < 5 / 20_000**0.5
