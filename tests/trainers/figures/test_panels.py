"""Lines, bands and legends."""

import math

import pytest

from trainers import plots
from trainers.figures import panels
from trainers.run.methods import METHODS


def rows(values, width=0.1, line="a"):
    return [
        {"line": line, "x": x, "mean": y, "low": y - width, "high": y + width}
        for x, y in enumerate(values)
    ]


def styles_of(*names):
    return dict(zip(names, plots.styles(plots.distinct(len(names)))))


@pytest.fixture
def axes(tmp_path):
    with plots.figure(tmp_path / "figure.png") as (_, (one,)):
        yield one


def test_the_color_follows_the_method(record):
    first = {name: record(name, 0) for name in ("erm", "mixup", "ict")}
    second = {
        name: record(name, 0, method=name) for name in ("ict", "approximate_mixup")
    }
    one, other = panels.styles_of(first), panels.styles_of(second)
    for name, style in (one | other).items():
        assert style["color"] == METHODS[name].color
    assert one["ict"]["color"] == other["ict"]["color"]
    assert len({METHODS[name].color for name in METHODS}) == len(METHODS)


def test_more_points_are_lighter_and_other_settings_dashed(record):
    lines = {f"ict_k{points}": record(f"ict_k{points}", 0) for points in (2, 3, 5)}
    lines["light"] = record("ict_k3", 0, consistency_weight="1.0")
    styles = panels.styles_of(lines)
    colors = [style["color"] for style in styles.values()]
    assert colors[0] == METHODS["ict"].color
    brightness = [int(color[1:3], 16) for color in colors]
    assert brightness == [*sorted(brightness[:3]), brightness[1]]
    assert len(set(brightness)) == 3
    dashes = [style["linestyle"] for style in styles.values()]
    assert dashes[:3] == ["-"] * 3
    assert dashes[3] != "-"
    # Alone it looks as beside the others.
    (alone,) = panels.styles_of({"b": lines["ict_k5"]}).values()
    assert alone["color"] == colors[2]


def test_all_panels_give_a_line_the_same_style(axes):
    both = rows([1, 2], line="b") + rows([3, 4])
    styles = styles_of("b", "a")
    panels.lines(axes, both, "x", styles)
    colors = [line.get_color() for line in axes.get_lines() if len(line.get_xdata())]
    assert colors == [styles["b"]["color"], styles["a"]["color"]]
    assert colors[0] != colors[1]


def test_narrow_bands_are_shown_whole(axes):
    panels.lines(axes, rows([1.0, 3.0]), "x", styles_of("a"), False)
    low, high = axes.get_ylim()
    assert low < 0.9
    assert high > 3.1


@pytest.mark.parametrize("from_zero", [True, False])
def test_wide_bands_leave_the_means_half_of_the_height(axes, from_zero):
    wide = rows([1.0, 3.0], width=100)
    panels.lines(axes, wide, "x", styles_of("a"), from_zero)
    low, high = axes.get_ylim()
    means = 3.0 - (0 if from_zero else 1)
    assert means / (high - low) > 0.45
    assert (low == 0) == from_zero


def test_a_logarithmic_scale_has_room_for_the_smallest_mean(axes):
    axes.set_yscale("log")
    wide = rows([0.001, 1.0], width=2.0)
    panels.lines(axes, wide, "x", styles_of("a"), False)
    low, high = axes.get_ylim()
    assert 0 < low < 0.001
    assert 1.0 < high < 100


@pytest.mark.parametrize("values", [[0.0, 0.0], [math.nan], []])
def test_a_line_without_height(axes, values):
    panels.lines(axes, rows(values, width=math.nan), "x", styles_of("a"))
    assert all(map(math.isfinite, axes.get_ylim()))


def test_the_legend_has_fewer_columns_for_longer_names(tmp_path):
    counts = []
    for length in (3, 70):
        names = [f"{number:0{length}}" for number in range(6)]
        styles = dict(zip(names, plots.styles(plots.distinct(6))))
        with plots.figure(tmp_path / "figure.png", columns=2) as (figure, _):
            panels.legend(figure, styles)
            (legend,) = figure.legends
            assert [text.get_text() for text in legend.get_texts()] == names
            counts.append(legend._ncols)
    assert counts == [6, 2]
