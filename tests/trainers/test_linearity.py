"""The linearity of saved networks, in this process."""

import json
import pathlib
import sys

import keras
import pytest

from keras_mixup import data
from keras_mixup.linearity import LinearityProbe, nonlinearity
from trainers import linearity
from trainers.common.errors import UsageError
from trainers.experiments.finished import finished_run

BACKEND = keras.config.backend()


def main(path, dataset, **options):
    flags = {"model": path, "dataset": dataset, "backend": BACKEND, **options}
    return linearity.main(["linearity", *(f"--{k}={v}" for k, v in flags.items())])


def save_network(folder, shape=(6, 5, 3)):
    """A functional network as others make them: a branch, no numbered layers."""
    inputs = keras.Input(shape)
    x = keras.layers.Rescaling(1 / 255)(inputs)
    x = keras.layers.Conv2D(4, 3, padding="same", name="conv")(x)
    y = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Add(name="add")([x, keras.layers.ReLU(name="relu")(y)])
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    outputs = keras.layers.Dense(3, activation="softmax", name="probabilities")(x)
    path = str(folder / "mine.keras")
    keras.Model(inputs, outputs).save(path)
    return path


def test_any_functional_network(tmp_path, image_file, capsys):
    path = save_network(tmp_path)
    assert main(path, image_file, standardize="false", seed=3) == 0
    out, err = capsys.readouterr()
    assert err == ""
    network = keras.saving.load_model(path)
    content = json.loads((tmp_path / "linearity.json").read_text())["linearity"]
    assert list(content) == ["any", "same_class", "different_class"]
    source = data.load(image_file, seed=3)
    x, y = source.test.x.astype("float32"), source.test.y
    probes = {
        measure: LinearityProbe(network, measure=measure)
        for measure in ("unit_norm", "relative")
    }
    for pairs, by_measure in content.items():
        assert list(by_measure) == ["unit_norm", "relative"]
        for measure, layers in by_measure.items():
            expected = probes[measure](x, 3, y, pairs)
            assert list(layers) == list(expected) == ["conv", "norm", "probabilities"]
            for name, layer in expected.items():
                assert layers[name] == pytest.approx(vars(layer))
                assert f"{layer.value:.4f}" in out
    assert (tmp_path / "linearity.png").read_bytes().startswith(b"\x89PNG")


def test_a_model_that_was_trained_here(trained, image_file, tmp_path):
    folder = pathlib.Path(trained("ict"))
    options = {"num_validation": 15, "layers": "layer_1", "measure": "relative"}
    workdir = tmp_path / "new" / "folder"
    path = str(folder / "model.keras")
    assert main(path, image_file, workdir=workdir, num_examples=12, **options) == 0
    content = json.loads((workdir / "linearity.json").read_text())["linearity"]
    run = finished_run(str(folder))
    x = run.source.standardized("test")[0][:12]
    expected = nonlinearity(run.model.network, x, ["layer_1"], measure="relative")
    found = content["any"]["relative"]
    assert found == {"layer_1": pytest.approx(vars(expected["layer_1"]))}


def test_pairs_that_the_examples_do_not_have_are_left_out(tmp_path, image_file, capsys):
    path = save_network(tmp_path)
    options = {"num_examples": 2, "split": "test", "measure": "relative"}
    assert main(path, image_file, **options) == 0
    assert "Left out: pairs=" in capsys.readouterr().out
    content = json.loads((tmp_path / "linearity.json").read_text())["linearity"]
    assert "any" in content
    assert len(content) == 2


def failure(capsys):
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.err


def test_failures_are_one_line(tmp_path, image_file, capsys):
    path = save_network(tmp_path)
    assert main(str(tmp_path / "none.keras"), image_file) == 2
    assert "found no file" in failure(capsys)
    broken = tmp_path / "broken.keras"
    broken.write_bytes(pathlib.Path(path).read_bytes()[:900])
    assert main(str(broken), image_file) == 2
    assert "not a model that Keras can load" in failure(capsys)
    assert main(image_file, image_file) == 2
    assert "not a model that Keras can load" in failure(capsys)
    assert main(path, image_file, layers="conv,dense_9") == 2
    assert "['dense_9'] are unknown" in failure(capsys)
    assert main(path, "iris") == 2
    assert "(6, 5, 3), the examples of iris have shape (4,)" in failure(capsys)
    assert main(path, "/nowhere.npz") == 2
    assert "no file" in failure(capsys)
    blocked = tmp_path / "blocked"
    blocked.write_text("")
    assert main(path, image_file, measure="relative", workdir=blocked) == 2
    assert "cannot be written" in failure(capsys)


def test_a_network_of_another_kind(tmp_path, image_file, capsys):
    two = [keras.Input((6, 5, 3)), keras.Input((6, 5, 3))]
    path = str(tmp_path / "two.keras")
    keras.Model(two, keras.layers.Add()(two)).save(path)
    assert main(path, image_file) == 2
    assert "takes inputs of shape (6, 5, 3), (6, 5, 3)" in failure(capsys)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"model": ""}, "--model must name"),
        ({"num_points": 1}, "--num_points must be at least 2"),
        ({"alpha": 0.0}, "--alpha must be greater than 0"),
        ({"measure": "norm"}, "--measure must be one of both, unit_norm, relative"),
        ({"num_examples": 1}, "--num_examples must be at least 2"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        linearity.Linearity(**{"model": "x.keras", **options})


def test_the_numbers_stay_where_nothing_can_be_drawn(
    tmp_path, image_file, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    path = save_network(tmp_path)
    assert main(path, image_file, num_examples=6, measure="relative") == 1
    assert "The figures need matplotlib" in failure(capsys)
    assert json.loads((tmp_path / "linearity.json").read_text())["linearity"]
