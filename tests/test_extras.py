"""Environments that lack something, each in a process of its own."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import keras
import pytest

import keras_mixup as km

ROOT = Path(__file__).resolve().parents[1]
BACKEND = keras.config.backend()
# As an environment is where these were never installed.
WITHOUT = "import sys; sys.modules.update(dict.fromkeys({names!r}))\n"


def run(code, without=(), options=(), **variables):
    """Runs a program and returns its exit code and the last line that it complained."""
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    result = subprocess.run(
        [sys.executable, *options, "-c", WITHOUT.format(names=without) + code],
        env={**environment, "KERAS_BACKEND": BACKEND, **variables},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return result.returncode, (result.stderr.splitlines() or [""])[-1]


def test_the_package_is_imported_without_a_warning():
    assert run("import keras_mixup", options=("-W", "error"))[0] == 0


def test_import_needs_no_extra():
    names = ("sklearn", "PIL", "tensorboard", "matplotlib")
    assert run("import keras_mixup", names)[0] == 0


def test_public_names_are_listed():
    assert set(dir(km)) == {*km.__all__, "__version__"}
    assert "extras" not in dir(km)


@pytest.mark.parametrize(
    ("code", "without", "message"),
    [
        pytest.param(
            "keras_mixup.data.load('digits')",
            ("sklearn",),
            "ImportError: The data set 'digits' needs sklearn, which is not installed: "
            'pip install "keras-mixup[data]"',
            marks=pytest.mark.jax,
        ),
        pytest.param(
            "from keras_mixup.data.sources import images; images._pillow('Image')",
            ("PIL",),
            "ImportError: A folder of images needs PIL, which is not installed: pip "
            'install "keras-mixup[data]"',
            marks=pytest.mark.jax,
        ),
        pytest.param(
            "keras_mixup.random.dirichlet((2,), 1.0, 2, (0, 0))",
            ("tensorflow_probability",),
            "ImportError: A draw on TensorFlow needs tensorflow_probability, which is "
            'not installed: pip install "keras-mixup[tensorflow]"',
            marks=pytest.mark.tensorflow,
        ),
    ],
)
def test_what_is_missing_is_named_with_its_command(code, without, message):
    returned, complaint = run(f"import keras_mixup; {code}", without)
    assert (returned, complaint) == (1, message)


@pytest.mark.jax
@pytest.mark.skipif(find_spec("tensorflow") is not None, reason="has TensorFlow")
class TestBackends:
    def test_jax_alone_without_a_choice_is_told_what_to_set(self, tmp_path):
        variables = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": ""}
        returned, complaint = run("import keras_mixup", **variables)
        assert returned == 1
        assert complaint.startswith("ImportError: Keras chooses to compute with tensor")
        assert "set KERAS_BACKEND=jax, which is installed, or pip install" in complaint

    def test_a_choice_that_is_not_installed(self):
        returned, complaint = run("import keras_mixup", KERAS_BACKEND="tensorflow")
        assert returned == 1
        assert complaint == (
            "ImportError: Keras is told to compute with tensorflow, which is not "
            "installed: set KERAS_BACKEND=jax, which is installed, or pip install "
            '"keras-mixup[tensorflow]"'
        )


@pytest.mark.skipif(
    not (ROOT / "trainers").exists(), reason="the tests run beside a wheel"
)
@pytest.mark.parametrize("package", ["absl", "tensorboard"])
def test_commands_say_in_one_line_what_they_need(package):
    returned, complaint = run("import trainers.run", (package,))
    assert returned == 2
    assert complaint == (
        f"error: trainers needs {package}, which is not installed: pip install "
        '"keras-mixup[trainers]"'
    )


@pytest.mark.tensorflow
def test_autograph_does_not_warn_of_a_traced_import():
    code = "import keras_mixup as km; km.data.supervised(km.data.load('iris'), None, 8)"
    result = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "KERAS_BACKEND": BACKEND},
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert result.returncode == 0
    assert "AutoGraph" not in result.stderr
