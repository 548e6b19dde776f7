"""The figures of the examples."""

import numpy as np

from trainers.common import plots
from trainers.illustrations.measures import probability_of_one
from trainers.illustrations.settings import name_of

_LINES = ("-", "--", "-.", ":")
_GRID = 200


def draw(name, example, source, runs, path):
    """Draws the figure of an example.

    Args:
        name: name of the example.
        example: an `Example`.
        source: its data set.
        runs: list of `Run`.
        path: where the picture is written, a .png file.
    """
    _FIGURES[name](path, example, source, runs)


def _counterexample(path, example, source, runs):
    """P(y=1) along the line, a curve for each setting."""
    x = np.linspace(-0.5, 2.5, 301, dtype="float32")[:, None]
    with plots.figure(path) as (_, (axes,)):
        for alpha, style in _styles(example):
            curves = [probability_of_one(run.network, x) for run in _of(runs, alpha)]
            axes.plot(x[:, 0], np.mean(curves, axis=0), **style)
        axes.plot(source.train.x[:, 0], source.train.y, "ok", label="training points")
        axes.axhline(1 / 3, color="0.4", linewidth=0.8, label="1/3")
        axes.set(xlabel="x", ylabel="P(y = 1)", ylim=(-0.05, 1.05))
        axes.legend()


def _two_moons(path, example, source, runs):
    """The two classes' regions, a panel for each setting."""
    points, _ = source.train
    low, high = points.min(axis=0) - 0.4, points.max(axis=0) + 0.4
    grid = np.meshgrid(*np.linspace(low, high, _GRID, dtype="float32").T)
    columns = len(example.alphas)
    with plots.figure(path, columns=columns, width=3.2, height=3) as (_, panels):
        for alpha, axes in zip(example.alphas, panels):
            run = _of(runs, alpha)[0]
            _regions(axes, run.network, grid)
            _points(axes, *source.train)
            error = run.final["training_error"]
            axes.set_title(f"{name_of(alpha)}\ntraining error {error:.1%}", fontsize=10)
            axes.set(xticks=[], yticks=[])


def _regions(axes, network, grid):
    inputs = np.stack([values.ravel() for values in grid], axis=1)
    probability = probability_of_one(network, inputs).reshape(grid[0].shape)
    axes.contourf(*grid, probability, [0, 0.5, 1], colors=["#CFE4F3", "#FBE2CC"])
    axes.contour(*grid, probability, [0.5], colors="black")


def _points(axes, x, y):
    for label, marker in enumerate("o^"):
        chosen = x[y == label]
        axes.scatter(*chosen.T, s=6, color=plots.COLORS[label], marker=marker)


def _separable(path, example, source, runs):
    """Angle and margin over training."""
    with plots.figure(path, columns=2, width=4.8, height=4) as (_, panels):
        _curves(panels[0], example, runs, "angle")
        panels[0].set(yscale="log", ylabel="angle to the widest margin, degrees")
        _curves(panels[1], example, runs, "margin")
        panels[1].set(ylabel="margin (widest: 1)")
        panels[1].legend()


def _collinear_free(path, example, source, runs):
    """Training error over training."""
    with plots.figure(path) as (_, (axes,)):
        _curves(axes, example, runs, "training_error")
        axes.set(ylabel="training error", ylim=(0, None))
        axes.legend()


def _curves(axes, example, runs, key):
    for alpha, style in _styles(example):
        chosen = _of(runs, alpha)
        values = [[measured[key] for measured in run.measured] for run in chosen]
        # A dot shows where there is but one.
        axes.plot(chosen[0].steps, np.mean(values, axis=0), marker=".", **style)
    axes.set(xlabel="step")


def _styles(example):
    for index, alpha in enumerate(example.alphas):
        color = plots.COLORS[index % len(plots.COLORS)]
        # Where the colours begin again, each meets another kind of line.
        line = _LINES[(index + index // len(plots.COLORS)) % len(_LINES)]
        yield alpha, {"color": color, "linestyle": line, "label": name_of(alpha)}


def _of(runs, alpha):
    return [run for run in runs if run.alpha == alpha]


_FIGURES = {
    "counterexample": _counterexample,
    "two_moons": _two_moons,
    "separable": _separable,
    "collinear_free": _collinear_free,
}
