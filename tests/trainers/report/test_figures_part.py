import base64
import re

import pytest

from trainers.figures.drawing import Drawing
from trainers.report import figures_part
from trainers.results.reading import Results

RESULTS = Results([], {}, None, [])


def line(figure, axes):
    axes[0].plot([0, 1], [0, 1])


@pytest.fixture(name="registry")
def _registry(monkeypatch):
    """What there is to draw, in place of the figures of this project."""
    made = {
        "lines": lambda results: [
            Drawing("a<b", 'says "x" & y', [{"x": 0, "y": 1.5}], line),
            Drawing("a<b", "another", [{"x": 1}, {"x": 2}], line),
        ],
        "none": lambda results: [],
    }
    monkeypatch.setattr(figures_part, "FIGURES", made)
    return made


def test_every_kind_of_figure_is_drawn(registry):
    drawn = figures_part.draw(RESULTS)
    assert [(one.kind, one.name) for one in drawn] == [
        ("lines", "a<b"),
        ("lines", "a<b_2"),
    ]
    assert drawn[0].caption == 'says "x" & y'
    assert [one.numbers for one in drawn] == ["x,y\n0,1.5\n", "x\n1\n2\n"]
    assert all("<svg" in one.vector for one in drawn)
    assert figures_part.draw(RESULTS) == drawn


def test_a_figure_brings_its_picture_caption_and_numbers(registry):
    drawn = figures_part.draw(RESULTS)
    section = figures_part.section(drawn)
    assert section.entries == [("figure-a-b", "lines: 2")]
    contents = re.findall(r'"data:([\w/+]+)[^,]*;base64,([^"]*)"', section.body)
    kinds = ["image/svg+xml", "text/csv"] * 2
    assert [kind for kind, _ in contents] == kinds
    texts = [base64.b64decode(content).decode() for _, content in contents]
    assert texts[::2] == [one.vector for one in drawn]
    assert texts[1::2] == [one.numbers for one in drawn]
    assert "says &quot;x&quot; &amp; y<div>Its numbers, 1 row:" in section.body
    assert 'alt="Figure a&lt;b.' in section.body


def test_nothing_to_draw(registry):
    del registry["lines"]
    section = figures_part.section(figures_part.draw(RESULTS))
    assert "nothing to draw" in section.body
    assert section.entries == []
