"""The claim on which weight decay suits plain training, and which suits mixup."""

from trainers.claims.claim import Claim, Finding
from trainers.claims.comparisons import POINTS, Difference
from trainers.claims.evaluations import compare
from trainers.claims.evidence import Evidence
from trainers.claims.naming import labels_of, method_name
from trainers.results.arms import Arm, grouped
from trainers.results.quantities import accuracy_on_test
from trainers.results.settings import GPU, MINUTES, Setting

_TWO_POINTS = {"num_points": 2, "mixes_labels": True, "strength": None}
# Which of two weight decays a method is said to prefer.
_CLAIMED = {"erm": "above", "mixup": "below"}


def _decay(setting: Setting) -> float:
    return float(setting.shared["weight_decay"])


def _but_for_the_decay(setting: Setting) -> tuple[tuple[str, str], ...]:
    """What settings share that differ in their weight decay alone."""
    shared = setting.shared.items()
    return tuple(sorted(item for item in shared if item[0] != "weight_decay"))


def _arm(setting: Setting, method: str) -> Arm | None:
    """The arm of a method on clean labels, the one of the most seeds."""
    options = _TWO_POINTS if method == "mixup" else {}
    found = setting.select(method, label_noise=0.0, **options)
    return max(found, key=lambda arm: len(arm.records), default=None)


def _find(evidence: Evidence) -> list[Finding]:
    findings = []
    with_decay = [one for one in evidence.settings if _decay(one) > 0]
    for alike in grouped(with_decay, _but_for_the_decay).values():
        if len(alike) < 2:
            continue
        small, *_, large = sorted(alike, key=_decay)
        arms = {name: (_arm(large, name), _arm(small, name)) for name in _CLAIMED}
        known = next((arm for pair in arms.values() for arm in pair if arm), None)
        if known is None:
            continue
        compared = [
            _compared(name, arms[name], _decay(large), _decay(small))
            for name in _CLAIMED
        ]
        words = f"{small.name}, {labels_of(known)}"
        findings.append(Finding(small.scale, words, compared, known.settings))
    return findings


def _compared(
    method: str, arms: tuple[Arm | None, Arm | None], large: float, small: float
) -> Difference:
    name = f"accuracy of {method_name(method)}, weight decay {large:g} and {small:g}"
    return compare(*arms, name, accuracy_on_test, _CLAIMED[method], POINTS)


CLAIM = Claim(
    "R7",
    "ERM prefers a weight decay of 5e-4 to one of 1e-4, mixup the other way",
    "Mixup",
    "PreActResNet-18, CIFAR-10: 5.18 and 4.24 % error",
    (MINUTES, GPU),
    _find,
)
