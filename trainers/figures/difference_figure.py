"""How much mixup bends each layer more than plain training, against the step."""

import functools
import math

import numpy as np

from trainers import plots
from trainers.figures import panels
from trainers.figures.captions import OVER_SEEDS, setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups, over_seeds
from trainers.figures.nonlin_figure import curves_of
from trainers.results.arms import Arm, grouped
from trainers.results.roles import CURVES, LABELS
from trainers.results.settings import MINUTES, Setting
from trainers.run.methods import METHODS

_EXCESS, _NONLIN = "without the floor", "with the floor"
_COLUMNS = 3


def drawings(records):
    """Returns a figure for each setting on images by the ten thousand.

    Whether mixup bends a layer there may be a matter of training time. Both methods
    have the same seeds, and so the same labels and weights at the start.
    """
    compared = [one for one in records if _is_plain(one) or _is_mixup(one)]
    return [
        _drawing(group, line, rows)
        for group in groups(compared, (*LABELS, *CURVES))
        if Setting(group.shared, []).scale != MINUTES
        for line, pairs in _pairs(group).items()
        for rows in (_rows(pairs),)
        if rows
    ]


def _is_plain(record):
    return Arm({record.seed: record}).is_plain and _from_input(record)


def _from_input(record):
    return record.settings["linearity_start"] == "input"


def _is_mixup(record):
    arm = Arm({record.seed: record})
    of_two = record.num_points == 2 and arm.mixes_labels and arm.strength is None
    of_two &= arm.is_unregularised and _from_input(record)
    return record.method == "mixup" and of_two


def _pairs(group):
    """`{line of mixup: pairs of its runs and of plain training with the same seed}`."""
    plain = {r.seed: r for r in group.records if _is_plain(r)}
    return {
        line: [(one, plain[one.seed]) for one in runs if one.seed in plain]
        for line, runs in group.lines.items()
        if _is_mixup(runs[0])
    }


def _differences(pair):
    """`{(layer, what is shown, step): difference}` of what both runs measured."""
    mixed, plain = map(curves_of, pair)
    found = {}
    for layer, step in mixed.keys() & plain.keys():
        with_floor, floor = np.subtract(mixed[layer, step], plain[layer, step])
        found[layer, _NONLIN, step] = float(with_floor)
        if not math.isnan(floor):
            found[layer, _EXCESS, step] = float(with_floor - floor)
    return found


def _rows(pairs):
    by_place = grouped(
        (item for pair in pairs for item in _differences(pair).items()),
        lambda item: item[0],
    )
    return [
        {"layer": layer, "line": line, "step": step, **over_seeds(values)}
        for layer, line, step in sorted(by_place)
        for values in ([value for _, value in by_place[layer, line, step]],)
    ]


def _drawing(group, line, rows):
    caption = (
        f"NonLin of {line} less that of plain training, from the input to each layer, "
        f"against the step: {setting_of(group)}. Above 0 mixup bends the layer more. "
        f"Lines and bands: {OVER_SEEDS}, of differences between runs of one seed."
    )
    layers = list(dict.fromkeys(row["layer"] for row in rows))
    draw = functools.partial(_draw, rows=rows, layers=layers)
    shape = (math.ceil(len(layers) / _COLUMNS), min(_COLUMNS, len(layers)))
    return Drawing(f"difference_{group.subject}", caption, rows, draw, shape)


def _draw(figure, axes, rows, layers):
    color = METHODS["mixup"].color
    styles = dict(zip((_EXCESS, _NONLIN), plots.styles([color] * 2)))
    for one, layer in zip(axes, layers):
        own = [row for row in rows if row["layer"] == layer]
        one.axhline(0, color="0.4", linewidth=0.8)
        panels.lines(one, own, "step", styles, from_zero=False)
        one.set_title(layer, fontsize=10)
        one.set_xlabel("training step")
    for first in axes[: len(layers) : _COLUMNS]:
        first.set_ylabel("NonLin, mixup − ERM")
    panels.hide(axes[len(layers) :])
    panels.legend(figure, styles)
