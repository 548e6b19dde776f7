"""Whole runs, in this process."""

import json
import os
import re
import shutil

import keras
import numpy as np
import pytest
from PIL import Image

import keras_mixup
from trainers.run import command as run
from trainers.run import scores, training
from trainers.run.checkpoint import Checkpoints
from trainers.run.experiment import Experiment
from trainers.run.step_guard import StepGuard

TINY = {
    "dataset": "iris",
    "num_labels": 30,
    "architecture": "mlp_8",
    "dropout": 0.2,
    "batch_size": 10,
    "steps": 7,
    "evaluate_every": 3,
    "linearity_points": 3,
    "linearity_examples": 20,
    "backend": keras.config.backend(),
}


@pytest.fixture
def workdir(tmp_path):
    return str(tmp_path / "run")


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The folder of a run that nothing ever stopped."""
    path = str(tmp_path_factory.mktemp("reference") / "run")
    assert main(path) == 0
    return path


def main(workdir, **options):
    """Runs the command line in this process and returns its exit code."""
    options = {**TINY, "workdir": workdir, **options}
    return run.main(["run"] + [f"--{name}={value}" for name, value in options.items()])


def read(workdir, name):
    with open(os.path.join(workdir, name), "rb") as file:
        return file.read()


def rows(workdir):
    return [json.loads(line) for line in read(workdir, "metrics.jsonl").splitlines()]


def assert_same_run(one, other):
    for name in ("result.json", "metrics.jsonl"):
        assert read(one, name) == read(other, name)
    states = [
        Checkpoints(os.path.join(path, "checkpoints")).load() for path in (one, other)
    ]
    assert states[0][0] == states[1][0]
    for (name, a), (_, b) in zip(states[0][1], states[1][1]):
        np.testing.assert_array_equal(a, b, err_msg=name)


def test_a_whole_run(workdir, reference, capsys):
    capsys.readouterr()  # The reference may have been made just now.
    assert main(workdir) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for text in ("validation", "layer_0", "NonLin", "floor"):
        assert text in out
    assert f"tensorboard --logdir {workdir}/tensorboard" in out
    assert set(os.listdir(workdir)) == {
        *(".lock", "flags.txt", "versions.json", "timing.json", "metrics.jsonl"),
        *("checkpoints", "tensorboard", "model.keras", "result.json", "data.json"),
    }
    result = json.loads(read(workdir, "result.json"))
    assert result["accuracy"]["test"] == result["student"]["test"]["accuracy"]
    assert set(result["linearity"]) == {"layer_0", "layer_1"}
    assert "teacher" in result
    steps = [row["step"] for row in rows(workdir) if "learning_rate" in row]
    assert steps == [3, 6, 7]
    steps = [row["step"] for row in rows(workdir) if "nonlin/layer_1" in row]
    assert (steps[0], len(steps), steps[-1]) == (0, 3, 7)
    assert_same_run(workdir, reference)

    assert main(workdir) == 0
    assert "finished already" in capsys.readouterr().out


@pytest.mark.slow_on_tensorflow
def test_a_run_that_keeps_its_numbers_alone(workdir, reference, capsys, monkeypatch):
    interrupt_at(monkeypatch, 5, KeyboardInterrupt)
    assert main(workdir, keep="numbers") == 130
    monkeypatch.undo()
    capsys.readouterr()
    # It begins again, and ends as one that kept everything.
    assert main(workdir, keep="numbers") == 0
    assert "Resumed" not in capsys.readouterr().out
    for name in ("result.json", "metrics.jsonl"):
        assert read(workdir, name) == read(reference, name)
    assert {name for name in os.listdir(workdir) if name[0] != "."} == {
        *("flags.txt", "metrics.jsonl", "result.json", "timing.json"),
        *("data.json", "versions.json"),
    }
    assert main(workdir, keep="numbers") == 0
    out = capsys.readouterr().out
    assert "finished already" in out
    assert "model.keras" not in out


@pytest.mark.slow_on_tensorflow
def test_mended_flags_leave_no_number_of_the_run_before(
    workdir, reference, monkeypatch
):
    interrupt_at(monkeypatch, 5, KeyboardInterrupt)
    assert main(workdir, keep="numbers", seed=5) == 130
    assert [row["step"] for row in rows(workdir)][:1] == [0]
    monkeypatch.undo()
    assert main(workdir, keep="numbers") == 0
    assert read(workdir, "metrics.jsonl") == read(reference, "metrics.jsonl")


@pytest.mark.compiled
@pytest.mark.slow_on_tensorflow
def test_several_steps_at_once_are_the_same_steps(tmp_path, capsys):
    options = {"steps": 8, "evaluate_every": 4, "linearity_points": 0}
    one, many = str(tmp_path / "one"), str(tmp_path / "many")
    assert main(one, **options) == 0
    capsys.readouterr()
    assert main(many, **options, steps_per_execution=4) == 0
    assert "8/8" in capsys.readouterr().out
    assert [row["step"] for row in rows(many)] == [4, 8]
    for row, other in zip(rows(one), rows(many)):
        assert row == pytest.approx(other, rel=1e-4, abs=1e-6)
    states = [Checkpoints(f"{path}/checkpoints").load()[1] for path in (one, many)]
    for (name, value), (_, same) in zip(*states):
        np.testing.assert_allclose(value, same, rtol=1e-4, atol=1e-6, err_msg=name)


def test_the_saved_model_predicts_as_the_result_says(reference):
    model = keras.models.load_model(os.path.join(reference, "model.keras"))
    x, y = keras_mixup.data.load("iris").standardized("test")
    accuracy = np.mean(model.predict(x, verbose=0).argmax(-1) == y)
    result = json.loads(read(reference, "result.json"))
    assert accuracy == result["student"]["test"]["accuracy"]


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize("method", ["erm", "mixup"])
def test_methods_without_a_teacher(workdir, method):
    assert main(workdir, method=method, evaluated_network="teacher") == 0
    result = json.loads(read(workdir, "result.json"))
    assert "teacher" not in result
    assert result["evaluated_network"] == "student"


def interrupt_at(monkeypatch, step, error):
    """Makes the next run, and only that, fail at a step."""
    original = StepGuard.on_train_batch_end

    def on_train_batch_end(self, batch, logs=None):
        if self._first + batch + 1 == step:
            monkeypatch.setattr(StepGuard, "on_train_batch_end", original)
            raise error
        original(self, batch, logs)

    monkeypatch.setattr(StepGuard, "on_train_batch_end", on_train_batch_end)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param(2, marks=pytest.mark.slow_on_tensorflow),
        5,
        pytest.param(7, marks=pytest.mark.slow_on_tensorflow),
    ],
)
def test_an_interrupted_run_goes_on_as_if_nothing_had_been(
    workdir, reference, capsys, monkeypatch, step
):
    interrupt_at(monkeypatch, step, KeyboardInterrupt())
    assert main(workdir) == 130
    assert "resumes the run" in capsys.readouterr().err
    assert not os.path.exists(os.path.join(workdir, "result.json"))
    assert main(workdir) == 0
    resumed = {2: "", 5: "Resumed after step 3 of 7", 7: "Resumed after step 6 of 7"}
    assert resumed[step] in capsys.readouterr().out
    assert_same_run(workdir, reference)


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize(
    "options",
    [
        {"method": "mixup", "label_smoothing": 0.1, "label_noise": 0.3},
        {"method": "mixmatch", "teacher_statistics": "copied"},
        {
            "method": "erm",
            "optimizer": "sgd",
            "learning_rate_steps": "2,4,5",
            "warmup_steps": 6,
            "weight_decay": 0.1,
        },
        # tests/models/test_train_step.py resumes the models of these.
        pytest.param({"method": "mixupe"}, marks=pytest.mark.slow),
        pytest.param({"method": "manifold_mixup"}, marks=pytest.mark.slow),
        pytest.param({"method": "approximate_mixup"}, marks=pytest.mark.slow),
        pytest.param({"method": "mean_teacher"}, marks=pytest.mark.slow),
    ],
    ids=lambda options: options["method"],
)
def test_every_method_goes_on_after_an_interruption(tmp_path, monkeypatch, options):
    options = {**options, "linearity_points": 0}
    whole, cut = str(tmp_path / "whole"), str(tmp_path / "cut")
    assert main(whole, **options) == 0
    with monkeypatch.context() as patch:
        interrupt_at(patch, 5, KeyboardInterrupt)
        assert main(cut, **options) == 130
    assert main(cut, **options) == 0
    assert_same_run(whole, cut)


def test_schedules_of_the_learning_rate_are_followed(workdir):
    options = {"learning_rate_steps": "4,7", "warmup_steps": 6, "learning_rate": 0.5}
    assert main(workdir, method="erm", linearity_points=0, **options) == 0
    rates = [row["learning_rate"] for row in rows(workdir)]
    # Those of the steps after steps 3, 6 and 7.
    np.testing.assert_allclose(rates, [0.5 * 4 / 6, 0.05, 0.005], rtol=1e-6)
    flags = read(workdir, "flags.txt").decode().splitlines()
    assert {f"--{name}={value}" for name, value in options.items()} <= set(flags)


def test_linearity_of_other_mixtures(workdir):
    options = {"linearity_num_points": 3, "linearity_alpha": 2.0}
    assert main(workdir, method="erm", **options) == 0
    model = keras.models.load_model(os.path.join(workdir, "model.keras"))
    x, _ = keras_mixup.data.load("iris").standardized("test")
    measured = json.loads(read(workdir, "result.json"))["linearity"]
    # What was measured during training, the last time.
    last = [row for row in rows(workdir) if "nonlin/layer_1" in row][-1]
    for num_points, alpha in ((3, 2.0), (2, 2.0), (3, 0.5)):
        layers = keras_mixup.linearity.nonlinearity(
            model, x[:20], num_points=num_points, alpha=alpha
        )
        for name, layer in layers.items():
            expected = pytest.approx(layer.value, rel=1e-4)
            is_same = (num_points, alpha) == (3, 2.0)
            assert (measured[name]["value"] == expected) is is_same
            assert (last[f"nonlin/{name}"] == expected) is is_same


@pytest.mark.slow_on_tensorflow
def test_interrupted_after_the_last_step(workdir, reference, monkeypatch):
    def fail(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(training.result, "measure", fail)
        assert main(workdir) == 130
    assert main(workdir) == 0
    assert_same_run(workdir, reference)


@pytest.mark.slow_on_tensorflow
def test_a_truncated_checkpoint(workdir, reference, capsys, monkeypatch):
    interrupt_at(monkeypatch, 7, KeyboardInterrupt())
    assert main(workdir) == 130
    newest = os.path.join(workdir, "checkpoints", "step_0000000006.npz")
    with open(newest, "r+b") as file:
        file.truncate(1000)
    capsys.readouterr()
    assert main(workdir) == 0
    out, err = capsys.readouterr()
    assert "falling back to the one before" in err
    assert "Resumed after step 3 of 7" in out
    assert_same_run(workdir, reference)


@pytest.mark.slow_on_tensorflow
def test_a_loss_that_is_not_finite(workdir, capsys):
    assert main(workdir, learning_rate=1e25, optimizer="sgd", method="erm") == 1
    err = capsys.readouterr().err
    assert "no longer finite" in err
    assert "step" in err
    assert err.count("\n") == 1


def strict(text):
    """The object in a text of JSON without NaN and Infinity."""

    def refuse(word):
        raise AssertionError(word)

    return json.loads(text, parse_constant=refuse)


def assert_strict_files(workdir):
    for name in os.listdir(workdir):
        if name.endswith((".json", ".jsonl")):
            for line in read(workdir, name).splitlines() if "jsonl" in name else []:
                strict(line)
            if name.endswith(".json"):
                strict(read(workdir, name))


@pytest.mark.slow_on_tensorflow
@pytest.mark.parametrize("rate", ["1e25", "1e38"])
def test_a_run_that_diverges_fails_again(workdir, capsys, rate):
    flags = {"learning_rate": rate, "optimizer": "sgd", "method": "erm"}
    flags |= {"linearity_points": 0, "evaluate_every": 2}
    for _ in range(2):
        assert main(workdir, **flags) == 1
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert re.search(r"(finite at|finite after|seen at) step \d", err)
        assert not os.path.exists(os.path.join(workdir, "result.json"))
        assert_strict_files(workdir)


@pytest.mark.slow_on_tensorflow
def test_outputs_that_are_not_finite_at_the_end(workdir, capsys, monkeypatch):
    """The weights are finite, and what is computed from them is not."""
    original = scores.predict

    def predict(network, x, batch_size=256):
        return np.full_like(original(network, x, batch_size), np.inf)

    monkeypatch.setattr(scores, "predict", predict)
    for _ in range(2):
        assert main(workdir, method="erm") == 1
        err = capsys.readouterr().err
        assert err.count("\n") == 1
        assert "ends in figures that are not finite: accuracy.validation" in err
        assert "first seen at step 3" in err
        assert not os.path.exists(os.path.join(workdir, "result.json"))
        assert not os.path.exists(os.path.join(workdir, "model.keras"))
        assert_strict_files(workdir)
    scored = [row for row in rows(workdir) if "learning_rate" in row]
    assert [row["accuracy/validation_student"] for row in scored] == [None] * 3
    # What was wrong is mended: the run goes on from its last checkpoint.
    monkeypatch.setattr(scores, "predict", original)
    assert main(workdir, method="erm") == 0


@pytest.mark.slow_on_tensorflow
def test_outputs_that_are_not_finite_for_a_while(workdir, monkeypatch):
    original, calls = scores.predict, []

    def predict(network, x, batch_size=256):
        calls.append(None)
        logits = original(network, x, batch_size)
        return np.full_like(logits, np.nan) if len(calls) == 1 else logits

    monkeypatch.setattr(scores, "predict", predict)
    assert main(workdir, method="erm") == 0
    assert_strict_files(workdir)
    scored = [row for row in rows(workdir) if "learning_rate" in row]
    assert scored[0]["loss/validation_student"] is None
    assert all(row["loss/validation_student"] > 0 for row in scored[1:])


@pytest.mark.slow_on_tensorflow
def test_a_folder_that_vanishes(workdir, capsys, monkeypatch):
    original = StepGuard.on_train_batch_end

    def on_train_batch_end(self, batch, logs=None):
        if batch == 1:
            shutil.rmtree(workdir)
        original(self, batch, logs)

    monkeypatch.setattr(StepGuard, "on_train_batch_end", on_train_batch_end)
    assert main(workdir) == 1
    assert capsys.readouterr().err == (
        f"error: The run's folder {workdir} has vanished, and with it the run. The "
        "same command starts it again.\n"
    )
    assert not os.path.exists(workdir)


@pytest.mark.slow_on_tensorflow
def test_a_failure_that_nobody_foresaw(workdir, capsys, monkeypatch):
    interrupt_at(monkeypatch, 5, RuntimeError("the disk\nis full"))
    assert main(workdir) == 1
    err = capsys.readouterr().err
    assert err.startswith("error: RuntimeError: the disk is full")
    assert err.count("\n") == 1
    assert b"Traceback" in read(workdir, "traceback.txt")


def save(path, **arrays):
    np.savez(path, **arrays)
    return str(path)


def arrays(**changes):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    y = np.arange(40) % 2
    return {"x_train": x, "y_train": y, "x_test": x, "y_test": y, **changes}


def bad_file(tmp_path, kind):
    good = arrays()
    path = tmp_path / "data.npz"
    if kind == "missing":
        return str(tmp_path / "none.npz")
    if kind == "truncated":
        save(path, **good)
        path.write_bytes(path.read_bytes()[:500])
        return str(path)
    if kind == "lengths":
        return save(path, **arrays(y_train=good["y_train"][:-1]))
    if kind == "classes":
        return save(path, **arrays(y_test=good["y_test"] + 5))
    x = good["x_train"].copy()
    x[3, 1] = np.nan
    return save(path, **arrays(x_train=x))


@pytest.mark.parametrize("kind", ["missing", "truncated", "lengths", "classes", "nan"])
def test_bad_files(workdir, tmp_path, capsys, kind):
    assert main(workdir, dataset=bad_file(tmp_path, kind), num_labels="all") == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert "data" in err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"num_labels": 2}, "num_labels"),
        ({"num_labels": 1000}, "num_labels"),
        ({"unlabeled_batch_size": 1000}, "unlabeled_batch_size"),
        ({"num_validation": 1000}, "num_validation"),
        ({"linearity_layers": "layer_0,nope"}, "nope.*layer_1"),
        ({"architecture": "wide_resnet_10_1"}, "input_shape"),
        ({"augmentation": "crop"}, "images"),
        ({"alpha": -1}, "--alpha"),
        ({"no_such_flag": 1}, "no_such_flag"),
    ],
)
def test_bad_options(workdir, capsys, options, message):
    assert main(workdir, **options) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert re.search(message, err), err


@pytest.mark.tensorflow
def test_an_unknown_data_set(workdir, capsys):
    assert main(workdir, dataset="digitz") == 2
    assert "Did you mean 'digits'?" in capsys.readouterr().err


@pytest.mark.slow_on_tensorflow
@pytest.mark.filterwarnings("default")
def test_labels_that_the_classes_cannot_share(workdir):
    with pytest.warns(UserWarning, match="31 labels do not divide among 3 classes"):
        assert main(workdir, num_labels=31, steps=1, linearity_points=0) == 0


@pytest.mark.slow_on_tensorflow
def test_mistakes_can_be_mended_in_the_same_folder(workdir):
    assert main(workdir, num_labels=1000) == 2
    assert main(workdir) == 0
    assert main(workdir, seed=1) == 2


def test_another_backend_than_that_of_the_process(workdir, capsys, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", TINY["backend"])
    other = "tensorflow" if TINY["backend"] == "jax" else "jax"
    assert main(workdir, backend=other) == 2
    assert "comes too late" in capsys.readouterr().err


@pytest.mark.tensorflow
def test_two_replicas(workdir, capsys):
    assert main(workdir, strategy="mirrored", batch_size=9) == 2
    assert "--batch_size must be a multiple of 2" in capsys.readouterr().err
    assert main(workdir, strategy="mirrored", unlabeled_batch_size=11) == 2
    assert "--unlabeled_batch_size must be a multiple" in capsys.readouterr().err
    assert main(workdir, strategy="mirrored") == 0
    assert "Each batch is shared among 2 replica(s)." in capsys.readouterr().out


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision(workdir, policy):
    assert main(workdir, dtype_policy=policy, steps=3, linearity_points=0) == 0


@pytest.mark.slow_on_tensorflow
def test_called_from_python(workdir):
    experiment = Experiment(**{**TINY, "workdir": workdir, "method": "erm"})
    result = training.train(experiment)
    assert result["steps"] == 7
    assert training.train(experiment) == result


def test_a_folder_of_images_is_resized(workdir, tmp_path, capsys):
    pixels = np.random.RandomState(0).randint(0, 256, (24, 6, 5, 3)).astype("uint8")
    for i, image in enumerate(pixels):
        name = "unlabeled" if i < 6 else f"train/{'ab'[i % 2]}"
        name = f"test/{'ab'[i % 2]}" if i > 17 else name
        (tmp_path / "pets" / name).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "pets" / name / f"{i}.png")
    options = {
        "dataset": tmp_path / "pets",
        "image_size": 4,
        "num_labels": 4,
        "num_validation": 2,
        "linearity_points": 0,
    }
    assert main(workdir, **options) == 0
    assert "4 labels of 10 training examples and 6 without" in capsys.readouterr().out
    model = keras.saving.load_model(os.path.join(workdir, "model.keras"))
    assert model.network.input_shape == (None, 4, 4, 3)
