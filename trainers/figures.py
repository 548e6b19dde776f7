"""Draws the figures of sweeps: `python -m trainers.figures --help`."""

import dataclasses
import sys

from trainers.common import files
from trainers.common.checks import check_fields
from trainers.common.command_line import run_command
from trainers.common.errors import UsageError
from trainers.common.options import option
from trainers.drawings import drawing, labels, linearity
from trainers.sweeps import records

USAGE = """
Draws figures from the results of sweeps alone; nothing is trained again.

  python -m trainers.figures --results=runs/digits
  python -m trainers.figures --results=a/results.jsonl,b/results.jsonl --figures=labels

Each figure is a PNG and an SVG, its numbers a CSV and its caption a text file, all in
--workdir. The same results make the same files, byte for byte.
"""

FIGURES = {"linearity": linearity.drawings, "labels": labels.drawings}


@dataclasses.dataclass(frozen=True)
class Figures:
    """Which results are drawn, how and where.

    Example:

    ```python
    from trainers.figures import Figures, draw

    draw(Figures(results=("runs/digits",), workdir="figures"))
    ```
    """

    results: tuple[str, ...] = option(
        (), "folders of sweeps, or their results.jsonl; required", "What"
    )
    figures: tuple[str, ...] = option(
        tuple(FIGURES),
        "linearity: NonLin of each layer against training time; labels: accuracy "
        "against the number of labels",
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
    found, complaints = records.read(options.results)
    for complaint in complaints:
        print(f"warning: {complaint}", file=sys.stderr)
    if not found:
        raise UsageError(
            f"--results={','.join(options.results)}: no finished run was found there."
        )
    files.make_workdir(options.workdir)
    paths = []
    for name in options.figures:
        drawn = FIGURES[name](found)
        if not drawn:
            print(f"{name}: the results hold nothing to draw.")
        for one in drawing.with_names_of_their_own(drawn):
            paths += drawing.write(options.workdir, one)
            print(f"{paths[-1]}\n  {one.caption}")
    return paths


def main(argv=None):
    """Runs the command line and returns the exit code."""
    return run_command(draw, Figures, USAGE, sys.argv if argv is None else argv)


if __name__ == "__main__":
    sys.exit(main())
