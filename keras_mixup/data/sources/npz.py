"""Data sets from `.npz` files."""

import zipfile
import zlib
from pathlib import Path

import numpy as np

from keras_mixup.data.source import Source
from keras_mixup.data.sources import assembly

_SPLIT_KEYS = ("x_train", "y_train", "x_test", "y_test")
_WHOLE_KEYS = ("X", "y")
_UNLABELED_KEY = "x_unlabeled"


def load(path: str, num_validation: int | None, seed: int) -> Source:
    """Loads a file; see `keras_mixup.data.load`."""
    arrays = _read(Path(path))
    name, unlabeled = Path(path).stem, arrays.get(_UNLABELED_KEY)
    if set(_SPLIT_KEYS) <= set(arrays):
        x_train, y_train, x_test, y_test = (arrays[key] for key in _SPLIT_KEYS)
        return assembly.split_train(
            name,
            (x_train, y_train),
            (x_test, y_test),
            num_validation,
            seed,
            unlabeled=unlabeled,
        )
    return assembly.split_in_three(
        name, arrays["X"], arrays["y"], num_validation, seed, unlabeled=unlabeled
    )


def _read(path: Path) -> dict[str, np.ndarray]:
    if not path.is_file():
        raise ValueError(
            f"Expected a data file at {path}; check the path. Received: "
            f"{'a folder' if path.is_dir() else 'no file'}"
        )
    try:
        # Opened here, since NumPy leaves a damaged file open.
        with path.open("rb") as content:
            # Unpickling would run whatever code a file holds.
            arrays = np.load(content, allow_pickle=False)
            return {key: arrays[key] for key in _keys(path, arrays)}
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise ValueError(
            f"{path}: expected arrays of numbers, saved without pickling; save them "
            "with a numeric dtype. Received: an array of Python objects, or a file "
            "that is no .npz"
        ) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise ValueError(
            f"{path}: expected a whole .npz file; make or copy it again. Received: a "
            f"file that is truncated or no .npz ({error})"
        ) from error


def _keys(path, arrays):
    if isinstance(arrays, np.ndarray):
        raise ValueError(
            f"{path}: expected an .npz file with named arrays; save it with np.savez. "
            "Received: a single array"
        )
    for keys in (_SPLIT_KEYS, _WHOLE_KEYS):
        if set(keys) <= set(arrays.files):
            optional = _UNLABELED_KEY in arrays.files
            return (*keys, _UNLABELED_KEY) if optional else keys
    raise ValueError(
        f"{path}: expected the arrays {list(_SPLIT_KEYS)}, or {list(_WHOLE_KEYS)}, "
        f"and {_UNLABELED_KEY!r} for inputs without labels if there are any. "
        f"Received: {sorted(arrays.files)}"
    )
