"""What `trainers.evaluate` measured on the runs of several recipes, as one table."""

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


def rows(groups, mean_and_deviation):
    """Returns the rows of the table, the head first; none without an evaluation.

    Args:
        groups: list of `compare.Runs`.
        mean_and_deviation: function of values and a number of digits that
            returns a cell.
    """
    columns = {
        f"{runs.name}{network}{corrected}": _by_measure(runs, *which)
        for runs in groups
        for network, corrected, *which in _PREDICTORS
    }
    columns = {name: measures for name, measures in columns.items() if measures}
    names = dict.fromkeys(name for measures in columns.values() for name in measures)
    return (
        [
            ["on the test split", *columns],
            *(
                [
                    name,
                    *(
                        mean_and_deviation(c.get(name, {}).values(), 4)
                        for c in columns.values()
                    ),
                ]
                for name in names
            ),
        ]
        if names
        else []
    )


def _by_measure(runs, network, kind):
    """`{measure: {seed: value}}` of a network's plain or corrected prediction."""
    result = {}
    for seed, evaluation in runs.evaluations.items():
        if evaluation["network"] != network:
            continue
        for name, value in _measures(evaluation, kind).items():
            result.setdefault(name, {})[seed] = value
    return result


def _measures(evaluation, kind):
    scores = evaluation["scores"].get(kind, {}).get("test", {})
    measures = {name.replace("_", " "): value for name, value in scores.items()}
    if kind == "corrected":
        return measures
    # It was measured on the last of the splits.
    if evaluation["options"]["split"][-1] == "test":
        measures |= _robustness(evaluation)
    for name, words in _TRAIN_LABELS.items():
        if name in (evaluation["train_labels"] or {}):
            measures[words] = evaluation["train_labels"][name]
    return measures


def _robustness(evaluation):
    """Accuracy under attack and deformation, and what happens between examples."""
    measures = {}
    for attack, accuracies in (evaluation["fgsm"] or {}).items():
        attack = attack.replace("_", " ")
        for eps, value in (accuracies or {}).items():
            measures[f"accuracy, FGSM of {eps}, {attack}"] = value
    for name, value in (evaluation["deformations"] or {}).items():
        measures[f"accuracy, {name.replace('_', ' ')}"] = value
    return measures | _halfway(evaluation["between"])


def _halfway(between):
    """What happens at equal weights of two examples."""
    if not between or 0.5 not in between["weights"]:
        return {}
    middle = between["weights"].index(0.5)
    return {
        "misses halfway": between["misses"][middle],
        "gradient norm halfway": between["gradient_norms"][middle],
    }
