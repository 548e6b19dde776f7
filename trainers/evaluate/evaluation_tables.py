"""An evaluation as tables, figures and TensorBoard events."""

from trainers import plots
from trainers.evaluate import reliability
from trainers.text_tables import table

_SCORES = {
    "accuracy": "accuracy",
    "cross_entropy": "neg. log-lik.",
    "expected_calibration_error": "ECE",
    "predictive_entropy": "entropy",
}


def tables(result):
    """Returns everything that was measured as lines of text."""
    parts = [
        _scores(result),
        *_reliability(result),
        _attacks(result["fgsm"]),
        _deformations(result["deformations"]),
        _between(result["between"]),
        _train_labels(result["train_labels"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _scores(result):
    rows = [[f"{result['name']} ({result['network']})", *_SCORES.values()]]
    for kind, by_split in result["scores"].items():
        for split, values in by_split.items():
            words = kind.replace("_", " and ")
            name = split if kind == "plain" else f"{split}, {words}"
            rest = (f"{values[key]:.4f}" for key in list(_SCORES)[1:])
            rows.append([name, f"{values['accuracy']:.2%}", *rest])
    return table(rows)


def _reliability(result):
    for kind, by_split in result["reliability"].items():
        split = list(by_split)[-1]
        title = f"confidence, {split}" + (f", {kind}" if kind != "plain" else "")
        yield reliability.reliability_table(title, by_split[split])


def _attacks(fgsm):
    if not fgsm:
        return None
    rows = [["FGSM, accuracy", *(kind.replace("_", " ") for kind in fgsm)]]
    for eps in fgsm["white_box"]:
        rows.append([f"eps {eps}", *(f"{by_eps[eps]:.2%}" for by_eps in fgsm.values())])
    return table(rows)


def _deformations(accuracies):
    if not accuracies:
        return None
    rows = [[name, f"{value:.2%}"] for name, value in accuracies.items()]
    return table([["deformed images", "accuracy"], *rows])


def _between(found):
    if not found:
        return None
    rows = [["between pairs, w", "misses", "gradient norm"]]
    for weight, miss, norm in zip(*found.values()):
        rows.append([f"{weight:.2f}", f"{miss:.2%}", f"{norm:.4f}"])
    return table(rows)


def _train_labels(accuracies):
    if not accuracies:
        return None
    rows = [[name.replace("_", " "), f"{v:.2%}"] for name, v in accuracies.items()]
    return table([["labels of the training set", "accuracy"], *rows])


def draw(result, reliability_path, between_path):
    """Draws the figures and returns `{name: path}` of those that there are."""
    split = list(result["scores"]["plain"])[-1]
    predictions = {kind: by[split] for kind, by in result["reliability"].items()}
    title = f"{result['name']} ({result['network']}), {split}"
    reliability.draw(reliability_path, predictions, title)
    drawn = {"reliability": reliability_path}
    if result["between"]:
        _draw_between(between_path, result["between"], title)
        drawn["between"] = between_path
    return drawn


def _draw_between(path, found, title):
    with plots.figure(path, columns=2, width=5, height=4) as (drawing, axes):
        drawing.suptitle(f"{title}: between two examples")
        for one, key in zip(axes, ("misses", "gradient_norms")):
            style = {"color": plots.COLORS[0], "marker": plots.MARKERS[0]}
            one.plot(found["weights"], found[key], **style)
            one.set(xlabel="weight of the first example", ylim=(0, None))
        axes[0].set_ylabel("share of misses")
        axes[1].set_ylabel("mean gradient norm of the loss")


def scalars(result):
    """Returns `{tag: float}` of all numbers, for TensorBoard."""
    measured = {
        "scores": result["scores"],
        "temperature": result["temperatures"],
        "fgsm": result["fgsm"],
        "deformation": result["deformations"],
        "train_labels": result["train_labels"],
    }
    if result["between"]:
        pairs = result["between"]
        means = {k: sum(v) / len(v) for k, v in pairs.items() if k != "weights"}
        measured["between"] = means
    return dict(_flat("evaluation", measured))


def _flat(tag, value):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flat(f"{tag}/{name}", inner)
    elif value is not None:
        yield tag, value
