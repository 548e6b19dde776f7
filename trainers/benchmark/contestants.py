"""What the benchmark times, each as a function of nothing."""

import functools

import keras
import numpy as np

from keras_mixup import models
from keras_mixup.linearity import LinearityProbe
from trainers.run.networks import network_of

NUM_CLASSES = 10

# (name, against, the largest ratio wanted)
STEP_RATIOS = (
    ("mixup", "plain", 1.05),
    ("ict2", "plain", 2.5),
    ("ict4", "plain", None),
    ("ict4", "ict2", 1.05),
    ("mixupe", "plain", 2.1),
    ("manifold_mixup", "plain", 1.1),
    ("approximate_mixup", "plain", None),
    ("mean_teacher", "plain", None),
    ("mixmatch", "plain", None),
)
MEASUREMENT_RATIOS = (("nonlinearity", "predict", 2.2),)


def steps(options):
    """Returns one round of training steps of each method, by name."""
    makers = {
        "plain": lambda network: network,
        "mixup": models.MixupModel,
        "ict2": functools.partial(models.ICTModel, num_points=2),
        "ict4": functools.partial(models.ICTModel, num_points=4),
        "mixupe": models.MixupEModel,
        "manifold_mixup": models.ManifoldMixupModel,
        "approximate_mixup": models.ApproximateMixupModel,
        "mean_teacher": functools.partial(models.ICTModel, num_points=1, num_views=2),
        "mixmatch": models.MixMatchModel,
    }
    return {
        name: _steps(make(_network(options)), options) for name, make in makers.items()
    }


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
    return network_of(options, shape, NUM_CLASSES)


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
    inputs = _inputs(model, x)

    def work():
        for _ in range(options.steps_per_round):
            model.train_on_batch(inputs, y)

    return work


def _inputs(model, x):
    """A batch as the model takes it: as many unlabelled examples as labelled ones."""
    if not hasattr(model, "num_views"):
        return x
    views = x if model.num_views == 1 else keras.ops.stack([x, x], axis=1)
    return {"labeled": x, "unlabeled": views}
