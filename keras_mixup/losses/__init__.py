"""Losses of the methods, for training steps of your own."""

from keras_mixup.losses.consistency_loss import ConsistencyLoss
from keras_mixup.losses.mixupe_regularizer import MixupERegularizer

__all__ = ["ConsistencyLoss", "MixupERegularizer"]
