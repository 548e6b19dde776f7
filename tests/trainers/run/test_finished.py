import dataclasses
import json
import os
import pathlib
import zipfile

import keras
import numpy as np
import pytest

import keras_mixup
from keras_mixup.data.sources import memory
from trainers.errors import UsageError
from trainers.run.finished import FinishedRun, finished_run
from trainers.run.methods import METHODS
from trainers.run.saved_network import load_model
from trainers.run.training import build_model


def test_what_a_run_left(trained):
    run = finished_run(trained("ict"))
    assert run.experiment.method == "ict"
    assert run.result["steps"] == run.experiment.steps == 3
    assert set(run.networks) == {"student", "teacher"}
    assert isinstance(run.model, keras_mixup.models.ICTModel)
    assert run.source.input_shape == (6, 5, 3)
    # The split is that of the run: its result comes out again.
    x, y = run.source.standardized("test")
    accuracy = np.mean(run.networks["student"].predict(x, verbose=0).argmax(1) == y)
    assert accuracy == pytest.approx(run.result["student"]["test"]["accuracy"])


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda run: run.rename(run.parent / "gone"), "There is no folder"),
        (lambda run: (run / "result.json").unlink(), "no result.json.*trainers.run"),
        (lambda run: (run / "flags.txt").unlink(), "no finished run.*no flags.txt"),
        (lambda run: (run / "flags.txt").write_text("--metod=1"), "does not describe"),
        (lambda run: (run / "result.json").write_text("{"), "cannot be read"),
        (lambda run: (run / "result.json").write_text("{}"), "be the result of a run"),
        (lambda run: (run / "versions.json").write_text("[]"), "expected an object"),
        (
            lambda run: (run / "versions.json").write_text('{"packages": 3}'),
            "must hold the versions of packages",
        ),
    ],
)
def test_folders_without_a_finished_run(finished_folder, damage, message):
    folder = finished_folder("mixup")
    damage(pathlib.Path(folder))
    with pytest.raises(UsageError, match=message):
        finished_run(folder)


def versions(folder, change):
    path = os.path.join(folder, "versions.json")
    content = json.loads(pathlib.Path(path).read_text())
    change(content["packages"])
    pathlib.Path(path).write_text(json.dumps(content))


def test_another_version(finished_folder, monkeypatch):
    folder = finished_folder("mixup")
    finished_run(folder)
    versions(folder, lambda packages: packages.update({"keras-mixup": "7.0"}))
    with pytest.raises(UsageError, match=r"made by keras_mixup 7.0, this is"):
        finished_run(folder)
    # The first version did not always write its own down.
    versions(folder, lambda packages: packages.pop("keras-mixup"))
    monkeypatch.setattr(keras_mixup, "__version__", "0.1.0")
    finished_run(folder)
    monkeypatch.setattr(keras_mixup, "__version__", "0.2.0")
    with pytest.raises(UsageError, match=r"made by keras_mixup 0.1.0, this is 0.2.0"):
        finished_run(folder)


def test_truncated_model(finished_folder):
    folder = finished_folder("mixup")
    path = pathlib.Path(folder, "model.keras")
    path.write_bytes(path.read_bytes()[:3000])
    run = finished_run(folder)
    with pytest.raises(UsageError, match="not a model that Keras can load"):
        _ = run.model


def test_a_model_of_something_else(finished_folder):
    folder = finished_folder("mixup")
    other = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
    other.save(os.path.join(folder, "model.keras"))
    with pytest.raises(UsageError, match="not hold a model that was trained here"):
        _ = finished_run(folder).model
    network = keras_mixup.applications.MLP((2,), 3, hidden_units=(2,))
    model = keras_mixup.models.MixupModel(network)
    model.save(os.path.join(folder, "model.keras"))
    with pytest.raises(UsageError, match=r"takes inputs of shape \(2,\).*\(6, 5, 3\)"):
        _ = finished_run(folder).model


def test_a_run_that_kept_no_network(finished_folder):
    folder = pathlib.Path(finished_folder("mixup"))
    (folder / "model.keras").unlink()
    # Whatever a later call, which finds it finished, wrote to flags.txt.
    for keep in ("numbers", "network"):
        with (folder / "flags.txt").open("a") as file:
            file.write(f"--keep={keep}\n")
        with pytest.raises(UsageError, match="kept no network, as by --keep=numbers"):
            FinishedRun(str(folder))


@pytest.mark.parametrize("method", METHODS)
def test_the_model_of_every_method_comes_back(trained, tmp_path, method):
    run = finished_run(trained("ict"))
    experiment = dataclasses.replace(run.experiment, method=method)
    path = str(tmp_path / "model.keras")
    model = build_model(experiment, run.source)
    model.save(path)
    expected = model.network.get_weights()
    # The names of another process.
    keras.utils.clear_session()
    for weight, value in zip(load_model(path).network.get_weights(), expected):
        np.testing.assert_array_equal(weight, value)


def test_lost_data(finished_folder, tmp_path):
    folder = finished_folder("mixup")
    flags = pathlib.Path(folder, "flags.txt")
    text = flags.read_text()
    flags.write_text(text + "--dataset=/nowhere/images.npz\n")
    run = FinishedRun(folder)
    with pytest.raises(UsageError, match=r"The data set of the run in .* no file"):
        _ = run.source


def test_a_model_that_does_not_fit_in_memory(trained, monkeypatch):
    path = os.path.join(trained("ict"), "model.keras")
    with zipfile.ZipFile(path) as archive:
        needed = sum(member.file_size for member in archive.infolist())
    monkeypatch.setattr(memory, "free_memory", lambda: needed)
    load_model(path)
    monkeypatch.setattr(memory, "free_memory", lambda: needed - 1)
    with pytest.raises(UsageError, match=r"not a model that Keras .* GiB unpacked"):
        load_model(path)
