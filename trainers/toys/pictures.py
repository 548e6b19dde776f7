"""What the pictures of the examples show besides what was measured on the way."""

import numpy as np

from trainers.toys.toy_measures import probability_of_one

_GRID = 80
_POINTS_ON_LINE = 151
_DIGITS = 3


def picture(name, source, runs):
    """Returns what the figure of an example needs of its networks.

    Args:
        name: name of the example.
        source: its data set.
        runs: list of `trainers.toys.toy_training.ToyRun`.

    Returns:
        A dictionary of numbers and lists: the training points and P(y=1) around them,
        rounded; `None` for an example whose figure needs nothing but what was measured.
    """
    if name not in _PLACES:
        return None
    places, chosen = _PLACES[name](source, runs)
    inputs = np.stack([values.ravel() for values in np.meshgrid(*places)], axis=1)
    return {
        "points": _rounded(source.train.x),
        "labels": source.train.y.tolist(),
        "places": [_rounded(values) for values in places],
        "probability": [
            {
                "alpha": run.alpha,
                "seed": run.seed,
                "values": _rounded(probability_of_one(run.network, inputs)),
            }
            for run in chosen
        ],
    }


def _around_the_points(source, runs):
    """A grid around the training points, and the runs of the first seed."""
    points, _ = source.train
    low, high = points.min(axis=0) - 0.4, points.max(axis=0) + 0.4
    places = list(np.linspace(low, high, _GRID, dtype="float32").T)
    return places, [run for run in runs if run.seed == 0]


def _along_the_line(source, runs):
    """Places on the line of the three points, and all runs."""
    return [np.linspace(-0.5, 2.5, _POINTS_ON_LINE, dtype="float32")], runs


def _rounded(values):
    return np.round(np.asarray(values, "float64"), _DIGITS).tolist()


_PLACES = {"two_moons": _around_the_points, "counterexample": _along_the_line}
