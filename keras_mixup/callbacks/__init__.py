"""Callbacks that measure a network while it is trained."""

from keras_mixup.callbacks.linearity_callback import LinearityCallback

__all__ = ["LinearityCallback"]
