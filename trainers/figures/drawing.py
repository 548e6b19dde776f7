"""A figure as it is written: a PNG, an SVG, its numbers and its caption."""

import collections
import dataclasses
import os
from collections.abc import Callable

from trainers import files, plots
from trainers.text_tables import csv_text


@dataclasses.dataclass(frozen=True)
class Drawing:
    """A figure, before it is drawn.

    Attributes:
        name: name of its files, without a suffix.
        caption: what it shows: data, network, seeds and steps among it.
        rows: list of dictionaries with the same keys: the numbers in it.
        draw: function of `(figure, axes)`, as `plots.figure` yields them.
        shape: `(rows, columns)` of axes.
        size: `(width, height)` of one of them in inches.
    """

    name: str
    caption: str
    rows: list
    draw: Callable
    shape: tuple[int, int] = (1, 1)
    size: tuple[float, float] = (3.4, 2.8)


def write(folder, drawing):
    """Writes NAME.csv, NAME.txt, NAME.svg and NAME.png; returns the paths.

    The numbers and the caption come first, for the case that nothing can be drawn. The
    files depend on nothing but the drawing.
    """
    paths = {
        kind: os.path.join(folder, f"{drawing.name}.{kind}")
        for kind in ("csv", "txt", "svg", "png")
    }
    files.write_text(paths["csv"], csv_text(list(drawing.rows[0]), drawing.rows))
    files.write_text(paths["txt"], drawing.caption + "\n")
    write_picture(paths["png"], drawing, paths["svg"])
    return list(paths.values())


def write_picture(path, drawing, vector=None):
    """Writes the PNG of a drawing, and its SVG where there is a path for it."""
    rows, columns = drawing.shape
    width, height = drawing.size
    with plots.figure(path, rows, columns, width, height, vector) as parts:
        drawing.draw(*parts)


def with_names_of_their_own(drawings):
    """Numbers the drawings whose names others had before, so that none is lost."""
    counts = collections.Counter()
    for drawing in drawings:
        counts[drawing.name] += 1
        number = counts[drawing.name]
        name = drawing.name if number == 1 else f"{drawing.name}_{number}"
        yield dataclasses.replace(drawing, name=name)
