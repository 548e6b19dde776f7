import math
import os
import weakref
from typing import Any

import numpy as np


class NpyFile:
    """An `.npy` file that is read by index.

    The rows are read where they are asked for, not mapped: the memory that a process
    may have bounds no file, and a file that was cut short is an error that names it,
    where a mapping would end the process.

    Args:
        path: String, the path of the file. It is never unpickled.

    Raises:
        ValueError: For a file that is missing, damaged, or holds anything else than an
            array of numbers in C order.
    """

    def __init__(self, path: str) -> None:
        self.path = os.fspath(path)
        try:
            with open(self.path, "rb") as file:
                self.shape, in_columns, self.dtype = _header(file)
                self._start = file.tell()
                held = os.fstat(file.fileno()).st_size - self._start
        except Exception as error:
            # A damaged header fails in many ways.
            raise self._damage(error) from error
        if not self.shape:
            raise self._damage("a single number")
        if self.dtype.hasobject or self.dtype.kind not in "iufb":
            raise ValueError(
                f"{self.path}: expected an array of numbers, saved without pickling; "
                f"save it with a numeric dtype. Received: dtype {self.dtype}"
            )
        if in_columns and len(self.shape) > 1:
            raise ValueError(
                f"{self.path}: expected an array in C order, one example after the "
                "other; save np.ascontiguousarray of it. Received: Fortran order"
            )
        claimed = math.prod(self.shape) * self.dtype.itemsize
        if claimed != held:
            raise self._damage(
                f"its header claims {claimed} bytes, the file holds {held}"
            )
        self._open()

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> np.ndarray:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step == 1:
                return self._runs([start], [max(0, stop - start)])
            index = np.arange(start, stop, step)
        index = np.asarray(index)
        if not len(index):
            return self._runs([], [])
        # Neighbours are read at once.
        first = np.flatnonzero(np.diff(index, prepend=index[0] - 2) != 1)
        return self._runs(
            index[first].tolist(), np.diff(first, append=len(index)).tolist()
        )

    def _runs(self, starts, lengths):
        x = np.empty((sum(lengths), *self.shape[1:]), self.dtype)
        size = math.prod(self.shape[1:]) * self.dtype.itemsize
        content, position = memoryview(x.reshape(-1).view("uint8")), 0
        for start, length in zip(starts, lengths):
            end = position + length * size
            self._read(content[position:end], self._start + start * size)
            position = end
        return x

    def _read(self, content, offset):
        # A call reads at most two gigabytes.
        while len(content):
            try:
                count = os.preadv(self._descriptor, [content], offset)
            except OSError as error:
                raise self._damage(error) from error
            if count == 0:
                raise self._damage("it became shorter since it was opened")
            content, offset = content[count:], offset + count

    def _open(self):
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY)
        except OSError as error:
            raise self._damage(error) from error
        weakref.finalize(self, os.close, self._descriptor)

    def _damage(self, said):
        said = getattr(said, "strerror", None) or said
        said = " ".join(str(said).split())[:200]
        return ValueError(
            f"{self.path}: expected a whole .npy file; make or copy it again. "
            f"Received: {said}"
        )

    def __getstate__(self) -> dict:
        # Another process opens the file itself.
        return {k: v for k, v in self.__dict__.items() if k != "_descriptor"}

    def __setstate__(self, state: dict) -> None:
        self.__dict__.update(state)
        self._open()


def _header(file):
    version = np.lib.format.read_magic(file)
    if version == (1, 0):
        return np.lib.format.read_array_header_1_0(file)
    # The third version differs from the second in the names of fields alone.
    return np.lib.format.read_array_header_2_0(file)
