import io
import re
import tracemalloc
import zipfile

import numpy as np
import pytest

from keras_mixup import data
from keras_mixup.data.sources import memory

RNG = np.random.RandomState(0)
X, Y = RNG.normal(size=(40, 5)).astype("float32"), np.arange(40) % 4


def save(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def test_a_file_without_a_test_split_is_split_by_seed(tmp_path):
    path = save(tmp_path / "mine.npz", X=X, y=Y.astype("int16"))
    source = data.load(path)
    assert (source.name, source.num_classes) == ("mine", 4)
    splits = source.train, source.validation, source.test
    assert [len(split.y) for split in splits] == [26, 6, 8]
    together = np.concatenate([split.x for split in splits])
    np.testing.assert_array_equal(np.sort(together, 0), np.sort(X, 0))
    np.testing.assert_array_equal(np.bincount(source.test.y), [2, 2, 2, 2])
    np.testing.assert_array_equal(data.load(path).test.x, source.test.x)
    assert (data.load(path, seed=1).test.x != source.test.x).any()


def test_labels_stay_with_their_inputs(tmp_path):
    path = save(tmp_path / "mine.npz", X=np.stack([Y, np.arange(40)], 1) * 1.0, y=Y)
    source = data.load(path)
    for split in (source.train, source.validation, source.test):
        np.testing.assert_array_equal(split.x[:, 0], split.y)


def test_a_file_with_a_test_split_keeps_it(tmp_path):
    arrays = {"x_train": X, "y_train": Y[:, None], "x_test": X[:9], "y_test": Y[:9]}
    source = data.load(save(tmp_path / "mine.npz", **arrays), num_validation=10)
    np.testing.assert_array_equal(source.test.x, X[:9])
    assert (source.num_train, len(source.validation.y)) == (30, 10)


@pytest.mark.parametrize("shape", [(1,), (6, 7), (8, 8, 3), (2, 3, 4, 5)])
def test_inputs_of_any_rank_go_through_the_pipeline(tmp_path, shape):
    x = RNG.randint(0, 9, (40, *shape)).astype("uint8")
    source = data.load(save(tmp_path / "mine.npz", X=x, y=Y))
    assert source.input_shape == shape
    batch, _ = data.SupervisedBatches(source, None, 6)[0]
    assert batch.shape == (6, *shape)


def test_a_missing_file_and_a_folder_of_its_name(tmp_path):
    with pytest.raises(ValueError, match=r"data file at .*none\.npz.*: no file"):
        data.load(str(tmp_path / "none.npz"))
    (tmp_path / "folder.npz").mkdir()
    with pytest.raises(ValueError, match=r"check the path. Received: a folder"):
        data.load(tmp_path / "folder.npz")


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("save_arrays", [np.savez, np.savez_compressed])
def test_a_truncated_file(tmp_path, part, save_arrays):
    path = tmp_path / "mine.npz"
    save_arrays(path, X=X, y=Y)
    path.write_bytes(path.read_bytes()[: int(part * path.stat().st_size)])
    with pytest.raises(ValueError, match=r"mine\.npz: expected a") as raised:
        data.load(str(path))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("position", range(0, 700, 23))
def test_a_damaged_file_is_refused_or_read_whole(tmp_path, position):
    path = tmp_path / "mine.npz"
    np.savez_compressed(path, X=X, y=Y)
    content = bytearray(path.read_bytes())
    content[position] ^= 0xFF
    path.write_bytes(content)
    try:
        source = data.load(str(path))
    except ValueError as error:
        assert "\n" not in str(error)  # noqa: PT017
    else:
        together = np.concatenate([source.train.x, source.validation.x, source.test.x])
        np.testing.assert_array_equal(np.sort(together, 0), np.sort(X, 0))


def test_a_file_that_is_something_else(tmp_path):
    path = tmp_path / "mine.npz"
    path.write_text("x,y\n1,2\n")
    with pytest.raises(ValueError, match=r"or a file that is no \.npz"):
        data.load(str(path))
    with path.open("wb") as file:
        np.save(file, X)
    with pytest.raises(ValueError, match=r"save it with np\.savez.*a single array"):
        data.load(str(path))


def test_pickled_objects_are_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a file was unpickled",))

    objects = np.array([Bomb()] * 40, dtype=object)
    path = save(tmp_path / "mine.npz", X=objects, y=Y)
    with pytest.raises(ValueError, match=r"saved without pickling.*Python objects"):
        data.load(path)


def member(claimed, content=b"", dtype="<f4"):
    """The bytes of an array whose header claims any shape and dtype."""
    file = io.BytesIO()
    header = {"descr": dtype, "fortran_order": False, "shape": claimed}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue() + content


def write_members(path, x, change=None):
    """An .npz of a member's bytes and good labels; `change` gets all bytes."""
    labels = member((40,), Y.astype("<i8").tobytes(), "<i8")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("X.npy", x)
        archive.writestr("y.npy", labels)
    if change is not None:
        path.write_bytes(change(path.read_bytes()))


def in_both_headers(offset, value):
    """Changes a byte of the first member, where it stands and in the directory."""

    def change(content):
        content = bytearray(content)
        content[content.index(b"PK\x03\x04") + offset] = value
        content[content.index(b"PK\x01\x02") + offset + 2] = value
        return content

    return change


@pytest.mark.parametrize(
    ("x", "received"),
    [
        (member((2**40,), b"abc"), "'X' claims 4398046511104 bytes, the file holds 3"),
        (member((2**62, 2**62), b"abc"), "claims .* bytes, the file holds 3"),
        (member((40, 5), X.tobytes()[:-4]), "claims 800 bytes, the file holds 796"),
        (member((-40, -5), X.tobytes()), "only specify one unknown dimension"),
        (member((40, 5), X.tobytes(), "zz"), "not a valid dtype"),
        (b"no array", "the magic string is not correct"),
    ],
)
def test_an_array_that_is_not_what_its_header_claims(tmp_path, x, received):
    write_members(tmp_path / "mine.npz", x)
    with pytest.raises(ValueError, match=received) as raised:
        data.load(tmp_path / "mine.npz")
    assert str(raised.value).startswith(f"{tmp_path}/mine.npz: expected a whole .npz")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("offset", "value", "received"),
    [(6, 1, "is encrypted"), (8, 77, "compression method is not supported")],
)
def test_a_member_that_cannot_be_read(tmp_path, offset, value, received):
    x = member((40, 5), X.tobytes())
    write_members(tmp_path / "mine.npz", x)
    assert data.load(tmp_path / "mine.npz").num_classes == 4
    write_members(tmp_path / "mine.npz", x, in_both_headers(offset, value))
    with pytest.raises(ValueError, match=rf"mine\.npz: expected a whole .*{received}"):
        data.load(tmp_path / "mine.npz")


def test_a_file_that_does_not_fit_in_memory(tmp_path, monkeypatch):
    path = save(tmp_path / "mine.npz", X=X, y=Y)
    monkeypatch.setattr(memory, "free_memory", lambda: 3 * (X.nbytes + Y.nbytes))
    assert data.load(path).num_classes == 4
    monkeypatch.setattr(memory, "free_memory", lambda: 3 * X.nbytes)
    with pytest.raises(ValueError, match=r"mine\.npz: expected a set that fits in mem"):
        data.load(path)


@pytest.mark.parametrize("label", [2**31 - 1, 2**30])
@pytest.mark.parametrize("is_split", [True, False])
def test_a_label_that_claims_billions_of_classes(tmp_path, label, is_split):
    y = np.where(Y == 3, label, Y)
    split = {"x_train": X, "y_train": y, "x_test": X, "y_test": y}
    path = save(tmp_path / "mine.npz", **(split if is_split else {"X": X, "y": y}))
    tracemalloc.start()
    with pytest.raises(
        ValueError, match=rf"none of {label - 3} classes \(3, 4, 5, 6, "
    ):
        data.load(path)
    assert tracemalloc.get_traced_memory()[1] < 2**24
    tracemalloc.stop()


def test_other_arrays(tmp_path):
    path = save(tmp_path / "mine.npz", x=X, labels=Y)
    message = "expected the arrays ['x_train', 'y_train', 'x_test', 'y_test'], or ['X'"
    with pytest.raises(ValueError, match=re.escape(message)) as raised:
        data.load(path)
    assert str(raised.value).endswith("Received: ['labels', 'x']")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"X": X, "y": Y[:39]}, "mine: expected as many labels as inputs"),
        ({"X": X, "y": Y / 2}, "mine: expected labels to be integer class ids"),
        ({"X": X, "y": Y + 1}, "mine: expected examples of every class from 0 to 4"),
        ({"X": X, "y": Y - 2}, "Received: labels from -2 to 1"),
        ({"X": X * np.nan, "y": Y}, "Received: NaN or infinity in 40 of 40 examples"),
        (
            {"X": X.astype(str), "y": Y},
            "expected inputs to be an array of real numbers",
        ),
        ({"X": X, "y": Y.astype(str)}, r"for names np\.unique.*dtype <U"),
        ({"X": X, "y": Y * 0}, "mine: expected labels of at least 2 classes"),
        ({"X": X[:, 0], "y": Y}, r"expected inputs of shape \(examples, \.\.\.\)"),
        ({"X": X[:0], "y": Y[:0]}, "with at least one example and one feature"),
        ({"X": X[:4], "y": Y[:4]}, "expected more than 4 examples, as each of 4"),
        (
            {"X": X, "y": np.r_[np.zeros(36, int), 1, 1, 2, 2]},
            "mine: num_validation: expected enough examples of each class",
        ),
    ],
)
def test_arrays_that_are_no_data_set(tmp_path, arrays, message):
    path = save(tmp_path / "mine.npz", **arrays)
    with pytest.raises(ValueError, match=message) as raised:
        data.load(path, num_validation=28 if "enough" in message else None)
    assert "\n" not in str(raised.value)


def test_the_tables_of_the_shared_data(shared_dir):
    for path in sorted((shared_dir / "data" / "uci").glob("*.npz")):
        source = data.load(str(path))
        x, y = source.standardized("train")
        np.testing.assert_allclose(x.mean(0), 0, atol=1e-4)
        assert y.max() == source.num_classes - 1
