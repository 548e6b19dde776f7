"""Whether mixup is safe on a data set: how near its points are to foreign mixtures."""

from keras_mixup.collinearity.collinearity import Collinearity, collinearity
from keras_mixup.collinearity.margin import Margin, margin

__all__ = ["Collinearity", "Margin", "collinearity", "margin"]
