"""Data sets from folders of `.npy` files, which are read by index."""

import math
import os
from pathlib import Path

from keras_mixup.data.source import Source
from keras_mixup.data.sources import memory, npz
from keras_mixup.data.sources.npy_file import NpyFile

_SUFFIX = ".npy"
_LABELS = "y"


def is_npy_folder(path: str) -> bool:
    """Whether a folder holds `.npy` files."""
    try:
        return any(name.endswith(_SUFFIX) for name in os.listdir(path))
    except OSError:
        return False


def load(
    path: str, num_validation: int | None, seed: int, in_memory: bool | None = None
) -> Source:
    """Loads a folder; see `keras_mixup.data.load`."""
    root = Path(path)
    names = [file.stem for file in root.iterdir() if file.suffix == _SUFFIX]
    keys = npz.needed_keys(root, names)
    files = {key: NpyFile(str(root / (key + _SUFFIX))) for key in keys}
    needed = sum(
        math.prod(x.shape) * x.dtype.itemsize
        for key, x in files.items()
        if not key.startswith(_LABELS)
    )
    if in_memory:
        remedy = "use fewer or smaller examples, or leave `in_memory` out"
        memory.check_fits(path, needed, remedy)
    whole = in_memory or (in_memory is None and memory.fits(needed))
    arrays = {
        key: x[:] if whole or key.startswith(_LABELS) else x for key, x in files.items()
    }
    return npz.from_arrays(root.resolve().name, arrays, num_validation, seed)
