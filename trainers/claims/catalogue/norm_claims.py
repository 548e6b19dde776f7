"""Claims on how long w of a linear model becomes, and on what a network can fit."""

import math
from collections.abc import Sequence

from trainers.claims.catalogue.toy_claims import finder_of
from trainers.claims.claim import Claim, Finding
from trainers.claims.comparisons import POINTS, Comparison, Difference, Within
from trainers.claims.evaluations import finding
from trainers.claims.evidence import Evidence
from trainers.results.arms import Arm, values_of
from trainers.results.quantities import last
from trainers.results.settings import MINUTES, Setting

_SOURCE = "Data dependency"
_EXAMPLE = "separable_longer"
# Of the population loss, by alpha: tests/trainers/claims/catalogue derive them.
OPTIMA = {1.0: 3.542, 128.0: 5.676}
# Fixed before the first run, in docs/planned_digits.md: by how much the last norm may
# miss it, and half of what twice the steps add at a margin of 1.
_MARGIN_OF_NORMS = 0.1
_GROWTH = math.log(2) / 2
_POINT = 0.01
_LARGE_ALPHA = 1000.0


def _norms(evidence: Evidence, alpha: float | None) -> dict[int, dict[int, float]]:
    """`{step: {seed: norm}}` of a setting."""
    found: dict[int, dict[int, float]] = {}
    for run in evidence.examples[_EXAMPLE]["runs"]:
        for row in run["measured"]:
            if run["alpha"] == alpha and "norm" in row:
                found.setdefault(int(row["step"]), {})[run["seed"]] = row["norm"]
    return found


def _growth(name: str, norms: dict[int, dict[int, float]], claimed: str) -> Difference:
    """The first step's norm to the second one's: how much is added."""
    (before, first), (after, second) = norms.items()
    added = {seed: value - first[seed] for seed, value in second.items()}
    words = f"{name}: norm added from {before} steps to {after}, and ln(2)/2"
    return Difference(words, added, _GROWTH, claimed)


def _grows_without_end(evidence: Evidence) -> list[Comparison]:
    comparisons: list[Comparison] = []
    erm = _norms(evidence, None)
    for step in sorted(erm):
        # Steps that are powers of 2 apart.
        if 2 * step in erm and math.log2(step / min(erm)).is_integer():
            pair = {step: erm[step], 2 * step: erm[2 * step]}
            comparisons.append(_growth("ERM", pair, "above"))
    for alpha in OPTIMA:
        norms = _norms(evidence, alpha)
        end = max(norms, default=0)
        if end // 2 in norms:
            pair = {end // 2: norms[end // 2], end: norms[end]}
            comparisons.append(_growth(f"alpha {alpha:g}", pair, "below"))
    return comparisons


def _reaches_the_optimum(evidence: Evidence) -> Sequence[Comparison]:
    comparisons = []
    for alpha, optimum in OPTIMA.items():
        norms = _norms(evidence, alpha)
        final = norms[max(norms)] if norms else {}
        name = f"alpha {alpha:g}: last norm and {optimum}"
        comparisons.append(Within(name, final, optimum, _MARGIN_OF_NORMS))
    return comparisons


def _residual_fits(evidence: Evidence) -> list[Finding]:
    """Training errors of residual networks, with half-and-half mixtures and without."""
    findings = []
    for setting in evidence.settings:
        if not setting.shared["architecture"].startswith(("wide_resnet", "preact")):
            continue
        arms = setting.select("mixup", num_points=2, mixes_labels=True, strength=None)
        for arm in arms:
            if arm.alpha >= _LARGE_ALPHA and not arm.label_noise:
                findings.append(finding(setting, arm, _fit(setting, arm)))
    return findings


def _fit(setting: Setting, arm: Arm) -> list[Comparison]:
    mixup, erm = (
        _training_errors(one) for one in (arm, setting.counterpart(arm, "erm"))
    )
    apart = {seed: error - erm[seed] for seed, error in mixup.items() if seed in erm}
    return [
        Within("training error, mixup minus ERM", apart, 0.0, _POINT, POINTS),
        Difference("training error, mixup and 1 %", mixup, _POINT, "below", POINTS),
        Difference("training error, ERM and 1 %", erm, _POINT, "below", POINTS),
    ]


def _training_errors(arm: Arm | None) -> dict[int, float]:
    accuracies = values_of(arm, last("accuracy/train_student"))
    return {seed: 1 - accuracy for seed, accuracy in accuracies.items()}


CLAIMS = [
    Claim(
        "D2 residual",
        "A residual network, too, fits the training set under Beta(1024, 1024): its "
        "error is within a point of that of ERM, and both are below 1 %",
        f"{_SOURCE}, sec. 2.4",
        "within 1 % of ERM on MNIST, CIFAR-10 and CIFAR-100",
        (MINUTES,),
        _residual_fits,
    ),
    Claim(
        "D3b",
        "A linear model on support vectors alone: the norm of w grows without end "
        "under ERM, not under mixup",
        f"{_SOURCE}; MixupE",
        "no figures",
        (MINUTES,),
        finder_of(_EXAMPLE, _grows_without_end),
    ),
    Claim(
        "D3b optimum",
        "Under mixup the norm of w goes to the optimum of the population loss, within "
        ".1",
        f"{_SOURCE}; derived",
        "3.542 for alpha = 1, 5.676 for alpha = 128",
        (MINUTES,),
        finder_of(_EXAMPLE, _reaches_the_optimum),
    ),
]
