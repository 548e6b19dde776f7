"""Records of runs that nothing had to train, and tables read from Markdown."""

import re

import pytest

from trainers.options import to_flags
from trainers.results.record import Record
from trainers.run.experiment import Experiment


def record(variant="mixup", seed=0, accuracy=0.5, nonlin=0.2, **more):
    """Two layers, of which the second has `nonlin`; `more` are settings and parts."""
    parts = {
        name: more.pop(name)
        for name in ("evaluation", "versions", "teacher")
        if name in more
    }
    options = {
        "backend": "tensorflow",
        "method": "mixup",
        "steps": 40,
        "num_labels": 50,
        "seed": seed,
        **more,
    }
    result = {
        "steps": options["steps"],
        "accuracy": {"validation": accuracy - 0.1, "test": accuracy},
        "student": {},
        "linearity": {
            "layer_0": {"value": 0.1, "floor": 0.1},
            "layer_1": {"value": nonlin, "floor": 0.05},
        },
    }
    if "teacher" in parts:
        result["teacher"] = {"test": {"accuracy": parts["teacher"]}}
    settings = to_flags(Experiment(**options), identity_only=True)
    evaluation, versions = parts.get("evaluation"), parts.get("versions", {})
    return Record(variant, settings, result, [], evaluation, versions)


def tables_of(text):
    """Each table of a text in Markdown, as a list of rows of words."""
    tables = re.findall(r"(?:^\|.*\n?)+", text, re.MULTILINE)
    rows = [[_cells(line) for line in table.splitlines()] for table in tables]
    return [[head, *body] for head, _, *body in rows]


def _cells(line):
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


@pytest.fixture(name="tables_of")
def _tables_of():
    """The function that reads tables."""
    return tables_of


@pytest.fixture(name="record")
def _record():
    """The function that makes a record."""
    return record
