"""Runs on a set that is read by index, and what they keep of it."""

import errno
import json
import pathlib

import keras
import numpy as np
import pytest
from PIL import Image

from keras_mixup import data
from trainers import files
from trainers.run import command, training
from trainers.run.finished import FinishedRun
from trainers.run.recorder import Recorder

TINY = {
    "architecture": "mlp_6",
    "method": "ict",
    "batch_size": 8,
    "steps": 6,
    "evaluate_every": 2,
    "linearity_points": 2,
    "linearity_examples": 8,
    "scored_examples": 5,
    "backend": keras.config.backend(),
}


@pytest.fixture
def folder(tmp_path):
    root, rng = tmp_path / "mine", np.random.RandomState(0)
    root.mkdir()
    np.save(root / "X.npy", rng.normal(3, 2, (90, 5)).astype("float32"))
    np.save(root / "y.npy", np.arange(90) % 3)
    return root


def run(folder, workdir, **options):
    flags = {**TINY, "dataset": folder, "workdir": workdir, **options}
    return command.main(["run", *(f"--{k}={v}" for k, v in flags.items())])


def interrupted(folder, workdir, monkeypatch, **options):
    """Starts a run that is interrupted after its first checkpoint."""
    record = Recorder._record

    def stop(self, step, logs):
        record(self, step, logs)
        raise KeyboardInterrupt

    monkeypatch.setattr(Recorder, "_record", stop)
    assert run(folder, workdir, **options) == 130
    monkeypatch.undo()


def left(workdir):
    names = ("result.json", "metrics.jsonl", "data.json")
    return [(pathlib.Path(workdir) / name).read_text() for name in names]


@pytest.mark.slow_on_tensorflow
def test_an_interrupted_run_by_index_resumes_to_the_last_digit(
    folder, tmp_path, monkeypatch, capsys
):
    assert run(folder, tmp_path / "whole", in_memory="false") == 0
    interrupted(folder, tmp_path / "parts", monkeypatch, in_memory="false")
    # Resumed where there is enough memory, it keeps its statistics.
    assert run(folder, tmp_path / "parts", in_memory="true") == 0
    assert "Resumed" in capsys.readouterr().out
    assert left(tmp_path / "whole") == left(tmp_path / "parts")


def test_a_set_that_changed_between_two_starts(folder, tmp_path, monkeypatch, capsys):
    interrupted(folder, tmp_path / "run", monkeypatch)
    x = np.load(folder / "X.npy")
    x[7, 3] += 1
    np.save(folder / "X.npy", x)
    capsys.readouterr()
    before = (tmp_path / "run" / "data.json").read_text()
    assert run(folder, tmp_path / "run") == 2
    error = capsys.readouterr().err
    assert "The data set mine has changed since the run began" in error
    assert error.strip().count("\n") == 0
    assert (tmp_path / "run" / "data.json").read_text() == before


def test_before_the_first_checkpoint_the_data_may_change(folder, tmp_path, monkeypatch):
    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "_fit", stop)
    assert run(folder, tmp_path / "run") == 130
    first = json.loads((tmp_path / "run" / "data.json").read_text())
    np.save(folder / "X.npy", np.load(folder / "X.npy") + 1)
    assert run(folder, tmp_path / "run") == 130
    second = json.loads((tmp_path / "run" / "data.json").read_text())
    np.testing.assert_allclose(second["mean"], np.add(first["mean"], 1), rtol=1e-5)
    assert first["fingerprint"] != second["fingerprint"]


def test_a_full_disk_while_statistics_are_written(
    folder, tmp_path, monkeypatch, capsys
):
    flush = files._flush_to_disk

    def full(path):
        if "data.json" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        flush(path)

    monkeypatch.setattr(files, "_flush_to_disk", full)
    assert run(folder, tmp_path / "run") == 1
    error = capsys.readouterr().err.strip()
    assert "data.json cannot be written: No space left on device" in error
    assert "\n" not in error
    assert not any("data.json" in p.name for p in (tmp_path / "run").iterdir())


def test_a_finished_run_is_evaluated_by_its_own_statistics(folder, tmp_path):
    assert run(folder, tmp_path / "run", method="erm", in_memory="false") == 0
    kept = json.loads((tmp_path / "run" / "data.json").read_text())
    source = FinishedRun(str(tmp_path / "run")).source
    np.testing.assert_array_equal(source.mean_and_scale[0], np.float32(kept["mean"]))
    expected = data.load(folder).mean_and_scale
    np.testing.assert_allclose(source.mean_and_scale, expected, rtol=3e-7)


def images(root):
    for i in range(30):
        (root / f"class{i % 2}").mkdir(parents=True, exist_ok=True)
        pixels = np.random.RandomState(i).randint(0, 256, (5, 4, 3)).astype("uint8")
        Image.fromarray(pixels).save(root / f"class{i % 2}" / f"{i:02}.png")
    return root


def test_an_image_that_vanishes_while_training_is_one_line(
    tmp_path, monkeypatch, capsys
):
    folder = images(tmp_path / "pictures")
    build = training.training_batches

    def without_files(*arguments):
        batches = build(*arguments)
        for file in folder.glob("*/*.png"):
            file.unlink()
        return batches

    monkeypatch.setattr(training, "training_batches", without_files)
    options = {"method": "erm", "linearity_points": 0, "scored_examples": 0}
    assert run(folder, tmp_path / "run", in_memory="false", **options) == 1
    error = capsys.readouterr().err.strip()
    assert f"ValueError: {folder}/class" in error
    assert "Received: No such file or directory" in error
    assert "\n" not in error


def test_damaged_images_are_left_out_and_listed(tmp_path, capsys):
    folder = images(tmp_path / "pictures")
    (folder / "class1" / "00.png").write_bytes(b"rot")
    options = {"method": "erm", "linearity_points": 0, "scored_examples": 0}
    assert run(folder, tmp_path / "run", **options) == 2
    assert "class1/00.png: expected a whole PNG" in capsys.readouterr().err
    assert run(folder, tmp_path / "run", skip_damaged="true", **options) == 0
    kept = json.loads((tmp_path / "run" / "data.json").read_text())
    assert kept["skipped"] == [str(folder / "class1" / "00.png")]
    assert "1 damaged files are left out; " in capsys.readouterr().out
