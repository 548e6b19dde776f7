"""Wide residual networks with the layers that NonLin is reported for."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import keras
from keras import layers

from keras_mixup.applications.builder_checks import (
    check_classes,
    check_dropout,
    check_image_shape,
    check_momentum,
)
from keras_mixup.applications.residual_parts import FORMAT, convolution

GROUP_FILTERS = (16, 32, 64)

# Divides the filters of every layer.
CHANNELS_OF_A_GROUP = 16


def WideResNet(
    input_shape: Sequence[int | None],
    num_classes: int,
    depth: int = 28,
    width: int = 2,
    dropout: float = 0.0,
    batch_norm_momentum: float = 0.99,
    negative_slope: float = 0.0,
    normalization: str = "batch",
    name: str | None = None,
    use_bias: bool = False,
    activated_shortcuts: str = "all",
    strided_convolution: int = 1,
    dense_initializer: Any = "glorot_uniform",
) -> keras.Model:
    """Builds a wide residual network, WRN-depth-width, from images to logits.

    The network of the mixup and interpolation consistency papers on 32x32 images
    (WRN-28-2, WRN-28-10); a small one, such as WRN-10-1, suits 8x8 digits.

    The layers that linearity is reported for have fixed names:

    | name | output |
    | --- | --- |
    | `layer_0` | first convolution |
    | `layer_1`, `layer_2`, `layer_3` | the three groups of residual blocks |
    | `layer_4` | average pooling, after the last normalisation and activation |
    | `layer_5` | logits |

    Reference: [Zagoruyko & Komodakis, 2016](https://arxiv.org/abs/1605.07146), table 1:
    three groups of `(depth - 4) / 6` pre-activation blocks with `16, 32, 64` times
    `width` filters. Where a block changes the number of
    filters, its shortcut is a 1x1 convolution of the activated input.

    The last four arguments make the networks of published code:

    * [MixMatch](https://github.com/google-research/mixmatch), and ICT there:
      `use_bias=True, activated_shortcuts="first", dense_initializer="glorot_normal",
      negative_slope=0.1, batch_norm_momentum=0.999`.
    * [MixupE](https://github.com/oneHuster/MixupE): `use_bias=True,
      activated_shortcuts="none", strided_convolution=2`. That is PyTorch, which pads
      both sides at stride 2 and has an epsilon of 1e-5; here one side and 1e-3.

    Args:
        input_shape: Shape of one image, `(height, width, channels)`. Height and
            width may be `None`.
        num_classes: Positive integer, number of logits.
        depth: Integer, `6n + 4` with `n >= 1`. Defaults to 28.
        width: Positive integer, the factor on the number of filters. Defaults to 2.
        dropout: Rate in [0, 1) of the dropout between the two convolutions of a
            block. Each example has its own mask. Defaults to 0.
        batch_norm_momentum: Float in [0, 1), share of the moving statistics that
            one step keeps. Published recipes of 2^16 steps and more use 0.999,
            which after 300 steps still holds 74 % of the initial statistics; the
            default of 0.99 is right for short runs too.
        negative_slope: Slope of the activation below zero: 0, the default, is the
            reference's ReLU, the MixMatch and ICT experiments use 0.1.
        normalization: `"batch"`, the default and the reference's, or `"group"`: group
            normalisation ([Wu & He, 2018](https://arxiv.org/abs/1803.08494)) of 16
            channels in a group, by which the output of an example does not depend on
            those that it is in a batch with.
        name: Name of the model. Defaults to `"wide_resnet_<depth>_<width>"`, with
            `"_group_norm"` after it where normalisation is that.
        use_bias: Whether convolutions have biases. Defaults to `False`.
        activated_shortcuts: Which blocks add what their first normalisation and
            activation return, in place of their input: `"all"` that have a convolution
            in their shortcut, the default; `"first"`, the first block of the network
            alone; `"none"`.
        strided_convolution: 1 or 2, which convolution of a block halves the image.
            Defaults to 1.
        dense_initializer: Initializer of the last kernel. Defaults to
            `"glorot_uniform"`.

    Input shape:
        `(batch, height, width, channels)`, channels last on every backend.

    Output shape:
        `(batch, num_classes)`, logits.

    Returns:
        A functional `keras.Model`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> network = keras_mixup.applications.WideResNet(
    ...     (8, 8, 1), num_classes=10, depth=10, width=1
    ... )
    >>> network.get_layer("layer_3").output.shape
    (None, 2, 2, 64)
    """
    check_classes(num_classes)
    check_dropout(dropout)
    _check_size(input_shape, depth, width)
    _check_floats(batch_norm_momentum, negative_slope)
    _check_normalization(normalization)
    _check_blocks(activated_shortcuts, strided_convolution)

    def activate(x, prefix):
        x = normalize(x, f"{prefix}_norm")
        return _activation(negative_slope, f"{prefix}_activation")(x)

    def normalize(x, name):
        if normalization == "group":
            groups = x.shape[-1] // CHANNELS_OF_A_GROUP
            return layers.GroupNormalization(groups, name=name)(x)
        return layers.BatchNormalization(momentum=batch_norm_momentum, name=name)(x)

    block = _Block(
        dropout, activate, use_bias, activated_shortcuts, strided_convolution
    )
    inputs = keras.Input(tuple(input_shape))
    x = convolution(16, 3, 1, "layer_0", use_bias)(inputs)
    for group, filters in enumerate(GROUP_FILTERS, start=1):
        x = _group(x, group, filters * width, (depth - 4) // 6, block)
    x = activate(x, "final")
    x = layers.GlobalAveragePooling2D(data_format=FORMAT, name="layer_4")(x)
    outputs = layers.Dense(
        num_classes, kernel_initializer=dense_initializer, name="layer_5"
    )(x)
    suffix = "_group_norm" if normalization == "group" else ""
    name = name or f"wide_resnet_{depth}_{width}{suffix}"
    return keras.Model(inputs, outputs, name=name)


def _group(x, group, filters, num_blocks, block):
    for number in range(num_blocks):
        prefix = f"group_{group}_block_{number}"
        stride = 2 if group > 1 and number == 0 else 1
        last = number == num_blocks - 1
        name = f"layer_{group}" if last else f"{prefix}_add"
        branch, shortcut = block.branches(x, filters, stride, prefix)
        x = layers.Add(name=name)([shortcut, branch])
    return x


@dataclasses.dataclass(frozen=True)
class _Block:
    """What the residual blocks of a network have in common."""

    dropout: float
    activate: Callable[..., Any]
    use_bias: bool
    activated_shortcuts: str
    strided_convolution: int

    def branches(self, x, filters, stride, prefix):
        """Returns the residual branch of a block and what it is added to."""
        strides = (stride, 1) if self.strided_convolution == 1 else (1, stride)
        activated = self.activate(x, f"{prefix}_first")
        branch = convolution(
            filters, 3, strides[0], f"{prefix}_first_conv", self.use_bias
        )(activated)
        branch = self.activate(branch, f"{prefix}_second")
        if self.dropout:
            branch = layers.Dropout(self.dropout, name=f"{prefix}_dropout")(branch)
        branch = convolution(
            filters, 3, strides[1], f"{prefix}_second_conv", self.use_bias
        )(branch)
        projects = x.shape[-1] != filters or stride != 1
        first = self.activated_shortcuts == "first" and prefix == "group_1_block_0"
        if first or (self.activated_shortcuts == "all" and projects):
            x = activated
        if projects:
            name = f"{prefix}_shortcut"
            x = convolution(filters, 1, stride, name, self.use_bias)(x)
        return branch, x


def _activation(negative_slope, name):
    if negative_slope:
        return layers.LeakyReLU(negative_slope=negative_slope, name=name)
    return layers.ReLU(name=name)


def _check_size(input_shape, depth, width):
    check_image_shape(input_shape)
    if not isinstance(depth, int) or depth < 10 or (depth - 4) % 6:
        raise ValueError(
            "`depth` must be 6n + 4 with n >= 1: 10, 16, 22, 28, 34, 40, ... "
            f"Received: depth={depth!r}"
        )
    if not isinstance(width, int) or width < 1:
        raise ValueError(
            f"`width` must be a positive integer. Received: width={width!r}"
        )


def _check_floats(batch_norm_momentum, negative_slope):
    check_momentum(batch_norm_momentum)
    if not 0 <= negative_slope < 1:
        raise ValueError(
            "`negative_slope` must be in [0, 1), 0 for a plain ReLU. "
            f"Received: negative_slope={negative_slope!r}"
        )


def _check_normalization(normalization):
    if normalization not in ("batch", "group"):
        raise ValueError(
            '`normalization` must be "batch" or "group". '
            f"Received: normalization={normalization!r}"
        )


def _check_blocks(activated_shortcuts, strided_convolution):
    if activated_shortcuts not in ("all", "first", "none"):
        raise ValueError(
            '`activated_shortcuts` must be "all", "first" or "none". '
            f"Received: activated_shortcuts={activated_shortcuts!r}"
        )
    if strided_convolution not in (1, 2):
        raise ValueError(
            "`strided_convolution` must be 1 or 2, one of a block's two. "
            f"Received: strided_convolution={strided_convolution!r}"
        )
