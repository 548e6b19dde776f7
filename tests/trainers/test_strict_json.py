"""JSON that any reader takes."""

import json
import math

import pytest

from trainers import files, strict_json
from trainers.errors import RunFailure

BROKEN = {"a": [1.0, math.nan], "b": {"c": math.inf, "d": (1, -math.inf)}, "e": None}


def test_names_what_is_not_finite():
    assert strict_json.not_finite(BROKEN) == ["a.1", "b.c", "b.d.1"]
    assert strict_json.not_finite({"a": [True, None, "nan", 1, 1e308]}) == []


def test_lists_the_first_names():
    assert strict_json.listed(["a"]) == "a"
    assert strict_json.listed(list("abcde")) == "a, b, c and 2 more"


def test_dumps_what_is_finite():
    assert strict_json.dumps({"a": [1, 0.5, None]}) == '{"a": [1, 0.5, null]}'


def test_loads_objects_alone():
    assert strict_json.loads(b'{"a": "\xc3\xa4"}') == {"a": "ä"}
    deep = b'{"a":' * 10**5
    for text in (b'{"a": "\xff"}', b"{", b"[1]", b"", b"null", deep, b"1" * 5000):
        with pytest.raises(ValueError, match=r".") as error:
            strict_json.loads(text)
        assert "\n" not in str(error.value)


def test_refuses_what_is_not(tmp_path):
    with pytest.raises(RunFailure, match=r"infinity in a\.1, b\.c, b\.d\.1"):
        strict_json.dumps(BROKEN)
    path = tmp_path / "result.json"
    path.write_text("before")
    with pytest.raises(RunFailure, match=r"^result\.json must hold finite numbers"):
        files.write_json(str(path), BROKEN)
    assert path.read_text() == "before"


def test_nulls_are_read_as_nan():
    text = strict_json.dumps(strict_json.with_nulls(BROKEN))
    assert json.loads(text) == {"a": [1.0, None], "b": {"c": None, "d": [1, None]}} | {
        "e": None
    }
    back = strict_json.with_nans(json.loads(text)["a"])
    assert back[0] == 1.0
    assert math.isnan(back[1])
