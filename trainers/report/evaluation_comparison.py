"""What `trainers.evaluate` measured on the runs of several recipes, as one table."""

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


def rows(groups):
    """Returns the rows of the table, the head first; none without an evaluation.

    Args:
        groups: `{name: {seed: record}}`.
    """
    columns = {
        f"{name}{network}{corrected}": _by_measure(records, *which)
        for name, records in groups.items()
        for network, corrected, *which in _PREDICTORS
    }
    columns = {name: measures for name, measures in columns.items() if measures}
    names = dict.fromkeys(name for measures in columns.values() for name in measures)
    table = [["on the test split", *columns]]
    for name in names:
        values = (measures.get(name, {}).values() for measures in columns.values())
        table.append([name, *(mean_and_deviation(v, 4) for v in values)])
    return table if names else []


def _by_measure(records, network, kind):
    """`{measure: {seed: value}}` of a network's plain or corrected prediction."""
    result = {}
    for seed, record in records.items():
        evaluation = record.evaluation
        if evaluation is None or evaluation.get("network", "student") != network:
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
