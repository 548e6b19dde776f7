"""Losses that mixing brings with it."""

from keras_mixup.losses.consistency_loss import ConsistencyLoss

__all__ = ["ConsistencyLoss"]
