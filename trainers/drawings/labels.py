"""Test accuracy against the number of labels: Linearity, figures 2, 9 and 10."""

import functools

from trainers.common import plots
from trainers.common.statistics import mean_and_interval
from trainers.drawings.drawing import Drawing, subject
from trainers.drawings.groups import grouped, setting
from trainers.sweeps.grid import without_labels


def drawings(records):
    """Returns a figure for each data set, network and number of steps.

    Those with one number of labels are left out.
    """
    known = [record for record in records if record.num_labels is not None]
    groups = grouped(
        known,
        lambda r: tuple(
            r.settings[name] for name in ("dataset", "architecture", "steps")
        ),
    )
    return [
        _drawing(group)
        for group in groups.values()
        if len({record.num_labels for record in group}) > 1
    ]


def _drawing(records):
    rows = []
    groups = grouped(records, lambda r: (without_labels(r.variant), r.num_labels))
    for line, labels in sorted(groups):
        group = groups[line, labels]
        accuracies = [100 * r.result["accuracy"]["test"] for r in group]
        mean, low, high = mean_and_interval(accuracies)
        rows.append(
            {
                "variant": line,
                "labels": labels,
                "mean": mean,
                "low": low,
                "high": high,
                "seeds": len(group),
            }
        )
    name = f"accuracy_{subject(records[0].settings)}"
    caption = (
        f"Test accuracy against the number of labels: {setting(records)}. Bars: 95 % "
        "intervals of the mean over seeds (Student's t)."
    )
    draw = functools.partial(_draw, rows=rows)
    return Drawing(name, caption, rows, draw)


def _draw(figure, axes, rows):
    variants = list(dict.fromkeys(row["variant"] for row in rows))
    (one,) = axes
    for style, variant in zip(plots.styles(len(variants)), variants):
        line = [row for row in rows if row["variant"] == variant]
        error = [
            [row["mean"] - row["low"] for row in line],
            [row["high"] - row["mean"] for row in line],
        ]
        labels, means = ([row[key] for row in line] for key in ("labels", "mean"))
        one.errorbar(labels, means, error, capsize=2, label=variant, **style)
    numbers = sorted({row["labels"] for row in rows})
    one.set_xscale("log")
    one.set_xticks(numbers, map(str, numbers))
    one.minorticks_off()
    one.set_xlabel("labels")
    one.set_ylabel("test accuracy, %")
    figure.legend(loc="outside lower center", ncols=2)
