"""Compares arms by quantities, over the seeds that were measured alike."""

from collections.abc import Callable, Sequence
from typing import Any

from trainers.claims.claim import Finding
from trainers.claims.comparisons import PLAIN, Comparison, Difference, Unit
from trainers.claims.evidence import Evidence
from trainers.claims.naming import details, labels_of
from trainers.results.arms import Arm, values_of
from trainers.results.quantities import Quantity
from trainers.results.settings import Setting


def compare(
    first: Arm | None,
    second: Arm | None,
    name: str,
    quantity: Quantity,
    claimed: str,
    unit: Unit = PLAIN,
    kind: str = "",
) -> Difference:
    """Returns the difference of two arms over the seeds that were measured alike.

    Args:
        first: `Arm`, or `None`.
        second: the same.
        name: of the comparison.
        quantity: `trainers.results.quantities.Quantity`.
        claimed: "above" or "below".
        unit: `trainers.claims.comparisons.Unit`.
        kind: that of the comparison, over which an estimate is pooled.
    """
    one, other = values_of(first, quantity), values_of(second, quantity)
    due = {seed for arm in (first, second) if arm for seed in arm.records}
    ways = [values_of(arm, quantity.way) for arm in (first, second)]
    alike = {
        seed
        for seed in one.keys() & other.keys()
        if ways[0].get(seed) == ways[1].get(seed)
    }
    return Difference(
        name,
        {seed: value for seed, value in one.items() if seed in alike},
        {seed: value for seed, value in other.items() if seed in alike},
        claimed,
        unit,
        frozenset(due),
        kind,
    )


def of_each_arm(
    method: str,
    compare_arm: Callable[[Setting, Arm], Sequence[Comparison]],
    wrong_labels: bool = False,
    **wanted: Any,
) -> Callable[[Evidence], list[Finding]]:
    """Returns a finder: `compare_arm` on each arm of a method.

    Args:
        method: method.
        compare_arm: function of a `Setting` and an `Arm` that returns comparisons.
        wrong_labels: bool, whether the arms are those with random labels, or those
            without.
        wanted: attributes of the arms.
    """

    def find(evidence: Evidence) -> list[Finding]:
        return [
            finding(setting, arm, compare_arm(setting, arm))
            for setting in evidence.settings
            for arm in setting.select(method, strength=None, **wanted)
            if wrong_labels == (arm.label_noise > 0)
        ]

    return find


def finding(setting: Setting, arm: Arm, comparisons: Sequence[Comparison]) -> Finding:
    """Returns what comparisons of an arm are a finding of, its options in words."""
    words = f"{setting.name}, {labels_of(arm)}; {details(arm)}"
    return Finding(setting.scale, words, comparisons, arm.settings)
