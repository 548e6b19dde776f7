"""Schedules of weights that change over the training steps."""

from keras_mixup.schedules.exponential_ramp_up import ExponentialRampUp

__all__ = ["ExponentialRampUp"]
