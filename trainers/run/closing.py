"""What a run tells its user, in a few lines."""

import os
import shutil
import sys

from trainers.text_tables import table


def opening(experiment, source, model, step):
    """Returns the lines that announce a run."""
    labels = "all" if experiment.num_labels is None else experiment.num_labels
    without = f" and {source.num_unlabeled} without" if source.num_unlabeled else ""
    size = model.network.count_params()
    lines = [
        f"{experiment.name}: {labels} labels of {source.num_train} training examples"
        f"{without}, "
        f"{experiment.architecture} ({size:,} weights), {experiment.backend}"
    ]
    if experiment.strategy == "data_parallel":
        import jax

        lines.append(
            f"Each batch is shared among {jax.device_count()} device(s) of "
            f"{jax.process_count()} process(es)."
        )
    if experiment.strategy == "mirrored":
        replicas = model.distribute_strategy.num_replicas_in_sync
        lines.append(f"Each batch is shared among {replicas} replica(s).")
    if step:
        lines.append(f"Resumed after step {step} of {experiment.steps}.")
    return "\n".join(lines)


def closing(result, workdir):
    """Returns the lines that sum up a finished run."""
    return "\n\n".join(
        [
            _accuracies(result),
            *([_linearity(result)] if result["linearity"] else []),
            _files(workdir),
        ]
    )


def _files(workdir):
    names = ["result.json", "metrics.jsonl"]
    if os.path.exists(os.path.join(workdir, "model.keras")):
        names.append("model.keras")
    text = f"Everything is in {workdir}: {', '.join(names)}."
    if not os.path.exists(os.path.join(workdir, "tensorboard")):
        return text
    watch = f"{_tensorboard()} --logdir {workdir}/tensorboard"
    return f"{text}\nWatch the layers with\n  {watch}"


def _tensorboard():
    """The program as it can be called here, its environment activated or not."""
    beside = os.path.join(os.path.dirname(sys.executable), "tensorboard")
    if shutil.which("tensorboard") or not os.path.exists(beside):
        return "tensorboard"
    return os.path.relpath(beside)


def _accuracies(result):
    rows = [["accuracy", "validation", "test"]]
    for name in ("student", "teacher"):
        if name in result:
            scores = result[name]
            splits = (scores["validation"], scores["test"])
            rows.append([name, *(f"{split['accuracy']:.2%}" for split in splits)])
    return table(rows)


def _linearity(result):
    rows = [[f"layer ({result['evaluated_network']})", "NonLin", "floor", "excess"]]
    for name, values in result["linearity"].items():
        value, floor = values["value"], values["floor"]
        rows.append(
            [name, *(f"{round(x, 4) + 0.0:.4f}" for x in (value, floor, value - floor))]
        )
    return table(rows)
