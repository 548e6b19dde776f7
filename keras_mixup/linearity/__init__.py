"""The non-linearity of a network's layers between examples, NonLin."""

from keras_mixup.linearity.nonlinearity import nonlinearity
from keras_mixup.linearity.probe import LinearityProbe, Nonlinearity

__all__ = ["LinearityProbe", "Nonlinearity", "nonlinearity"]
