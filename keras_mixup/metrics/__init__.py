"""Metrics of what mixup does to predictions."""

from keras_mixup.metrics.expected_calibration_error import ExpectedCalibrationError

__all__ = ["ExpectedCalibrationError"]
