import pickle
import threading

import numpy as np
import pytest

from keras_mixup.data import indexed

X = np.random.RandomState(0).randint(0, 255, (23, 4, 3)).astype("uint8")


class Rows:
    """An object that is read by index, and remembers what it was asked for."""

    def __init__(self, x=X):
        self._x, self.shape, self.dtype, self.asked = x, x.shape, x.dtype, []

    def __len__(self):
        return len(self._x)

    def __getitem__(self, index):
        self.asked.append(index)
        return self._x[index]


def test_what_is_in_memory_and_what_is_read_by_index(tmp_path):
    np.save(tmp_path / "x.npy", X)
    mapped, rows = np.load(tmp_path / "x.npy", mmap_mode="r"), Rows()
    for x in (mapped, rows, indexed.Selection(rows, np.arange(3))):
        assert indexed.as_indexed(x) is x
        assert not indexed.in_memory(x)
    for x in (X, X.tolist()):
        assert indexed.in_memory(indexed.as_indexed(x))


def test_a_selection_of_a_selection_is_one_of_the_whole():
    kept = np.array([1, 2, 5, 8, 13])
    x = indexed.take(indexed.take(Rows(), kept), np.array([0, 3, 4]))
    assert (x.shape, x.dtype, len(x)) == ((3, 4, 3), np.uint8, 3)
    np.testing.assert_array_equal(x[:], X[[1, 8, 13]])
    np.testing.assert_array_equal(x[np.array([1, 2])], X[[8, 13]])
    np.testing.assert_array_equal(x[1:2], X[[8]])
    assert isinstance(x._x, Rows)


def test_in_memory_a_selection_is_a_copy():
    x = indexed.take(X, np.array([3, 4]))
    assert isinstance(x, np.ndarray)
    np.testing.assert_array_equal(x, X[3:5])


@pytest.mark.parametrize("kind", [Rows, np.asarray])
def test_one_after_the_other(kind):
    x = indexed.concatenate([Rows(X[:5]), kind(X[5:20]), Rows(X[20:])])
    assert (x.shape, len(x)) == (X.shape, 23)
    for index in (slice(None), slice(3, 7), np.array([0, 4, 5, 19, 20, 22])):
        np.testing.assert_array_equal(x[index], X[index])
    assert x[np.array([], int)].shape == (0, 4, 3)
    both = indexed.concatenate([X[:5], X[5:]])
    assert isinstance(both, np.ndarray)


def test_the_order_and_the_repetitions_of_a_batch_cost_no_reading():
    rows = Rows()
    index = np.array([[7, 3], [7, 22]])
    np.testing.assert_array_equal(indexed.gather(rows, index), X[index])
    np.testing.assert_array_equal(rows.asked, [[3, 7, 22]])
    np.testing.assert_array_equal(indexed.gather(X, index), X[index])


@pytest.mark.parametrize("shape", [(3, 2), (2100, 1000), (1, 2**21), (70, 30_000)])
def test_all_is_read_in_order_and_in_small_parts(shape):
    x = np.arange(np.prod(shape)).reshape(shape)
    read = list(indexed.read_parts(Rows(x)))
    np.testing.assert_array_equal(np.concatenate(read), x)
    assert all(part.size <= max(2**20, x[0].size) for part in read)


def test_what_fails_in_a_thread_fails_here_and_leaves_no_thread():
    class Broken(Rows):
        def __getitem__(self, index):
            if index.start >= 40:
                raise ValueError("part 40")
            return self._x[index]

    before = threading.active_count()
    with pytest.raises(ValueError, match="part 40"):
        list(indexed.read_parts(Broken(np.zeros((90, 2**19)))))
    assert threading.active_count() == before


def test_views_go_to_another_process():
    x = indexed.concatenate([indexed.Selection(X, np.arange(3)), X])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x))[:], x[:])
