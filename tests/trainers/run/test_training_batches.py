import itertools

import keras
import numpy as np
import pytest

from keras_mixup import data
from trainers.run.experiment import Experiment
from trainers.run.training_batches import labeled_examples, training_batches


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of tf.data")
@pytest.mark.parametrize("settings", [{}, {"method": "ict"}, {"label_smoothing": 0.1}])
def test_no_thread_tunes_the_pipeline(settings):
    # The end of a run would wait for it.
    source = data.load("digits")
    batches = training_batches(Experiment(**settings), source, 0)
    assert batches.options().autotune.enabled is False
    next(iter(batches))


@pytest.mark.parametrize(("num_labels", "labeled"), [(None, 26), (8, 8)])
def test_a_run_reads_the_unlabelled_examples_of_its_file(tmp_path, num_labels, labeled):
    path = str(tmp_path / "mine.npz")
    # Of the 40 with a label 8 are held out for testing and 6 for validation.
    x, y = np.arange(60.0).reshape(60, 1), np.r_[np.arange(40) % 4, [-1] * 20]
    np.savez(path, X=x, y=y, x_unlabeled=np.arange(60.0, 90).reshape(30, 1))
    source = data.load(path, standardize=False)
    settings = {"dataset": path, "method": "ict", "num_labels": num_labels}
    sizes = {"batch_size": 4, "unlabeled_batch_size": 19}
    experiment = Experiment(**settings, **sizes, backend=keras.config.backend())
    batches = itertools.islice(iter(training_batches(experiment, source, 0)), 4)
    inputs = [np.asarray(inputs["unlabeled"]) for inputs, _ in batches]
    expected = np.r_[source.train.x, np.arange(40.0, 90).reshape(50, 1)]
    assert len(expected) == 76
    np.testing.assert_array_equal(
        np.sort(np.concatenate(inputs), 0), np.sort(expected, 0)
    )
    assert len(labeled_examples(experiment, source)[0]) == labeled
