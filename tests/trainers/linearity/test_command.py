"""The linearity of saved networks, in this process."""

import json
import pathlib
import sys

import keras
import pytest

from keras_mixup import data
from keras_mixup.linearity import LinearityProbe, Nonlinearity, nonlinearity
from trainers.errors import UsageError
from trainers.linearity import command as linearity
from trainers.linearity import linearity_figure
from trainers.run.finished import finished_run

BACKEND = keras.config.backend()


def main(path, dataset, **options):
    flags = {"model": path, "dataset": dataset, "backend": BACKEND, **options}
    return linearity.main(["linearity", *(f"--{k}={v}" for k, v in flags.items())])


def save_network(folder, shape=(6, 5, 3)):
    """A functional network as others make them: a branch, no numbered layers."""
    folder.mkdir(exist_ok=True)
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


@pytest.mark.slow_on_tensorflow
def test_several_networks_are_compared_in_one_figure(tmp_path, image_file, capsys):
    paths = [save_network(tmp_path / name) for name in ("one", "other")]
    options = {"workdir": tmp_path, "num_examples": 20, "seed": 3}
    assert main(",".join(paths), image_file, **options) == 0
    assert "one\n" in capsys.readouterr().out
    content = json.loads((tmp_path / "linearity.json").read_text())["linearity"]
    assert list(content) == ["one", "other"]
    for name, path in zip(content, paths):
        assert main(path, image_file, **options, measure="relative") == 0
        alone = json.loads((tmp_path / "linearity.json").read_text())["linearity"]
        assert alone["any"]["relative"] == content[name]["any"]["relative"]
    assert main(",".join(paths), image_file, **options) == 0
    svg = (tmp_path / "linearity.svg").read_text()
    # A column of a paper: 3.3 inches of 72 points.
    assert 'width="237.6pt"' in svg
    assert (tmp_path / "linearity.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "linearity.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.slow_on_tensorflow
def test_where_a_measurement_starts(tmp_path, image_file, capsys):
    path = save_network(tmp_path)
    network = keras.saving.load_model(path)
    x = data.load(image_file, seed=3).test.x.astype("float32")
    options = {"standardize": "false", "seed": 3, "measure": "relative"}
    for start, layers in (
        ("input", "conv,add,probabilities"),
        ("previous", "conv,add,probabilities"),
        ("conv", "add,probabilities"),
    ):
        assert main(path, image_file, **options, start=start, layers=layers) == 0
        content = json.loads((tmp_path / "linearity.json").read_text())["linearity"]
        expected = nonlinearity(
            network, x, layers.split(","), start=start, measure="relative", seed=3
        )
        assert content["any"]["relative"] == {
            name: pytest.approx(vars(layer)) for name, layer in expected.items()
        }
    capsys.readouterr()
    assert main(path, image_file, **options, start="norm") == 2
    assert "start='norm'. Layers that work: [" in failure(capsys)
    assert main(path, image_file, **options, start="previous") == 2
    assert "Layers that work: ['rescaling', 'conv', 'add'" in failure(capsys)
    assert linearity.main(["linearity", "--help"]) == 0
    assert "or from the layer of this name" in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["runs/a/model.keras"], ["model.keras"]),
        (["runs/a/model.keras", "runs/b/model.keras"], ["a", "b"]),
        (["runs/a.keras", "runs/b.keras"], ["a", "b"]),
        (["runs/a/1/model.keras", "runs/b/2/model.keras"], ["a/1", "b/2"]),
        (["a/model.keras", "model.keras"], ["a/model", "model"]),
        (["a/x/a/m.keras", "a/m.keras"], ["x/a/m", "m"]),
    ],
)
def test_names_that_tell_networks_apart(paths, expected):
    assert linearity_figure.short_names(paths) == expected


@pytest.mark.slow_on_tensorflow
def test_networks_with_other_layers_are_drawn_over_the_depth(tmp_path):
    def results(*names):
        layers = {name: Nonlinearity(0.2, 0.1, 0.01) for name in names}
        return {"any": {"unit_norm": layers}}

    stem = str(tmp_path / "figure")
    linearity_figure.draw(stem, {"a": results("x", "y"), "b": results("z")})
    # Text in an SVG is drawn; a comment names it.
    assert "depth, first to last layer" in (tmp_path / "figure.svg").read_text()
    assert (tmp_path / "figure.pdf").exists()


@pytest.mark.slow_on_tensorflow
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


@pytest.mark.slow_on_tensorflow
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


@pytest.mark.slow_on_tensorflow
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
        ({"model": "a.keras,a.keras"}, "several different ones"),
        ({"num_points": 1}, "--num_points must be at least 2"),
        ({"alpha": 0.0}, "--alpha must be greater than 0"),
        ({"measure": "norm"}, "--measure must be one of both, unit_norm, relative"),
        ({"num_examples": 1}, "--num_examples must be at least 2"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        linearity.Linearity(**{"model": "x.keras", **options})


@pytest.mark.slow_on_tensorflow
def test_the_numbers_stay_where_nothing_can_be_drawn(
    tmp_path, image_file, monkeypatch, capsys
):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    path = save_network(tmp_path)
    assert main(path, image_file, num_examples=6, measure="relative") == 1
    assert "The figures need matplotlib" in failure(capsys)
    assert json.loads((tmp_path / "linearity.json").read_text())["linearity"]
