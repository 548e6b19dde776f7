"""Checkpoints: whole, verified, never of a broken state."""

import os

import ml_dtypes
import numpy as np
import pytest

from trainers.errors import RunFailure
from trainers.run.checkpoint import Checkpoints


def state(value):
    return [
        ("kernel", np.full((3, 2), value, "float32")),
        ("kernel", np.full((), 2 * value, "float64")),
        ("step", np.array(value, "int32")),
        ("seed", np.array([1, 2**32 - 1], "uint32")),
        ("half", np.full((2,), value, "float16")),
        ("brain", np.full((2,), value, ml_dtypes.bfloat16)),
        ("empty", np.zeros((0, 3), "float32")),
        ("flag", np.array([True, False])),
    ]


def assert_equal(one, other):
    assert [name for name, _ in one] == [name for name, _ in other]
    for (_, a), (_, b) in zip(one, other):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def checkpoints(tmp_path):
    # A name that would be a pattern.
    folder = tmp_path / "try[1]*"
    folder.mkdir()
    return Checkpoints(str(folder))


def test_round_trip(checkpoints):
    checkpoints.save(7, state(7))
    step, loaded = checkpoints.load()
    assert step == 7
    assert_equal(loaded, state(7))


def test_nothing_to_load(checkpoints):
    assert checkpoints.load() == (0, None)


def test_keeps_two(checkpoints):
    for step in (9, 10, 100):
        checkpoints.save(step, state(step))
    names = sorted(os.listdir(checkpoints.folder))
    assert names == ["step_0000000010.npz", "step_0000000100.npz"]
    assert checkpoints.load()[0] == 100


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_never_writes_what_is_not_finite(checkpoints, value):
    checkpoints.save(1, state(1))
    with pytest.raises(RunFailure, match="w is no longer finite after step 2"):
        checkpoints.save(2, [("w", np.array([1.0, value], "float16"))])
    assert checkpoints.load()[0] == 1
    assert len(os.listdir(checkpoints.folder)) == 1


def test_none_are_kept_of_a_run_that_keeps_none(tmp_path):
    checkpoints = Checkpoints(str(tmp_path), keep=0)
    checkpoints.save(1, state(1))
    assert not list(tmp_path.iterdir())
    with pytest.raises(RunFailure, match="w is no longer finite after step 2"):
        checkpoints.save(2, [("w", np.array([1.0, np.nan]))])


def truncate(path, size):
    with open(path, "r+b") as file:
        file.truncate(int(os.path.getsize(path) * size))


def flip(path, where):
    with open(path, "r+b") as file:
        file.seek(int(os.path.getsize(path) * where))
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 255]))


@pytest.mark.parametrize("size", [0.0, 0.3, 0.9, 0.999])
def test_falls_back_from_a_truncated_one(checkpoints, capsys, size):
    checkpoints.save(1, state(1))
    checkpoints.save(2, state(2))
    truncate(os.path.join(checkpoints.folder, "step_0000000002.npz"), size)
    step, loaded = checkpoints.load()
    assert step == 1
    assert_equal(loaded, state(1))
    warning = capsys.readouterr().err
    assert "step_0000000002.npz is damaged" in warning
    assert "falling back to the one before" in warning
    assert warning.count("\n") == 1


def test_any_flipped_byte_of_the_values_is_noticed(checkpoints, capsys):
    values = [("w", np.arange(4096, dtype="float32"))]
    checkpoints.save(1, values)
    for where in np.linspace(0.02, 0.85, 20):
        checkpoints.save(2, values)
        flip(os.path.join(checkpoints.folder, "step_0000000002.npz"), where)
        assert checkpoints.load()[0] == 1
        assert "is damaged" in capsys.readouterr().err


def test_all_damaged(checkpoints, capsys):
    checkpoints.save(1, state(1))
    truncate(os.path.join(checkpoints.folder, "step_0000000001.npz"), 0.5)
    assert checkpoints.load() == (0, None)
    assert "is damaged" in capsys.readouterr().err


def test_left_over_temporary_files_are_ignored(checkpoints):
    checkpoints.save(1, state(1))
    with open(
        os.path.join(checkpoints.folder, ".tmp-step_0000000002.npz"), "w"
    ) as file:
        file.write("half")
    assert checkpoints.load()[0] == 1
