"""Tells whether a data set is still the one that it was."""

import hashlib
from typing import Any

import numpy as np

from keras_mixup.data import indexed
from keras_mixup.data.source import SPLITS, Source

_SAMPLED = 1024


def fingerprint(source: Source) -> str:
    """Returns 32 hexadecimal digits that change with a data set.

    They are of every value of a set in memory. Of inputs that are read by index they
    are of their shape, the names and sizes of image files, and 1024 evenly spaced
    examples of each split, so that a set larger than memory is told in seconds. Labels
    all count.

    Args:
        source: A `Source`.

    Returns:
        String.
    """
    digest = hashlib.blake2b(digest_size=16)
    facts = (source.num_classes, source.class_names, source.standardize)
    digest.update(repr(facts).encode())
    for split in SPLITS:
        x, y = getattr(source, split)
        digest.update(np.ascontiguousarray(y))
        _add_inputs(digest, x)
    if source.unlabeled is not None:
        _add_inputs(digest, source.unlabeled)
    return digest.hexdigest()


def _add_inputs(digest: Any, x: Any) -> None:
    digest.update(repr((tuple(x.shape), np.dtype(x.dtype).str)).encode())
    if not indexed.in_memory(x):
        digest.update(getattr(x, "signature", "").encode())
        step = -(-len(x) // _SAMPLED)
        x = indexed.take(x, np.arange(0, len(x), step))
    for part in indexed.read_parts(x):
        digest.update(np.ascontiguousarray(part).reshape(-1).view("uint8"))
