"""Finished runs, as small as they can be, for what evaluates them."""

import pathlib
import shutil
import signal

import keras
import numpy as np
import pytest

from trainers.run import command as run

# Reading, judging, drawing and describing results does the same on every backend, as do
# options and files. Their tests run on JAX alone, where processes start sooner.
_WITHOUT_BACKEND = (
    *("claims", "figures", "report", "results", "sweep"),
    *("test_backend.py", "test_command_line.py", "test_committed_results.py"),
    *("test_configs.py", "test_files.py", "test_flag_files.py", "test_markdown.py"),
    *("test_pack.py", "test_plots.py", "test_startup.py", "test_statistics.py"),
    *("test_strict_json.py", "test_which_method.py"),
)
# These train through run, which is tested beside both.
_SLOW_ON_TENSORFLOW = ("tabular", "toys")
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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    here = pathlib.Path(__file__).parent
    marks = dict.fromkeys(_WITHOUT_BACKEND, pytest.mark.jax)
    marks |= dict.fromkeys(_SLOW_ON_TENSORFLOW, pytest.mark.slow_on_tensorflow)
    for item in items:
        for path in {item.path, *item.path.parents} & {here / name for name in marks}:
            item.add_marker(marks[path.name])


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
