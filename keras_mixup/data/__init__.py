"""Data sets by name, and batches of them that depend on seed and step alone."""

from keras_mixup.data.batch_plan import BatchPlan
from keras_mixup.data.dataset_fronts import semi_supervised, supervised
from keras_mixup.data.label_noise import corrupt_labels
from keras_mixup.data.loading import load
from keras_mixup.data.mixing_map import mix
from keras_mixup.data.pairing import pair
from keras_mixup.data.planning import plan
from keras_mixup.data.semi_supervised_batches import SemiSupervisedBatches
from keras_mixup.data.source import Source, Split
from keras_mixup.data.splits import choose_labeled
from keras_mixup.data.supervised_batches import SupervisedBatches

__all__ = [
    "BatchPlan",
    "SemiSupervisedBatches",
    "Source",
    "Split",
    "SupervisedBatches",
    "choose_labeled",
    "corrupt_labels",
    "load",
    "mix",
    "pair",
    "plan",
    "semi_supervised",
    "supervised",
]
