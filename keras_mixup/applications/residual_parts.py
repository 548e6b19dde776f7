"""What the residual networks are made of."""

from typing import Any

import keras
from keras import layers

FORMAT = "channels_last"


def convolution(
    filters: int, kernel_size: int, stride: int, name: str, use_bias: bool = False
) -> Any:
    """Makes a convolution that is padded to keep the size at stride 1."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=stride,
        padding="same",
        data_format=FORMAT,
        use_bias=use_bias,
        # He initialisation by fan-out, as in the reference.
        kernel_initializer=keras.initializers.VarianceScaling(
            2.0, mode="fan_out", distribution="untruncated_normal"
        ),
        name=name,
    )
