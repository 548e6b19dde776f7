"""What a type checker sees of the public classes."""

import importlib.util
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

import keras_mixup as km

ROOT = Path(__file__).resolve().parents[1]

pytestmark = [
    pytest.mark.tensorflow,
    pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="needs mypy"),
    pytest.mark.skipif(
        not (ROOT / "keras_mixup").exists(), reason="the tests run beside a wheel"
    ),
]

RIGHT = """
import keras
import keras_mixup as km
network = keras.Sequential()
km.layers.DirichletMixup(num_points=3, name="mixing", dtype="float32")
km.losses.ConsistencyLoss(reduction="sum")
digits = km.data.load("digits")
km.data.plan(digits, 50, 32, 64, num_views=2).batches(start_step=3)
km.data.SemiSupervisedBatches(digits, 50, 32, label_noise=0.5, num_steps=9)
"""

PLANS = ("plan", "supervised", "SupervisedBatches")
PLANS += ("semi_supervised", "SemiSupervisedBatches")


def class_names():
    """Every public class that passes arguments on to Keras."""
    for module in (km.layers, km.losses, km.models):
        for name in module.__all__:
            if inspect.isclass(getattr(module, name)):
                yield f"{module.__name__.removeprefix('keras_mixup.')}.{name}"


def test_misspelt_arguments_are_errors(tmp_path):
    names = list(class_names())
    lines = [f"km.{name}(num_point=3)" for name in names]
    lines += [f"km.data.{name}(digits, 50, 32, num_view=2)" for name in PLANS]
    lines += [f"km.data.{name}(digits, 50, 32, num_views=2)" for name in PLANS[1:3]]
    path = tmp_path / "user.py"
    path.write_text(RIGHT + "\n".join(lines) + "\n")
    options = ["--config-file=", "--ignore-missing-imports", f"--cache-dir={tmp_path}"]
    options += ["--follow-imports=silent"]
    result = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"MYPYPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
    )
    found = [
        (int(line.split(":")[1]), "Unexpected keyword argument" in line)
        for line in result.stdout.splitlines()
        if line.startswith(str(path)) and "error:" in line
    ]
    first = RIGHT.count("\n") + 1
    misspelt = [line for line, is_misspelt in found if is_misspelt]
    assert misspelt == list(range(first, first + len(lines))), result.stdout
    assert min(line for line, _ in found) == first, result.stdout
