import pickle
import re

import numpy as np
import pytest

from keras_mixup import data
from keras_mixup.data.sources import memory
from keras_mixup.data.sources.npy_file import NpyFile

RNG = np.random.RandomState(0)
X, Y = RNG.randint(0, 256, (60, 6, 5, 3)).astype("uint8"), np.arange(60) % 3


def save(folder, **arrays):
    folder.mkdir(exist_ok=True)
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)
    return folder


def split(folder):
    return save(folder, x_train=X[:40], y_train=Y[:40], x_test=X[40:], y_test=Y[40:])


def assert_equal_sources(first, second):
    for name in ("train", "validation", "test"):
        one, other = getattr(first, name), getattr(second, name)
        np.testing.assert_array_equal(one.x[:], other.x[:])
        np.testing.assert_array_equal(one.y, other.y)


@pytest.mark.parametrize("in_memory", [True, False])
def test_a_folder_is_the_npz_of_its_files(tmp_path, in_memory):
    y = np.where(np.arange(40) % 4, Y[:40], -1)
    arrays = {"x_train": X[:40], "y_train": y, "x_test": X[40:], "y_test": Y[40:]}
    arrays["x_unlabeled"] = X[::-1]
    np.savez(tmp_path / "mine.npz", **arrays)
    expected = data.load(tmp_path / "mine.npz")
    source = data.load(save(tmp_path / "mine", **arrays), in_memory=in_memory)
    assert (source.name, source.in_memory) == ("mine", in_memory)
    assert_equal_sources(source, expected)
    np.testing.assert_array_equal(source.unlabeled[:], expected.unlabeled)
    np.testing.assert_array_equal(source.train_inputs[:], expected.train_inputs)


def test_a_folder_without_a_test_split_is_split_by_seed(tmp_path):
    np.savez(tmp_path / "mine.npz", X=X, y=Y)
    source = data.load(save(tmp_path / "mine", X=X, y=Y), seed=3, in_memory=False)
    assert_equal_sources(source, data.load(tmp_path / "mine.npz", seed=3))


def test_what_fits_is_read_into_memory(tmp_path, monkeypatch):
    folder = split(tmp_path / "mine")
    assert data.load(folder).in_memory
    monkeypatch.setattr(memory, "free_memory", lambda: 3 * X.nbytes - 1)
    assert not data.load(folder).in_memory
    with pytest.raises(ValueError, match=r"mine: expected a set that fits in memory"):
        data.load(folder, in_memory=True)


@pytest.mark.parametrize("dtype", ["uint8", "float16", ">f8", "int64", "bool"])
@pytest.mark.parametrize("shape", [(50,), (50, 3), (50, 2, 1, 4)])
def test_a_file_is_read_by_index(tmp_path, dtype, shape):
    x = RNG.normal(5, 3, shape).astype(dtype)
    file = NpyFile(save(tmp_path, x=x) / "x.npy")
    assert (file.shape, file.dtype, len(file)) == (shape, np.dtype(dtype), 50)
    indices = [slice(None), slice(3, 9), slice(40, 99), slice(9, 3), slice(2, 30, 5)]
    indices += [[0], [49], [3, 4, 5, 9, 11, 12], [9, 3, 3], []]
    for index in indices:
        chosen = np.array(index, int) if isinstance(index, list) else index
        np.testing.assert_array_equal(file[chosen], x[chosen])
        assert file[chosen].dtype == x.dtype


def test_a_file_goes_to_another_process(tmp_path):
    file = NpyFile(save(tmp_path, x=X) / "x.npy")
    copy = pickle.loads(pickle.dumps(file))
    np.testing.assert_array_equal(copy[:], X)
    assert copy._descriptor != file._descriptor


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


def vanish(path):
    path.unlink()


def scribble(path):
    path.write_bytes(b"\x93NUMPY\x01\x00v\x00{'descr': (" + b" " * 200)


DAMAGE = [
    (cut, r"claims 3600 bytes, the file holds 3599"),
    (vanish, r"expected the arrays .*Received: \['x_test', 'y_test', 'y_train'\]"),
    (scribble, "expected a whole .npy file"),
    (lambda p: p.write_bytes(b""), "expected a whole .npy file"),
    (lambda p: np.save(p, np.float32(3)), "Received: a single number"),
    (lambda p: np.save(p, np.asfortranarray(X[:40])), "save np.ascontiguousarray"),
    (lambda p: np.save(p, np.array([{}, 3])), "saved without pickling.*dtype object"),
    (lambda p: np.save(p, X[:39]), "39 inputs, 40 labels"),
]


@pytest.mark.parametrize(("damage", "message"), DAMAGE)
def test_damage_is_told_in_one_line(tmp_path, damage, message):
    folder = split(tmp_path / "mine")
    damage(folder / "x_train.npy")
    with pytest.raises(ValueError, match=message) as info:
        data.load(folder, in_memory=False)
    assert "\n" not in str(info.value)
    assert str(folder) in str(info.value) or "mine" in str(info.value)


def test_a_file_that_becomes_shorter_while_it_is_read(tmp_path):
    folder = split(tmp_path / "mine")
    source = data.load(folder, in_memory=False)
    batches = data.SupervisedBatches(source, None, 40)
    batches[0]
    cut(folder / "x_train.npy")
    message = rf"{re.escape(str(folder / 'x_train.npy'))}: .*became shorter"
    with pytest.raises(ValueError, match=message):
        batches[1]


@pytest.mark.parametrize(
    ("option", "value", "kind"),
    [("in_memory", False, "folders"), ("skip_damaged", True, "folders of images")],
)
def test_options_of_folders_for_other_sets(option, value, kind):
    message = f"`{option}` is for {kind}; leave it out for other sets. Received: "
    with pytest.raises(ValueError, match=re.escape(message)):
        data.load("digits", **{option: value})
