"""The mixup family for Keras 3, and measures of how linear it makes a network."""

# First, for it says what is missing where Keras cannot be imported.
from keras_mixup import _extras  # noqa: F401, isort: skip

from keras_mixup import (
    applications,
    calibration,
    callbacks,
    collinearity,
    data,
    differentiation,
    layers,
    linearity,
    losses,
    metrics,
    mixing,
    models,
    random,
    schedules,
)

__all__ = [
    "applications",
    "calibration",
    "callbacks",
    "collinearity",
    "data",
    "differentiation",
    "layers",
    "linearity",
    "losses",
    "metrics",
    "mixing",
    "models",
    "random",
    "schedules",
]
__version__ = "0.1.0"


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
