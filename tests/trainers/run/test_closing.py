import os
import sys

import pytest

from trainers.run import closing

RESULT = {
    "evaluated_network": "student",
    "student": {"validation": {"accuracy": 0.5}, "test": {"accuracy": 0.25}},
    "linearity": {"layer_0": {"value": 0.5, "floor": 0.125}},
}


@pytest.mark.parametrize("activated", [False, True])
def test_the_command_that_opens_tensorboard_can_be_called(
    activated, tmp_path, monkeypatch
):
    program = tmp_path / "environment" / "bin" / "tensorboard"
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    monkeypatch.setattr(sys, "executable", str(program.parent / "python"))
    monkeypatch.setenv("PATH", str(program.parent) if activated else "")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "x" / "tensorboard").mkdir(parents=True)
    name = "tensorboard" if activated else os.path.relpath(program)
    lines = closing.closing(RESULT, "runs/x").splitlines()
    assert lines[-1] == f"  {name} --logdir runs/x/tensorboard"
    assert "layer_0          0.5000  0.1250  0.3750" in lines


def test_nothing_is_named_that_was_not_kept(tmp_path):
    text = closing.closing(RESULT, str(tmp_path))
    assert text.endswith(f"is in {tmp_path}: result.json, metrics.jsonl.")
    (tmp_path / "model.keras").touch()
    assert closing.closing(RESULT, str(tmp_path)).endswith(
        "metrics.jsonl, model.keras."
    )
