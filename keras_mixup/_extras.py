"""Packages that not everybody needs, and the command that installs them."""

import importlib.util
import os
import sys
from typing import Any

# Each backend has an extra of its name.
_BACKENDS = ("tensorflow", "jax", "torch")


def require(module: str, extra: str, purpose: str, instead: str = "") -> Any:
    """Imports a module of an extra.

    Args:
        module: String, its name to import.
        extra: String, the extra of this package that installs it.
        purpose: String, what needs it, the subject of a sentence.
        instead: String, a sentence on what else there is.

    Returns:
        The module.

    Raises:
        ImportError: Where it is not installed, with the command that installs it.
    """
    try:
        # AutoGraph warns of `importlib.import_module` in a function that it traces.
        __import__(module)
        return sys.modules[module]
    except ImportError as error:
        package = module.partition(".")[0]
        if importlib.util.find_spec(package) is not None:
            raise
        raise ImportError(
            f"{purpose} needs {package}, which is not installed: "
            f"{_command(extra)}{'. ' if instead else ''}{instead}"
        ) from error


def import_keras() -> None:
    """Imports Keras, and says what to do where its backend is not installed.

    Raises:
        ImportError: Where it is not.
    """
    try:
        import keras  # noqa: F401
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in _BACKENDS:
            raise
        installed = [name for name in _BACKENDS if importlib.util.find_spec(name)]
        chosen = os.environ.get("KERAS_BACKEND")
        ways = [f"set KERAS_BACKEND={name}, which is installed" for name in installed]
        ways.append(_command(missing))
        raise ImportError(
            f"Keras {'is told' if chosen else 'chooses'} to compute with {missing}, "
            f"which is not installed: {', or '.join(ways)}"
        ) from None


def _command(extra):
    return f'pip install "keras-mixup[{extra}]"'


import_keras()
