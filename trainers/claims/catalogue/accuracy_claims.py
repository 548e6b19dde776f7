"""Claims on accuracy: wrong labels, mixing inputs alone, the order of the methods."""

from collections.abc import Callable, Iterable
from typing import Any

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import POINTS, Difference
from trainers.claims.evaluations import finding
from trainers.claims.evidence import Evidence
from trainers.claims.naming import count_of_labels, details, name_of, percent
from trainers.results.arms import Arm, values_of
from trainers.results.quantities import accuracy_on_test
from trainers.results.settings import GPU, HOURS, MINUTES, Setting

# As in the table that the claim is from.
_SHARES = (0.2, 0.5, 0.8)
_LARGE_ALPHA = 8.0
_TWO_POINTS = {"num_points": 2, "strength": None, "mixes_labels": True}


def _mixup_against_erm(setting: Setting, arm: Arm) -> Arm | None:
    return setting.counterpart(arm, "erm")


def _dropout_against_none(setting: Setting, arm: Arm) -> Arm | None:
    return setting.counterpart(arm, "mixup")


def _with_wrong_labels(
    names: str, counterpart: Callable[[Setting, Arm], Arm | None], dropout: bool
) -> Finder:
    """R4: mixup with a large alpha above another arm, at each share of wrong labels.

    Args:
        names: of both, such as "mixup and ERM".
        counterpart: function of a `Setting` and an `Arm` that returns the other arm.
        dropout: bool, whether it is mixup with dropout.
    """

    def find(evidence: Evidence) -> list[Finding]:
        findings = []
        for setting in evidence.settings:
            for arms in _by_noise(setting, dropout):
                comparisons = []
                for share in sorted({*_SHARES, *arms}):
                    one = arms.get(share)
                    other = one and counterpart(setting, one)
                    comparisons.append(
                        Difference(
                            f"accuracy, {names}: {percent(share)} of the labels random",
                            values_of(one, accuracy_on_test),
                            values_of(other, accuracy_on_test),
                            "above",
                            POINTS,
                        )
                    )
                arm = next(iter(arms.values()))
                labels = count_of_labels(arm.num_labels)
                words = f"{setting.name}, {labels}; {details(arm)}"
                findings.append(
                    Finding(setting.scale, words, comparisons, arm.settings)
                )
        return findings

    return find


def _by_noise(setting: Setting, dropout: bool) -> Iterable[dict[float, Arm]]:
    """Dictionaries of mixup arms by the share of wrong labels."""
    groups: dict[Any, dict[float, Arm]] = {}
    for arm in setting.select("mixup", is_unregularised=not dropout, **_TWO_POINTS):
        smooths = float(arm.settings["label_smoothing"]) > 0
        if arm.label_noise and arm.alpha >= _LARGE_ALPHA and not smooths:
            key = (arm.family, arm.num_labels)
            groups.setdefault(key, {})[arm.label_noise] = arm
    return groups.values()


def _against(first: str, second: str, claimed: str, **wanted: Any) -> Finder:
    """Test accuracy of one method against another's, at the same labels.

    Args:
        first: method.
        second: method.
        claimed: "above" or "below".
        wanted: attributes of the first one's arms.
    """

    def find(evidence: Evidence) -> list[Finding]:
        findings = []
        for setting in evidence.settings:
            for arm in setting.select(first, strength=None, label_noise=0.0, **wanted):
                other = setting.counterpart(arm, second)
                if other is None:
                    continue
                comparison = Difference(
                    f"accuracy, {name_of(arm)} and {name_of(other)}",
                    arm.values(accuracy_on_test),
                    other.values(accuracy_on_test),
                    claimed,
                    POINTS,
                )
                findings.append(finding(setting, arm, [comparison]))
        return findings

    return find


WRONG_LABELS = [
    Claim(
        "R4 mixup",
        "With 20, 50 and 80 % random labels, mixup with a large alpha beats ERM",
        "Mixup, table 2",
        "order only",
        (MINUTES, HOURS),
        _with_wrong_labels("mixup and ERM", _mixup_against_erm, dropout=False),
    ),
    Claim(
        "R4 dropout",
        "With 20, 50 and 80 % random labels, dropout helps mixup further",
        "Mixup, table 2",
        "order only",
        (MINUTES, HOURS),
        _with_wrong_labels("dropout and none", _dropout_against_none, dropout=True),
    ),
]
INPUTS_ONLY = Claim(
    "R6",
    "Mixing inputs only is worse than mixing inputs and labels",
    "Mixup; Regularization",
    "order only",
    (MINUTES, HOURS),
    _against("mixup", "mixup", "below", mixes_labels=False, num_points=2),
)
ORDER = [
    Claim(
        "E1 mixup",
        "The test error of mixup is below that of ERM",
        "MixupE, tables 1-3",
        "WRN-28-10, error in %: CIFAR-10 3.03 and 4.24, CIFAR-100 19.38 and 22.20, "
        "SVHN 2.48 and 2.82; the one exception: PreActResNet-101, CIFAR-10 4.43 and "
        "4.21",
        (HOURS, GPU),
        _against(
            "mixup", "erm", "above", mixes_labels=True, num_points=2, num_labels=None
        ),
    ),
    Claim(
        "E1 MixupE",
        "The test error of MixupE is below that of mixup",
        "MixupE, tables 1-3",
        "WRN-28-10, error in %: CIFAR-10 2.94 and 3.03, CIFAR-100 17.12 and 19.38, "
        "SVHN 2.29 and 2.48",
        (HOURS, GPU),
        _against("mixupe", "mixup", "above", num_labels=None, num_points=2),
    ),
]
