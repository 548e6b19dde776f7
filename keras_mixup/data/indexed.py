"""Inputs that are read by index: an array in memory, or examples that lie on a disk."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Any, Protocol, runtime_checkable

import numpy as np

_VALUES_AT_ONCE = 2**20


@runtime_checkable
class Indexed(Protocol):
    """Examples that are read by their numbers.

    NumPy arrays are of this kind, in memory or mapped (`np.load(..., mmap_mode="r")`),
    and so is any object without `__array__` that has what follows. `x[index]` is only
    ever asked for a slice or for an ascending array of different int64 numbers, and
    from several threads at once. It returns a NumPy array of shape
    `(numbers, *x.shape[1:])`.
    """

    @property
    def shape(self) -> tuple[int, ...]:
        """`(examples, ...)`."""

    @property
    def dtype(self) -> np.dtype:
        """Of the values."""

    def __len__(self) -> int:
        """Number of examples."""

    def __getitem__(self, index: Any) -> Any:
        """Examples by number."""


def in_memory(x: Any) -> bool:
    """Whether inputs are an array that is held in memory."""
    return isinstance(x, np.ndarray) and not isinstance(x, np.memmap)


def as_indexed(x: Any) -> Any:
    """Returns inputs that are read by index as they are, all others as an array."""
    if isinstance(x, np.memmap):
        return x
    if not hasattr(x, "__array__") and isinstance(x, Indexed):
        return x
    return np.asarray(x)


def take(x: Any, index: np.ndarray) -> Any:
    """Some examples in ascending order: a copy in memory, else still by index."""
    return x[index] if in_memory(x) else Selection(x, index)


def concatenate(parts: Sequence[Any]) -> Any:
    """One after the other: a copy where all are in memory, else still by index."""
    if all(map(in_memory, parts)):
        return np.concatenate(parts)
    return Concatenation(parts)


def gather(x: Any, index: np.ndarray) -> np.ndarray:
    """Reads examples in any order and as often as is asked, each of them once."""
    if in_memory(x):
        return np.take(x, index, axis=0)
    numbers, position = np.unique(index, return_inverse=True)
    return np.take(np.asarray(x[numbers]), position.reshape(index.shape), axis=0)


def parts(x: Any) -> Iterator[slice]:
    """Slices of about a million values, so that float64 copies stay small."""
    size = max(1, int(np.prod(x.shape[1:], dtype="int64")))
    length = max(1, _VALUES_AT_ONCE // size)
    return (slice(i, min(i + length, len(x))) for i in range(0, len(x), length))


def read_parts(x: Any) -> Iterator[np.ndarray]:
    """Reads all examples in order, some parts ahead in threads."""
    if in_memory(x):
        yield from (x[part] for part in parts(x))
        return
    remaining, threads = parts(x), num_threads()
    with ThreadPoolExecutor(threads) as pool:
        ahead = [
            pool.submit(x.__getitem__, part) for part in islice(remaining, threads)
        ]
        try:
            while ahead:
                yield np.asarray(ahead.pop(0).result())
                for part in islice(remaining, 1):
                    ahead.append(pool.submit(x.__getitem__, part))
        finally:
            for future in ahead:
                future.cancel()


def num_threads() -> int:
    """How many threads read: as many as there are processors, at most 16."""
    return min(
        16, len(os.sched_getaffinity(0)) if _has_affinity() else os.cpu_count() or 1
    )


def _has_affinity():
    return hasattr(os, "sched_getaffinity")


class Selection:
    """Some examples of others that are read by index.

    Args:
        x: An `Indexed`.
        index: int64 array of ascending numbers.
    """

    def __init__(self, x: Any, index: np.ndarray) -> None:
        chained = isinstance(x, Selection)
        self._x: Any = x._x if chained else x
        self._index: np.ndarray = x._index[index] if chained else index

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self._index), *self._x.shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return self._x.dtype

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, index: Any) -> np.ndarray:
        return np.asarray(self._x[self._index[index]])

    @property
    def signature(self) -> str:
        """That of the whole, where it has one."""
        return getattr(self._x, "signature", "")


class Concatenation:
    """Examples that are read by index, one set of them after the other.

    Args:
        parts: Sequence of `Indexed`, of one shape but for their length.
    """

    def __init__(self, parts: Sequence[Any]) -> None:
        self._parts = tuple(parts)
        self._ends = np.cumsum([len(part) for part in parts])

    @property
    def shape(self) -> tuple[int, ...]:
        return (len(self), *self._parts[0].shape[1:])

    @property
    def dtype(self) -> np.dtype:
        return np.result_type(*(part.dtype for part in self._parts))

    def __len__(self) -> int:
        return int(self._ends[-1])

    def __getitem__(self, index: Any) -> np.ndarray:
        if isinstance(index, slice):
            index = np.arange(len(self))[index]
        which = np.searchsorted(self._ends, index, side="right")
        found = []
        for number, part in enumerate(self._parts):
            mine = index[which == number]
            if len(mine):
                start = self._ends[number] - len(part)
                found.append(np.asarray(part[mine - start]))
        if not found:
            return np.empty((0, *self.shape[1:]), self.dtype)
        return np.concatenate(found).astype(self.dtype, copy=False)

    @property
    def signature(self) -> str:
        """Those of the parts."""
        return "\n".join(getattr(part, "signature", "") for part in self._parts)
