"""The final figures of a run."""

import dataclasses

from trainers import strict_json
from trainers.errors import RunFailure
from trainers.run.methods import METHODS
from trainers.run.network_inputs import network_inputs
from trainers.run.scores import score


def measure(experiment, networks, source, probe):
    """Returns the contents of `result.json`.

    It holds nothing but what the experiment decides: no times, no paths.

    Args:
        experiment: an `Experiment`.
        networks: `{"student": keras.Model}`, with `"teacher"` where there is one.
        source: the data set.
        probe: the `LinearityProbe` of the evaluated network, or `None`.
    """
    scores = {
        name: {
            split: score(network, network_inputs(source, split))
            for split in ("validation", "test")
        }
        for name, network in networks.items()
    }
    own = experiment.method not in METHODS
    evaluated = evaluated_name(experiment, networks)
    accuracy = {
        split: values["accuracy"] for split, values in scores[evaluated].items()
    }
    return {
        "name": experiment.name,
        "steps": experiment.steps,
        "evaluated_network": evaluated,
        "accuracy": accuracy,
        # Figures and reports know a row of a user's module by this alone.
        **({"method": experiment.row.described()} if own else {}),
        **scores,
        "linearity": _linearity(experiment, probe, source),
    }


def evaluated_name(experiment, networks):
    """Returns the name of the network that is reported, one of `networks`."""
    name = experiment.evaluated_network
    return name if name in networks else "student"


def check_finite(figures, rows):
    """Raises `RunFailure` for a run that ends in figures that are not finite.

    Args:
        figures: what `measure` returned.
        rows: the rows of metrics.jsonl, where `None` was not finite.
    """
    names = strict_json.not_finite(figures)
    if not names:
        return
    seen = (row["step"] for row in rows for value in row.values() if value is None)
    raise RunFailure(
        f"The run ends in figures that are not finite: {strict_json.listed(names)}, "
        f"first seen at step {min(seen, default=figures['steps'])}. There is no "
        "result.json; try a smaller learning rate or loss weight in a new --workdir."
    )


def _linearity(experiment, probe, source):
    if probe is None:
        return {}
    x = source.network_inputs(source.test.x[: experiment.linearity_examples])
    layers = probe.measure(x, experiment.seed)
    return {name: dataclasses.asdict(layer) for name, layer in layers.items()}
