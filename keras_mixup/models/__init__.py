"""Models that train a network by mixing examples."""

from keras_mixup.models.approximate_mixup_model import ApproximateMixupModel
from keras_mixup.models.corrected_model import CorrectedModel
from keras_mixup.models.ict_model import ICTModel
from keras_mixup.models.manifold_mixup_model import ManifoldMixupModel
from keras_mixup.models.mixmatch_model import MixMatchModel
from keras_mixup.models.mixup_model import MixupModel
from keras_mixup.models.mixupe_model import MixupEModel

__all__ = [
    "ApproximateMixupModel",
    "CorrectedModel",
    "ICTModel",
    "ManifoldMixupModel",
    "MixMatchModel",
    "MixupEModel",
    "MixupModel",
]
