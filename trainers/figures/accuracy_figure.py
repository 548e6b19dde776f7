"""Test accuracy against the number of labels: Linearity, figures 2, 9 and 10."""

import functools

from trainers.figures import panels
from trainers.figures.captions import OVER_SEEDS, setting_of
from trainers.figures.drawing import Drawing
from trainers.figures.groups import groups, over_seeds


def drawings(records):
    """Returns a figure for each data set, network and training.

    Methods with one number of labels are left out, and runs with all of them, which
    have no place on the axis.
    """
    known = [record for record in records if record.num_labels is not None]
    free = ("seed", "num_labels")
    found = groups(known, also=("label_noise",), free=free, fits=_has_several)
    return [_drawing(group) for group in found]


def _has_several(records):
    return len({record.num_labels for record in records}) > 1


def _drawing(group):
    rows = []
    for line, records in group.lines.items():
        for labels in sorted({record.num_labels for record in records}):
            chosen = [record for record in records if record.num_labels == labels]
            accuracies = [100 * r.result["accuracy"]["test"] for r in chosen]
            rows.append({"line": line, "labels": labels, **over_seeds(accuracies)})
    caption = (
        f"Test accuracy against the number of labels: {setting_of(group)}. Points "
        f"and bars: {OVER_SEEDS}."
    )
    draw = functools.partial(_draw, rows=rows, styles=panels.styles_of(group.examples))
    return Drawing(f"accuracy_{group.subject}", caption, rows, draw, size=(5, 3.6))


def _draw(figure, axes, rows, styles):
    (one,) = axes
    for place, (name, style) in enumerate(styles.items()):
        line = [row for row in rows if row["line"] == name]
        # Beside each other, for the bars to be seen.
        shift = 1.02 ** (place - (len(styles) - 1) / 2)
        labels = [row["labels"] * shift for row in line]
        panels.points(one, labels, line, style)
    numbers = sorted({row["labels"] for row in rows})
    one.set_xscale("log")
    one.set_xticks(numbers, map(str, numbers))
    one.minorticks_off()
    one.set_xlabel("labels")
    one.set_ylabel("test accuracy, %")
    panels.legend(figure, styles)
