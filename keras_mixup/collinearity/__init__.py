"""Whether mixup is safe on a data set: how near its points are to foreign mixtures."""

from keras_mixup.collinearity.collinearity import Collinearity, collinearity

__all__ = ["Collinearity", "collinearity"]
