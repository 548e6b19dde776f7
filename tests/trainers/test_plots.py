"""The figures."""

import sys

import pytest

from trainers import plots
from trainers.errors import RunFailure


def test_a_figure_is_a_whole_png(tmp_path):
    path = tmp_path / "figure.png"
    with plots.figure(path, columns=2) as (_, axes):
        assert len(axes) == 2
        axes[0].plot([0, 1], [1, 0])
    assert path.read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_it_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    drawing = plots.figure(tmp_path / "figure.png")
    with (
        pytest.raises(RunFailure, match=r"pip install .keras-mixup\[trainers\]"),
        drawing,
    ):
        pass
    assert not (tmp_path / "figure.png").exists()
