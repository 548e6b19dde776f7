"""Runs every example: the Python blocks of the pages, and those of the docstrings."""

import doctest
import importlib.util
import inspect
import pkgutil
import re
import runpy
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import keras_mixup

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PUBLIC_MODULES = (
    "applications",
    "calibration",
    "callbacks",
    "collinearity",
    "data",
    "differentiation",
    "layers",
    "linearity",
    "losses",
    "metrics",
    "mixing",
    "models",
    "random",
    "schedules",
)

# Words that people search for, each in the heading of a page: the search of the built
# documentation shows a page first whose heading holds them.
SEARCHED = {
    "transfer learning": "transfer_learning",
    "pretrained": "transfer_learning",
    "multi-GPU": "distribution",
    "own images": "own_images",
    "W&B": "linearity",
    "MLflow": "linearity",
    "CSV": "linearity",
    "which alpha": "which_method",
    "few labels": "quick_start",
    "resuming": "resuming",
    "Colab": "notebooks",
    "Ray": "sweeps",
    "Slurm": "sweeps",
}


def code_of(page):
    """The Python blocks of a page, each on the lines where it stands there."""
    text = page.read_text()
    lines = [""] * text.count("\n")
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1))
        code = block[1].splitlines()
        lines[first : first + len(code)] = code
    return "\n".join(lines)


def marks(code):
    """Examples of TensorFlow's own parts run where TensorFlow is the backend."""
    own = r"\btf\.|tensorflow as|data\.((semi_)?supervised|mix)\("
    if "keras.config.backend() ==" in code:
        marks = []
    elif re.search(own, code):
        marks = [pytest.mark.tensorflow]
    else:
        marks = [pytest.mark.slow_on_tensorflow]
    if "from trainers" in code and importlib.util.find_spec("trainers") is None:
        marks.append(pytest.mark.skip(reason="the experiments need a checkout"))
    return marks


def pages_with_code():
    for page in PAGES:
        code = code_of(page)
        if code.strip():
            name = str(page.relative_to(ROOT))
            yield pytest.param(page, code, id=name, marks=marks(code))


def docstring_examples():
    finder = doctest.DocTestFinder(exclude_empty=True)
    for info in pkgutil.walk_packages(keras_mixup.__path__, "keras_mixup."):
        try:
            module = importlib.import_module(info.name)
        except ModuleNotFoundError as error:
            # What is for one backend, which is not there.
            if error.name not in ("tensorflow", "jax", "torch"):
                raise
            continue
        for test in finder.find(module, info.name):
            if test.examples:
                code = "".join(example.source for example in test.examples)
                yield pytest.param(test, id=test.name, marks=marks(code))


def public_objects():
    for name in PUBLIC_MODULES:
        module = importlib.import_module(f"keras_mixup.{name}")
        for public in module.__all__:
            value = getattr(module, public)
            if inspect.isclass(value) or inspect.isfunction(value):
                yield pytest.param(value, id=f"{name}.{public}")


@pytest.mark.parametrize(("page", "code"), list(pages_with_code()))
def test_page_runs_from_top_to_bottom(page, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    # As a file, since `tf.data` reads the source of what it maps.
    script = tmp_path / f"{page.stem}.py"
    script.write_text(code)
    if "MirroredStrategy()" in code and keras.config.backend() == "tensorflow":
        # Strategies of CPUs in one process take each other's sums for their own.
        subprocess.run([sys.executable, str(script)], check=True)
        return
    try:
        runpy.run_path(str(script))
    finally:
        keras.distribution.set_distribution(None)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_page_hides_no_block_from_the_tests(page):
    opened = re.findall(
        r"^ *(?:```|~~~) *(?:python|py|pycon)\b.*$", page.read_text(), re.M
    )
    assert len(opened) == len(BLOCK.findall(page.read_text())), opened


@pytest.mark.parametrize("test", list(docstring_examples()))
def test_docstring_example(test, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    test.globs = {"keras": keras, "keras_mixup": keras_mixup, "np": np}
    if keras.config.backend() == "tensorflow":
        test.globs["tf"] = importlib.import_module("tensorflow")
    report = []
    runner = doctest.DocTestRunner(
        optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert not runner.run(test, out=report.append).failed, "".join(report)


@pytest.mark.parametrize("public", list(public_objects()))
def test_everything_public_has_an_example(public):
    is_record = inspect.isclass(public) and issubclass(public, tuple)
    if not is_record:
        assert ">>>" in (inspect.getdoc(public) or "")


@pytest.mark.parametrize("public", list(public_objects()))
def test_everything_public_is_in_the_reference(public):
    reference = "".join(page.read_text() for page in (ROOT / "docs/api").iterdir())
    assert re.search(rf":: keras_mixup\.\w+\.{public.__name__}$", reference, re.M)


@pytest.mark.parametrize(("words", "page"), SEARCHED.items())
def test_searched_words_stand_in_a_heading(words, page):
    text = (ROOT / "docs" / f"{page}.md").read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert any(words.lower() in heading.lower() for heading in headings), headings


def test_the_sidebar_has_at_most_a_dozen_entries_in_groups():
    index = (ROOT / "docs/index.md").read_text()
    trees = re.findall(r"^```\{toctree\}\n(.*?)^```$", index, re.MULTILINE | re.DOTALL)
    captions = [re.search(r"^:caption: (.*)$", tree, re.MULTILINE)[1] for tree in trees]
    assert captions == ["Start", "Guides", "Reference", "Results"]
    entries = re.findall(r"^[a-z]\S*$", "".join(trees), re.MULTILINE)
    assert 4 <= len(entries) <= 12


def test_links_of_the_readme_are_absolute():
    # On PyPI and in the wheel there are no files beside the README.
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"(?<!!)\[[^]]*\]\(([^)\s]+)\)", text)
    assert links
    assert [link for link in links if not link.startswith(("https://", "#"))] == []


def test_pictures_of_the_readme_are_there():
    # PyPI cannot show them; a checkout and the page of a repository can.
    text = (ROOT / "README.md").read_text()
    pictures = re.findall(r"!\[[^]]+\]\(([^)\s]+)\)", text)
    assert pictures
    assert [path for path in pictures if not (ROOT / path).is_file()] == []
