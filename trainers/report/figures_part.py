"""Every figure that the results make, beside the page and in it."""

import dataclasses
import os
import re
import urllib.parse

from trainers.figures import drawing
from trainers.figures.command import FIGURES
from trainers.markdown import anchor, escaped
from trainers.results.arms import grouped

FOLDER = "figures"
_COUNTED = re.compile(r"_([\d.]+|all)(steps|labels|noise)(?=_|$)")
_TITLES = {
    "linearity": "NonLin of each layer",
    "layers": "NonLin by layer at the end, and accuracy",
    "differences": "NonLin of mixup less that of plain training",
    "labels": "Accuracy by the number of labels",
    "losses": "Losses in training",
    "reliability": "Accuracy by confidence",
    "between": "Between two examples",
    "examples": "When mixup fails",
}


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure that was drawn.

    Attributes:
        kind: that of `trainers.figures.command.FIGURES`.
        drawing: the `trainers.figures.drawing.Drawing`.
    """

    kind: str
    drawing: drawing.Drawing

    @property
    def title(self):
        """The name of its files in words."""
        words = _COUNTED.sub(r", \1 \2", self.drawing.name).replace("_", " ")
        return words[:1].upper() + words[1:]

    @property
    def lines(self):
        """Its picture, its caption, and a link to its numbers, in Markdown."""
        path = urllib.parse.quote(f"{FOLDER}/{self.drawing.name}")
        number = len(self.drawing.rows)
        numbers = f"{number} row{'s' * (number != 1)}"
        return [
            f"![Figure: {escaped(self.title)}]({path}.png)",
            f"{escaped(self.drawing.caption)} [Its numbers, {numbers}]({path}.csv)",
        ]


def draw(results, folder):
    """Draws what `python -m trainers.figures` draws of the same results.

    Args:
        results: a `trainers.results.reading.Results`.
        folder: folder of the page; the files go to a folder there.

    Returns:
        List of `Figure`.
    """
    found = [
        Figure(kind, one)
        for kind, drawings_of in FIGURES.items()
        for one in drawing.with_names_of_their_own(drawings_of(results))
    ]
    os.makedirs(os.path.join(folder, FOLDER), exist_ok=True)
    for figure in found:
        drawing.write(os.path.join(folder, FOLDER), figure.drawing)
    return found


def section(drawn):
    """Returns the section of figures, in Markdown.

    The summary shows the main ones, each of which is some 50 kB of the page.

    Args:
        drawn: list of `Figure`.
    """
    if not drawn:
        return "## Figures\n\nThe results hold nothing to draw."
    kinds = grouped(drawn, lambda figure: figure.kind)
    titles = {kind: _TITLES.get(kind, kind) for kind in kinds}
    links = [
        f"[{titles[kind]}](#{anchor(titles[kind])}): {len(figures)}"
        for kind, figures in kinds.items()
    ]
    parts, main = ["## Figures", ", ".join(links)], main_figures(drawn)
    for kind, figures in kinds.items():
        parts.append(f"### {titles[kind]}")
        for figure in figures:
            parts.append(f"#### {escaped(figure.title)}")
            parts += (
                ["Shown in the [summary](#summary)."]
                if figure in main
                else (figure.lines)
            )
    return "\n\n".join(parts)


def main_figures(drawn):
    """Returns the first figure of accuracies and the first of linearity, if any."""
    first = {figure.kind: figure for figure in reversed(drawn)}
    chosen = [first[kind] for kind in ("labels", "linearity") if kind in first]
    return chosen or drawn[:1]
