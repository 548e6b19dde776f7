import weakref
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from keras_mixup.data import indexed

_AHEAD = 4


class ReadAhead:
    """Reads by number, and where they are asked for one by one, the next ones ahead.

    Args:
        read: Function from a number to what is read, called from several threads.
        stop: Integer, the first number that there is not, or `None`.
    """

    def __init__(self, read: Callable[[int], Any], stop: int | None) -> None:
        self._read, self._stop = read, stop
        self._pool: ThreadPoolExecutor | None = None
        self._futures: dict[int, Future] = {}
        self._expected = -1

    def __getitem__(self, number: int) -> Any:
        if number != self._expected:
            self._drop()
        in_a_row, self._expected = number == self._expected, number + 1
        future = self._futures.pop(number, None)
        if not in_a_row:
            return self._read(number)
        for following in range(number + 1, number + 1 + _AHEAD):
            if following in self._futures or following == self._stop:
                continue
            self._futures[following] = self._submit(following)
        return self._read(number) if future is None else future.result()

    def _submit(self, number):
        if self._pool is None:
            self._pool = ThreadPoolExecutor(min(_AHEAD, indexed.num_threads()))
            weakref.finalize(self, self._pool.shutdown, wait=False, cancel_futures=True)
        return self._pool.submit(self._read, number)

    def _drop(self):
        for future in self._futures.values():
            future.cancel()
        self._futures = {}

    def __getstate__(self) -> dict:
        return {**self.__dict__, "_pool": None, "_futures": {}, "_expected": -1}
