"""The training batches of an experiment, on either front."""

import functools

import keras
import numpy as np

from keras_mixup import data
from keras_mixup.data import indexed
from trainers.run.membership import Membership

_ALONE = Membership()


def training_batches(experiment, source, start_step, member=_ALONE):
    """Returns what `fit` draws its batches from.

    `tf.data` on the TensorFlow backend, a `keras.utils.PyDataset` on any other; the
    batches are the same.

    Args:
        experiment: an `Experiment`.
        source: what `keras_mixup.data.load` returned.
        start_step: int, the step of the first batch.
        member: a `Membership`; of several processes each reads its part of a batch.
    """
    on_tensorflow = keras.config.backend() == "tensorflow"
    plan = _plan(experiment, source)
    batches = (
        _untuned(plan.dataset(start_step))
        if on_tensorflow
        else plan.batches(start_step, shard=(member.process_id, member.num_processes))
    )
    if not experiment.label_smoothing:
        return batches
    # What is smoothed are the rows of the labels.
    if on_tensorflow:
        return batches.map(functools.partial(_with_rows, source.num_classes))
    return BatchesWithRows(batches, source.num_classes)


def _plan(experiment, source):
    unlabeled = {}
    if experiment.uses_unlabeled:
        size = experiment.unlabeled_batch_size
        unlabeled = {
            "unlabeled_batch_size": "equal" if size is None else size,
            "unlabeled_includes_labeled": experiment.unlabeled_includes_labeled,
            "num_views": experiment.views,
        }
    return data.plan(
        source,
        num_labels=experiment.num_labels,
        batch_size=experiment.batch_size,
        augmentation=experiment.augmentation,
        label_noise=experiment.label_noise,
        max_shift=experiment.max_shift,
        seed=experiment.seed,
        **unlabeled,
    )


def labeled_examples(experiment, source):
    """Returns `(x, y)`: the labelled training examples, with their true labels."""
    x, y = source.train
    if experiment.num_labels is None:
        return x, y
    chosen = data.choose_labeled(
        y, experiment.num_labels, source.num_classes, experiment.seed
    )
    return indexed.take(x, chosen), y[chosen]


class BatchesWithRows(keras.utils.PyDataset):
    """Batches whose class ids are turned into one-hot rows.

    Args:
        batches: a `keras.utils.PyDataset` of `(x, y)`.
        num_classes: int.
    """

    def __init__(self, batches, num_classes):
        super().__init__()
        self.batches = batches
        self.num_classes = num_classes

    @property
    def num_batches(self):
        return self.batches.num_batches

    def __getitem__(self, index):
        x, y = self.batches[index]
        return x, np.eye(self.num_classes, dtype="float32")[y]


def _untuned(dataset):
    """Returns the pipeline with as many parallel calls as there are threads.

    The thread that tunes this number comes to wake but once a minute, and TensorFlow
    2.21 waits for it when the pipeline is freed: 1 to 55 s after a run were measured.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)


def _with_rows(num_classes, x, y):
    return x, keras.ops.one_hot(y, num_classes)
