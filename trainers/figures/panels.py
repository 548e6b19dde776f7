"""What the panels of the figures share: lines with bands, and one legend below."""

import math

from trainers import plots
from trainers.run.method_lookup import method_of

# Of the legend's font: what a letter takes of a line, and all besides the letters.
_LETTER, _HANDLE = 0.078, 0.55


def styles_of(lines):
    """Returns `{name of a line: its style}`, the same in all panels of a figure.

    A method has the same colour in all figures, a lighter one for more than two points.

    Args:
        lines: `{name of a line: one of its records}`.
    """
    return dict(zip(lines, plots.styles([_color(one) for one in lines.values()])))


def _color(record):
    row = method_of(record)
    level = max(0, record.num_points - 2) if row.takes_points else 0
    return plots.lighter(row.color, level)


def lines(axes, rows, x, styles, from_zero=True):
    """Draws the mean of each line and the band of its interval.

    Args:
        axes: the axes.
        rows: list of dictionaries with `line`, `x`, `mean`, `low` and `high`.
        x: name of what is drawn to the right.
        styles: what `styles_of` returns for the figure.
        from_zero: bool, whether the axes begin at 0.
    """
    for name, style in styles.items():
        line = [row for row in rows if row["line"] == name]
        places = [row[x] for row in line]
        axes.plot(places, [row["mean"] for row in line], **style)
        bounds = ([row[end] for row in line] for end in ("low", "high"))
        axes.fill_between(places, *bounds, color=style["color"], alpha=0.2, lw=0)
    _limit(axes, rows, from_zero)


def _limit(axes, rows, from_zero):
    """Leaves the means at least half of the height; those of few seeds have wide bands.

    Nothing is cut off where the bands need less.
    """
    log = axes.get_yscale() == "log"
    means, lows, highs = (_heights(rows, key, log) for key in ("mean", "low", "high"))
    if not means:
        return
    bottom = 0 if from_zero else min(means)
    room = (max(means) - bottom) / 2
    if not room > 0:
        return
    low = max(min(means + lows), bottom - room) - 0.1 * room
    high = min(max(means + highs), max(means) + room) + 0.1 * room
    ends = (0, high) if from_zero else (low, high)
    axes.set_ylim(*(10**end if log else end for end in ends))


def _heights(rows, key, log):
    """The finite numbers, on the scale on which they are drawn."""
    values = [row[key] for row in rows if math.isfinite(row[key])]
    return [math.log10(value) for value in values if value > 0] if log else values


def points(axes, places, rows, style):
    """Draws the means of a line at their places, each with the bar of its interval.

    Args:
        axes: the axes.
        places: list of numbers, where each row stands to the right.
        rows: list of dictionaries with `mean`, `low` and `high`.
        style: one of what `styles_of` returns.
    """
    means = [row["mean"] for row in rows]
    below = [row["mean"] - row["low"] for row in rows]
    above = [row["high"] - row["mean"] for row in rows]
    axes.errorbar(places, means, (below, above), capsize=2, **style)


def legend(figure, styles):
    """Puts the names of the lines below all axes, in as many columns as fit."""
    from matplotlib.lines import Line2D

    width = max(map(len, styles)) * _LETTER + _HANDLE
    columns = int(figure.get_figwidth() / width)
    figure.legend(
        [Line2D([], [], **style) for style in styles.values()],
        list(styles),
        loc="outside lower center",
        ncols=max(1, min(columns, len(styles))),
        fontsize=9,
        frameon=False,
    )


def hide(axes):
    """Leaves panels empty for which there is nothing."""
    for one in axes:
        one.set_axis_off()
