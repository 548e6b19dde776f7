"""A method of a user's own: one file, with one row."""

import keras

from keras_mixup.models import MixupModel
from trainers.run.method import Method


@keras.saving.register_keras_serializable(package="own_method")
class SharpMixupModel(MixupModel):
    """Mixup by another name."""


def build(experiment, network):
    return SharpMixupModel(
        network, num_points=experiment.num_points, alpha=experiment.alpha
    )


SHARP = Method(
    title="Sharp mixup",
    summary="a method of the tests",
    build=build,
    name="sharp mixup",
    color="#123456",
    mixes=("inputs", "labels"),
    options=("num_points", "alpha"),
)
