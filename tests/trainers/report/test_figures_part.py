import pytest

from trainers.figures.drawing import Drawing
from trainers.report import figures_part
from trainers.report.figures_part import Figure
from trainers.results.reading import Results

RESULTS = Results([], {}, None, [])


def line(figure, axes):
    axes[0].plot([0, 1], [0, 1])


@pytest.fixture(name="registry")
def _registry(monkeypatch):
    """What there is to draw, in place of the figures of this project."""
    made = {
        "lines": lambda results: [
            Drawing("a<b", 'says "x" & <y>', [{"x": 0, "y": 1.5}], line),
            Drawing("a<b", "another", [{"x": 1}, {"x": 2}], line),
        ],
        "none": lambda results: [],
    }
    monkeypatch.setattr(figures_part, "FIGURES", made)
    return made


def test_every_kind_of_figure_is_drawn(registry, tmp_path):
    drawn = figures_part.draw(RESULTS, tmp_path)
    assert [(one.kind, one.drawing.name) for one in drawn] == [
        ("lines", "a<b"),
        ("lines", "a<b_2"),
    ]
    folder = tmp_path / "figures"
    assert (folder / "a<b.txt").read_text() == 'says "x" & <y>\n'
    numbers = [(folder / f"{one.drawing.name}.csv").read_text() for one in drawn]
    assert numbers == ["x,y\n0,1.5\n", "x\n1\n2\n"]
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert len(before) == 8
    assert all(b"<svg" in before[folder / f"{o.drawing.name}.svg"] for o in drawn)
    figures_part.draw(RESULTS, tmp_path)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


def test_a_figure_brings_its_picture_caption_and_numbers(registry, tmp_path):
    drawn = figures_part.draw(RESULTS, tmp_path)
    _, links, kind, *figures = figures_part.section(drawn).split("\n\n")
    assert (links, kind) == ("[lines](#lines): 2", "### lines")
    assert figures == [
        r"#### A\<b",
        # The page holds each picture once.
        "Shown in the [summary](#summary).",
        r"#### A\<b 2",
        r"![Figure: A\<b 2](figures/a%3Cb_2.png)",
        "another [Its numbers, 2 rows](figures/a%3Cb_2.csv)",
    ]
    assert drawn[0].lines == [
        r"![Figure: A\<b](figures/a%3Cb.png)",
        r'says "x" & \<y> [Its numbers, 1 row](figures/a%3Cb.csv)',
    ]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        (
            "accuracy_digits_wide_resnet_10_1_1500steps",
            "Accuracy digits wide resnet 10 1, 1500 steps",
        ),
        (
            "linearity_x_mlp_5steps_alllabels_0.2noise_part1",
            "Linearity x mlp, 5 steps, all labels, 0.2 noise part1",
        ),
        ("two_moons", "Two moons"),
    ],
)
def test_titles_are_words(name, title):
    assert Figure("any", Drawing(name, "", [{}], line)).title == title


def test_the_summary_shows_accuracies_and_linearity(registry):
    kinds = ("between", "linearity", "labels", "labels", "linearity")
    drawn = [Figure(kind, kind) for kind in kinds]
    assert figures_part.main_figures(drawn) == [drawn[2], drawn[1]]
    assert figures_part.main_figures(drawn[:1]) == drawn[:1]
    assert figures_part.main_figures([]) == []


def test_nothing_to_draw(registry, tmp_path):
    del registry["lines"]
    text = figures_part.section(figures_part.draw(RESULTS, tmp_path))
    assert "nothing to draw" in text
