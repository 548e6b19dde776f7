"""Results as they could have come out: made up, without a training."""

import types

import numpy as np
import pytest

from trainers.claims import rule
from trainers.claims.catalogue.catalogue import CLAIMS
from trainers.claims.claim import Claim, Finding, judge
from trainers.claims.comparisons import POINTS, Difference, Holds, Within
from trainers.options import to_flags
from trainers.results.reading import Results
from trainers.results.record import Record
from trainers.results.settings import GPU, HOURS, MINUTES
from trainers.run.experiment import Experiment
from trainers.toys.problems import EXAMPLES

LAYERS = [f"layer_{index}" for index in range(6)]
DEFAULTS = to_flags(Experiment(), identity_only=True) | {"backend": "jax"}


def wiggle(salt, size=0.01, seeds=10):
    """Numbers of mean 0, in an order of their own for each salt."""
    values = np.linspace(-size, size, seeds)
    return np.random.default_rng(salt).permutation(values).tolist()


def record(method, seed, accuracy=0.5, layers=None, **more):
    """A finished run; `more` are settings, evaluation, history and variant."""
    evaluation, history = more.pop("evaluation", None), more.pop("history", [])
    variant = more.pop("variant", f"{method}_{'_'.join(map(str, more.values()))}")
    settings = {k: "true" if v is True else str(v).lower() for k, v in more.items()}
    settings = {**DEFAULTS, "method": method, "seed": str(seed), **settings}
    result = {
        "name": "a run",
        "steps": int(settings["steps"]),
        "evaluated_network": settings["evaluated_network"],
        "accuracy": {"validation": 0.1, "test": accuracy},
        "student": {},
        "linearity": {
            name: {"value": value, "floor": floor}
            for name, (value, floor) in (layers or {}).items()
        },
    }
    return Record(variant, settings, result, history, evaluation, {})


def arm(method, accuracy=0.5, layers=None, seeds=range(10), salt=0, **more):
    """Runs of many seeds about an accuracy, and about `{layer: NonLin}`."""
    records = []
    for index, seed in enumerate(seeds):
        by_layer = {
            name: (value + wiggle(salt + 10 + place)[index], 0.1)
            for place, (name, value) in enumerate((layers or {}).items())
        }
        own = {
            key: more[key][index] for key in ("evaluation", "history") if key in more
        }
        of_seed = accuracy + wiggle(salt)[index]
        records.append(record(method, seed, of_seed, by_layer, **{**more, **own}))
    return records


def evaluation(**found):
    """The contents of an evaluation.json."""
    nothing = {"fgsm": None, "deformations": None, "between": None, "black_box": None}
    options = {"split": ["validation", "test"], "num_examples": None, "seed": 0}
    return {"network": "student", "options": options, "scores": {}, **nothing, **found}


def example(name, values, steps=None):
    """Results of an example.

    Args:
        name: of the example.
        values: `{alpha: list of what was measured last, a dictionary for each seed}`.
        steps: those of the settings.
    """
    steps = steps or EXAMPLES[name].steps
    runs = [
        {"alpha": alpha, "seed": seed, "measured": [{"step": 0}, {"step": 1, **last}]}
        for alpha, of_seeds in values.items()
        for seed, last in enumerate(of_seeds)
    ]
    return {"options": {"example": name}, "settings": {"steps": steps}, "runs": runs}


def results(records=(), examples=None, tables=None):
    """Results in the order in which reading gives them."""
    found = sorted(records, key=lambda one: one.key)
    return Results(found, examples or {}, tables, [])


def judged(name, records=(), **more):
    """The judgements on the claim of a name, nothing when none was run."""
    (claim,) = (one for one in CLAIMS if one.id == name)
    found = judge([claim], results(records, **more))
    assert found
    return [one for one in found if one.verdict != rule.NOT_RUN]


@pytest.fixture(scope="session")
def made():
    """The functions that make things up."""
    names = (wiggle, record, arm, evaluation, example, results, judged)
    return types.SimpleNamespace(LAYERS=LAYERS, **{one.__name__: one for one in names})


def difference(name, gap, seeds=10, **more):
    """A difference of made up values about a gap, which is said to be above 0."""
    values = dict(enumerate(gap + np.linspace(-0.02, 0.02, seeds)))
    return Difference(name, values, 0.0, "above", **more)


def _findings(evidence):
    layers = [difference(f"layer {i}", 0.1 * i - 0.3, unit=POINTS) for i in range(8)]
    images = [
        Holds("right", dict.fromkeys(range(10), True)),
        Within("0.5 ± 0.1", difference("", 0.5).first, 0.5, 0.1),
        difference("layer 0", -0.1, unit=POINTS),
        difference("c", 0.0, seeds=7),
        difference("d", 0.0, seeds=0),
    ]
    return [
        Finding(MINUTES, "some digits", [difference("a", 0.1), difference("b", 0.2)]),
        Finding(MINUTES, "many digits", layers),
        Finding(HOURS, "images", images, distance=("network", "steps")),
    ]


@pytest.fixture
def judgements():
    """Those of a claim in three settings, and of one that was not run."""
    run = Claim(
        "X1", "Much is so", "Linearity", "order only", (MINUTES, HOURS), _findings
    )
    far = Claim("X2 far", "More is so", "Mixup", "3.5 %", (GPU,), exploratory=True)
    return judge([run, far], None)


def markdown_tables(text):
    """The rows of each table of a page."""
    found, before = [], ""
    for line in text.splitlines():
        if line.startswith("|"):
            if not before.startswith("|"):
                found.append([])
            found[-1].append([cell.strip() for cell in line[1:-1].split(" | ")])
        before = line
    return found
