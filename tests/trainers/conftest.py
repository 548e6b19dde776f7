"""Finished runs, as small as they can be, for what evaluates them."""

import pathlib
import shutil
import signal

import keras
import numpy as np
import pytest

from trainers.run import command as run

# What reads files and draws, judges and describes what is there needs no backend, so
# it is tested beside one of them; the commands that do so are tested beside both.
_WITHOUT_BACKEND = ("claims", "figures", "report", "results")
TINY = {
    "architecture": "mlp_6",
    "batch_size": 8,
    "steps": 3,
    "evaluate_every": 3,
    "linearity_points": 0,
    "num_validation": 15,
    "backend": keras.config.backend(),
}
RUNS = {
    "mixup": {"method": "mixup", "alpha": 1.0},
    "erm": {"method": "erm", "label_noise": 0.5, "num_labels": 42, "seed": 1},
    "ict": {"method": "ict", "num_labels": 30, "augmentation": "none"},
}


def pytest_collection_modifyitems(items):
    here = pathlib.Path(__file__).parent
    folders = [here / name for name in _WITHOUT_BACKEND]
    for item in items:
        if set(folders) & set(item.path.parents):
            item.add_marker(pytest.mark.tensorflow)


@pytest.fixture(autouse=True)
def _interrupts():
    """A shell that started the tests in the background lets them ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def image_file(tmp_path_factory):
    """Images of 6x5 with three channels, brighter from class to class."""
    generator = np.random.default_rng(0)
    y = np.arange(90) % 3
    x = generator.integers(0, 80, (90, 6, 5, 3)) + 60 * y[:, None, None, None]
    path = str(tmp_path_factory.mktemp("data") / "images.npz")
    np.savez(path, X=x.astype("uint8"), y=y)
    return path


def train(folder, **options):
    options = {**TINY, **options, "workdir": folder}
    assert run.main(["run", *(f"--{k}={v}" for k, v in options.items())]) == 0
    return folder


@pytest.fixture(scope="session")
def train_tiny():
    """The function that trains a tiny run."""
    return train


@pytest.fixture(scope="session")
def trained(image_file, tmp_path_factory):
    """Makes each run once: a function from its name to its folder."""
    folders = {}

    def folder(name):
        if name not in folders:
            path = str(tmp_path_factory.mktemp(name) / "run")
            folders[name] = train(path, dataset=image_file, **RUNS[name])
        return folders[name]

    return folder


@pytest.fixture
def finished_folder(trained, tmp_path):
    """A function from the name of a run to a copy of its folder."""

    def copy(name):
        return shutil.copytree(trained(name), str(tmp_path / name))

    return copy
