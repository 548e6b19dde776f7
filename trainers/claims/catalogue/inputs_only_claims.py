"""The claim on mixing inputs alone where labels are smoothed."""

from trainers.claims.claim import Claim, Finding
from trainers.claims.comparisons import POINTS
from trainers.claims.evaluations import compare, finding
from trainers.claims.evidence import Evidence
from trainers.results.quantities import accuracy_on_test
from trainers.results.settings import HOURS, MINUTES

_INPUTS = {"num_points": 2, "mixes_labels": False, "strength": None}


def _smoothed_below_mixup(evidence: Evidence) -> list[Finding]:
    """Test accuracy of inputs alone, labels smoothed, below mixup without smoothing."""
    findings = []
    for setting in evidence.settings:
        arms = setting.select("mixup", is_unregularised=False, **_INPUTS)
        for arm in arms:
            smoothing = float(arm.settings["label_smoothing"])
            if not smoothing or float(arm.settings["dropout"]):
                continue
            comparison = compare(
                arm,
                setting.counterpart(arm, "mixup"),
                f"accuracy, inputs alone with smoothing {smoothing:g}, and mixup",
                accuracy_on_test,
                "below",
                POINTS,
            )
            findings.append(finding(setting, arm, [comparison]))
    return findings


CLAIMS = [
    Claim(
        "R11",
        "With smoothed labels too, mixing inputs only is worse than mixing inputs and "
        "labels",
        "Mixup, table 5",
        "order only",
        (MINUTES, HOURS),
        _smoothed_below_mixup,
    )
]
