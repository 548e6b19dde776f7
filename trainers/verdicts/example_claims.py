"""Claims on when mixup fails and when it does not: the examples of Data dependency."""

import math

from trainers.verdicts.claim import Claim, Finding
from trainers.verdicts.comparisons import Difference, Holds, Within

_SOURCE = "Data dependency"
_ONE_DEGREE = 1.0
# By which the probability still moves from step to step at the end of training.
_MARGIN_OF_PROBABILITIES = 0.05


def _final(results, example, alpha, key):
    """`{seed: value}` of what an example measured last, of one setting."""
    found = results.examples.get(example, {"runs": []})
    return {
        run["seed"]: run["measured"][-1][key]
        for run in found["runs"]
        if run["alpha"] == alpha
    }


def _setting(results, example):
    """The words for data, network and steps of an example."""
    settings = results.examples[example]["settings"]
    units = "-".join(map(str, settings["hidden_units"])) or "no hidden layer"
    batch = settings["batch_size"] or "all"
    return (
        f"{settings['dataset']}, hidden units {units}, {settings['steps']} steps of "
        f"{batch} examples"
    )


def _finder(example, compare):
    """Returns a finder: `compare`, a function of results, where the example was run."""

    def find(results):
        if example not in results.examples:
            return []
        comparisons = [one for one in compare(results) if one.values]
        return [Finding("S", _setting(results, example), comparisons)]

    return find


def _error_is(results, example, alpha, error, name):
    errors = _final(results, example, alpha, "training_error")
    flags = {seed: math.isclose(e, error, abs_tol=1e-6) for seed, e in errors.items()}
    return Holds(name, flags)


def _counterexample(results):
    probability = {
        alpha: _final(results, "counterexample", alpha, "probability")
        for alpha in (1.0, 128.0)
    }
    return [
        _error_is(results, "counterexample", None, 0.0, "ERM: error 0 %"),
        _error_is(results, "counterexample", 1.0, 0.0, "alpha 1: error 0 %"),
        _error_is(results, "counterexample", 128.0, 1 / 3, "alpha 128: error 33.3 %"),
        Difference("alpha 1: P(y=1 at x=1) and 1/2", probability[1.0], 0.5, "above"),
        Difference(
            "alpha 128: P(y=1 at x=1) and 1/2", probability[128.0], 0.5, "below"
        ),
    ]


def _published_probabilities(results):
    return [
        Within(
            f"alpha {alpha:g}: P(y=1 at x=1) and as published",
            _final(results, "counterexample", alpha, "probability"),
            published,
            _MARGIN_OF_PROBABILITIES,
        )
        for alpha, published in ((1.0, 0.84), (128.0, 0.35))
    ]


def _fits(results):
    return [
        _error_is(results, "collinear_free", None, 0.0, "ERM: training error 0"),
        _error_is(
            results, "collinear_free", 1024.0, 0.0, "alpha 1024: training error 0"
        ),
    ]


def _same_direction(results):
    angles = {
        alpha: _final(results, "separable", alpha, "angle")
        for alpha in (None, 1.0, 128.0)
    }
    names = {None: "ERM", 1.0: "alpha 1", 128.0: "alpha 128"}
    return [
        Difference(
            f"{names[alpha]}: angle and one degree", values, _ONE_DEGREE, "below"
        )
        for alpha, values in angles.items()
    ]


def _boundaries(results):
    errors = {
        alpha: _final(results, "two_moons", alpha, "training_error")
        for alpha in (None, 1.0, 1024.0)
    }
    return [
        _error_is(results, "two_moons", None, 0.0, "ERM: training error 0"),
        Difference(
            "alpha 1024 and ERM: training error", errors[1024.0], errors[None], "above"
        ),
        Difference(
            "alpha 1024 and 1: training error", errors[1024.0], errors[1.0], "above"
        ),
    ]


CLAIMS = [
    Claim(
        "D1",
        "Counterexample: the training error is 0 for ERM and alpha = 1, and 33.3 % for "
        "alpha = 128; P(y=1 at x=1) is above and below one half",
        f"{_SOURCE}, sec. 2.3",
        "0, 0 and 33.3 %",
        "S",
        _finder("counterexample", _counterexample),
    ),
    Claim(
        "D1, probabilities",
        "P(y=1 at x=1) is .84 and .35, within .05, by which it moves from step to step",
        f"{_SOURCE}, sec. 2.3",
        ".84 and .35; in the limit 1/3",
        "S",
        _finder("counterexample", _published_probabilities),
    ),
    Claim(
        "D2",
        "Without collinearity, mixup with Beta(1024, 1024) still fits the training set",
        f"{_SOURCE}, sec. 2",
        "training error tends to 0",
        "S",
        _finder("collinear_free", _fits),
    ),
    Claim(
        "D3",
        "A linear model on support vectors alone: mixup goes the way of ERM, that of "
        "the widest margin, within a degree",
        f"{_SOURCE}; MixupE",
        "the same direction",
        "S",
        _finder("separable", _same_direction),
    ),
    Claim(
        "D4",
        "Two moons: ERM fits the training set, Beta(1024, 1024) moves the boundary and "
        "does not",
        _SOURCE,
        "a picture",
        "S",
        _finder("two_moons", _boundaries),
    ),
]
