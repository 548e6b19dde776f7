"""Plain `keras.Model` builders whose layers are named for measuring."""

from keras_mixup.applications.mlp import MLP
from keras_mixup.applications.preact_resnet import PreActResNet
from keras_mixup.applications.wide_resnet import WideResNet

__all__ = ["MLP", "PreActResNet", "WideResNet"]
