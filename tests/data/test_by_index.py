"""Sets that are read by index: the batches of a set in memory, in bounded memory."""

import dataclasses
import pickle
import subprocess
import sys
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_mixup import data
from keras_mixup.data import training_statistics

on_tensorflow = pytest.mark.tensorflow
RNG = np.random.RandomState(0)


def write_images(root, count=41, suffix="png"):
    for i in range(count):
        image = RNG.randint(0, 256, (8, 7, 3)).astype("uint8")
        folder = root / ("unlabeled" if i % 5 == 4 else f"class{i % 3}")
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(folder / f"{i:03}.{suffix}")
    return root


def write_arrays(root, dtype, shape):
    root.mkdir()
    x = RNG.normal(5, 40, (60, *shape)).astype(dtype)
    y = np.where(np.arange(60) % 7 == 6, -1, np.arange(60) % 3)
    np.save(root / "X.npy", x)
    np.save(root / "y.npy", y)
    return root


SETS = {
    "png": lambda root: write_images(root),
    "jpg": lambda root: write_images(root, suffix="jpg"),
    "table": lambda root: write_arrays(root, "float32", (4,)),
    "doubles": lambda root: write_arrays(root, "float64", (4,)),
    "pictures": lambda root: write_arrays(root, "int16", (6, 5, 2)),
}


@pytest.fixture(params=SETS)
def both(request, tmp_path):
    """The same set, in memory and by index, with equal statistics."""
    folder = SETS[request.param](tmp_path / "mine")
    source = data.load(folder, in_memory=True)
    by_index = data.load(folder, in_memory=False)
    assert source.in_memory
    assert not by_index.in_memory
    return source, by_index


def assert_same(first, second):
    second = keras.tree.map_structure(np.asarray, second)
    keras.tree.map_structure(np.testing.assert_array_equal, first, second)


OPTIONS = [
    {},
    {"augmentation": "none", "label_noise": 0.5},
    {"unlabeled_batch_size": 9, "num_views": 2},
    {"unlabeled_batch_size": 3, "unlabeled_includes_labeled": False},
]


def plans(both, options):
    source, by_index = both
    by_index = by_index.with_statistics(*source.mean_and_scale)
    return [data.plan(s, None, 7, seed=3, **options) for s in (source, by_index)]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_batches_are_those_of_the_set_in_memory(both, options):
    in_memory, by_index = (plan.batches(5) for plan in plans(both, options))
    # In a row, which reads ahead, and then here and there.
    for index in (*range(12), 3, 900, 4, 5, 6):
        assert_same(in_memory[index], by_index[index])


@on_tensorflow
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_tf_data_gives_these_batches(both, options):
    in_memory, by_index = plans(both, options)
    dataset = by_index.dataset(1234)
    assert dataset.element_spec == in_memory.dataset().element_spec
    for index, element in enumerate(dataset.take(15)):
        assert_same(in_memory.batches(1234)[index], element)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_grain_gives_these_batches(both, options):
    pytest.importorskip("grain")
    in_memory, by_index = plans(both, options)
    for plan in (in_memory, by_index):
        for index, element in enumerate(plan.grain(1234, num_steps=15)):
            assert_same(in_memory.batches(1234)[index], element)
        assert index == 14


def test_grain_starts_anywhere_and_has_no_end(tmp_path):
    pytest.importorskip("grain")
    source = data.load(SETS["table"](tmp_path / "mine"), in_memory=False)
    plan = data.plan(source, None, 8)
    iterator = iter(plan.grain(10**12))
    for index in range(3):
        assert_same(plan.batches(10**12)[index], next(iterator))
    state = iterator.get_state()
    following = next(iterator)
    iterator.set_state(state)
    assert_same(following, next(iterator))
    for mistake, message in (
        ({"start_step": -1}, "start_step"),
        ({"num_steps": 0}, "num"),
    ):
        with pytest.raises(ValueError, match=message):
            plan.grain(**mistake)


def test_without_grain_the_other_front_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "grain", None)
    plan = data.plan(data.load("digits"), 50, 32)
    with pytest.raises(ImportError, match=r"grain.*\[data\].*`batches` of a plan"):
        plan.grain()


def fit(source, batches):
    keras.utils.set_random_seed(0)
    model = keras.Sequential([keras.Input(source.input_shape), keras.layers.Dense(3)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss)
    model.fit(batches, epochs=3, steps_per_epoch=4, shuffle=False, verbose=0)
    return model.get_weights()


def test_fit_learns_the_same_from_grain(tmp_path):
    pytest.importorskip("grain")
    source = data.load(SETS["table"](tmp_path / "mine"), in_memory=False)
    plan = data.plan(source, None, 8)
    for value, other in zip(fit(source, plan.grain()), fit(source, plan.batches())):
        np.testing.assert_array_equal(value, other)


def test_splits_are_read_whole_by_standardized(both):
    source, by_index = both
    by_index = by_index.with_statistics(*source.mean_and_scale)
    for split in ("train", "validation", "test"):
        assert_same(source.standardized(split), by_index.standardized(split))


def test_mapped_arrays_are_read_by_index(tmp_path):
    x, y = RNG.normal(size=(50, 4)), np.arange(50) % 3
    np.save(tmp_path / "x.npy", x)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    few = x[:9], y[:9]
    source = data.Source("mine", (mapped, y), few, few, unlabeled=mapped)
    assert isinstance(source.train.x, np.memmap)
    assert not source.in_memory
    expected = data.Source("mine", (x, y), few, few, unlabeled=x)
    source = source.with_statistics(*expected.mean_and_scale)
    first, second = (data.plan(s, None, 8, 20).batches() for s in (expected, source))
    for index in range(5):
        assert_same(first[index], second[index])


def test_a_plan_goes_to_another_process(both):
    _, by_index = both
    plan = data.plan(by_index, None, 7)
    batches = plan.batches()
    expected = [batches[index] for index in range(3)]
    copy = pickle.loads(pickle.dumps(batches))
    for index in range(3):
        assert_same(expected[index], copy[index])


# Statistics.


def test_one_pass_gives_the_statistics_of_two(both):
    source, by_index = both
    for one, other in zip(by_index.mean_and_scale, source.mean_and_scale):
        assert one.dtype == other.dtype
        np.testing.assert_allclose(one, other, rtol=3e-7)


@pytest.mark.parametrize("offset", [0, 1e4, 1e9])
def test_parts_are_joined_without_a_loss_of_digits(monkeypatch, offset):
    monkeypatch.setattr("keras_mixup.data.indexed._VALUES_AT_ONCE", 7)
    x = offset + RNG.normal(size=(500, 3))
    x[:, 2] = offset
    moments = training_statistics.in_one_pass("x", x)
    np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-14)
    np.testing.assert_allclose(moments.deviation[:2], x.std(0)[:2], rtol=1e-7)
    np.testing.assert_array_equal(moments.lowest, x.min(0))
    np.testing.assert_array_equal(moments.highest, x.max(0))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (np.nan, "train: expected finite numbers.*first in example 1[0-9]"),
        (1e200, r"squares float64 can hold.*up to 1e\+200"),
    ],
)
def test_numbers_that_cannot_be_standardised(tmp_path, value, message):
    x = RNG.normal(size=(40, 2))
    x[20] = value
    np.save(tmp_path / "X.npy", x)
    np.save(tmp_path / "y.npy", np.arange(40) % 2)
    source = data.load(tmp_path, in_memory=False, seed=1)
    with pytest.raises(ValueError, match=message):
        source.mean_and_scale  # noqa: B018


def test_raw_inputs_by_index(both):
    source, by_index = (dataclasses.replace(s, standardize=False) for s in both)
    assert_same(source.standardized("test"), by_index.standardized("test"))
    assert_same(source.mean_and_scale, by_index.mean_and_scale)


def test_statistics_of_another_set_are_refused(both):
    with pytest.raises(ValueError, match="mine: statistics: expected inputs of"):
        both[0].with_statistics(np.zeros(9), np.ones(9))


# Memory.

BOUNDED = """
import resource, sys
import numpy as np
from keras_mixup import data

def address_space():
    pages = int(open("/proc/self/statm").read().split()[0])
    return pages * resource.getpagesize()

data.SupervisedBatches(data.load("digits"), None, 8)[0]  # What is imported late.
limit = address_space() + 700 * 2**20
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
source = data.load(sys.argv[1])
assert not source.in_memory
mean, scale = source.mean_and_scale
batches = data.SupervisedBatches(source, None, 8, seed=1)
read = [batches[step] for step in range(20)]
again = data.SupervisedBatches(source, None, 8, seed=1, start_step=19)[0]
assert (again[0] == read[19][0]).all()
print(source.num_train, float(mean[0]), float(scale[0]), float(read[0][0].max()))
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of Linux")
def test_a_set_larger_than_the_address_space(tmp_path):
    size, shape = 2500, (1000, 500)
    with open(tmp_path / "x_train.npy", "wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (size, *shape)}
        np.lib.format.write_array_header_1_0(file, header)
        # Nothing but holes: 1.25 GB that take no room on the disk.
        file.truncate(file.tell() + size * shape[0] * shape[1])
    np.save(tmp_path / "x_test.npy", np.ones((3, *shape), "uint8"))
    np.save(tmp_path / "y_test.npy", np.arange(3))
    np.save(tmp_path / "y_train.npy", np.arange(size) % 3)
    done = subprocess.run(
        [sys.executable, "-c", BOUNDED, tmp_path], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["2000", "0.0", "1.0", "0.0"]


# Damaged and changed images.


def test_damaged_files_are_left_out_and_counted(tmp_path):
    write_images(tmp_path)
    whole = data.load(tmp_path, in_memory=False)
    kept = sorted(f for f in whole.train.x._x.files if "class0" in f)
    broken = [tmp_path / "class0" / "0.png", tmp_path / "class1" / "zz.png"]
    broken[0].write_bytes(b"no image")
    # Its header is whole.
    broken[1].write_bytes(Path(kept[0]).read_bytes()[:-60])
    with pytest.raises(ValueError, match=r"0\.png: expected a whole"):
        data.load(tmp_path, in_memory=False)
    for in_memory in (True, False):
        with pytest.warns(UserWarning, match=r": 2 damaged files are left out, the fi"):
            source = data.load(tmp_path, in_memory=in_memory, skip_damaged=True)
        assert source.skipped == tuple(map(str, broken))
        np.testing.assert_array_equal(source.train.x[:], whole.train.x[:])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for file in broken:
            file.unlink()
        assert data.load(tmp_path, skip_damaged=True).skipped == ()


def test_a_folder_of_nothing_but_damage(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "x.png").write_bytes(b"no image")
    with pytest.raises(ValueError, match=r"one whole image. Received: 2 files that"):
        data.load(tmp_path, skip_damaged=True)


def vanish(file):
    file.unlink()


def cut(file):
    file.write_bytes(file.read_bytes()[:-60])


def grow(file):
    Image.new("RGB", (8, 8)).save(file)


MISHAPS = [
    (vanish, "Received: No such file or directory"),
    (cut, "expected a whole PNG, JPEG"),
    (grow, "8x8 pixels .height x width. in place of 8x7, since the images were"),
]


@pytest.mark.parametrize(("mishap", "message"), MISHAPS)
def test_a_file_that_is_damaged_while_training_is_named(tmp_path, mishap, message):
    source = data.load(write_images(tmp_path), in_memory=False)
    source = source.with_statistics(np.zeros(3), np.ones(3))
    name = source.train.x._x.files[source.train.x._index[2]]
    mishap(tmp_path / name)
    batches = data.SupervisedBatches(source, None, source.num_train)
    with pytest.raises(ValueError, match=message) as info:
        batches[0]
    assert str(info.value).startswith(name)
    assert "\n" not in str(info.value)


def test_another_mode_is_converted(tmp_path):
    source = data.load(write_images(tmp_path), in_memory=False)
    name = source.train.x._x.files[source.train.x._index[2]]
    with Image.open(name) as image:
        gray = image.convert("L")
    gray.save(name)
    np.testing.assert_array_equal(
        source.train.x[np.array([2])][0], np.asarray(gray.convert("RGB"))
    )
