"""Claims on calibration, robustness, losses and what lies between two examples."""

import functools

from trainers.verdicts.accuracy_claims import accuracy_on_test
from trainers.verdicts.claim import Claim, Finding
from trainers.verdicts.comparisons import Difference
from trainers.verdicts.lines import benches, details, labels_of, name_of


def score(name, kind="plain"):
    """Returns the function from a record to a score of its evaluation, or `None`.

    Args:
        name: of the score, such as "cross_entropy".
        kind: "plain" or "corrected".
    """
    return functools.partial(_evaluated, path=("scores", kind, "test", name))


def last(name):
    """Returns the function from a record to the last value of a metric, or `None`."""

    def read(record):
        values = [row[name] for row in record.history if name in row]
        return values[-1] if values else None

    return read


def _evaluated(record, path):
    """A number of a record's evaluation on the test split, `None` without it."""
    value = record.evaluation
    if value is not None and value["options"]["split"][-1] != "test":
        return None
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _between(name):
    """The mean over all places between two examples, both ends left out."""

    def read(record):
        values = _evaluated(record, ("between", name))
        return sum(values[1:-1]) / len(values[1:-1]) if values else None

    return read


def _each_against(method, other, measures, **wanted):
    """Several measures of one method against those of another.

    Args:
        method: method.
        other: method.
        measures: list of `(name, read, claimed)`.
        wanted: attributes of the lines of the first method.
    """

    def compare(bench, line):
        second = bench.beside(line, other)
        return [] if second is None else _compare(line, second, measures)

    return _of_each_line(method, compare, **wanted)


def _compare(line, second, measures, prefix=""):
    return [
        Difference(f"{prefix}{name}", line.values(read), second.values(read), claimed)
        for name, read, claimed in measures
    ]


def _of_each_line(method, compare, **wanted):
    """Returns a finder: `compare` on each line of a method.

    Args:
        method: method.
        compare: function of a `Bench` and a `Line` that returns comparisons.
        wanted: attributes of the lines.
    """

    def find(results):
        findings = []
        for bench in benches(results.records):
            for line in bench.select(method, strength=None, **wanted):
                comparisons = [one for one in compare(bench, line) if one.values]
                if comparisons:
                    setting = f"{bench.name}, {labels_of(line)}; {details(line)}"
                    findings.append(Finding(bench.scale, setting, comparisons))
        return findings

    return find


_MIXUP = {"mixes_labels": True, "num_points": 2}
_SCORES = (
    ("accuracy", "above"),
    ("cross_entropy", "below"),
    ("expected_calibration_error", "below"),
)


def _corrected_against_plain(bench, line):
    """R1: higher accuracy, lower likelihood loss and calibration error."""
    return [
        Difference(
            name.replace("_", " "),
            line.values(score(name, "corrected")),
            line.values(score(name)),
            claimed,
        )
        for name, claimed in _SCORES
    ]


def _corrected_near_approximate(bench, line):
    """R1: nearer to approximate mixup than the plain prediction is."""
    approximate = bench.beside(line, "approximate_mixup", alpha=line.alpha)
    if approximate is None:
        return []
    comparisons = []
    for name in ("accuracy", "cross_entropy"):
        target = approximate.values(score(name))
        distances = [
            {
                seed: abs(value - target[seed])
                for seed, value in line.values(score(name, kind)).items()
                if seed in target
            }
            for kind in ("corrected", "plain")
        ]
        words = f"distance in {name.replace('_', ' ')}"
        comparisons.append(Difference(words, *distances, "below"))
    return comparisons


_FIT = [
    ("training accuracy", last("accuracy/train_student"), "below"),
    ("test accuracy", accuracy_on_test, "above"),
]


def _approximate_like_mixup(bench, line):
    """R2: both fit the training set less than ERM, and the test set better."""
    erm = bench.beside(line, "erm")
    mixup = bench.beside(line, "mixup")
    if erm is None or mixup is None:
        return []
    return [
        comparison
        for each in (line, mixup)
        for comparison in _compare(each, erm, _FIT, f"{name_of(each)}, ")
    ]


def _attacked(bench, line):
    """R5: more accurate under each attack."""
    erm = bench.beside(line, "erm")
    attacks = _all_of(line, ("fgsm",))
    if erm is None:
        return []
    return [
        comparison
        for attack, strengths in attacks.items()
        for strength in strengths or {}
        for comparison in _compare(
            line,
            erm,
            [
                (
                    f"{attack.replace('_', ' ')}, {strength}",
                    functools.partial(_evaluated, path=("fgsm", attack, strength)),
                    "above",
                )
            ],
        )
    ]


def _deformed(beginning, claimed):
    """E4: more, or less, accurate than mixup on one kind of unseen deformation."""

    def compare(bench, line):
        mixup = bench.beside(line, "mixup")
        if mixup is None:
            return []
        measures = [
            (
                name.replace("_", " "),
                functools.partial(_evaluated, path=("deformations", name)),
                claimed,
            )
            for name in _all_of(line, ("deformations",))
            if name.startswith(beginning)
        ]
        return _compare(line, mixup, measures)

    return _of_each_line("mixupe", compare)


def _all_of(line, path):
    """What the first evaluation of a line holds at a path, as a dictionary."""
    found = line.values(functools.partial(_evaluated, path=path))
    return found[min(found)] if found else {}


def _losses(bench, line):
    """E3: against mixup and ERM, a higher loss in training and a lower one in test."""
    measures = [
        ("training loss", last("loss/train_student"), "above"),
        ("test loss", last("loss/test_student"), "below"),
    ]
    return [
        comparison
        for method in ("mixup", "erm")
        if (other := bench.beside(line, method))
        for comparison in _compare(
            line, other, measures, f"MixupE and {name_of(other)}, "
        )
    ]


CALIBRATION = [
    Claim(
        "R1, correction",
        "The corrected prediction improves accuracy, likelihood and calibration error "
        "of a mixup model",
        "Regularization",
        "order only",
        "S, C",
        _of_each_line("mixup", _corrected_against_plain, **_MIXUP),
    ),
    Claim(
        "R1, distance",
        "The correction brings a mixup model close to approximate mixup",
        "Regularization",
        "order only",
        "S, C",
        _of_each_line("mixup", _corrected_near_approximate, **_MIXUP),
    ),
    Claim(
        "R2",
        "Approximate mixup behaves like mixup: lower training accuracy and higher test "
        "accuracy than ERM",
        "Regularization",
        "order only",
        "S",
        _of_each_line("approximate_mixup", _approximate_like_mixup),
    ),
    Claim(
        "R3",
        "Mixup raises the entropy of predictions and lowers the calibration error",
        "Regularization; Calibration",
        "order only",
        "S, C",
        _each_against(
            "mixup",
            "erm",
            [
                ("predictive entropy", score("predictive_entropy"), "above"),
                (
                    "expected calibration error",
                    score("expected_calibration_error"),
                    "below",
                ),
            ],
            **_MIXUP,
        ),
    ),
]
ROBUSTNESS = [
    Claim(
        "R5",
        "Mixup is more robust than ERM to FGSM, white box and black box",
        "Mixup, table 3",
        "order only",
        "S, C",
        _of_each_line("mixup", _attacked, label_noise=0.0, **_MIXUP),
    ),
]
BETWEEN = Claim(
    "R8",
    "Between two examples, a mixup model misses less and has smaller gradients than "
    "ERM",
    "Mixup, fig. 2",
    "order only",
    "S, C",
    _each_against(
        "mixup",
        "erm",
        [
            ("misses", _between("misses"), "below"),
            ("gradient norm", _between("gradient_norms"), "below"),
        ],
        label_noise=0.0,
        **_MIXUP,
    ),
)
_DEFORMATIONS = {
    "rotation": ("rotation", "above", "better on unseen rotations"),
    "small shear": ("shear_28", "above", "better on small shear"),
    "zoom in": ("zoom_in", "above", "better on zoom in"),
    "zoom out": ("zoom_out", "below", "worse on zoom out"),
}
MIXUPE = [
    Claim(
        "E3",
        "MixupE has a higher training loss (clean examples, inference mode) and a "
        "lower test loss than mixup and ERM",
        "MixupE",
        "order only",
        "C",
        _of_each_line("mixupe", _losses),
    ),
    *(
        Claim(
            f"E4, {name}",
            f"MixupE against mixup: {words}",
            "MixupE",
            "order only",
            "C",
            _deformed(beginning, claimed),
        )
        for name, (beginning, claimed, words) in _DEFORMATIONS.items()
    ),
]
