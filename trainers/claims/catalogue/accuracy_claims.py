"""Claims on accuracy: wrong labels, mixing inputs alone, the order of the methods."""

from trainers.claims.arms import values_of
from trainers.claims.catalogue.label_claims import accuracy_on_test
from trainers.claims.claim import Claim, Finding
from trainers.claims.comparisons import POINTS, Difference
from trainers.claims.naming import count_of_labels, details, labels_of, name_of, percent

# As in the table that the claim is from.
_SHARES = (0.2, 0.5, 0.8)
_LARGE_ALPHA = 8.0
_TWO_POINTS = {"num_points": 2, "strength": None, "mixes_labels": True}


def _mixup_against_erm(bench, line):
    return bench.beside(line, "erm")


def _dropout_against_none(bench, line):
    return bench.beside(line, "mixup")


def _with_wrong_labels(names, beside, dropout):
    """R4: mixup with a large alpha above another line, at each share of wrong labels.

    Args:
        names: of both, such as "mixup and ERM".
        beside: function of a `Bench` and a `Line` that returns the other line.
        dropout: bool, whether it is mixup with dropout.
    """

    def find(evidence):
        findings = []
        for bench in evidence.benches:
            for lines in _by_noise(bench, dropout):
                comparisons = []
                for share in sorted({*_SHARES, *lines}):
                    line = lines.get(share)
                    other = line and beside(bench, line)
                    comparisons.append(
                        Difference(
                            f"accuracy, {names}: {percent(share)} of the labels random",
                            values_of(line, accuracy_on_test),
                            values_of(other, accuracy_on_test),
                            "above",
                            POINTS,
                        )
                    )
                line = next(iter(lines.values()))
                labels = count_of_labels(line.num_labels)
                setting = f"{bench.name}, {labels}; {details(line)}"
                findings.append(Finding(bench.scale, setting, comparisons))
        return findings

    return find


def _by_noise(bench, dropout):
    """Dictionaries of mixup lines by the share of wrong labels."""
    groups = {}
    for line in bench.select("mixup", is_unregularised=not dropout, **_TWO_POINTS):
        smooths = float(line.settings["label_smoothing"]) > 0
        if line.label_noise and line.alpha >= _LARGE_ALPHA and not smooths:
            key = (line.family, line.num_labels)
            groups.setdefault(key, {})[line.label_noise] = line
    return groups.values()


def _against(first, second, claimed, **wanted):
    """Test accuracy of one method against another's, at the same labels.

    Args:
        first: method.
        second: method.
        claimed: "above" or "below".
        wanted: attributes of the first one's lines.
    """

    def find(evidence):
        findings = []
        for bench in evidence.benches:
            for line in bench.select(first, strength=None, label_noise=0.0, **wanted):
                other = bench.beside(line, second)
                if other is None:
                    continue
                comparison = Difference(
                    f"accuracy, {name_of(line)} and {name_of(other)}",
                    line.values(accuracy_on_test),
                    other.values(accuracy_on_test),
                    claimed,
                    POINTS,
                )
                setting = f"{bench.name}, {labels_of(line)}; {details(line)}"
                findings.append(Finding(bench.scale, setting, [comparison]))
        return findings

    return find


WRONG_LABELS = [
    Claim(
        "R4 mixup",
        "With 20, 50 and 80 % random labels, mixup with a large alpha beats ERM",
        "Mixup, table 2",
        "order only",
        "S, C",
        _with_wrong_labels("mixup and ERM", _mixup_against_erm, dropout=False),
    ),
    Claim(
        "R4 dropout",
        "With 20, 50 and 80 % random labels, dropout helps mixup further",
        "Mixup, table 2",
        "order only",
        "S, C",
        _with_wrong_labels("dropout and none", _dropout_against_none, dropout=True),
    ),
]
INPUTS_ONLY = Claim(
    "R6",
    "Mixing inputs only is worse than mixing inputs and labels",
    "Mixup; Regularization",
    "order only",
    "S, C",
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
        "G, order at C",
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
        "G, order at C",
        _against("mixupe", "mixup", "above", num_labels=None, num_points=2),
    ),
]
