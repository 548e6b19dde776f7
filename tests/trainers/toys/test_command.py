"""The examples of when mixup fails, at their smallest."""

import dataclasses
import json
import re
import types

import keras
import numpy as np
import pytest

from keras_mixup import applications, data
from trainers.command_line import read_flags
from trainers.errors import RunFailure, UsageError
from trainers.figures import command as figures
from trainers.options import to_flags
from trainers.results import reading
from trainers.results.roles import MEASURING
from trainers.run import command as run_command
from trainers.run import training
from trainers.run.experiment import Experiment
from trainers.run.networks import build_network
from trainers.sweep import grid
from trainers.toys import command as examples
from trainers.toys import pictures, toy_measures, toy_training
from trainers.toys.problems import EXAMPLES


def run(tmp_path, **flags):
    flags = {
        "backend": keras.config.backend(),
        "seeds": 1,
        "steps": 4,
        "workdir": tmp_path / "work",
    } | flags
    argv = ["examples", *(f"--{name}={value}" for name, value in flags.items())]
    assert examples.main(argv) == 0
    return tmp_path / "work"


@pytest.mark.parametrize(
    "name",
    [
        # Its many steps run one by one on PyTorch.
        pytest.param(name, marks=pytest.mark.slow_on_torch if name == "margin" else ())
        for name in EXAMPLES
    ],
)
def test_prints_a_table_and_writes_every_file(name, tmp_path, capsys):
    # Each setting takes seconds to compile.
    alphas = [None, 1.0] if name == "counterexample" else [1.0]
    words = ",".join("erm" if alpha is None else "1" for alpha in alphas)
    folder = run(tmp_path, example=name, alpha=words)
    out = capsys.readouterr().out
    example = EXAMPLES[name]
    table = (folder / "table.md").read_text()
    assert table.strip() in out
    # One run has no deviation.
    assert "One seed." in table
    assert "±" not in table
    assert example.published in out
    results = json.loads((folder / "results.json").read_text())
    assert [row["alpha"] for row in results["summary"]] == alphas
    assert [run["alpha"] for run in results["runs"]] == alphas
    for column in example.columns:
        assert column.heading in table
        for row, run_ in zip(results["summary"], results["runs"]):
            final = run_["measured"][-1]
            assert final["step"] == 4
            assert row[column.key]["mean"] == final[column.key]
    assert (folder / "figure.png").read_bytes().startswith(b"\x89PNG")
    assert {path.name for path in folder.iterdir()} == {
        "table.md",
        "results.json",
        "figure.png",
        *("logs", "trained", ".lock"),
    }


@pytest.mark.parametrize("name", ["counterexample", "two_moons"])
def test_pictures_hold_what_the_networks_predict(name):
    source = data.load(EXAMPLES[name].dataset)
    inputs = source.train.x.shape[1]
    network = applications.MLP((inputs,), 2, hidden_units=())
    slope = np.arange(1.0, inputs + 1)
    network.set_weights([np.stack([0 * slope, slope], axis=1), np.zeros(2)])
    runs = [
        types.SimpleNamespace(alpha=1.0, seed=seed, network=network) for seed in (0, 1)
    ]
    found = pictures.picture(name, source, runs)
    np.testing.assert_allclose(found["points"], source.train.x, atol=5e-4)
    assert found["labels"] == source.train.y.tolist()
    # The first coordinate changes fastest, as matplotlib counts.
    places = [
        np.ravel(values) for values in np.meshgrid(*map(np.array, found["places"]))
    ]
    expected = 1 / (1 + np.exp(-sum(s * x for s, x in zip(slope, places))))
    seeds = [0, 1] if name == "counterexample" else [0]
    assert [one["seed"] for one in found["probability"]] == seeds
    for one in found["probability"]:
        np.testing.assert_allclose(one["values"], expected, atol=2e-3)


def test_other_examples_need_no_picture():
    assert pictures.picture("separable", None, []) is None


def test_json_has_each_list_of_numbers_on_one_line():
    results = {"a": [1, 2.5e-3, -1], "b": [[0.5, 1], [2]], "c": [], "d": ["x\n[ 1 ]"]}
    text = examples._as_json(results)
    assert json.loads(text) == results
    assert '"a": [1,0.0025,-1]' in text
    assert "[0.5,1]" in text


def test_two_moons_of_three_settings_make_a_small_file(tmp_path):
    rng = np.random.default_rng(0)
    values = {"points": rng.normal(size=(500, 2)).round(3).tolist()}
    # No value is as short as the 0.0 and 1.0 that most of them are.
    fields = [{"values": rng.uniform(size=6400).round(3).tolist()} for _ in range(3)]
    text = examples._as_json({**values, "probability": fields})
    assert len(text) < 150_000


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix}


def test_the_same_command_again_prints_what_is_done(tmp_path, capsys, monkeypatch):
    flags = {"example": "two_moons", "alpha": "erm", "steps": 2}
    folder = run(tmp_path, **flags)
    first = capsys.readouterr().out
    before = contents(folder)
    (folder / "figure.png").unlink()
    (folder / "table.md").write_text("half a ta")
    (folder / "results.json").write_bytes(before["results.json"][:1000])
    with monkeypatch.context() as patches:
        patches.setattr(training, "train", None)
        run(tmp_path, **flags)
        assert contents(folder) == before
        # By another path to the same folder, and with a default in words.
        run(tmp_path, **flags, seeds=1, workdir=tmp_path / "." / "work")
    again = capsys.readouterr()
    assert "1 of 1 done" in again.err
    table = first[first.index("|  |") : first.index("Written")]
    assert again.out.count(table) == 2
    assert contents(folder) == before


def test_more_seeds_do_not_repeat_what_is_done(tmp_path, monkeypatch):
    flags = {"example": "separable", "alpha": "1", "steps": 2}
    folder = run(tmp_path, **flags)
    (first,) = json.loads((folder / "results.json").read_text())["runs"]
    trained = []

    def train(experiment):
        trained.append(experiment.seed)
        _train(experiment)

    _train = training.train
    monkeypatch.setattr(training, "train", train)
    run(tmp_path, **flags, seeds=2)
    assert trained == [1]
    runs = json.loads((folder / "results.json").read_text())["runs"]
    assert [one["seed"] for one in runs] == [0, 1]
    assert runs[0] == first
    assert runs[1] != first


def test_other_settings_need_another_folder(tmp_path, capsys):
    flags = {"example": "separable", "alpha": "erm", "steps": 2}
    folder = run(tmp_path, **flags)
    before = contents(folder)
    argv = [f"--{name}={value}" for name, value in {**flags, "steps": 3}.items()]
    argv += [f"--workdir={folder}", f"--backend={keras.config.backend()}"]
    assert examples.main(["examples", *argv, "--seeds=1"]) == 1
    assert "(--steps=2 there, --steps=3 here" in capsys.readouterr().err
    assert contents(folder) == before


def test_the_runs_are_no_results_besides_the_example(tmp_path):
    folder = run(tmp_path, example="separable", alpha="erm", steps=2)
    found = reading.read([str(folder)])
    assert list(found.examples) == ["separable"]
    assert not found.records
    assert not found.complaints


def test_a_run_is_that_of_the_command_that_trains_one(tmp_path):
    folder = run(tmp_path, example="counterexample", alpha="1", steps=40)
    own = folder / "trained" / "mixup_alpha1.0" / "seed0"
    again = tmp_path / "again"
    flags = [f"--flagfile={own}/flags.txt", f"--workdir={again}", "--keep=all"]
    assert run_command.main(["run", *flags]) == 0
    for name in ("result.json", "metrics.jsonl"):
        assert (again / name).read_bytes() == (own / name).read_bytes()
    rows = map(json.loads, (again / "metrics.jsonl").read_text().splitlines())
    (measured,) = json.loads((folder / "results.json").read_text())["runs"]
    assert [row["probability"] for row in rows] == [
        row["probability"] for row in measured["measured"]
    ]
    assert {path.name for path in own.iterdir() if path.name[0] != "."} == {
        *("flags.txt", "metrics.jsonl", "model.keras", "result.json", "timing.json"),
        *("data.json", "versions.json"),
    }


@pytest.mark.parametrize(
    ("recipe", "example", "alpha"),
    [
        ("counterexample_erm", "counterexample", None),
        ("counterexample_mixup", "counterexample", 1.0),
        ("counterexample_mixup128", "counterexample", 128.0),
        ("two_moons_mixup", "two_moons", 1024.0),
        ("separable_mixup", "separable", 1.0),
    ],
)
def test_the_recipes_train_as_the_examples_do(recipe, example, alpha):
    there = read_flags(Experiment, grid.recipe_path(recipe))
    options = examples.Examples(example=example)
    here = toy_training.experiment_of(options, alpha, 0)
    same = {"backend", "workdir", "keep", "steps_per_execution"} | MEASURING
    assert {k: v for k, v in to_flags(there).items() if k not in same} == {
        k: v for k, v in to_flags(here).items() if k not in same
    }


def test_the_figure_is_the_one_that_is_drawn_from_the_results(tmp_path):
    folder = run(tmp_path, example="two_moons", alpha="1")
    out = tmp_path / "figures"
    flags = [f"--results={folder}", f"--workdir={out}", "--figures=examples"]
    assert figures.main(["figures", *flags]) == 0
    drawn = (out / "two_moons.png").read_bytes()
    assert drawn == (folder / "figure.png").read_bytes()


def test_the_table_of_several_seeds():
    example = dataclasses.replace(EXAMPLES["collinear_free"], alphas=(None,), seeds=2)
    runs = [
        {"alpha": None, "measured": [{"training_error": value, "test_error": 0.5}]}
        for value in (0.1, 0.3)
    ]
    table = examples._table(example, toy_training.summarize(example, runs))
    assert "| ERM | 20.0 ± 14.1 | 50.0 ± 0.0 |" in table
    assert "over 2 seeds." in table


def test_settings_are_what_was_asked_for():
    options = examples.Examples(alpha=("5", "1", "erm", "1"), steps=3)
    expected = dataclasses.replace(
        EXAMPLES["counterexample"], alphas=(5.0, 1.0, None), steps=3
    )
    assert options.settings == expected
    assert examples.Examples(example="separable").settings == EXAMPLES["separable"]


# Thousands of small steps, which cost less on JAX.
@pytest.mark.jax
@pytest.mark.slow
def test_the_counterexample_fails_at_alpha_128_and_not_at_1(tmp_path):
    folder = run(tmp_path, example="counterexample", alpha="1,128", steps=5000, seeds=1)
    one, many = json.loads((folder / "results.json").read_text())["summary"]
    assert one["training_error"]["mean"] == 0
    # Over 8 seeds .81, standard deviation .05, and .35, standard deviation .06.
    assert 0.6 < one["probability"]["mean"] < 0.98
    assert many["training_error"]["mean"] == pytest.approx(1 / 3)
    assert 0.15 < many["probability"]["mean"] < 0.5


@pytest.mark.slow_on_torch
def test_a_linear_model_turns_to_the_widest_margin(tmp_path):
    folder = run(tmp_path, example="separable", alpha="erm,1", steps=200)
    for row in json.loads((folder / "results.json").read_text())["summary"]:
        assert row["training_error"]["mean"] == 0
        assert row["angle"]["mean"] < 2
        assert 0.9 < row["margin"]["mean"] <= 1.0001


def linear(weights, bias):
    network = applications.MLP((2,), 2, hidden_units=())
    network.set_weights([np.array(weights, "float32"), np.array(bias, "float32")])
    return network


def test_direction_against_numbers_by_hand():
    source = data.load("separable")
    best = toy_measures.direction(linear([[-2, 2], [-1, 1]], [0, 0]), source)
    assert best["training_error"] == 0
    assert best["angle"] == pytest.approx(0, abs=1e-6)
    assert best["margin"] == pytest.approx(1, rel=1e-6)
    assert best["norm"] == pytest.approx(2 * 5**0.5)
    # Turned by a right angle, and the other way round.
    turned = toy_measures.direction(linear([[0, -1], [0, 2]], [0, 0]), source)
    assert turned["angle"] == pytest.approx(90)
    assert turned["margin"] < 0
    opposite = toy_measures.direction(linear([[0, -2], [0, -1]], [0, 0]), source)
    assert opposite["angle"] == pytest.approx(180)
    assert opposite["margin"] == pytest.approx(-1, rel=1e-6)
    assert opposite["training_error"] == 1
    # Moved by a tenth towards one class.
    moved = toy_measures.direction(linear([[0, 2], [0, 1]], [0, 0.1 * 5**0.5]), source)
    assert moved["margin"] == pytest.approx(0.9, rel=1e-5)


def test_measures_of_the_counterexample_by_hand():
    network = applications.MLP((1,), 2, hidden_units=())
    network.set_weights([np.array([[0.0, 1.0]]), np.array([0.0, -1.5])])
    measured = toy_measures.counterexample(network, data.load("counterexample"))
    # Logits 0 and x - 1.5: class 0 at 0 and 1, class 1 at 2, so two of three wrong.
    assert measured["training_error"] == pytest.approx(2 / 3)
    assert measured["probability"] == pytest.approx(1 / (1 + np.exp(0.5)))


def test_runs_repeat(tmp_path):
    flags = {"example": "separable", "alpha": "1", "steps": 3}
    first, same = (
        json.loads((run(tmp_path / name, **flags) / "results.json").read_text())
        for name in ("one", "two")
    )
    assert first["runs"] == same["runs"]


def initial_weights(seed):
    options = examples.Examples(example="counterexample")
    experiment = toy_training.experiment_of(options, 1.0, seed)
    return build_network(experiment, (1,), 2).get_weights()


def test_initial_weights_are_uniform_as_in_pytorch_and_by_the_seed():
    first, same, other = map(initial_weights, (0, 0, 1))
    for values, equal, differing, bound in zip(
        first, same, other, (1, 1, 512**-0.5, 512**-0.5)
    ):
        np.testing.assert_array_equal(values, equal)
        assert (values != differing).all()
        assert np.abs(values).max() <= bound
        if values.size > 100:
            np.testing.assert_allclose(values.std(), bound / 3**0.5, rtol=0.1)


@pytest.mark.parametrize(("steps", "measured"), [(1, 1), (7, 1), (40, 20), (50, 10)])
def test_every_step_is_taken_whatever_their_number(tmp_path, steps, measured):
    folder = run(tmp_path, example="separable", alpha="erm", steps=steps)
    (one,) = json.loads((folder / "results.json").read_text())["runs"]
    assert len(one["measured"]) == measured
    assert one["measured"][-1]["step"] == steps


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"example": "moons"}, "--example must be one of counterexample, two_moons"),
        ({"alpha": ("0",)}, "--alpha must be numbers greater than 0, or erm, by comma"),
        ({"alpha": ("1", "nan")}, "received 'nan'"),
        ({"alpha": ("ict",)}, "received 'ict'"),
        ({"steps": 0}, "--steps must be at least 1"),
        ({"seeds": 0}, "--seeds must be at least 1"),
    ],
)
def test_refuses_what_makes_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        examples.Examples(**options)


def test_a_folder_that_cannot_be_made(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    argv = ["examples", f"--workdir={tmp_path / 'file' / 'below'}"]
    assert examples.main(argv) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_not_finite_are_a_failure(
    tmp_path, capsys, monkeypatch, value
):
    def broken_network(*arguments):
        network = build_network(*arguments)
        network.set_weights([np.full_like(w, value) for w in network.get_weights()])
        return network

    monkeypatch.setattr(training, "build_network", broken_network)
    folder = tmp_path / "work"
    flags = ["--example=separable", "--alpha=1", "--seeds=1", "--steps=4"]
    flags += [f"--workdir={folder}", f"--backend={keras.config.backend()}"]
    assert examples.main(["examples", *flags]) == 1
    err = capsys.readouterr().err.splitlines()[-1]
    assert re.match(r"error: 1 of 1 failed, .*: mixup_alpha1.0/seed0 \(The loss", err)
    assert contents(folder) == {}


def test_a_measure_of_outputs_that_are_not_finite_is_a_failure():
    network = linear([[0, np.nan], [0, 1]], [0, 0])
    with pytest.raises(RunFailure, match="outputs are no longer finite"):
        toy_measures.direction(network, data.load("separable"))
