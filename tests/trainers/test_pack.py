"""Tests of packing results."""

import dataclasses
import json
import math

import pytest

from trainers import pack
from trainers.results import reading
from trainers.results.record import rounded


def packed(argv):
    return pack.main(["pack", *(f"--{name}={value}" for name, value in argv.items())])


def test_what_is_packed_is_what_was_there_but_for_digits(
    finished_folder, tmp_path, capsys
):
    sweep = tmp_path / "sweep"
    (sweep / "mixup").mkdir(parents=True)
    finished_folder("mixup")
    (tmp_path / "mixup").rename(sweep / "mixup" / "seed0")
    file = tmp_path / "packed.jsonl.gz"
    assert packed({"results": sweep, "file": file, "digits": 3}) == 0
    assert "packed.jsonl.gz: " in capsys.readouterr().out
    before, after = (
        [dataclasses.asdict(record) for record in reading.read([str(path)]).records]
        for path in (sweep, file)
    )
    assert after == [rounded(one, 3) for one in before]
    assert json.dumps(after) != json.dumps(before)
    first = file.read_bytes()
    tables = {"iris": {"erm": {"settings": {}, "candidates": [], "errors": [4.0]}}}
    (sweep / "tables.json").write_text(json.dumps(tables))
    capsys.readouterr()
    again = {"results": sweep, "file": file, "digits": 3}
    assert packed(again) == 0
    assert "left out are 1 examples and tables" in capsys.readouterr().err
    assert packed({**again, "file": tmp_path / "tables.json"}) == 0
    assert "left out are 1 runs, which" in capsys.readouterr().err
    assert file.read_bytes() == first
    assert packed({"results": file, "file": tmp_path / "again.jsonl.gz"}) == 0
    assert (tmp_path / "again.jsonl.gz").read_bytes() == first


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"file": "a.jsonl.gz"}, "--results must name"),
        ({"results": "nothing", "file": "a.jsonl.gz"}, "no finished run was found"),
        ({"results": ".", "file": "a.txt"}, "must end in .jsonl.gz or .json"),
        ({"results": ".", "file": "a.json"}, "--results=. has 0 of them"),
        ({"results": ".", "file": "not/there/a.jsonl.gz"}, "--file must be a file"),
    ],
)
def test_what_cannot_be_packed(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert packed(options) == 2
    assert message in capsys.readouterr().err


def test_tables_become_one_file(tmp_path):
    tables = {
        "iris": {"erm": {"settings": {}, "candidates": [], "errors": [4.0, 1 / 3]}}
    }
    folder = tmp_path / "tables"
    folder.mkdir()
    (folder / "results.json").write_text(json.dumps(tables, indent=2))
    file = tmp_path / "tables.json"
    assert packed({"results": folder, "file": file, "digits": 3}) == 0
    assert reading.read([str(file)]).tables == rounded(tables, 3)
    assert file.read_text().count("\n") == 1


def test_tables_that_are_not_finite_are_refused(tmp_path, capsys):
    tables = {"iris": {"erm": {"settings": {}, "candidates": [], "errors": [math.nan]}}}
    (tmp_path / "results.json").write_text(json.dumps(tables))
    file = tmp_path / "tables.json"
    assert packed({"results": tmp_path, "file": file}) == 1
    assert "NaN or infinity in iris.erm.errors.0" in capsys.readouterr().err
    assert not file.exists()


def test_rounding_leaves_everything_but_floats():
    content = {"a": [1.23456789, 123456789, True, None, "1.23456789"], "b": math.inf}
    assert rounded(content, 3) == {
        "a": [1.23, 123456789, True, None, "1.23456789"],
        "b": math.inf,
    }
