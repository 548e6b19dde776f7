"""The figures of the examples, from their results alone."""

import json

import numpy as np
import pytest

from trainers.figures import drawing, toy_figures
from trainers.statistics import mean_and_interval
from trainers.toys.problems import EXAMPLES

ALPHAS = (None, 1.0)


def content(name, seeds=2, picture=None):
    """What results.json holds: values that tell setting, seed and step."""
    keys = [column.key for column in EXAMPLES[name].columns]
    return {
        "options": {"example": name},
        "settings": {
            "dataset": EXAMPLES[name].dataset,
            "hidden_units": list(EXAMPLES[name].hidden_units),
            "steps": 4,
            "batch_size": EXAMPLES[name].batch_size,
        },
        "runs": [
            {
                "alpha": alpha,
                "seed": seed,
                "measured": [
                    {
                        "step": step,
                        **{key: value(alpha, seed, step) for key in keys},
                    }
                    for step in (2, 4)
                ],
            }
            for alpha in ALPHAS
            for seed in range(seeds)
        ],
        "picture": picture,
    }


def value(alpha, seed, step):
    return 0.1 * (seed + 1) + (alpha or 0.0) / 10 + step / 100


def moons():
    across, along = np.linspace(-1, 2, 5), np.linspace(-1, 1, 3)
    return {
        "points": [[0.0, 1.0], [1.0, 0.5]],
        "labels": [0, 1],
        "places": [across.tolist(), along.tolist()],
        "probability": [
            {
                "alpha": alpha,
                "seed": 0,
                # P grows to the right, whatever the height.
                "values": np.tile(np.linspace(0, 1, 5), 3).tolist(),
            }
            for alpha in ALPHAS
        ],
    }


def line():
    return {
        "points": [[0.0], [1.0], [2.0]],
        "labels": [0, 1, 0],
        "places": [[0.0, 1.0]],
        "probability": [
            {"alpha": alpha, "seed": seed, "values": [0.25 * seed, 0.5]}
            for alpha in ALPHAS
            for seed in (0, 1)
        ],
    }


def test_curves_are_means_over_seeds():
    one = toy_figures.drawing_of(content("separable"))
    assert one.name == "separable"
    assert "a linear model, 4 steps of all examples, seeds 0, 1." in one.caption
    rows = {(row["panel"], row["line"], row["x"]): row for row in one.rows}
    assert {panel for panel, _, _ in rows} == {"angle", "margin"}
    row = rows["margin", "mixup, alpha = 1", 4]
    expected = mean_and_interval([value(1.0, seed, 4) for seed in (0, 1)])
    assert (row["mean"], row["low"], row["high"]) == pytest.approx(expected)


def test_errors_are_in_percent_as_the_table_has_them():
    one = toy_figures.drawing_of(content("collinear_free"))
    rows = {(row["panel"], row["line"], row["x"]): row for row in one.rows}
    assert rows["test_error", "ERM", 2]["mean"] == pytest.approx(
        100 * np.mean([value(None, seed, 2) for seed in (0, 1)])
    )


def test_the_counterexample_along_its_line():
    one = toy_figures.drawing_of(content("counterexample", picture=line()))
    rows = [row for row in one.rows if row["panel"] == "line"]
    assert [(row["line"], row["x"], row["mean"]) for row in rows] == [
        ("ERM", 0.0, 0.125),
        ("ERM", 1.0, 0.5),
        ("mixup, alpha = 1", 0.0, 0.125),
        ("mixup, alpha = 1", 1.0, 0.5),
    ]
    assert one.shape == (1, 3)
    before = toy_figures.drawing_of(content("counterexample"))
    assert before.shape == (1, 2)


def test_two_moons_are_drawn_from_the_grid(tmp_path):
    one = toy_figures.drawing_of(content("two_moons", picture=moons()))
    assert "by the network of seed 0" in one.caption
    points, grid = one.rows[:2], one.rows[2:]
    assert points[1] == {
        **{"x1": 1.0, "x2": 0.5, "label": 1},
        **{"ERM": None, "mixup, alpha = 1": None},
    }
    assert len(grid) == 15
    for row in grid:
        assert row["ERM"] == pytest.approx((row["x1"] + 1) / 3)
        assert row["label"] is None
    titles = one.draw.keywords["titles"]
    assert titles[0] == f"ERM\ntraining error {value(None, 0, 4):.1%}"
    # The boundary is where P is one half.
    from trainers import plots

    with plots.figure(tmp_path / "figure.png", columns=2) as (figure, axes):
        one.draw(figure, axes)
        (boundary,) = [c for c in axes[0].collections if len(c.get_edgecolor()) == 1][
            :1
        ]
        vertices = np.concatenate([path.vertices for path in boundary.get_paths()])
        np.testing.assert_allclose(vertices[:, 0], 0.5, atol=1e-6)


def test_a_network_that_knows_one_class_has_no_boundary(tmp_path):
    picture = moons()
    for one in picture["probability"]:
        one["values"] = [1.0] * 15
    drawn = toy_figures.drawing_of(content("two_moons", picture=picture))
    drawing.write(str(tmp_path), drawn)
    assert (tmp_path / "two_moons.png").stat().st_size > 1000


def test_results_without_what_a_figure_needs_are_left_out():
    found = {name: content(name) for name in EXAMPLES}
    names = [one.name for one in toy_figures.drawings(found)]
    assert names == [name for name in EXAMPLES if name != "two_moons"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_files_are_the_same_from_results_that_were_written_and_read(name, tmp_path):
    picture = {"two_moons": moons(), "counterexample": line()}.get(name)
    given = content(name, seeds=1, picture=picture)
    contents = []
    for number, one in enumerate((given, json.loads(json.dumps(given)))):
        folder = tmp_path / str(number)
        folder.mkdir()
        drawing.write(str(folder), toy_figures.drawing_of(one))
        contents.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert contents[0] == contents[1]
    assert len(contents[0]) == 4
