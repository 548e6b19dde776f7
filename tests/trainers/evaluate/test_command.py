"""Evaluations of finished runs, in this process."""

import dataclasses
import json
import os
import pathlib
import sys

import keras
import numpy as np
import pytest

from keras_mixup import calibration, data
from trainers.errors import UsageError
from trainers.evaluate import command as evaluate
from trainers.evaluate import deformations, measures, temperature
from trainers.run.experiment import Experiment
from trainers.run.finished import finished_run
from trainers.run.scores import score_logits
from trainers.run.training_batches import training_batches

event_accumulator = pytest.importorskip(
    "tensorboard.backend.event_processing.event_accumulator"
)


def main(folder, **options):
    flags = {"workdir": folder, "backend": keras.config.backend(), **options}
    return evaluate.main(["evaluate", *(f"--{k}={v}" for k, v in flags.items())])


def read(folder):
    return json.loads(pathlib.Path(folder, "evaluation.json").read_text())


def test_everything_of_a_mixup_run(finished_folder, capsys):
    folder, other = finished_folder("mixup"), finished_folder("erm")
    small = {"num_pairs": 30, "num_weights": 3, "num_examples": 9}
    assert main(folder, black_box=other, **small) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for text in ("test, scaled", "test, corrected and scaled"):
        assert text in out
    for text in ("neg. log-lik.", "test, corrected", "black box", "zoom_out_180", "w "):
        assert text in out
    result = read(folder)
    kinds = {"plain", "corrected", "scaled", "corrected_scaled"}
    assert set(result["scores"]) == kinds
    assert set(result["temperatures"]) == {"plain", "corrected"}
    assert list(result["scores"]["plain"]) == ["validation", "test"]
    assert list(result["deformations"]) == list(deformations.DEFORMATIONS)
    assert set(result["fgsm"]) == {"white_box", "black_box"}
    assert result["black_box"] == finished_run(other).experiment.name
    assert list(result["fgsm"]["white_box"]) == ["0.01", "0.03"]
    assert len(result["between"]["misses"]) == 3
    assert result["train_labels"] is None
    for name in ("reliability.png", "between.png"):
        assert pathlib.Path(folder, name).read_bytes().startswith(b"\x89PNG")
    # Nothing in it depends on where or when it was measured.
    assert folder not in json.dumps(result)
    before = pathlib.Path(folder, "evaluation.json").read_bytes()
    assert main(folder, black_box=other, **small) == 0
    assert pathlib.Path(folder, "evaluation.json").read_bytes() == before


@pytest.mark.slow_on_tensorflow
def test_events_are_those_of_the_json(finished_folder):
    folder = finished_folder("mixup")
    assert main(folder, fgsm="0.1", num_pairs=20, deformations="false") == 0
    result = read(folder)
    assert result["deformations"] is None
    name = f"{finished_run(folder).experiment.name}_evaluation"
    events = os.path.join(folder, "tensorboard", name)
    accumulator = event_accumulator.EventAccumulator(events).Reload()
    for tag, value in {
        "scores/plain/test/accuracy": result["scores"]["plain"]["test"]["accuracy"],
        "fgsm/white_box/0.1": result["fgsm"]["white_box"]["0.1"],
        "between/misses": np.mean(result["between"]["misses"]),
    }.items():
        (event,) = accumulator.Tensors(f"evaluation/{tag}")
        assert event.step == 3
        assert event.tensor_proto.float_val[0] == pytest.approx(value)
    assert len(accumulator.Images("evaluation/reliability")) == 1
    assert len(accumulator.Images("evaluation/between")) == 1


def test_scores_are_those_of_the_networks(finished_folder):
    folder = finished_folder("mixup")
    off = {"fgsm": "", "num_pairs": 0, "deformations": "false"}
    assert main(folder, **off) == 0
    found = read(folder)["scores"]
    run = finished_run(folder)
    x, y = run.source.standardized("test")
    logits = run.model.network.predict(x, verbose=0)
    assert found["plain"]["test"] == pytest.approx(score_logits(logits, y), abs=1e-5)
    assert found["plain"]["test"]["accuracy"] == pytest.approx(
        run.result["student"]["test"]["accuracy"]
    )
    batches = training_batches(run.experiment, run.source, 0)
    # 57 training examples in batches of 8.
    x_mean, y_mean = calibration.means(batches, 3, num_batches=8)
    theta = calibration.mean_dominant_weight(1.0)
    shrunk = theta * x + (1 - theta) * x_mean
    logits = run.model.network.predict(shrunk, verbose=0) / theta
    logits = logits + (1 - 1 / theta) * y_mean
    corrected = score_logits(logits.astype("float32"), y)
    assert found["corrected"]["test"] == pytest.approx(corrected, abs=1e-5)
    temperatures = read(folder)["temperatures"]
    scaled = score_logits(logits.astype("float32") / temperatures["corrected"], y)
    assert found["corrected_scaled"]["test"] == pytest.approx(scaled, abs=1e-5)


def test_temperatures_are_fitted_on_validation_data(finished_folder):
    folder = finished_folder("mixup")
    off = {"fgsm": "", "num_pairs": 0, "deformations": "false", "split": "test"}
    assert main(folder, **off) == 0
    found = read(folder)
    run = finished_run(folder)
    x, y = run.source.standardized("validation")
    logits = run.model.network.predict(x, verbose=0)
    assert found["temperatures"]["plain"] == pytest.approx(
        temperature.fitted(logits, y), rel=1e-4
    )
    assert list(found["scores"]["scaled"]) == ["test"]
    # A temperature is one for all classes, so the best class stays.
    plain, scaled = (found["scores"][kind]["test"] for kind in ("plain", "scaled"))
    assert plain["accuracy"] == scaled["accuracy"]
    assert plain["cross_entropy"] != scaled["cross_entropy"]
    assert main(folder, scaled="false", **off) == 0
    assert set(read(folder)["scores"]) == {"plain", "corrected"}
    assert read(folder)["temperatures"] == {}


@pytest.mark.slow_on_tensorflow
def test_student_and_teacher(finished_folder, capsys):
    folder = finished_folder("ict")
    off = {"fgsm": "", "num_pairs": 0, "deformations": "false", "split": "test"}
    run = finished_run(folder)
    for name in ("student", "teacher"):
        assert main(folder, network=name, **off) == 0
        result = read(folder)
        assert result["network"] == name
        expected = run.result[name]["test"]["cross_entropy"]
        found = result["scores"]["plain"]["test"]["cross_entropy"]
        assert found == pytest.approx(expected, rel=1e-4)
        assert list(result["scores"]) == ["plain", "scaled"]
    assert "received a run of --method=ict." in capsys.readouterr().out
    assert result["fgsm"] is result["between"] is None


@pytest.mark.slow_on_tensorflow
def test_noisy_labels(finished_folder, capsys):
    folder = finished_folder("erm")
    assert main(folder, fgsm="", num_pairs=0, deformations="false") == 0
    assert "memorized" in capsys.readouterr().out
    run = finished_run(folder)
    chosen = data.choose_labeled(run.source.train.y, 42, 3, seed=1)
    clean = run.source.train.y[chosen]
    noisy = data.corrupt_labels(clean, 0.5, 3, seed=1)
    x = run.source.network_inputs(run.source.train.x[chosen])
    predicted = run.model.network.predict(x, verbose=0).argmax(1)
    wrong = clean != noisy
    assert read(folder)["train_labels"] == pytest.approx(
        {
            "clean": np.mean(predicted == clean),
            "corrupted": np.mean(predicted == noisy),
            "memorized": np.mean(predicted[wrong] == noisy[wrong]),
            "wrong_labels": np.mean(wrong),
        }
    )


def test_the_noisy_labels_are_those_of_the_pipeline(finished_folder):
    run = finished_run(finished_folder("erm"))
    chosen = data.choose_labeled(run.source.train.y, 42, 3, seed=1)
    noisy = data.corrupt_labels(run.source.train.y[chosen], 0.5, 3, seed=1)
    batches = training_batches(run.experiment, run.source, 0)
    # 21 batches of 8: each of 42 labels four times.
    seen = [np.asarray(y) for _, (_, y) in zip(range(21), batches)]
    counts = np.bincount(np.concatenate(seen), minlength=3)
    np.testing.assert_array_equal(counts, 4 * np.bincount(noisy, minlength=3))


@pytest.mark.slow_on_tensorflow
def test_tables_have_no_deformations(tmp_path, capsys):
    from trainers.run import command as run

    folder = str(tmp_path / "run")
    flags = {"dataset": "iris", "method": "erm", "architecture": "mlp_4", "steps": 1}
    flags |= {"batch_size": 10, "linearity_points": 0, "workdir": folder}
    flags["backend"] = keras.config.backend()
    assert run.main(["run", *(f"--{k}={v}" for k, v in flags.items())]) == 0
    assert main(folder, num_pairs=10, num_weights=2, num_examples=20) == 0
    assert "inputs of shape (4,) are no images" in capsys.readouterr().out
    assert read(folder)["deformations"] is None
    # Of another data set.
    assert main(folder, black_box=folder, num_pairs=0) == 0


def failure(capsys):
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    return captured.err


@pytest.mark.slow_on_tensorflow
def test_failures_are_one_line(finished_folder, tmp_path, capsys):
    folder = finished_folder("mixup")
    assert main(str(tmp_path / "nowhere")) == 2
    assert "There is no folder" in failure(capsys)
    assert main(str(tmp_path)) == 2
    assert "holds no finished run" in failure(capsys)
    assert main(folder, network="teacher") == 2
    assert "has no teacher" in failure(capsys)
    assert main(folder, black_box=str(tmp_path)) == 2
    assert "holds no finished run" in failure(capsys)
    path = pathlib.Path(folder, "model.keras")
    path.write_bytes(path.read_bytes()[:100])
    assert main(folder) == 2
    assert "not a model that Keras can load" in failure(capsys)
    assert not os.path.exists(os.path.join(folder, "evaluation.json"))


@pytest.mark.slow_on_tensorflow
def test_a_black_box_on_other_data(finished_folder, capsys):
    folder, other = finished_folder("mixup"), finished_folder("erm")
    flags = pathlib.Path(other, "flags.txt")
    flags.write_text(flags.read_text() + "--dataset=digits\n")
    # Which tells the data of the run.
    pathlib.Path(other, "data.json").unlink()
    assert main(folder, black_box=other, num_pairs=0) == 2
    assert "run on digits" in failure(capsys)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"workdir": ""}, "--workdir must name"),
        ({"split": ("text",)}, "--split must name some of train, .*received 'text'"),
        ({"split": ()}, "--split must name"),
        ({"fgsm": ("0.1", "x")}, "--fgsm must be positive numbers.*'0.1,x'"),
        ({"fgsm": ("-1",)}, "--fgsm must be positive"),
        ({"fgsm": ("nan",)}, "--fgsm must be positive"),
        ({"num_examples": 1}, "--num_examples must be at least 2"),
        ({"network": "both"}, "--network must be one of student, teacher"),
    ],
)
def test_options_that_make_no_sense(options, message):
    with pytest.raises(UsageError, match=message):
        evaluate.Evaluation(**{"workdir": "run", **options})


@pytest.mark.slow_on_tensorflow
def test_an_evaluation_leaves_nothing_of_the_one_before(finished_folder):
    folder = finished_folder("mixup")
    off = {"fgsm": "", "deformations": "false"}
    assert main(folder, num_pairs=4, num_bins=2, **off) == 0
    assert os.path.exists(os.path.join(folder, "between.png"))
    assert read(folder)["options"]["num_bins"] == 2
    assert read(folder)["between"]
    assert main(folder, num_pairs=0, num_bins=15, **off) == 0
    assert not os.path.exists(os.path.join(folder, "between.png"))
    assert read(folder)["options"]["num_bins"] == 15
    assert not read(folder)["between"]


def test_methods_whose_prediction_is_corrected():
    def corrected(**options):
        return measures.is_correctable(Experiment(**options))

    assert corrected(method="mixup")
    assert not corrected(method="mixup", num_points=1)
    assert not corrected(method="mixup", mix_labels=False)
    assert not corrected(method="erm")
    # It mixes two, whatever --num_points says.
    assert corrected(method="approximate_mixup", num_points=1)


@pytest.mark.slow_on_tensorflow
def test_nothing_is_measured_where_nothing_can_be_drawn(
    finished_folder, monkeypatch, capsys
):
    folder = finished_folder("mixup")
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    monkeypatch.setattr(measures, "evaluate_run", pytest.fail)
    assert main(folder, num_pairs=0, fgsm="", deformations="false") == 1
    assert "The figures need matplotlib" in failure(capsys)


def test_an_evaluation_that_is_killed_at_any_moment_is_not_done(
    finished_folder, monkeypatch, capsys
):
    folder = finished_folder("mixup")
    options = {"num_pairs": 4, "num_weights": 3, "fgsm": "", "deformations": "false"}
    assert main(folder, **options) == 0
    result = read(folder)
    del result["options"]
    monkeypatch.setattr(measures, "evaluate_run", lambda *_: result)
    for moment in range(20):
        with monkeypatch.context() as patch:
            kill_before(patch, moment)
            code = main(folder, **options)
        done = os.path.exists(os.path.join(folder, "evaluation.json"))
        if code == 0:
            break
        assert code == 130
        # Before anything is removed, the evaluation before this one is whole.
        assert done == (moment == 0)
    # Three files removed; two pictures, the events and the marker written.
    assert moment >= 6
    assert done


def kill_before(patch, moment):
    """Interrupts this process where files are removed or take their place."""
    calls = []

    def killed(original):
        def call(*arguments, **more):
            calls.append(arguments)
            if len(calls) == moment + 1:
                raise KeyboardInterrupt
            return original(*arguments, **more)

        return call

    patch.setattr(os, "remove", killed(os.remove))
    patch.setattr(os, "replace", killed(os.replace))


def test_smooth_labels_have_a_smooth_mean(finished_folder):
    run = finished_run(finished_folder("mixup"))
    y_mean = np.asarray(measures.corrected_network(run).y_mean)
    run.experiment = dataclasses.replace(run.experiment, label_smoothing=0.6)
    smooth = np.asarray(measures.corrected_network(run).y_mean)
    assert abs(y_mean - 1 / 3).max() > 1e-3
    np.testing.assert_allclose(smooth, 0.4 * y_mean + 0.6 / 3, rtol=1e-5)


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_outputs_that_are_not_finite_are_a_failure(finished_folder, capsys, value):
    folder = finished_folder("erm")
    path = os.path.join(folder, "model.keras")
    model = finished_run(folder).model
    network = model.network
    network.set_weights([np.full_like(w, value) for w in network.get_weights()])
    model.save(path)
    assert main(folder, num_pairs=5, num_weights=3, num_examples=9) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "outputs are not finite for 15 of 15 examples, first for example 0" in err
    assert not os.path.exists(os.path.join(folder, "evaluation.json"))


@pytest.mark.slow_on_tensorflow
def test_figures_that_are_not_finite_are_a_failure(
    finished_folder, capsys, monkeypatch
):
    folder = finished_folder("erm")
    small = {"num_pairs": 5, "num_weights": 3, "num_examples": 9}
    assert main(folder, **small) == 0
    before = sorted(os.listdir(folder))
    found = {"weights": [0.0, 1.0], "gradient_norms": [1.0, float("nan")]}
    monkeypatch.setattr(measures.between, "between", lambda *_, **__: found)
    capsys.readouterr()
    assert main(folder, **small) == 1
    out, err = capsys.readouterr()
    assert err.count("\n") == 1
    assert "evaluation.json must hold finite numbers" in err
    assert "between.gradient_norms.1" in err
    assert out == ""
    assert sorted(os.listdir(folder)) == before
