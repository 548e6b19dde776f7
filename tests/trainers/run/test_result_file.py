"""The result of a run, whole or refused."""

import json
import pathlib

import pytest

from trainers.errors import UsageError
from trainers.run import result_file


def test_what_a_run_left(trained):
    path = pathlib.Path(trained("ict"), "result.json")
    assert result_file.read(str(path)) == json.loads(path.read_text())
    assert result_file.read(str(path.with_name("nothing.json"))) is None


@pytest.mark.parametrize(
    "change",
    [
        {"steps": "3"},
        {"accuracy": 3},
        {"accuracy": {"validation": 0.5}},
        {"student": {"validation": {}, "test": {}}},
        {"teacher": None},
        {"linearity": {"layer_0": {"value": 1.0, "floor": "x"}}},
        {"linearity": [1]},
        {"evaluated_network": None, "linearity": {"a": {"value": 1.0, "floor": 1.0}}},
    ],
)
def test_what_no_run_leaves(trained, tmp_path, change):
    content = json.loads(pathlib.Path(trained("ict"), "result.json").read_text())
    path = tmp_path / "result.json"
    path.write_text(json.dumps({**content, **change}))
    with pytest.raises(UsageError, match=r"result\.json' must be the result of a run"):
        result_file.read(str(path))
    path.write_text("{}")
    with pytest.raises(UsageError, match=r"result\.json' must be the result of a run"):
        result_file.read(str(path))
