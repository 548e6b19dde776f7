"""Every figure that the results make, inside of the page."""

import base64
import dataclasses
import os
import tempfile

from trainers.figures import drawing
from trainers.figures.command import FIGURES
from trainers.report.markup import Section, download, element, join, slug


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure that was drawn.

    Attributes:
        kind: that of `trainers.figures.FIGURES`.
        name: that of its files.
        caption: what it shows.
        numbers: the text of its CSV.
        vector: the text of its SVG.
    """

    kind: str
    name: str
    caption: str
    numbers: str
    vector: str


def section(drawn):
    """Returns the section of figures.

    Args:
        drawn: list of `Figure`.
    """
    if not drawn:
        nothing = element("p", "The results hold nothing to draw.")
        return Section("Figures", nothing)
    entries = {}
    for figure in drawn:
        entries.setdefault(figure.kind, []).append(_id(figure))
    return Section(
        "Figures",
        join(*map(_figure, drawn), between="\n"),
        [(ids[0], f"{kind}: {len(ids)}") for kind, ids in entries.items()],
    )


def draw(results):
    """Draws what `python -m trainers.figures` draws of the same results.

    Args:
        results: a `trainers.results.reading.Results`.

    Returns:
        List of `Figure`.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for kind, drawings_of in FIGURES.items():
            for one in drawing.with_names_of_their_own(drawings_of(results)):
                drawing.write(folder, one)
                found.append(_read(kind, os.path.join(folder, one.name)))
    return found


def _read(kind, path):
    def content(suffix):
        with open(f"{path}.{suffix}", encoding="utf-8", newline="") as file:
            return file.read()

    caption, numbers, vector = map(content, ("txt", "csv", "svg"))
    return Figure(kind, os.path.basename(path), caption.strip(), numbers, vector)


def _figure(figure):
    content = base64.b64encode(figure.vector.encode()).decode()
    picture = element(
        "img",
        src=f"data:image/svg+xml;base64,{content}",
        alt=f"Figure {figure.name}. What it shows is said below it.",
    )
    name = f"{figure.name}.csv"
    rows = figure.numbers.count("\n") - 1
    several = "s" * (rows != 1)
    numbers = [f"Its numbers, {rows} row{several}: ", download(name, figure.numbers)]
    return element(
        "figure",
        element("h3", figure.name),
        element("div", picture, class_="wide"),
        element("figcaption", figure.caption, element("div", *numbers)),
        id=_id(figure),
    )


def _id(figure):
    return f"figure-{slug(figure.name)}"
