"""The notebooks that `docs/notebooks.py` makes of the guides."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = runpy.run_path(str(ROOT / "docs" / "notebooks.py"))


def sources(notebook, kind):
    return [
        "".join(cell["source"])
        for cell in notebook["cells"]
        if cell["cell_type"] == kind
    ]


@pytest.fixture(scope="module")
def notebooks(tmp_path_factory):
    paths = NOTEBOOKS["write"](tmp_path_factory.mktemp("notebooks"))
    return {path.stem: json.loads(path.read_text()) for path in paths}


def test_a_notebook_is_a_page(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# Title\n\nSee [there](other.md) and [Keras](https://keras.io).\n\n"
        "```python\nx = 1\n\ny = 2\n```\n\nThe rest.\n\n"
        "```sh\nls\n```\n\n```{toctree}\n:hidden:\n\nother\n```\n"
    )
    notebook = NOTEBOOKS["notebook"](page)
    assert sources(notebook, "code")[0].startswith("%pip install")
    assert sources(notebook, "code")[2:] == ["x = 1\n\ny = 2"]
    assert sources(notebook, "markdown") == [
        "# Title",
        "See there and [Keras](https://keras.io).",
        "The rest.\n\n```sh\nls\n```",
    ]


def test_notebooks_have_the_form_of_notebooks(notebooks):
    for name, notebook in notebooks.items():
        assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
        names = [cell["id"] for cell in notebook["cells"]]
        assert len(names) == len(set(names)) > 4
        assert "keras-mixup[tensorflow" in sources(notebook, "code")[0], name


def test_the_page_of_notebooks_lists_them():
    text = (ROOT / "docs" / "notebooks.md").read_text()
    assert re.findall(r"\]\((\w+)\.md\)", text) == list(NOTEBOOKS["GUIDES"])


def test_every_page_of_the_start_has_a_notebook():
    # A page without code, or one that compares with a checkout, has none.
    assert {"quick_start", "own_images", "linearity"} <= set(NOTEBOOKS["GUIDES"])


@pytest.mark.slow
@pytest.mark.tensorflow
@pytest.mark.parametrize("guide", NOTEBOOKS["GUIDES"])
def test_notebook_runs(guide, notebooks, tmp_path):
    _, *cells = sources(notebooks[guide], "code")
    # What a kernel does: cell after cell in one namespace, each shown by its number.
    program = (
        "import json, linecache\n"
        "namespace = {'__name__': '__main__'}\n"
        "for number, cell in enumerate(json.load(open('cells.json')), 1):\n"
        "    name = f'<cell {number}>'\n"
        # `tf.data` reads the source of what it maps.
        "    linecache.cache[name] = len(cell), None, cell.splitlines(True), name\n"
        "    exec(compile(cell, name, 'exec'), namespace)\n"
    )
    (tmp_path / "cells.json").write_text(json.dumps(cells))
    environment = {name: v for name, v in os.environ.items() if name != "KERAS_BACKEND"}
    # The package where this process found it: the checkout, or an installed wheel.
    environment["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert ran.returncode == 0, ran.stderr[-3000:]
