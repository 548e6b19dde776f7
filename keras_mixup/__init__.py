"""The mixup family for Keras 3, and measures of how linear it makes a network."""

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
