"""What a network that was trained on corrupted labels makes of them."""

import numpy as np

from keras_mixup import data
from trainers.evaluate import chunked
from trainers.run.training_batches import labeled_examples


def accuracies(network, source, experiment):
    """Returns the accuracies on the labelled training examples of a noisy run.

    Returns:
        Dictionary of floats, `None` for a run without label noise: `clean`, against the
        true labels; `corrupted`, against the labels that it was trained on;
        `memorized`, the share of the wrong labels that it reproduces; `wrong_labels`,
        their share of the labels.
    """
    if not experiment.label_noise:
        return None
    x, clean = labeled_examples(experiment, source)
    trained_on = data.corrupt_labels(
        clean, experiment.label_noise, source.num_classes, experiment.seed
    )
    logits = chunked.predict(network, source, (x, clean))
    predicted = np.argmax(logits, axis=-1)
    wrong = trained_on != clean
    return {
        "clean": float(np.mean(predicted == clean)),
        "corrupted": float(np.mean(predicted == trained_on)),
        "memorized": float(
            np.sum((predicted == trained_on) & wrong) / max(1, wrong.sum())
        ),
        "wrong_labels": float(np.mean(wrong)),
    }
