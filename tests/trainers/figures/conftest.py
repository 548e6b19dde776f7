"""Runs as figures see them, made up."""

import re

import pytest

from trainers.options import to_flags
from trainers.results.record import Record
from trainers.run.experiment import Experiment
from trainers.run.methods import METHODS

SETTINGS = {
    "dataset": "sets/blobs.npz",
    "num_labels": "50",
    "architecture": "mlp_8",
    "steps": "40",
    "batch_size": "16",
    "backend": "jax",
}


def make(variant, seed, *, value=0.2, accuracy=0.5, evaluation=None, **settings):
    """A run whose second layer bends by `value` more at its end.

    Its variant names its method, which need not be one that is known, and its points.
    """
    word = variant.removeprefix("digits_").split("_")[0]
    points = re.search(r"_k(\d+)", variant)
    told = {
        "method": word if word in METHODS else f"my_methods:{word}",
        "num_points": points[1] if points else "2",
        "seed": str(seed),
    }
    defaults = to_flags(Experiment(), identity_only=True)
    settings = {**defaults, **SETTINGS, **told, **settings}
    history = [{"step": 20, "loss": 1.0}]
    for step in (0, 40):
        row = {"step": step}
        for layer, size in (("a", 0.0), ("b", value * step / 40)):
            row[f"nonlin/{layer}"] = 0.1 + size
            row[f"nonlin_floor/{layer}"] = 0.05
        history.append(row)
    result = {
        "steps": int(settings["steps"]),
        "accuracy": {"validation": 0.0, "test": accuracy},
        "student": {},
        "linearity": {
            "a": {"value": 0.1, "floor": 0.05},
            "b": {"value": 0.1 + value, "floor": 0.05},
        },
    }
    return Record(variant, settings, result, history, evaluation, {})


@pytest.fixture
def record():
    """The function that makes a run up."""
    return make
