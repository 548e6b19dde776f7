"""Lines, bands and legends."""

import math

import pytest

from trainers import plots
from trainers.figures import panels


def rows(values, width=0.1, line="a"):
    return [
        {"line": line, "x": x, "mean": y, "low": y - width, "high": y + width}
        for x, y in enumerate(values)
    ]


@pytest.fixture
def axes(tmp_path):
    with plots.figure(tmp_path / "figure.png") as (_, (one,)):
        yield one


def test_all_panels_give_a_line_the_same_style(axes):
    both = rows([1, 2], line="b") + rows([3, 4])
    styles = panels.styles_of(both)
    assert list(styles) == ["b", "a"]
    panels.lines(axes, rows([3, 4]), "x", styles)
    colors = [line.get_color() for line in axes.get_lines() if len(line.get_xdata())]
    assert colors == [styles["a"]["color"]]


def test_narrow_bands_are_shown_whole(axes):
    panels.lines(axes, rows([1.0, 3.0]), "x", panels.styles_of(rows([1])), False)
    low, high = axes.get_ylim()
    assert low < 0.9
    assert high > 3.1


@pytest.mark.parametrize("from_zero", [True, False])
def test_wide_bands_leave_the_means_half_of_the_height(axes, from_zero):
    wide = rows([1.0, 3.0], width=100)
    panels.lines(axes, wide, "x", panels.styles_of(wide), from_zero)
    low, high = axes.get_ylim()
    means = 3.0 - (0 if from_zero else 1)
    assert means / (high - low) > 0.45
    assert (low == 0) == from_zero


def test_a_logarithmic_scale_has_room_for_the_smallest_mean(axes):
    axes.set_yscale("log")
    wide = rows([0.001, 1.0], width=2.0)
    panels.lines(axes, wide, "x", panels.styles_of(wide), False)
    low, high = axes.get_ylim()
    assert 0 < low < 0.001
    assert 1.0 < high < 100


@pytest.mark.parametrize("values", [[0.0, 0.0], [math.nan], []])
def test_a_line_without_height(axes, values):
    panels.lines(axes, rows(values, width=math.nan), "x", panels.styles_of(rows([1])))
    assert all(map(math.isfinite, axes.get_ylim()))


def test_the_legend_has_fewer_columns_for_longer_names(tmp_path):
    counts = []
    for length in (3, 70):
        names = [f"{number:0{length}}" for number in range(6)]
        styles = dict(zip(names, plots.styles(6)))
        with plots.figure(tmp_path / "figure.png", columns=2) as (figure, _):
            panels.legend(figure, styles)
            (legend,) = figure.legends
            assert [text.get_text() for text in legend.get_texts()] == names
            counts.append(legend._ncols)
    assert counts == [6, 2]
