"""The final figures of a run."""

import dataclasses

from trainers.experiments.scores import score


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
            split: score(network, source.standardized(split))
            for split in ("validation", "test")
        }
        for name, network in networks.items()
    }
    evaluated = experiment.evaluated_network
    evaluated = evaluated if evaluated in networks else "student"
    accuracy = {
        split: values["accuracy"] for split, values in scores[evaluated].items()
    }
    return {
        "name": experiment.name,
        "steps": experiment.steps,
        "evaluated_network": evaluated,
        "accuracy": accuracy,
        **scores,
        "linearity": _linearity(experiment, probe, source),
    }


def _linearity(experiment, probe, source):
    if probe is None:
        return {}
    x, _ = source.standardized("test")
    layers = probe(x[: experiment.linearity_examples], experiment.seed)
    return {name: dataclasses.asdict(layer) for name, layer in layers.items()}
