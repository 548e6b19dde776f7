"""Claims on accuracy: numbers of labels, wrong labels, the order of the methods."""

import numpy as np

from trainers.verdicts.claim import Claim, Finding
from trainers.verdicts.comparisons import Difference
from trainers.verdicts.linearity_claims import mean_nonlin
from trainers.verdicts.lines import benches, details, labels_of, name_of

_POINTS = {"unit": "points", "factor": 100.0}


def accuracy_on_test(record):
    """Returns the share of the test examples that the reported network gets right."""
    return record.result["accuracy"]["test"]


def _ict_against_baselines(results):
    """A1: each ICT[K] above ERM and mixup, at every number of labels."""
    findings = []
    for bench, lines in _ict_families(results):
        comparisons = [
            Difference(
                f"{name_of(line)} and {name_of(other)}, {labels_of(line)}",
                line.values(accuracy_on_test),
                other.values(accuracy_on_test),
                "above",
            )
            for line in lines
            for method in ("erm", "mixup")
            if (other := bench.beside(line, method))
        ]
        findings.append(_of_all_labels(bench, lines, comparisons))
    return [finding for finding in findings if finding.comparisons]


def _accuracy_grows(results):
    """A2: a rising line of accuracy over K, at every number of labels."""
    findings = []
    for bench, lines in _ict_families(results):
        slopes = _slopes(lines)
        comparisons = [
            Difference(f"slope per point, {words}", values, 0.0, "above")
            for words, values in slopes.values()
        ]
        findings.append(_of_all_labels(bench, lines, comparisons))
    return [finding for finding in findings if finding.comparisons]


def _accuracy_converges(results):
    """A2: K matters more with the fewest labels than with the most."""
    findings = []
    for bench, lines in _ict_families(results):
        slopes = _slopes(lines)
        if len(slopes) < 2:
            continue
        (few, at_few), (many, at_many) = slopes[min(slopes)], slopes[max(slopes)]
        comparisons = [Difference(f"slope, {few} and {many}", at_few, at_many, "above")]
        findings.append(_of_all_labels(bench, lines, comparisons))
    return findings


def _ict_families(results):
    """Yields lists of ICT lines that differ in points and numbers of labels alone."""
    for bench in benches(results.records):
        groups = {}
        for line in bench.select("ict", strength=None, label_noise=0.0):
            groups.setdefault(line.family, []).append(line)
        for lines in groups.values():
            yield bench, lines


def _slopes(lines):
    """`{labels: (words, {seed: slope of accuracy over K})}`, by least squares."""
    by_labels = {}
    for line in lines:
        by_labels.setdefault(line.num_labels or float("inf"), []).append(line)
    slopes = {}
    for labels, group in by_labels.items():
        points = np.array([line.num_points for line in group], float)
        values = [line.values(accuracy_on_test) for line in group]
        if len(group) > 1:
            centred = points - points.mean()
            slopes[labels] = (
                labels_of(group[0]),
                {
                    seed: float(
                        centred @ [of[seed] for of in values] / (centred @ centred)
                    )
                    for seed in sorted(set.intersection(*map(set, values)))
                },
            )
    return slopes


def _of_all_labels(bench, lines, comparisons):
    setting = f"{bench.name}; {details(lines[0])}"
    return Finding(bench.scale, setting, comparisons, **_POINTS)


def _points_at_equal_strength(read, claimed, unit):
    """Q2: the most points against the fewest, as strong as each other."""

    def compare(lines):
        for strength in sorted({line.strength for line in lines}):
            same = [line for line in lines if line.strength == strength]
            yield f"mean dominant weight {strength}", same[-1], same[0]

    return _in_the_factorial(compare, read, claimed, unit)


def _strength_at_equal_points(read, claimed, unit):
    """Q2: the strongest mixing against the weakest, of as many points."""

    def compare(lines):
        for points in sorted({line.num_points for line in lines}):
            same = [line for line in lines if line.num_points == points]
            same.sort(key=lambda line: line.strength)
            # The smaller the largest weight, the stronger the mixing.
            yield f"{points} points", same[0], same[-1]

    return _in_the_factorial(compare, read, claimed, unit)


def _in_the_factorial(compare, read, claimed, unit):
    def find(results):
        findings = []
        for bench in benches(results.records):
            groups = {}
            for line in bench.select("ict", label_noise=0.0):
                if line.strength is not None:
                    groups.setdefault(line.num_labels, []).append(line)
            for lines in groups.values():
                lines.sort(key=lambda line: line.num_points)
                comparisons = [
                    Difference(
                        f"{name_of(first)} and {name_of(second)}, {words}"
                        if first.num_points != second.num_points
                        else f"{words}, {first.strength} and {second.strength}",
                        first.values(read),
                        second.values(read),
                        claimed,
                    )
                    for words, first, second in compare(lines)
                    if first is not second
                ]
                if comparisons:
                    setting = f"{bench.name}, {labels_of(lines[0])}"
                    findings.append(Finding(bench.scale, setting, comparisons, **unit))
        return findings

    return find


def _with_wrong_labels(first, second):
    """R4: a line above another one, at every share of wrong labels.

    Args:
        first: `(method, dropout)` of the one that is claimed to be better.
        second: the same of the other.
    """

    def line(bench, which, noise):
        method, dropout = which
        found = [
            line
            for line in bench.select(method, label_noise=noise, is_plain=not dropout)
            if bool(float(line.settings["dropout"])) == dropout
        ]
        return found[0] if found else None

    def find(results):
        findings = []
        for bench in benches(results.records):
            shares = sorted({line.label_noise for line in bench.lines} - {0.0})
            comparisons = [
                Difference(
                    f"{noise:.0%} of the labels random",
                    better.values(accuracy_on_test),
                    worse.values(accuracy_on_test),
                    "above",
                )
                for noise in shares
                if (better := line(bench, first, noise))
                and (worse := line(bench, second, noise))
            ]
            if comparisons:
                mixup = bench.select("mixup", label_noise=shares[0])[0]
                setting = f"{bench.name}, all labels; {details(mixup)}"
                findings.append(Finding(bench.scale, setting, comparisons, **_POINTS))
        return findings

    return find


def _against(first, second, claimed, **wanted):
    """Test accuracy of one method against another's, at the same labels.

    Args:
        first: method.
        second: method.
        claimed: "above" or "below".
        wanted: attributes of the first one's lines.
    """

    def find(results):
        findings = []
        for bench in benches(results.records):
            for line in bench.select(first, strength=None, label_noise=0.0, **wanted):
                other = bench.beside(line, second)
                if other is None or other is line:
                    continue
                comparison = Difference(
                    f"{name_of(line)} and {name_of(other)}",
                    line.values(accuracy_on_test),
                    other.values(accuracy_on_test),
                    claimed,
                )
                setting = f"{bench.name}, {labels_of(line)}; {details(line)}"
                findings.append(Finding(bench.scale, setting, [comparison], **_POINTS))
        return findings

    return find


LABELS = [
    Claim(
        "A1",
        "ICT beats ERM and mixup at every number of labels",
        "Linearity, fig. 2",
        "order only",
        "S, C",
        _ict_against_baselines,
    ),
    Claim(
        "A2, growth",
        "Accuracy grows with K, up to 5, at every number of labels",
        "Linearity, fig. 2",
        "order only",
        "S, C",
        _accuracy_grows,
    ),
    Claim(
        "A2, convergence",
        "K matters most with few labels; with many the variants converge",
        "Linearity, fig. 2",
        "order only",
        "S, C",
        _accuracy_converges,
    ),
    Claim(
        "A3",
        "70 % on CIFAR-10 takes about 1800 labels with mixup, 500 with ICT[4]",
        "Linearity, sec. 3.2",
        "1800 and 500 labels",
        "G",
    ),
]
WRONG_LABELS = [
    Claim(
        "R4, mixup",
        "With 20, 50 and 80 % random labels, mixup with a large alpha beats ERM",
        "Mixup, table 2",
        "order only",
        "S, C",
        _with_wrong_labels(("mixup", False), ("erm", False)),
    ),
    Claim(
        "R4, dropout",
        "Dropout helps mixup further",
        "Mixup, table 2",
        "order only",
        "S, C",
        _with_wrong_labels(("mixup", True), ("mixup", False)),
    ),
]
INPUTS_ONLY = Claim(
    "R6",
    "Mixing inputs only is worse than mixing inputs and labels",
    "Mixup; Regularization",
    "order only",
    "S, C",
    _against("mixup", "mixup", "below", mixes_labels=False),
)
ORDER = [
    Claim(
        "E1, mixup",
        "The test error of mixup is below that of ERM",
        "MixupE, tables 1-3",
        "WRN-28-10, error in %: CIFAR-10 3.03 and 4.24, CIFAR-100 19.38 and 22.20, "
        "SVHN 2.48 and 2.82",
        "G, order at C",
        _against(
            "mixup", "erm", "above", mixes_labels=True, num_points=2, num_labels=None
        ),
    ),
    Claim(
        "E1, MixupE",
        "The test error of MixupE is below that of mixup",
        "MixupE, tables 1-3",
        "WRN-28-10, error in %: CIFAR-10 2.94 and 3.03, CIFAR-100 17.12 and 19.38, "
        "SVHN 2.29 and 2.48",
        "G, order at C",
        _against("mixupe", "mixup", "above", num_labels=None),
    ),
]
_NONLIN = {"unit": "NonLin"}
OPEN = [
    Claim(
        "Q2, points",
        "At equal strength, more points make ICT more accurate",
        "open question",
        "none",
        "S, C",
        _points_at_equal_strength(accuracy_on_test, "above", _POINTS),
    ),
    Claim(
        "Q2, strength",
        "With as many points, stronger mixing makes ICT more accurate",
        "open question",
        "none",
        "S, C",
        _strength_at_equal_points(accuracy_on_test, "above", _POINTS),
    ),
    Claim(
        "Q2, points and linearity",
        "At equal strength, more points make ICT more linear (mean of layers 1 to 5)",
        "open question",
        "none",
        "S, C",
        _points_at_equal_strength(mean_nonlin, "below", _NONLIN),
    ),
    Claim(
        "Q2, strength and linearity",
        "With as many points, stronger mixing makes ICT more linear (mean of layers 1 "
        "to 5)",
        "open question",
        "none",
        "S, C",
        _strength_at_equal_points(mean_nonlin, "below", _NONLIN),
    ),
]
