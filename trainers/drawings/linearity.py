"""NonLin of each layer over the course of training: Linearity, figures 1 and 3 to 8."""

import functools
import math

from trainers.common import plots
from trainers.common.statistics import mean_and_interval
from trainers.drawings.drawing import Drawing, subject
from trainers.drawings.groups import grouped, setting

# What must be the same for lines to be compared.
_SHARED = (
    "dataset",
    "num_labels",
    "architecture",
    "steps",
    "linearity_measure",
    "linearity_start",
)
_COLUMNS = 3
_MEASURES = {"unit_norm": "NonLin", "relative": "relative NonLin"}
_STARTS = {"input": "from the input", "previous": "from the previous layer"}


def drawings(records):
    """Returns a figure for each data set, number of labels, network and measure."""
    measured = [record for record in records if _curves(record)]
    groups = grouped(
        measured, lambda record: tuple(record.settings[name] for name in _SHARED)
    )
    return [_drawing(dict(zip(_SHARED, key)), group) for key, group in groups.items()]


def _drawing(shared, records):
    rows = _rows(records)
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    measure = _MEASURES[shared["linearity_measure"]]
    labels = shared["num_labels"]
    name = f"linearity_{subject(shared)}_{labels}labels"
    if shared["linearity_start"] == "previous":
        name += "_layer_to_layer"
    if shared["linearity_measure"] == "relative":
        name += "_relative"
    caption = (
        f"{measure} of each layer, {_STARTS[shared['linearity_start']]}, between test "
        f"examples, against training time from 0 to 1000: {setting(records)}. Lines: "
        "means over seeds; bands: 95 % intervals of the mean (Student's t); dotted: "
        "the floor, which no network can be below."
    )
    columns = min(_COLUMNS, len(layers))
    return Drawing(
        name,
        caption,
        rows,
        functools.partial(_draw, rows=rows, layers=layers, measure=measure),
        (math.ceil(len(layers) / columns), columns),
    )


def _curves(record):
    """`{(layer, step): (value, floor)}`."""
    return {
        (name.removeprefix("nonlin/"), row["step"]): (
            value,
            row[name.replace("nonlin/", "nonlin_floor/", 1)],
        )
        for row in record.history
        for name, value in row.items()
        if name.startswith("nonlin/")
    }


def _rows(records):
    rows = []
    for variant, group in grouped(records, lambda record: record.variant).items():
        curves = [_curves(record) for record in group]
        steps = int(group[0].settings["steps"])
        for layer, step in curves[0]:
            values = [curve[layer, step] for curve in curves if (layer, step) in curve]
            mean, low, high = mean_and_interval([value for value, _ in values])
            rows.append(
                {
                    "layer": layer,
                    "variant": variant,
                    "time": 1000 * step / steps,
                    "mean": mean,
                    "low": low,
                    "high": high,
                    "floor": mean_and_interval([floor for _, floor in values])[0],
                    "seeds": len(values),
                }
            )
    return rows


def _draw(figure, axes, rows, layers, measure):
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    for one, layer in zip(axes, layers):
        for style, variant in zip(plots.styles(len(variants)), variants):
            line = [r for r in rows if (r["layer"], r["variant"]) == (layer, variant)]
            times = [row["time"] for row in line]
            one.plot(times, [row["mean"] for row in line], label=variant, **style)
            bounds = ([row[key] for row in line] for key in ("low", "high"))
            one.fill_between(times, *bounds, color=style["color"], alpha=0.2, lw=0)
            floors = [row["floor"] for row in line]
            one.plot(times, floors, ":", color=style["color"], lw=0.8)
        one.set_title(layer)
        one.set_ylim(bottom=0)
        one.set_xlabel("training time")
        one.set_ylabel(measure)
    for unused in axes[len(layers) :]:
        unused.set_axis_off()
    handles, names = axes[0].get_legend_handles_labels()
    columns = min(4, len(names))
    figure.legend(handles, names, loc="outside lower center", ncols=columns)
