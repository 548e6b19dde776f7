"""The verdict on a data set, before anyone trains."""

import json

import numpy as np
import pytest

from trainers import collinearity
from trainers.errors import UsageError


def run(*flags):
    return collinearity.main(["collinearity", *flags])


def test_finds_the_counterexample_unsafe_and_writes_the_figures(tmp_path, capsys):
    path = tmp_path / "out.json"
    assert run("--dataset=counterexample", "--alpha=128", f"--json={path}") == 0
    out = capsys.readouterr().out
    assert "Mixup is not safe here" in out
    assert "33.3 % of the training labels wrong. A smaller --alpha" in out
    assert "Labels that the mixup optimum flips: 1 of 3 (33.3 %)" in out
    assert "Mixtures: all pairs" in out
    figures = json.loads(path.read_text())
    assert figures["flipped"] == [1]
    assert figures["dataset"] == "counterexample"
    assert figures["closeness_quantiles"]["0.0"] == 0


def test_finds_it_safe_at_a_small_alpha(capsys):
    assert run("--dataset=counterexample", "--alpha=1") == 0
    assert "Mixup is safe here" in capsys.readouterr().out


def test_takes_a_file_and_says_what_was_sampled(tmp_path, capsys):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 2)), np.arange(60) % 2
    np.savez(tmp_path / "data.npz", X=x, y=y)
    flags = ["--num_points=3", "--max_mixtures=2000", "--max_points=20"]
    assert run(f"--dataset={tmp_path / 'data.npz'}", *flags) == 0
    out = capsys.readouterr().out
    assert "39 training points, 20 examined, num_points=3, alpha=1" in out
    assert "in the whole set" in out
    assert "of 5.9e+04 tuples of 3 points, so flips by few" in out
    assert "Classes overlap" in out


@pytest.mark.parametrize(
    ("flag", "message"),
    [
        ("--dataset=none.npz", "none.npz"),
        ("--alpha=0", "--alpha must be greater than 0"),
        ("--num_points=1", "--num_points must be at least 2"),
        ("--radius=1", "--radius must be at most 0.5"),
        ("--max_points=0", "--max_points must be at least 1"),
        ("--seed=-1", "--seed must be at least 0"),
        ("--json=no/such/folder/out.json", "--json must be a file, in a folder"),
        ("--json=/", "--json must be a file"),
    ],
)
def test_bad_input_is_one_line(flag, message, capsys):
    assert run(flag) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_a_file_that_cannot_be_written_is_a_failure(monkeypatch, tmp_path, capsys):
    def full(path, value):
        raise OSError("no space left")

    monkeypatch.setattr(collinearity.files, "write_json", full)
    assert run("--dataset=counterexample", f"--json={tmp_path / 'out.json'}") == 1
    assert "out.json cannot be written: no space left" in capsys.readouterr().err


def test_points_among_foreign_mixtures_are_not_called_safe():
    figures = {"fraction_flipped": 0.0, "fraction_close": 0.6, "exhaustive": True}
    assert "most have mixtures of other classes" in collinearity._verdict(figures)


def test_nearly_safe_is_said_so():
    figures = {"fraction_flipped": 0.002, "alpha": 1.0, "exhaustive": True}
    assert "is nearly safe" in collinearity._verdict(figures)
    figures["exhaustive"] = False
    assert "looks nearly safe" in collinearity._verdict(figures)


def test_options_are_checked_when_made():
    with pytest.raises(UsageError, match="--max_mixtures must be at least 1"):
        collinearity.Inquiry(max_mixtures=0)
