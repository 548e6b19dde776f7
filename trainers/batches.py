"""The training batches of an experiment, on either front."""

import keras

from keras_mixup import data


def training_batches(experiment, source, start_step):
    """Returns what `fit` draws its batches from.

    `tf.data` on the TensorFlow backend, a `keras.utils.PyDataset` on any other; the
    batches are the same.

    Args:
        experiment: an `Experiment`.
        source: what `keras_mixup.data.load` returned.
        start_step: int, the step of the first batch.
    """
    settings = {
        "num_labels": experiment.num_labels,
        "batch_size": experiment.batch_size,
        "augmentation": experiment.augmentation,
        "max_shift": experiment.max_shift,
        "seed": experiment.seed,
        "start_step": start_step,
    }
    semi_supervised = experiment.uses_unlabeled
    if semi_supervised:
        settings.update(
            unlabeled_batch_size=experiment.unlabeled_batch_size,
            unlabeled_includes_labeled=experiment.unlabeled_includes_labeled,
        )
    if keras.config.backend() == "tensorflow":
        make = data.semi_supervised if semi_supervised else data.supervised
        return make(source, **settings)
    make = data.SemiSupervisedBatches if semi_supervised else data.SupervisedBatches
    return make(source, **settings)
