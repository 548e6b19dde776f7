"""The linearity of a network's layers as tables, as a figure and for JSON."""

import dataclasses

from trainers import plots
from trainers.text_tables import table

NAMES = {
    "any": "all pairs",
    "same_class": "pairs of one class",
    "different_class": "pairs of different classes",
}
COLUMNS = {"unit_norm": ("NonLin", "floor", "excess"), "relative": ("relative",)}


def tables(results):
    """Returns a table for each kind of pairs.

    Args:
        results: `{pairs: {measure: {layer: Nonlinearity}}}`.
    """
    return "\n\n".join(_table(NAMES[pairs], by) for pairs, by in results.items())


def _table(title, by_measure):
    columns = [name for measure in by_measure for name in COLUMNS[measure]]
    rows = [[title, *columns]]
    for layer in next(iter(by_measure.values())):
        numbers = [
            number
            for measure, layers in by_measure.items()
            for number in _numbers(measure, layers[layer])
        ]
        # Rounding leaves no minus sign before a zero.
        rows.append([layer, *(f"{round(x, 4) + 0.0:.4f}" for x in numbers)])
    return table(rows)


def _numbers(measure, layer):
    if measure == "relative":
        return [layer.value]
    return [layer.value, layer.floor, layer.value - layer.floor]


def to_json(results):
    """Returns the results as dictionaries, lists and numbers."""
    return {
        pairs: {
            measure: {name: dataclasses.asdict(layer) for name, layer in layers.items()}
            for measure, layers in by_measure.items()
        }
        for pairs, by_measure in results.items()
    }


def draw(path, results, title):
    """Draws every measure over the layers, a line for each kind of pairs."""
    measures = list(next(iter(results.values())))
    layers = list(results["any"][measures[0]])
    width = min(16, max(8, 0.2 * len(layers)))
    # Names that stand upright need room below.
    height = 3.5 + (0.1 * max(map(len, layers)) if _upright(layers) else 0)
    with plots.figure(path, len(measures), 1, width, height) as (drawing, axes):
        drawing.suptitle(title)
        for one, measure in zip(axes, measures):
            _draw_lines(one, {pairs: by[measure] for pairs, by in results.items()})
            _label_layers(one, layers)
            one.set_ylabel("relative" if measure == "relative" else "NonLin")
            one.set_ylim(bottom=0)
            one.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.01, 1))
        axes[-1].set_xlabel("layer, from input to output")


def _draw_lines(axes, by_pairs):
    for pairs, color, marker in zip(by_pairs, plots.COLORS, plots.MARKERS):
        layers = by_pairs[pairs].values()
        size = 4 if len(layers) < 40 else 2.5
        style = {"color": color, "marker": marker, "markersize": size}
        axes.plot([layer.value for layer in layers], label=NAMES[pairs], **style)
        floors = [layer.floor for layer in layers]
        if any(floors):
            style = {"color": color, "linestyle": ":", "linewidth": 1.2}
            axes.plot(floors, label=f"floor, {NAMES[pairs]}", **style)


def _label_layers(axes, layers):
    # More names than these cannot be read beside each other.
    shown = range(0, len(layers), -(-len(layers) // 40))
    axes.set_xticks(shown, [layers[index] for index in shown])
    upright = _upright(layers)
    axes.tick_params("x", rotation=90 if upright else 0, labelsize=8 if upright else 10)


def _upright(layers):
    return max(map(len, layers)) > 8 or len(layers) > 10
