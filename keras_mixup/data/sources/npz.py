"""Data sets from `.npz` files."""

import contextlib
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_mixup.data.source import Source
from keras_mixup.data.sources import assembly, memory

_SPLIT_KEYS = ("x_train", "y_train", "x_test", "y_test")
_WHOLE_KEYS = ("X", "y")
_UNLABELED_KEY = "x_unlabeled"


def load(path: str, num_validation: int | None, seed: int) -> Source:
    """Loads a file; see `keras_mixup.data.load`."""
    return from_arrays(Path(path).stem, _read(Path(path)), num_validation, seed)


def from_arrays(
    name: str, arrays: dict[str, Any], num_validation: int | None, seed: int
) -> Source:
    """Makes a source of arrays by their names in a file."""
    unlabeled = arrays.get(_UNLABELED_KEY)
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
    with _damage_in_one_line(path):
        # Opened here, since NumPy leaves a damaged file open.
        content = path.open("rb")
    with content:
        with _damage_in_one_line(path):
            # Unpickling would run whatever code a file holds.
            arrays = np.load(content, allow_pickle=False)
        if isinstance(arrays, np.ndarray):
            raise ValueError(
                f"{path}: expected an .npz file with named arrays; save it with "
                "np.savez. Received: a single array"
            )
        keys = needed_keys(path, arrays.files)
        with _damage_in_one_line(path):
            needed = sum(_size(arrays.zip, key) for key in keys)
        memory.check_fits(str(path), needed, "use fewer or smaller examples")
        with _damage_in_one_line(path):
            return {key: arrays[key] for key in keys}


@contextlib.contextmanager
def _damage_in_one_line(path: Path) -> Iterator[None]:
    try:
        yield
    # A damaged file can fail in any of the libraries that read it.
    except Exception as error:
        if "allow_pickle" in str(error):
            raise ValueError(
                f"{path}: expected arrays of numbers, saved without pickling; save "
                "them with a numeric dtype. Received: an array of Python objects, or "
                "a file that is no .npz"
            ) from error
        said = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{path}: expected a whole .npz file; make or copy it again. Received: a "
            f"file that is truncated, damaged or no .npz ({said})"
        ) from error


def _size(archive, key):
    """The bytes of an array, once its header claims as many as the file holds."""
    names = set(archive.namelist())
    name = f"{key}.npy" if f"{key}.npy" in names else key
    with archive.open(name) as member:
        version = np.lib.format.read_magic(member)
        read = {(1, 0): np.lib.format.read_array_header_1_0}
        # The third version differs from the second in the names of fields alone.
        shape, _, dtype = read.get(version, np.lib.format.read_array_header_2_0)(member)
        held = archive.getinfo(name).file_size - member.tell()
    claimed = math.prod(shape) * dtype.itemsize
    if claimed != held and not dtype.hasobject:
        raise ValueError(
            f"the header of {key!r} claims {claimed} bytes, the file holds {held}"
        )
    return held


def needed_keys(path: Path, names: Sequence[str]) -> tuple[str, ...]:
    """Returns which of the arrays in a file or folder make up the set.

    Raises:
        ValueError: Where they make up none.
    """
    for keys in (_SPLIT_KEYS, _WHOLE_KEYS):
        if set(keys) <= set(names):
            return (*keys, _UNLABELED_KEY) if _UNLABELED_KEY in names else keys
    raise ValueError(
        f"{path}: expected the arrays {list(_SPLIT_KEYS)}, or {list(_WHOLE_KEYS)}, "
        f"and {_UNLABELED_KEY!r} for inputs without labels if there are any. "
        f"Received: {sorted(names)}"
    )
