"""Writes a notebook of each guide, for Colab or Jupyter.

    python docs/notebooks.py FOLDER

The Python blocks of a page become its code cells, and the text between them its other
cells. The first code cell installs the package.
"""

import json
import pathlib
import re
import sys

DOCS = pathlib.Path(__file__).resolve().parent
# Pages that show by doing, in the order of the sidebar.
GUIDES = (
    "quick_start",
    "own_images",
    "training",
    "transfer_learning",
    "mixupe",
    "manifold_mixup",
    "mixmatch",
    "approximate_mixup",
    "data_pipeline",
    "linearity",
    "nonlin",
    "calibration",
    "collinearity",
    "randomness",
    "resuming",
)
INSTALL = '%pip install -q "keras-mixup[tensorflow,trainers]"'
# Without it Keras takes the backend of its configuration file, if there is one.
BACKEND = 'import os\n\nos.environ["KERAS_BACKEND"] = "tensorflow"'

_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(r"^```\{.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"!?\[([^][]+)\]\((?!https?:)[^)]*\)")


def notebook(page):
    """Returns the notebook of a page, as the JSON of format 4.5."""
    # A link to another page leads nowhere from a notebook.
    text = _LINK.sub(r"\1", _DIRECTIVE.sub("", page.read_text(encoding="utf-8")))
    # The title, and then text and code by turns.
    title, *rest = _BLOCK.split(text)
    title, _, opening = title.partition("\n")
    contents = [("markdown", title), ("code", INSTALL), ("code", BACKEND)]
    contents.append(("markdown", opening))
    contents += zip(("code", "markdown") * len(rest), rest)
    cells = [
        _cell(kind, source.strip("\n"), f"cell{number}")
        for number, (kind, source) in enumerate(contents)
        if source.strip()
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(kind, source, name):
    lines = source.splitlines(keepends=True)
    cell = {"cell_type": kind, "id": name, "metadata": {}, "source": lines}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


def write(folder):
    """Writes `GUIDE.ipynb` for each guide into a folder, and returns their paths."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for guide in GUIDES:
        paths.append(folder / f"{guide}.ipynb")
        content = json.dumps(notebook(DOCS / f"{guide}.md"), indent=1)
        paths[-1].write_text(f"{content}\n", encoding="utf-8")
    return paths


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Expected one folder. Received: " + " ".join(sys.argv[1:]) + "\n")
    for path in write(sys.argv[1]):
        print(path)
