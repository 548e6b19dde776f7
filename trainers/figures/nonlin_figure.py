"""NonLin of each layer over the course of training: Linearity, figures 1 and 3 to 8."""

import functools
import math

import numpy as np

from trainers.figures import panels
from trainers.figures.captions import OVER_SEEDS, setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups, over_seeds
from trainers.results.roles import CURVES, LABELS
from trainers.statistics import mean_and_interval

_MEASURES = {"unit_norm": "NonLin", "relative": "relative NonLin"}
_STARTS = {"input": "from the input", "previous": "from the layer before it"}


def drawings(records):
    """Returns a figure for each data set, number of labels, network and measure."""
    measured = [record for record in records if curves_of(record)]
    return [_drawing(group) for group in groups(measured, (*LABELS, *CURVES))]


def _drawing(group):
    rows = _rows(group.lines)
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    measure = _MEASURES[group.shared["linearity_measure"]]
    start = group.shared["linearity_start"]
    name, label = f"linearity_{group.subject}", measure
    if start == "previous":
        name, label = name + "_layer_to_layer", f"layer-to-layer {measure}"
    if measure != "NonLin":
        name += "_relative"
    caption = (
        f"{measure} of each layer, {_STARTS[start]}, between test examples, against "
        f"training time from 0 to 1000: {setting_of(group)}. Lines and bands: "
        f"{OVER_SEEDS}. Dotted: the floor, what an exactly linear layer with the same "
        "activations would score."
    )
    columns = 2 if len(layers) == 4 else min(3, len(layers))
    return Drawing(
        name,
        caption,
        rows,
        functools.partial(
            _draw,
            rows=rows,
            styles=panels.styles_of(group.examples),
            layers=layers,
            label=label,
            columns=columns,
        ),
        (math.ceil(len(layers) / columns), columns),
    )


def curves_of(record):
    """Returns `{(layer, step): (value, floor)}`, NaN for a floor not measured."""
    return {
        (name.removeprefix("nonlin/"), row["step"]): (
            value,
            row.get(name.replace("nonlin/", "nonlin_floor/", 1), math.nan),
        )
        for row in record.history
        for name, value in row.items()
        if name.startswith("nonlin/")
    }


def _rows(lines):
    rows = []
    for line, group in lines.items():
        curves = [curves_of(record) for record in group]
        steps = int(group[0].settings["steps"])
        places = dict.fromkeys(place for curve in curves for place in curve)
        for layer, step in sorted(places, key=lambda place: place[1]):
            values = [curve[layer, step] for curve in curves if (layer, step) in curve]
            rows.append(
                {
                    "layer": layer,
                    "line": line,
                    "time": 1000 * step / steps,
                    **over_seeds([value for value, _ in values]),
                    "floor": mean_and_interval([floor for _, floor in values])[0],
                }
            )
    return rows


def _draw(figure, axes, rows, styles, layers, label, columns):
    for one, layer in zip(axes, layers):
        own = [row for row in rows if row["layer"] == layer]
        panels.lines(one, own, "time", styles)
        for line, style in styles.items():
            floors = [(row["time"], row["floor"]) for row in own if row["line"] == line]
            one.plot(*np.reshape(floors, (-1, 2)).T, ":", color=style["color"], lw=0.8)
        one.set_title(layer, fontsize=10)
        one.set_xlabel("training time")
    for first in axes[: len(layers) : columns]:
        first.set_ylabel(label)
    panels.hide(axes[len(layers) :])
    panels.legend(figure, styles)
