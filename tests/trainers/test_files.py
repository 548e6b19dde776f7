"""Files that are whole or absent."""

import os

import pytest

from trainers import files


def test_replaces_in_one_step(tmp_path):
    path = str(tmp_path / "a.txt")
    files.write_text(path, "old")
    with files.replacing(path) as temporary:
        assert temporary.endswith(".txt")
        with open(temporary, "w") as file:
            file.write("new")
        with open(path) as file:
            assert file.read() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]
    with open(path) as file:
        assert file.read() == "new"


def fail_while_writing(path):
    with files.replacing(path) as temporary, open(temporary, "w") as file:
        file.write("half")
        raise KeyboardInterrupt


def test_failing_leaves_what_was_there(tmp_path):
    path = str(tmp_path / "a.txt")
    files.write_text(path, "old")
    with pytest.raises(KeyboardInterrupt):
        fail_while_writing(path)
    assert os.listdir(tmp_path) == ["a.txt"]
    with open(path) as file:
        assert file.read() == "old"


def test_json(tmp_path):
    path = str(tmp_path / "a.json")
    assert files.read_json(path) is None
    files.write_json(path, {"a": 1 / 3})
    assert files.read_json(path) == {"a": 1 / 3}
