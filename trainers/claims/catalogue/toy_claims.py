"""Claims on when mixup fails and when it does not: the examples of Data dependency."""

import math
from collections.abc import Callable, Sequence

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import (
    POINTS,
    Comparison,
    Difference,
    Holds,
    Unit,
    Within,
)
from trainers.claims.evidence import Evidence
from trainers.results.settings import MINUTES
from trainers.toys.problems import EXAMPLES

_SOURCE = "Data dependency"
_DEGREES = Unit("degrees")
_WIDEST_ANGLE = 1.0
# By which the probability still moves from step to step at the end of training.
_MARGIN_OF_PROBABILITIES = 0.05
_SMALL_ERROR = 0.01


def _final(
    evidence: Evidence, example: str, alpha: float | None, key: str
) -> dict[int, float]:
    """`{seed: value}` of what an example measured last, of one setting."""
    return {
        run["seed"]: run["measured"][-1][key]
        for run in evidence.examples[example]["runs"]
        if run["alpha"] == alpha
    }


def setting_of(evidence: Evidence, example: str) -> str:
    """The words for data, network and steps of an example."""
    known, steps = EXAMPLES[example], evidence.examples[example]["settings"]["steps"]
    units = "-".join(map(str, known.hidden_units))
    network = f"hidden units {units}" if units else "no hidden layer"
    batch = known.batch_size or "all"
    return f"{known.dataset}, {network}, {steps} steps of {batch} examples"


def finder_of(
    example: str,
    compare: Callable[[Evidence], Sequence[Comparison]],
    distance: tuple[str, ...] = (),
) -> Finder:
    """Returns a finder: `compare` of the evidence, where the example was run.

    Args:
        example: name of the example.
        compare: function of `Evidence` that returns the comparisons.
        distance: words for what differs from the published example.
    """

    def find(evidence: Evidence) -> list[Finding]:
        if example not in evidence.examples:
            return []
        words = setting_of(evidence, example)
        return [Finding(MINUTES, words, compare(evidence), distance=distance)]

    return find


def _error_is(
    evidence: Evidence, example: str, alpha: float | None, error: float, name: str
) -> Holds:
    errors = _final(evidence, example, alpha, "training_error")
    flags = {seed: math.isclose(e, error, abs_tol=1e-6) for seed, e in errors.items()}
    return Holds(name, flags)


def _counterexample(evidence: Evidence) -> list[Comparison]:
    at_1, at_128 = (
        _final(evidence, "counterexample", alpha, "probability")
        for alpha in (1.0, 128.0)
    )
    return [
        _error_is(evidence, "counterexample", None, 0.0, "ERM: error 0 %"),
        _error_is(evidence, "counterexample", 1.0, 0.0, "alpha 1: error 0 %"),
        _error_is(evidence, "counterexample", 128.0, 1 / 3, "alpha 128: error 33.3 %"),
        Difference("alpha 1: P(y=1 at x=1) and 1/2", at_1, 0.5, "above"),
        Difference("alpha 128: P(y=1 at x=1) and 1/2", at_128, 0.5, "below"),
    ]


def _published_probabilities(evidence: Evidence) -> list[Within]:
    return [
        Within(
            f"alpha {alpha:g}: P(y=1 at x=1) and {published}",
            _final(evidence, "counterexample", alpha, "probability"),
            published,
            _MARGIN_OF_PROBABILITIES,
        )
        for alpha, published in ((1.0, 0.84), (128.0, 0.35))
    ]


def _fits(evidence: Evidence) -> list[Holds]:
    name = "training error 0"
    return [
        _error_is(evidence, "collinear_free", None, 0.0, f"ERM: {name}"),
        _error_is(evidence, "collinear_free", 1024.0, 0.0, f"alpha 1024: {name}"),
    ]


def _same_direction(evidence: Evidence) -> list[Difference]:
    names = {None: "ERM", 1.0: "alpha 1", 128.0: "alpha 128"}
    return [
        Difference(
            f"{name}: angle and one degree",
            _final(evidence, "separable", alpha, "angle"),
            _WIDEST_ANGLE,
            "below",
            _DEGREES,
        )
        for alpha, name in names.items()
    ]


def _boundaries(evidence: Evidence) -> list[Comparison]:
    erm, weak, strong = (
        _final(evidence, "two_moons", alpha, "training_error")
        for alpha in (None, 1.0, 1024.0)
    )
    names = [f"training error, alpha 1024 and {other}" for other in ("ERM", "1")]
    return [
        _error_is(evidence, "two_moons", None, 0.0, "ERM: training error 0"),
        Difference(names[0], strong, erm, "above", POINTS),
        Difference(names[1], strong, weak, "above", POINTS),
    ]


def _within_margin(evidence: Evidence) -> list[Difference]:
    erm, *mixed = (
        _final(evidence, "margin", alpha, "margin_error")
        for alpha in (None, 1.0, 1024.0)
    )
    return [
        Difference(f"error, alpha {alpha} and {other}", errors, value, "below", POINTS)
        for alpha, errors in zip(("1", "1024"), mixed)
        for other, value in (("1 %", _SMALL_ERROR), ("ERM", erm))
    ]


CLAIMS = [
    Claim(
        "D1",
        "Counterexample: the training error is 0 for ERM and alpha = 1, and 33.3 % for "
        "alpha = 128; P(y=1 at x=1) is above and below one half",
        f"{_SOURCE}, sec. 2.3",
        "0, 0 and 33.3 %",
        (MINUTES,),
        finder_of("counterexample", _counterexample),
    ),
    Claim(
        "D1 probabilities",
        "P(y=1 at x=1) is .84 and .35, within .05, by which it moves from step to step",
        f"{_SOURCE}, sec. 2.3",
        ".84 and .35; in the limit 1/3",
        (MINUTES,),
        finder_of("counterexample", _published_probabilities),
    ),
    Claim(
        "D2",
        "Without collinearity, mixup with Beta(1024, 1024) still fits the training set",
        f"{_SOURCE}, sec. 2",
        "training error tends to 0",
        (MINUTES,),
        finder_of("collinear_free", _fits, ("data", "network", "steps")),
    ),
    Claim(
        "D3",
        "A linear model on support vectors alone: mixup goes the way of ERM, that of "
        "the widest margin, within a degree",
        f"{_SOURCE}; MixupE",
        "the same direction",
        (MINUTES,),
        finder_of("separable", _same_direction, ("data",)),
    ),
    Claim(
        "D4",
        "Two moons: ERM fits the training set, Beta(1024, 1024) does not",
        _SOURCE,
        "pictures of the boundaries",
        (MINUTES,),
        finder_of("two_moons", _boundaries),
    ),
    Claim(
        "D5",
        "Points on the way to another class, near which every mixture has more than "
        "half of its weight from one class: a network of mixup gives them that class, "
        "all but 1 %, and more often than ERM does",
        f"{_SOURCE}, theorem 3.2",
        "error 0",
        (MINUTES,),
        finder_of("margin", _within_margin, ("data", "network")),
    ),
]
