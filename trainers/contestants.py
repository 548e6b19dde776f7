"""What the benchmark times, each as a function of nothing."""

import keras
import numpy as np

from keras_mixup.linearity import LinearityProbe
from keras_mixup.models import ICTModel, MixupModel
from trainers.networks import build_network

NUM_CLASSES = 10

# (name, against, the largest ratio wanted)
STEP_RATIOS = (
    ("mixup", "plain", 1.05),
    ("ict2", "plain", 2.5),
    ("ict4", "plain", None),
    ("ict4", "ict2", 1.05),
)
MEASUREMENT_RATIOS = (("nonlinearity", "predict", 2.2),)


def steps(options):
    """Returns one round of training steps of each method, by name."""
    models = {
        "plain": _network(options),
        "mixup": MixupModel(_network(options), num_points=2, seed=0),
        "ict2": ICTModel(_network(options), num_points=2, seed=0),
        "ict4": ICTModel(_network(options), num_points=4, seed=0),
    }
    return {name: _steps(model, options) for name, model in models.items()}


def measurements(options):
    """Returns one measurement of linearity and one prediction, by name."""
    network = _network(options)
    probe = LinearityProbe(network)
    x = _images(options, options.num_examples)
    return {
        "predict": lambda: network.predict(x, batch_size=256, verbose=0),
        "nonlinearity": lambda: probe(x),
    }


def _network(options):
    shape = (options.image_size, options.image_size, 3)
    return build_network(options, shape, NUM_CLASSES)


def _images(options, number):
    shape = (number, options.image_size, options.image_size, 3)
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def _steps(model, options):
    model.compile(
        "adam",
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile={"auto": "auto", "true": True, "false": False}[options.jit_compile],
    )
    x = keras.ops.convert_to_tensor(_images(options, options.batch_size))
    y = keras.ops.convert_to_tensor(
        np.arange(options.batch_size, dtype="int32") % NUM_CLASSES
    )
    inputs = {"labeled": x, "unlabeled": x} if isinstance(model, ICTModel) else x

    def work():
        for _ in range(options.steps_per_round):
            model.train_on_batch(inputs, y)

    return work
