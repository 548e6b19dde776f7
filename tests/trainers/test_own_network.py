"""A network of a user's own is trained, resumed, swept, measured and evaluated."""

import json
import pathlib

import keras
import numpy as np
import pytest

from trainers.errors import UsageError
from trainers.evaluate import command as evaluate
from trainers.results import reading
from trainers.run import command as run
from trainers.run import own_networks, user_modules
from trainers.run.experiment import Experiment
from trainers.run.finished import FinishedRun
from trainers.run.networks import build_network
from trainers.sweep import command as sweep

HERE = str(pathlib.Path(__file__).parent)
IRIS = {"dataset": "iris", "method": "mixup", "backend": keras.config.backend()}


@pytest.fixture(autouse=True)
def _own_modules(monkeypatch):
    monkeypatch.syspath_prepend(HERE)
    monkeypatch.setenv("PYTHONPATH", HERE)


def own(architecture, **options):
    return Experiment(architecture=architecture, **{**IRIS, **options})


def test_a_function_is_given_the_options_and_the_data():
    network = build_network(own("own_network:small", dropout=0.3), (8, 8, 1), 3)
    assert network.input_shape == (None, 8, 8, 1)
    assert network.output_shape == (None, 3)
    assert [layer.rate for layer in network.layers if hasattr(layer, "rate")] == [0.3]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_such_module:f", "must name a function in a module that Python finds"),
        ("own_network:none", "must name a function in a module that Python finds"),
        ("broken_network:f", "SyntaxError: "),
        ("own_network:__doc__", "must be a function of the options.*received a str"),
        ("own_network:of_one_argument", "received one that takes other arguments"),
    ],
)
def test_a_function_that_is_not_there(name, message, monkeypatch, tmp_path):
    (tmp_path / "broken_network.py").write_text("def f(:\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=message) as failure:
        own(name)
    assert str(failure.value).startswith(f"--architecture={name}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("no_network", "must return a keras.Model; received a str"),
        ("two_logits", r"one output, 3 logits .* received outputs of shape \(2,\)"),
        ("other_input", r"takes inputs of shape \(4,\).* one that takes \[\(7,\)\]"),
        ("probabilities", "must end in logits.* received a last softmax"),
    ],
)
def test_a_network_that_does_not_fit(name, message):
    experiment = own(f"own_network:{name}")
    with pytest.raises(UsageError, match=message):
        build_network(experiment, (4,), 3)


def test_a_misfit_is_one_line_on_the_command_line(tmp_path, capsys):
    options = {"backend": keras.config.backend(), "workdir": tmp_path / "run"}
    flags = [f"--{name}={value}" for name, value in options.items()]
    flags += ["--dataset=iris", "--architecture=own_network:two_logits"]
    assert run.main(["run", *flags]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("error: --architecture=own_network:two_logits must be")


def saved(tmp_path, **options):
    path = str(tmp_path / "saved.keras")
    network = build_network(own("own_network:small", **options), (4,), 3)
    network.get_layer("scaled").scale.assign(3.0)
    network.save(path)
    return path, network


def test_a_saved_network_is_trained_further_or_from_new_weights(tmp_path):
    path, network = saved(tmp_path)
    further = build_network(own(path, initial_weights="saved"), (4,), 3)
    for one, other in zip(further.get_weights(), network.get_weights()):
        np.testing.assert_array_equal(one, other)
    anew = build_network(own(path), (4,), 3)
    assert [w.path for w in anew.weights] == [w.path for w in network.weights]
    assert anew.get_layer("scaled").get_weights() == [1.0]
    kernels = [n.get_layer("hidden").get_weights()[0] for n in (anew, network)]
    # Two draws of a uniform distribution share no number.
    assert not np.isin(*kernels).any()
    keras.utils.set_random_seed(5)
    again = [build_network(own(path), (4,), 3).get_weights() for _ in range(2)]
    keras.utils.set_random_seed(5)
    first = build_network(own(path), (4,), 3).get_weights()
    assert all((a == b).all() for a, b in zip(first, again[0]))
    assert any((a != b).any() for a, b in zip(*again))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dropout": 0.5}, "--dropout must be left out.* received 0.5"),
        ({"dtype_policy": "mixed_bfloat16"}, "--dtype_policy must be .* float32; rec"),
    ],
)
def test_an_option_that_a_saved_network_decides(options, message, tmp_path):
    path, _ = saved(tmp_path)
    keras.config.set_dtype_policy(options.get("dtype_policy", "float32"))
    with pytest.raises(UsageError, match=message):
        build_network(own(path, **options), (4,), 3)


def test_a_saved_network_that_is_not_there_or_does_not_fit(tmp_path):
    with pytest.raises(UsageError, match="Expected a model saved by Keras at"):
        build_network(own(str(tmp_path / "none.keras")), (4,), 3)
    path, _ = saved(tmp_path)
    with pytest.raises(UsageError, match="one output, 5 logits"):
        build_network(own(path), (4,), 5)
    with pytest.raises(UsageError, match=r"takes inputs of shape \(13,\)"):
        build_network(own(path), (13,), 3)


@pytest.mark.parametrize("name", ["wide_resnet_10_1", "own_network:small"])
def test_only_a_file_has_saved_weights(name):
    with pytest.raises(UsageError, match="--initial_weights=saved is for"):
        own(name, initial_weights="saved")


def test_names_that_begin_like_an_mlp_have_weights_of_their_own():
    with pytest.raises(UsageError, match="--initial_weights=pytorch is for"):
        own("mlp.keras", initial_weights="pytorch")


def test_a_run_is_resumed_measured_evaluated_and_read(
    tmp_path, monkeypatch, train_tiny
):
    options = {**IRIS, "architecture": "own_network:small", "dropout": 0.2}
    options |= {"steps": 4, "evaluate_every": 2, "linearity_points": 2}
    whole = train_tiny(str(tmp_path / "whole"), **options)
    folder = train_tiny(str(tmp_path / "own" / "seed0"), **options)
    for name in ("result.json", "model.keras", "checkpoints/step_0000000004.npz"):
        pathlib.Path(folder, name).unlink()
    train_tiny(folder, **options)
    results = [
        pathlib.Path(path, "result.json").read_text() for path in (whole, folder)
    ]
    assert results[0] == results[1]
    measured = json.loads(results[0])["linearity"]
    assert {"hidden", "scaled", "logits"} <= set(measured)
    assert evaluate.main(["evaluate", f"--workdir={folder}", "--fgsm="]) == 0
    # Its own model.keras is a saved network too.
    path = f"{folder}/model.keras"
    further = build_network(own(path, initial_weights="saved"), (4,), 3)
    for one, other in zip(
        further.get_weights(), FinishedRun(folder).model.network.get_weights()
    ):
        np.testing.assert_array_equal(one, other)
    # Reading imports no module, whether it is at hand or not.
    monkeypatch.setattr(user_modules, "load", lambda *_: pytest.fail("imported"))
    (record,) = reading.read([tmp_path / "own"]).records
    assert record.settings["architecture"] == "own_network:small"
    FinishedRun(folder)


@pytest.mark.slow
def test_own_networks_are_swept(tmp_path):
    path = str(tmp_path / "plain.keras")
    build_network(own("mlp_4"), (4,), 3).save(path)
    options = {**IRIS, "steps": 2, "evaluate_every": 2, "linearity_points": 0}
    options |= {"batch_size": 8, "num_validation": 15}
    recipes = {"function": "own_network:small", "file": path}
    for name, architecture in recipes.items():
        flags = {**options, "architecture": architecture}.items()
        lines = "".join(f"--{flag}={value}\n" for flag, value in flags)
        (tmp_path / f"{name}.flags").write_text(lines)
    runs = str(tmp_path / "runs")
    given = ",".join(str(tmp_path / f"{name}.flags") for name in recipes)
    flags = [f"--recipes={given}", "--seeds=0", f"--workdir={runs}", "--jobs=1"]
    assert sweep.main(["sweep", *flags]) == 0
    found = {r.settings["architecture"] for r in reading.read([runs]).records}
    assert found == set(recipes.values())


def test_another_experiment_in_the_folder_is_compared_unimported(
    tmp_path, train_tiny, capsys, monkeypatch
):
    options = {**IRIS, "architecture": "own_network:small"}
    folder = train_tiny(str(tmp_path / "run"), **options)
    capsys.readouterr()
    monkeypatch.setattr(own_networks, "function_named", lambda _: pytest.fail("import"))
    with pytest.raises(AssertionError):
        train_tiny(folder, **IRIS)
    assert "--architecture=own_network:small there" in capsys.readouterr().err
