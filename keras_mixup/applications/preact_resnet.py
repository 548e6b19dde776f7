"""Pre-activation residual networks with the layers that NonLin is reported for."""

from collections.abc import Sequence

import keras
from keras import layers

from keras_mixup.applications.builder_checks import (
    check_classes,
    check_dropout,
    check_image_shape,
    check_momentum,
)
from keras_mixup.applications.residual_parts import FORMAT, convolution

GROUP_FILTERS = (64, 128, 256, 512)

# Blocks in each group, by depth; the deeper networks are made of bottlenecks.
GROUP_BLOCKS = {18: (2, 2, 2, 2), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3)}

# That of the reference code.
_EPSILON = 1e-5


def PreActResNet(
    input_shape: Sequence[int | None],
    num_classes: int,
    depth: int = 18,
    batch_norm_momentum: float = 0.99,
    dropout: float = 0.0,
    name: str | None = None,
) -> keras.Model:
    """Builds a pre-activation residual network from images to logits.

    The form for 32x32 images that mixup, manifold mixup and MixupE are reported on:
    the network begins with a 3x3 convolution and keeps the size of the image up to the
    second of its four groups.

    The layers that linearity is reported for have fixed names:

    | name | output |
    | --- | --- |
    | `layer_0` | first convolution |
    | `layer_1` to `layer_4` | the four groups of residual blocks |
    | `layer_5` | average pooling |
    | `layer_6` | logits |

    Reference: [He et al., 2016](https://arxiv.org/abs/1603.05027), figure 4(e), in the
    form of [pytorch-cifar](https://github.com/kuangliu/pytorch-cifar), which
    [manifold mixup's code](https://github.com/vikasverma1077/manifold_mixup) has too:
    where a block changes the number of filters or the size, its shortcut is a 1x1
    convolution of the activated input, and, unlike in the paper, no normalisation and
    activation come before the average pooling. Depth 18 has 11,171,146 parameters for
    10 classes, 50 has 23,509,066 and 101 has 42,501,194.

    Args:
        input_shape: Shape of one image, `(height, width, channels)`. Height and
            width may be `None`.
        num_classes: Positive integer, number of logits.
        depth: 18 (of basic blocks), 50 or 101 (of bottlenecks). Defaults to 18.
        batch_norm_momentum: Float in [0, 1), share of the moving statistics that
            one step keeps. Defaults to 0.99; the reference code's is 0.9.
        dropout: Rate in [0, 1) of the dropout before the last convolution of each
            block, which for depth 18 is between its two, as in the experiments on
            label noise of [Zhang et al., 2018](https://arxiv.org/abs/1710.09412). Each
            example has its own mask. Defaults to 0.
        name: Name of the model. Defaults to `"preact_resnet_<depth>"`.

    Input shape:
        `(batch, height, width, channels)`, channels last on every backend.

    Output shape:
        `(batch, num_classes)`, logits.

    Returns:
        A functional `keras.Model`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> network = keras_mixup.applications.PreActResNet((32, 32, 3), num_classes=10)
    >>> network.get_layer("layer_4").output.shape
    (None, 4, 4, 512)
    >>> network.count_params() > 11_000_000
    True
    """
    check_classes(num_classes)
    check_dropout(dropout)
    check_image_shape(input_shape)
    check_momentum(batch_norm_momentum)
    _check_depth(depth)

    def activate(x, prefix):
        x = layers.BatchNormalization(
            momentum=batch_norm_momentum, epsilon=_EPSILON, name=f"{prefix}_norm"
        )(x)
        return layers.ReLU(name=f"{prefix}_activation")(x)

    inputs = keras.Input(tuple(input_shape))
    x = convolution(64, 3, 1, "layer_0")(inputs)
    for group, filters in enumerate(GROUP_FILTERS, start=1):
        for block in range(GROUP_BLOCKS[depth][group - 1]):
            stride = 2 if group > 1 and block == 0 else 1
            convolutions = _convolutions(depth, filters, stride)
            prefix = f"group_{group}_block_{block}"
            branch, shortcut = _branches(x, convolutions, dropout, activate, prefix)
            last = block == GROUP_BLOCKS[depth][group - 1] - 1
            name_of_sum = f"layer_{group}" if last else f"{prefix}_add"
            x = layers.Add(name=name_of_sum)([shortcut, branch])
    x = layers.GlobalAveragePooling2D(data_format=FORMAT, name="layer_5")(x)
    outputs = layers.Dense(num_classes, name="layer_6")(x)
    return keras.Model(inputs, outputs, name=name or f"preact_resnet_{depth}")


def _convolutions(depth, filters, stride):
    """Filters, kernel size and stride of each convolution of a block."""
    if depth == 18:
        return [(filters, 3, stride), (filters, 3, 1)]
    return [(filters, 1, 1), (filters, 3, stride), (4 * filters, 1, 1)]


def _branches(x, convolutions, dropout, activate, prefix):
    """Returns the residual branch of a block and what it is added to."""
    activated = branch = activate(x, f"{prefix}_0")
    for index, sizes in enumerate(convolutions):
        if index:
            branch = activate(branch, f"{prefix}_{index}")
        if dropout and index == len(convolutions) - 1:
            branch = layers.Dropout(dropout, name=f"{prefix}_dropout")(branch)
        branch = convolution(*sizes, f"{prefix}_{index}_conv")(branch)
    stride = max(stride for _, _, stride in convolutions)
    if stride == 1 and x.shape[-1] == branch.shape[-1]:
        return branch, x
    shortcut = convolution(branch.shape[-1], 1, stride, f"{prefix}_shortcut")
    return branch, shortcut(activated)


def _check_depth(depth):
    if depth not in GROUP_BLOCKS:
        raise ValueError(
            f"`depth` must be one of {list(GROUP_BLOCKS)}. Received: depth={depth!r}"
        )
