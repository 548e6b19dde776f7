"""The final figures of a run."""

from keras_mixup.linearity import nonlinearity

from trainers.scores import score


def measure(experiment, networks, source):
    """Returns the contents of `result.json`.

    It holds nothing but what the experiment decides: no times, no paths.

    Args:
        experiment: an `Experiment`.
        networks: `{"student": keras.Model}`, with `"teacher"` where there is one.
        source: the data set.
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
        "linearity": _linearity(experiment, networks[evaluated], source),
    }


def _linearity(experiment, network, source):
    if experiment.linearity_points == 0:
        return {}
    x, _ = source.standardized("test")
    layers = nonlinearity(
        network,
        x[: experiment.linearity_examples],
        layers=list(experiment.linearity_layers) or None,
        measure=experiment.linearity_measure,
        start=experiment.linearity_start,
        seed=experiment.seed,
    )
    return {
        name: {
            "value": float(layer.value),
            "floor": float(layer.floor),
            "standard_error": float(layer.standard_error),
        }
        for name, layer in layers.items()
    }
