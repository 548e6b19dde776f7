"""What the figures share: colours that all can tell apart, and files made whole."""

import collections
import contextlib

from trainers import files
from trainers.errors import RunFailure

# Okabe and Ito, Color universal design, 2008: blue, vermillion, green, purple, orange,
# sky blue; black comes last.
COLORS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_DASHES = ("-", "--", "-.", (0, (3, 1, 1, 1, 1, 1)))
# What each level of a shade leaves of the colour.
_LIGHTER = 0.7


def distinct(number):
    """Returns as many colours, which repeat after all of them."""
    return [COLORS[place % len(COLORS)] for place in range(number)]


def lighter(color, level):
    """Returns a shade of a colour, "#RRGGBB": the lighter, the higher the level."""
    share = 1 - _LIGHTER**level
    parts = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{round(one + share * (255 - one)):02X}" for one in parts)


def styles(colors):
    """Returns a style for each line, which differ in print without colour too.

    Args:
        colors: list of colours; the lines of one colour have different dashes.
    """
    found, before = [], collections.Counter()
    for place, color in enumerate(colors):
        found.append(
            {
                "color": color,
                "marker": MARKERS[(place + before[color]) % len(MARKERS)],
                "linestyle": _DASHES[before[color] % len(_DASHES)],
                "markersize": 3,
                "linewidth": 1.2,
            }
        )
        before[color] += 1
    return found


def check_installed():
    """Raises `RunFailure` where nothing can be drawn."""
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise RunFailure(
            "The figures need matplotlib, which is not installed: pip install "
            '"keras-mixup[trainers]", and rerun the command.'
        ) from error


@contextlib.contextmanager
def figure(path, rows=1, columns=1, width=6.4, height=4.8, vector=None):
    """Yields `(figure, axes)`; what was drawn there becomes a PNG at `path`.

    Nothing of it depends on a screen, nor on what else uses matplotlib.

    Args:
        path: path of the PNG.
        rows: int, how many axes stand below each other.
        columns: int, how many stand side by side.
        width: float, the width of one of them in inches.
        height: float, its height.
        vector: path of an SVG of the same, or `None`. Both files depend on nothing but
            what is drawn.
    """
    check_installed()
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawing = Figure(figsize=(columns * width, rows * height), layout="constrained")
    FigureCanvasAgg(drawing)
    axes = drawing.subplots(rows, columns, squeeze=False).ravel()
    for one in axes:
        one.grid(color="0.9", linewidth=0.8)
        one.set_axisbelow(True)
        one.spines[["top", "right"]].set_visible(False)
    yield drawing, axes
    with files.replacing(path) as temporary:
        drawing.savefig(temporary, dpi=120)
    if vector is not None:
        # Identifiers are random without a salt.
        salted = rc_context({"svg.hashsalt": "keras_mixup"})
        with salted, files.replacing(vector) as temporary:
            drawing.savefig(temporary, metadata={"Date": None})
