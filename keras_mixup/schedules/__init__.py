"""Schedules of weights and learning rates that change over the training steps."""

from keras_mixup.schedules.exponential_ramp_up import ExponentialRampUp
from keras_mixup.schedules.warm_up import WarmUp

__all__ = ["ExponentialRampUp", "WarmUp"]
