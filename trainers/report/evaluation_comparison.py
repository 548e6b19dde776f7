"""What `trainers.evaluate` measured on the runs of several recipes, as tables."""

from trainers.markdown import escaped
from trainers.results.quantities import evaluated_with, ways_of
from trainers.results.summaries import mean_and_deviation

_TRAIN_LABELS = {
    "clean": "training accuracy, clean labels",
    "corrupted": "training accuracy, corrupted labels",
    "memorized": "share of the wrong training labels that it gives",
}

# The words that the name of a recipe gets, and what an evaluation calls it.
_PREDICTORS = (
    ("", "", "student", "plain"),
    ("", ", corrected", "student", "corrected"),
    (", teacher", "", "teacher", "plain"),
    (", teacher", ", corrected", "teacher", "corrected"),
)


def tables(groups):
    """Returns a table, a list of rows, for each way in which runs were evaluated.

    Args:
        groups: `{name: Arm}`.
    """
    records = [record for arm in groups.values() for record in arm.records.values()]
    return [_rows(groups, way, words) for way, words in ways_of(records).items()]


def _rows(groups, way, words):
    columns = {
        f"{name}{network}{corrected}": _by_measure(arm, way, *which)
        for name, arm in groups.items()
        for network, corrected, *which in _PREDICTORS
    }
    columns = {name: measures for name, measures in columns.items() if measures}
    names = dict.fromkeys(name for measures in columns.values() for name in measures)
    table = [[f"on the test split{escaped(words)}", *columns]]
    for name in names:
        values = (measures.get(name, {}).values() for measures in columns.values())
        table.append([name, *(mean_and_deviation(v, 4) for v in values)])
    return table if names else []


def _by_measure(arm, way, network, kind):
    """`{measure: {seed: value}}` of a network's plain or corrected prediction."""
    result = {}
    for seed, record in arm.records.items():
        evaluation = record.evaluation
        if evaluation is None or evaluated_with(record) != way:
            continue
        if evaluation.get("network", "student") != network:
            continue
        for name, value in _measures(record, kind).items():
            result.setdefault(name, {})[seed] = value
    return result


def _measures(record, kind):
    evaluation = record.evaluation
    scores = (evaluation.get("scores") or {}).get(kind, {}).get("test", {})
    measures = {name.replace("_", " "): value for name, value in scores.items()}
    if kind == "corrected":
        return measures
    # It was measured on the last of the splits.
    if record.walked_split == "test":
        measures |= _robustness(evaluation)
    for name, words in _TRAIN_LABELS.items():
        if name in (evaluation.get("train_labels") or {}):
            measures[words] = evaluation["train_labels"][name]
    return measures


def _robustness(evaluation):
    """Accuracy under attack and deformation, and what happens between examples."""
    measures = {}
    for attack, accuracies in (evaluation.get("fgsm") or {}).items():
        attack = attack.replace("_", " ")
        for eps, value in (accuracies or {}).items():
            measures[f"accuracy, FGSM of {eps}, {attack}"] = value
    for name, value in (evaluation.get("deformations") or {}).items():
        measures[f"accuracy, {name.replace('_', ' ')}"] = value
    return measures | _halfway(evaluation.get("between"))


def _halfway(between):
    """What happens at equal weights of two examples."""
    if not between or 0.5 not in between["weights"]:
        return {}
    middle = between["weights"].index(0.5)
    return {
        "misses halfway": between["misses"][middle],
        "gradient norm halfway": between["gradient_norms"][middle],
    }
