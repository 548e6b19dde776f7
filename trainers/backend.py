"""Starts the Keras backend that the command line asked for."""

import contextlib
import importlib.util
import os
import sys
import tempfile

from trainers.errors import UsageError

BACKENDS = ("tensorflow", "jax", "torch")


def default_backend():
    """Returns `$KERAS_BACKEND`, else the first backend that is installed."""
    installed = filter(importlib.util.find_spec, BACKENDS)
    return os.environ.get("KERAS_BACKEND") or next(installed, BACKENDS[0])


def start(name):
    """Imports Keras on a backend, before anything else does.

    TensorFlow prints lines of its own while it is imported; they are held back, unless
    `TF_CPP_MIN_LOG_LEVEL` is set or the import fails.

    Args:
        name: "tensorflow", "jax" or "torch".

    Raises:
        UsageError: when the backend is not installed.
    """
    # Keras reads its backend once, when it is first imported.
    os.environ["KERAS_BACKEND"] = name
    try:
        _import_keras()
    except ModuleNotFoundError as error:
        raise UsageError(
            f"--backend={name} needs a package that is not installed: {error}. Choose "
            f'another backend, or pip install "keras-mixup[{name}]".'
        ) from error


def _import_keras():
    hold_back = "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _held_back_stderr() if hold_back else contextlib.nullcontext():
        import keras  # noqa: F401


@contextlib.contextmanager
def _held_back_stderr():
    """Sends what native code prints to a file, and shows it only after an error."""
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except (ModuleNotFoundError, KeyboardInterrupt):
            raise
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            os.close(stderr)
