"""The benchmark, at its smallest."""

import json
import os

import keras
import pytest

from trainers.benchmark import command as benchmark
from trainers.errors import UsageError


# On JAX it takes a minute of compiling, and times the steps that other tests take.
@pytest.mark.tensorflow
def test_prints_and_writes_every_ratio(tmp_path, capsys):
    path = str(tmp_path / "benchmark.json")
    flags = {
        "architecture": "mlp_4",
        "image_size": 4,
        "batch_size": 8,
        "num_examples": 8,
        "rounds": 2,
        "steps_per_round": 1,
        "backend": keras.config.backend(),
        "output": path,
    }
    argv = ["benchmark", *(f"--{name}={value}" for name, value in flags.items())]
    assert benchmark.main(argv) == 0
    out = capsys.readouterr().out
    with open(path) as file:
        results = json.load(file)
    pairs = [(ratio["name"], ratio["against"]) for ratio in results["ratios"]]
    assert pairs == [
        ("mixup", "plain"),
        ("ict2", "plain"),
        ("ict4", "plain"),
        ("ict4", "ict2"),
        ("mixupe", "plain"),
        ("manifold_mixup", "plain"),
        ("approximate_mixup", "plain"),
        ("mean_teacher", "plain"),
        ("mixmatch", "plain"),
        ("nonlinearity", "predict"),
    ]
    assert all(f"{name} / {against}" in out for name, against in pairs)
    assert [ratio["target"] for ratio in results["ratios"]] == [
        *(1.05, 2.5, None, 1.05, 2.1, 1.1, None, None, None, 2.2)
    ]
    assert results["versions"]["backend"] == keras.config.backend()
    assert keras.config.backend() in out


def test_refuses_what_makes_no_sense(monkeypatch):
    with pytest.raises(UsageError, match="--rounds must be at least 1"):
        benchmark.Benchmark(rounds=0)
    with pytest.raises(UsageError, match="--architecture must be"):
        benchmark.Benchmark(architecture="vgg")
    for path in ("no/such/folder/out.json", "/", ""):
        with pytest.raises(UsageError, match="--output must be a file, in a folder"):
            benchmark.Benchmark(output=path)
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UsageError, match="that exists and can be written to"):
        benchmark.Benchmark()
