"""Claims on the best and the last test error along training on random labels.

Of each method the arm counts whose accuracy on validation data is the highest, as a
user would choose it.
"""

import statistics
from collections.abc import Callable, Iterable, Mapping

from trainers.claims.claim import Claim, Finder, Finding
from trainers.claims.comparisons import POINTS, Difference
from trainers.claims.evidence import Evidence
from trainers.claims.naming import count_of_labels, percent
from trainers.results.arms import Arm, grouped
from trainers.results.record import Record
from trainers.results.settings import HOURS, MINUTES, Setting

# As in the table that the claims are from.
_SHARES = (0.2, 0.5, 0.8)
_LARGE_ALPHA = 8.0
_TWO_POINTS = {"num_points": 2, "mixes_labels": True, "strength": None}
_NAMES = {
    "erm": "ERM",
    "dropout": "ERM with dropout",
    "mixup": "mixup",
    "both": "mixup with dropout",
}
# The chosen arm of each name, at a share of random labels.
_Chosen = Mapping[str, Arm]


def _test_errors(record: Record) -> list[float]:
    """The test errors along training, where they were measured."""
    name = "accuracy/test_student"
    return [1 - row[name] for row in record.history if name in row]


def _best(record: Record) -> float | None:
    return min(_test_errors(record), default=None)


def _last(record: Record) -> float | None:
    return next(reversed(_test_errors(record)), None)


def _forgotten(record: Record) -> float | None:
    """The last test error minus the best one."""
    errors = _test_errors(record)
    return errors[-1] - min(errors) if errors else None


_MEASURES: dict[str, Callable[[Record], float | None]] = {
    "best test error": _best,
    "last test error": _last,
    "last minus best test error": _forgotten,
}


def _below(first: str, second: str, measures: Iterable[str]) -> Finder:
    """Returns a finder: one method's error below another's, at each share.

    Args:
        first: name of the method, of `_NAMES`.
        second: the same.
        measures: names of `_MEASURES`.
    """

    def find(evidence: Evidence) -> list[Finding]:
        findings = []
        for setting in evidence.settings:
            for num_labels, by_share in _chosen_by_share(setting).items():
                if not any(first in chosen for chosen in by_share.values()):
                    continue
                compared = [
                    _compared(by_share.get(share, {}), share, first, second, measure)
                    for share in sorted({*_SHARES, *by_share})
                    for measure in measures
                ]
                arm = next(c[first] for c in by_share.values() if first in c)
                words = f"{setting.name}, {count_of_labels(num_labels)}"
                findings.append(Finding(setting.scale, words, compared, arm.settings))
        return findings

    return find


def _compared(
    chosen: _Chosen, share: float, first: str, second: str, measure: str
) -> Difference:
    arms = [chosen.get(name) for name in (first, second)]
    one, other = (arm.values(_MEASURES[measure]) if arm else {} for arm in arms)
    words = " and ".join(
        _NAMES[name] + _options(arm) for name, arm in zip((first, second), arms)
    )
    at = f"{percent(share)} of the labels random"
    return Difference(f"{measure}, {words}: {at}", one, other, "below", POINTS)


def _options(arm: Arm | None) -> str:
    """What was chosen, in words."""
    if arm is None:
        return ""
    options = [f"alpha {arm.alpha:g}"] if arm.method == "mixup" else []
    dropout = float(arm.settings["dropout"])
    options += [f"rate {dropout:g}"] if dropout else []
    return f" ({', '.join(options)})" if options else ""


def _chosen_by_share(
    setting: Setting,
) -> dict[int | None, dict[float, dict[str, Arm]]]:
    """`{number of labels: {share: {name: the arm that validation data choose}}}`."""
    found: dict[int | None, dict[float, dict[str, Arm]]] = {}
    for name, arms in _candidates(setting).items():
        groups = grouped(arms, lambda arm: (arm.num_labels, arm.label_noise))
        for (num_labels, share), candidates in groups.items():
            best = max(candidates, key=_validation)
            found.setdefault(num_labels, {}).setdefault(share, {})[name] = best
    return found


def _candidates(setting: Setting) -> dict[str, list[Arm]]:
    """Arms on random labels that were scored on the way, by the names of `_NAMES`."""
    wanted = {"is_unregularised": False}
    plain, dropout = setting.select("erm"), setting.select("erm", **wanted)
    mixup = setting.select("mixup", **_TWO_POINTS)
    both = setting.select("mixup", **wanted, **_TWO_POINTS)
    found = {"erm": plain, "dropout": dropout, "mixup": mixup, "both": both}
    return {
        name: [arm for arm in arms if _is_candidate(arm)]
        for name, arms in found.items()
    }


def _is_candidate(arm: Arm) -> bool:
    strong = arm.method == "erm" or arm.alpha >= _LARGE_ALPHA
    smooths = float(arm.settings["label_smoothing"]) > 0
    return bool(arm.label_noise and strong and not smooths and arm.values(_last))


def _validation(arm: Arm) -> float:
    accuracies = arm.values(lambda record: record.result["accuracy"]["validation"])
    return statistics.fmean(accuracies.values())


_BOTH = ("best test error", "last test error")


def _claim(name: str, text: str, find: Finder) -> Claim:
    shares = "With 20, 50 and 80 % random labels"
    source = "Mixup, table 2"
    scales = (MINUTES, HOURS)
    return Claim(f"R10 {name}", f"{shares}, {text}", source, "order only", scales, find)


CLAIMS = [
    _claim(
        "ERM",
        "mixup with a large alpha has a lower test error than ERM, the best along "
        "training and the last",
        _below("mixup", "erm", _BOTH),
    ),
    _claim(
        "dropout",
        "mixup with a large alpha has a lower test error than ERM with dropout, the "
        "best along training and the last",
        _below("mixup", "dropout", _BOTH),
    ),
    _claim(
        "both",
        "dropout lowers the test error of mixup further, the best along training and "
        "the last",
        _below("both", "mixup", _BOTH),
    ),
    _claim(
        "last",
        "the last test error of mixup is nearer to its best one than that of ERM",
        _below("mixup", "erm", ("last minus best test error",)),
    ),
]
