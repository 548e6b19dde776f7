"""The examples of when mixup fails, at their smallest."""

import dataclasses
import json
import re

import keras
import numpy as np
import pytest

import keras_mixup
from keras_mixup import applications, data
from trainers.errors import UsageError
from trainers.figures import command as figures
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


@pytest.mark.parametrize("name", EXAMPLES)
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
    }


@pytest.mark.parametrize("name", ["counterexample", "two_moons"])
def test_pictures_hold_what_the_networks_predict(name):
    source = data.load(EXAMPLES[name].dataset)
    inputs = source.train.x.shape[1]
    network = applications.MLP((inputs,), 2, hidden_units=())
    slope = np.arange(1.0, inputs + 1)
    network.set_weights([np.stack([0 * slope, slope], axis=1), np.zeros(2)])
    runs = [toy_training.Run(1.0, seed, [1], [{}], network) for seed in (0, 1)]
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


def test_the_same_command_again_prints_what_is_done(tmp_path, capsys, monkeypatch):
    flags = {"example": "separable", "alpha": "erm", "steps": 2}
    folder = run(tmp_path, **flags)
    first = capsys.readouterr().out
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "figure.png").unlink()
    (folder / "table.md").write_text("half a ta")
    with monkeypatch.context() as patches:
        patches.setattr(toy_training, "run", None)
        run(tmp_path, **flags)
        # By another path to the same folder, and with a default in words.
        run(tmp_path, **flags, seeds=1, workdir=tmp_path / "." / "work")
    again = capsys.readouterr().out
    assert "This example is finished already." in again
    table = first[first.index("|  |") : first.index("Written")]
    assert again.count(table) == 2
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.parametrize(
    "change",
    [
        lambda results: results["settings"].update(steps=3),
        lambda results: results["settings"].update(seeds=2),
        lambda results: results["settings"].update(alphas=[1.0]),
        lambda results: results["options"].update(backend="other"),
        lambda results: results["versions"]["packages"].update({"keras-mixup": "0"}),
        lambda results: results.pop("picture"),
        lambda results: results.pop("summary"),
        lambda results: results["runs"].clear(),
        lambda results: results.clear(),
    ],
)
def test_results_of_another_command_are_not_taken_for_done(tmp_path, change):
    options = examples.Examples(
        **{"example": "separable", "alpha": ("erm",), "steps": 2, "seeds": 1},
        **{"backend": keras.config.backend(), "workdir": str(tmp_path)},
    )
    results = {
        "options": dataclasses.asdict(options),
        "settings": dataclasses.asdict(options.settings),
        "versions": {"packages": {"keras-mixup": keras_mixup.__version__}},
        "summary": [{"alpha": None, **{key: {"mean": 0.5} for key in _keys()}}],
        "runs": [
            {
                "alpha": None,
                "seed": 0,
                "measured": [{"step": 2, **dict.fromkeys(_keys(), 0.5)}],
            }
        ],
        "picture": None,
    }
    path = tmp_path / "results.json"
    path.write_text(json.dumps(results))
    there = examples._finished(options)
    assert there == json.loads(json.dumps(results))
    change(there)
    path.write_text(json.dumps(there))
    assert examples._finished(options) is None


def _keys():
    return [column.key for column in EXAMPLES["separable"].columns]


def test_truncated_results_are_done_again(tmp_path, capsys):
    flags = {"example": "separable", "alpha": "erm", "steps": 2}
    folder = run(tmp_path, **flags)
    path = folder / "results.json"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    capsys.readouterr()
    run(tmp_path, **flags)
    assert "finished already" not in capsys.readouterr().out
    assert path.read_bytes() == whole


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
        toy_training.Run(
            None, seed, [1], [{"training_error": value, "test_error": 0.5}], None
        )
        for seed, value in enumerate((0.1, 0.3))
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


def test_runs_repeat():
    example = dataclasses.replace(EXAMPLES["separable"], steps=3)
    source = data.load("separable")
    first, same = (
        toy_training.train(example, source, 1.0, 5, toy_measures.direction)
        for _ in range(2)
    )
    assert first.measured == same.measured


def test_initial_weights_are_uniform_as_in_pytorch_and_by_the_seed():
    example = EXAMPLES["counterexample"]
    source = data.load("counterexample")
    first, same, other = (
        toy_training._network(example, source, seed).get_weights() for seed in (0, 0, 1)
    )
    for values, equal, differing, bound in zip(
        first, same, other, (1, 1, 512**-0.5, 512**-0.5)
    ):
        np.testing.assert_array_equal(values, equal)
        assert (values != differing).all()
        assert np.abs(values).max() <= bound
        if values.size > 100:
            np.testing.assert_allclose(values.std(), bound / 3**0.5, rtol=0.1)


@pytest.mark.parametrize(("steps", "measured"), [(1, 1), (7, 1), (40, 20), (50, 10)])
def test_every_step_is_taken_whatever_their_number(steps, measured):
    example = dataclasses.replace(EXAMPLES["separable"], steps=steps)
    run_ = toy_training.train(
        example, data.load("separable"), None, 0, lambda *_: {"training_error": 0.0}
    )
    assert len(run_.measured) == measured
    assert run_.steps[-1] == steps


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
    def network(*arguments):
        broken = _network(*arguments)
        broken.set_weights([np.full_like(w, value) for w in broken.get_weights()])
        return broken

    _network = toy_training._network
    monkeypatch.setattr(toy_training, "_network", network)
    folder = tmp_path / "work"
    flags = ["--example=separable", "--alpha=1", "--seeds=1", "--steps=4"]
    flags += [f"--workdir={folder}", f"--backend={keras.config.backend()}"]
    assert examples.main(["examples", *flags]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(r"seed 0, step \d: the network's outputs are no longer", err)
    assert list(folder.iterdir()) == []
