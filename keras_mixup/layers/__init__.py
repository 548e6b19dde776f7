"""Layers that mix the examples of a batch."""

from keras_mixup.layers.dirichlet_mixup import DirichletMixup

__all__ = ["DirichletMixup"]
