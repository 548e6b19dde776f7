"""Models that train a network by mixing examples."""

from keras_mixup.models.ict_model import ICTModel
from keras_mixup.models.mixup_model import MixupModel

__all__ = ["ICTModel", "MixupModel"]
