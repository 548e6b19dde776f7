"""The page on its own: what becomes of the Markdown and of the pictures."""

import base64
import io
import re
import sys

import numpy as np
import pytest
from PIL import Image

from trainers.errors import RunFailure
from trainers.plots import COLORS, figure
from trainers.report.page import page


def test_lines_keep_their_colours(tmp_path):
    with figure(str(tmp_path / "lines.png")) as (_, axes):
        for place, color in enumerate(COLORS):
            axes[0].plot([0, 1], [place, place + 1], color=color)
            axes[0].fill_between([0, 1], place - 1, place + 1, color=color, alpha=0.2)
    text = page("# a\n\n![lines](lines.png)", tmp_path)
    (content,) = re.findall(r'src="data:image/webp;base64,([^"]*)"', text)
    with Image.open(io.BytesIO(base64.b64decode(content))) as opened:
        found = np.asarray(opened.convert("RGB")).astype(int)
    with Image.open(tmp_path / "lines.png") as opened:
        drawn = np.asarray(opened.convert("RGB"))
    for color in COLORS:
        expected = [int(color[i : i + 2], 16) for i in (1, 3, 5)]
        places = (drawn == expected).all(-1)
        assert places.any()
        assert np.abs(found[places] - expected).max() < 24


def test_html_in_markdown_is_text(tmp_path):
    text = page("# <i>\n\na <b>c</b>\n\n<script>d</script>\n\n<details open>", tmp_path)
    assert "<title>&lt;i&gt;</title>" in text
    assert "a &lt;b&gt;c&lt;/b&gt;" in text
    assert "&lt;script&gt;d&lt;/script&gt;" in text
    assert "&lt;details open&gt;" in text


def test_headings_of_one_name_are_told_apart(tmp_path):
    text = page("# a\n\n## b c\n\n## b c", tmp_path)
    assert re.findall(r'<h2 id="([^"]*)">', text) == ["b-c", "b-c-1"]
    assert re.findall(r'<a href="#([^"]*)">', text) == ["b-c", "b-c-1"]


def test_cells_of_words_are_named_for_narrow_screens(tmp_path):
    words = "# a\n\n| x | y |\n| --- | --- |\n| 1 | 2 |\n"
    text = page(words, tmp_path)
    assert '<div class="wide"><table class="words">' in text
    assert '<th scope="row">1</th>\n<td data-label="y">2</td>' in text
    text = page(words.replace("| --- |\n", "| ---: |\n"), tmp_path)
    assert '<table class="numbers">' in text
    assert '<th scope="row">1</th>\n<td>2</td>' in text


def test_a_missing_library_is_named(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(RunFailure, match=r"needs jinja2.*keras-mixup\[trainers\]"):
        page("# a", tmp_path)
