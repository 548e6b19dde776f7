"""The network that the name of an architecture stands for."""

import keras
import numpy as np
import pytest

from keras_mixup.applications import WideResNet
from trainers.errors import UsageError
from trainers.run.experiment import Experiment
from trainers.run.networks import build_network


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("wide_resnet_10_2", {}),
        ("wide_resnet_10_2_group_norm", {"normalization": "group"}),
        (
            "wide_resnet_10_2_mixmatch",
            {
                "use_bias": True,
                "activated_shortcuts": "first",
                "dense_initializer": "glorot_normal",
            },
        ),
        (
            "wide_resnet_10_2_mixupe",
            {
                "use_bias": True,
                "activated_shortcuts": "none",
                "strided_convolution": 2,
            },
        ),
    ],
)
def test_wide_resnets_by_name(name, arguments):
    networks = []
    for build in (
        lambda: build_network(Experiment(architecture=name), (8, 8, 1), 3),
        lambda: WideResNet((8, 8, 1), 3, depth=10, width=2, **arguments),
    ):
        keras.utils.set_random_seed(1)
        networks.append(build())
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 1)).astype("float32")
    ours, expected = (network.predict_on_batch(x) for network in networks)
    np.testing.assert_array_equal(ours, expected)


def test_an_unknown_ending_is_refused():
    with pytest.raises(UsageError, match="wide_resnet_28_2_verma"):
        Experiment(architecture="wide_resnet_28_2_verma")
