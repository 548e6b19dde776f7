"""Files that are whole or absent."""

import os
import subprocess
import sys

import pytest

from trainers import files
from trainers.errors import UsageError


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


@pytest.mark.parametrize("text", ['{"a": ', "[]", "\xff"])
def test_damaged_json(tmp_path, text):
    path = tmp_path / "a.json"
    path.write_text(text, encoding="latin1")
    with pytest.raises(UsageError, match=r"a\.json' cannot be read"):
        files.read_json(str(path))


def test_text_is_utf_8_whatever_the_locale_and_the_name(tmp_path):
    path = str(tmp_path / "page.md")
    code = (
        "from trainers import files; "
        f"files.write_text({path!r}, 'mean \\xb1 deviation of b\\udcffd')"
    )
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **plain}, check=True
    )
    with open(path, encoding="utf-8") as file:
        assert file.read() == "mean ± deviation of b\\udcffd"


def test_a_workdir_that_cannot_be_written(tmp_path, monkeypatch):
    files.make_workdir(str(tmp_path / "a" / "b"))
    assert (tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match=r"--workdir=.*file cannot be written"):
        files.make_workdir(str(tmp_path / "file"))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="cannot be written: no permission"):
        files.make_workdir(str(tmp_path / "a"))
