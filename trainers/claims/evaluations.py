"""What claims read of the evaluation of a run, and of what was measured on its way."""

import functools

from trainers.claims.claim import Finding
from trainers.claims.comparisons import PLAIN, Difference
from trainers.claims.naming import details, labels_of
from trainers.results.arms import values_of
from trainers.results.roles import EVALUATION, SCORES


def score(name, kind="plain"):
    """Returns the function from a record to a score on the test split, or `None`.

    Args:
        name: of the score, such as "cross_entropy".
        kind: "plain" or "corrected".
    """
    return _of_evaluations(_read, "scores", kind, "test", name)


def attacked(kind, strength):
    """Returns the function from a record to the accuracy under an attack, or `None`.

    Args:
        kind: "white_box" or "black_box".
        strength: as evaluation.json names it.
    """
    return _of_evaluations(_read_robustness, "fgsm", kind, strength)


def deformed(name):
    """Returns the function from a record to the accuracy on deformed images."""
    return _of_evaluations(_read_robustness, "deformations", name)


def between(name):
    """Returns the function from a record to a mean over the way from pair to pair.

    The ends of the way, which are examples, are left out.
    """

    def read(record):
        inner = (_read_robustness(record, ("between", name)) or [])[1:-1]
        return sum(inner) / len(inner) if inner else None

    read.way = _way
    return read


def last(name):
    """Returns the function from a record to the last value of a metric, or `None`."""

    def read(record):
        values = [row[name] for row in record.history if name in row]
        return values[-1] if values else None

    read.way = lambda record: [record.settings[name] for name in SCORES]
    return read


def names_in(arms, *path):
    """Returns the sorted names that evaluations of any of the arms hold at a path."""
    found = set()
    for arm in arms:
        read = functools.partial(_read_robustness, path=path)
        for names in values_of(arm, read).values():
            found |= set(names)
    return sorted(found)


def compare(first, second, name, read, claimed, unit=PLAIN):
    """Returns the difference of two arms over the seeds that were evaluated alike.

    Args:
        first: `Arm`, or `None`.
        second: the same.
        name: of the comparison.
        read: function of a record; its `way`, if it has one, tells of a record how
            what it reads was measured.
        claimed: "above" or "below".
        unit: `trainers.claims.comparisons.Unit`.
    """
    one, other = values_of(first, read), values_of(second, read)
    due = {seed for arm in (first, second) if arm for seed in arm.records}
    way = getattr(read, "way", lambda record: None)
    unlike = {
        seed
        for seed in one.keys() & other.keys()
        if way(first.records[seed]) != way(second.records[seed])
    }
    return Difference(
        name,
        {seed: value for seed, value in one.items() if seed not in unlike},
        {seed: value for seed, value in other.items() if seed not in unlike},
        claimed,
        unit,
        frozenset(due),
    )


def of_each_arm(method, compare_arm, wrong_labels=False, **wanted):
    """Returns a finder: `compare_arm` on each arm of a method.

    Args:
        method: method.
        compare_arm: function of a `Setting` and an `Arm` that returns comparisons.
        wrong_labels: bool, whether the arms are those with random labels, or those
            without.
        wanted: attributes of the arms.
    """

    def find(evidence):
        findings = []
        for setting in evidence.settings:
            for arm in setting.select(method, strength=None, **wanted):
                if wrong_labels != (arm.label_noise > 0):
                    continue
                words = f"{setting.name}, {labels_of(arm)}; {details(arm)}"
                comparisons = compare_arm(setting, arm)
                findings.append(Finding(setting.scale, words, comparisons))
        return findings

    return find


def _of_evaluations(read, *path):
    reader = functools.partial(read, path=path)
    reader.way = _way
    return reader


def _read(record, path):
    """What the evaluation of the reported network holds at a path, or `None`."""
    value = record.evaluation
    if value is None or value.get("network") not in (None, _reported(record)):
        return None
    for name in path:
        if not isinstance(value, dict):
            return None
        value = value.get(name)
    return value


def _read_robustness(record, path):
    """The same, of what is measured on one split alone: on that of the test."""
    return _read(record, path) if record.walked_split == "test" else None


def _reported(record):
    return record.result.get("evaluated_network", "student")


def _options(record):
    return (record.evaluation or {}).get("options") or {}


def _way(record):
    """How a run was evaluated."""
    attacker = (record.evaluation or {}).get("black_box")
    return [attacker, *(_options(record).get(name) for name in EVALUATION)]
