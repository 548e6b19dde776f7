import keras
import pytest

from keras_mixup import data
from trainers.experiments.batches import training_batches
from trainers.experiments.experiment import Experiment


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="of tf.data")
@pytest.mark.parametrize("settings", [{}, {"method": "ict"}, {"label_smoothing": 0.1}])
def test_no_thread_tunes_the_pipeline(settings):
    # The end of a run would wait for it.
    source = data.load("digits")
    batches = training_batches(Experiment(**settings), source, 0)
    assert batches.options().autotune.enabled is False
    next(iter(batches))
