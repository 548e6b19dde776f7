"""The panels of the figures of the examples."""

import numpy as np

from trainers import plots
from trainers.figures import panels
from trainers.run.methods import METHODS

_REGIONS = ("#CFE4F3", "#FBE2CC")
# P is kept with three digits; the logit of a P of 0 would have no end.
_SMALLEST = 5e-4


def boundaries(figure, axes, picture, fields, titles):
    """Draws the regions of both classes and the training points."""
    across, along = picture["places"]
    points, labels = np.array(picture["points"]), np.array(picture["labels"])
    for one, field, title in zip(axes, fields, titles):
        values = np.reshape(field["values"], (len(along), len(across)))
        # Between two places the logit is closer to a line than P is.
        probability = np.clip(values, _SMALLEST, 1 - _SMALLEST)
        logits = np.log(probability / (1 - probability))
        bounds = [-np.inf, 0, np.inf]
        one.contourf(across, along, logits, bounds, colors=_REGIONS)
        if logits.min() < 0 < logits.max():
            one.contour(across, along, logits, [0], colors="black", linewidths=1)
        for label, marker in enumerate("o^"):
            chosen = points[labels == label]
            one.scatter(*chosen.T, s=5, color=plots.COLORS[label], marker=marker)
        one.set_title(title, fontsize=10)
        one.set(xticks=[], yticks=[])


def curves(figure, axes, rows, parts, picture):
    """Draws a panel for each part, `{key: what is set of its axes}`."""
    styles = _styles(rows)
    for one, (key, properties) in zip(axes, parts.items()):
        # The range of the lines depends on their scale.
        one.set_yscale(properties.get("yscale", "linear"))
        own = [row for row in rows if row["panel"] == key]
        panels.lines(one, own, "x", styles, from_zero=False)
        if key == "line":
            _three_points(one, picture)
        one.set(**properties)
    panels.legend(figure, styles)


def _styles(rows):
    """Plain training in its colour, mixup in shades of its own."""
    erm, mixup = METHODS["erm"], METHODS["mixup"]
    plain, *mixed = dict.fromkeys(row["line"] for row in rows)
    shades = [plots.lighter(mixup.color, level) for level in range(len(mixed))]
    return dict(zip([plain, *mixed], plots.styles([erm.color, *shades])))


def _three_points(axes, picture):
    for line in axes.get_lines():
        line.set_marker("")
    axes.plot([x for (x,) in picture["points"]], picture["labels"], "ok", ms=5)
    axes.axhline(1 / 3, color="0.4", linewidth=0.8, linestyle=":")
