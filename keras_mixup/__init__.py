"""The mixup family for Keras 3, and measures of how linear it makes a network."""

from keras_mixup import layers, losses, mixing, models, random, schedules

__all__ = ["layers", "losses", "mixing", "models", "random", "schedules"]
