"""Draws the figures of results: `python -m trainers.figures --help`."""

import contextlib
import dataclasses
import os
import shlex
import sys

from trainers import files
from trainers.command_line import run_command
from trainers.errors import UsageError
from trainers.figures import (
    accuracy_figure,
    between_figure,
    difference_figure,
    drawing,
    layers_figure,
    loss_figure,
    nonlin_figure,
    reliability_figure,
    toy_figures,
)
from trainers.markdown import code_block, escaped
from trainers.option_checks import check_fields
from trainers.options import option
from trainers.results.reading import read

USAGE = """
Draws figures from results alone; nothing is trained again.

  python -m trainers.figures --results=runs/digits
  python -m trainers.figures --results=docs/results --workdir=docs/figures
  python -m trainers.figures --results=a/results.jsonl,b.jsonl.gz --figures=labels

Each figure is a PNG and an SVG, its numbers a CSV and its caption a text file, all in
--workdir; index.md there shows them all. The same results make the same files, byte for
byte.
"""

FIGURES = {
    "linearity": lambda results: nonlin_figure.drawings(results.records),
    "layers": lambda results: layers_figure.drawings(results.records),
    "differences": lambda results: difference_figure.drawings(results.records),
    "labels": lambda results: accuracy_figure.drawings(results.records),
    "losses": lambda results: loss_figure.drawings(results.records),
    "reliability": lambda results: reliability_figure.drawings(results.records),
    "between": lambda results: between_figure.drawings(results.records),
    "examples": lambda results: toy_figures.drawings(results.examples),
}


@dataclasses.dataclass(frozen=True)
class Figures:
    """Which results are drawn, how and where.

    Example:

    ```python
    from trainers.figures.command import Figures, draw

    draw(Figures(results=("runs/digits",), workdir="figures"))
    ```
    """

    results: tuple[str, ...] = option(
        (),
        "folders or files of sweeps, of trainers.toys and of trainers.tabular, or "
        "folders that hold them; required",
        "What",
    )
    figures: tuple[str, ...] = option(
        tuple(FIGURES),
        "linearity: NonLin of each layer against training time; layers: NonLin by "
        "layer at the end, of ICT by the published objective; differences: NonLin of "
        "mixup less that of plain training against the steps; labels: accuracy against "
        "the number of labels; losses: of clean training and of test examples against "
        "the steps; reliability: accuracy against confidence; between: misses and "
        "gradients between two examples; examples: those of when mixup fails",
        "What",
    )
    workdir: str = option("runs/figures", "folder of the figures", "How")

    def __post_init__(self):
        check_fields(self)
        if not self.results:
            raise UsageError("--results must name a folder or file, as runs/digits.")
        unknown = [name for name in self.figures if name not in FIGURES]
        if unknown or not self.figures:
            raise UsageError(
                f"--figures must name some of {', '.join(FIGURES)}; received "
                f"{','.join(self.figures)!r}."
            )


def draw(options):
    """Draws what the results hold, and returns the paths of all files."""
    results = read(options.results)
    for complaint in results.complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    if not results.records and not results.examples:
        raise UsageError(
            f"--results={','.join(options.results)}: nothing to draw was found there, "
            "neither a finished run nor an example."
        )
    files.make_workdir(options.workdir)
    index = os.path.join(options.workdir, "index.md")
    # It shows figures that are there: gone first, written last.
    with contextlib.suppress(FileNotFoundError):
        os.remove(index)
    paths, shown = [], []
    for name in options.figures:
        drawn = FIGURES[name](results)
        if not drawn:
            print(f"{name}: the results hold nothing to draw.")
        for one in drawing.with_names_of_their_own(drawn):
            paths += drawing.write(options.workdir, one)
            shown.append(one)
            print(f"{paths[-1]}\n  {one.caption}")
    files.write_text(index, _index(options, shown))
    return [*paths, index]


def _index(options, drawings):
    """A page that shows all figures, with the command that makes them."""
    flags = [f"--results={','.join(options.results)}"]
    if options.figures != tuple(FIGURES):
        flags.append(f"--figures={','.join(options.figures)}")
    command = shlex.join(["python", "-m", "trainers.figures", *flags])
    parts = ["# Figures", code_block(command)]
    for one in drawings:
        numbers = f"[Numbers]({one.name}.csv)"
        caption = escaped(one.caption)
        parts.append(f"![{one.name}]({one.name}.png)\n\n{caption} {numbers}.")
    return "\n\n".join(parts) + "\n"


def main(argv=None):
    """Runs the command line and returns the exit code."""
    return run_command(draw, Figures, USAGE, sys.argv if argv is None else argv)
