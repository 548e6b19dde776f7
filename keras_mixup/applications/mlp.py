"""A multi-layer perceptron with the layers that NonLin is reported for."""

from collections.abc import Sequence

import keras
from keras import layers

from keras_mixup.applications.builder_checks import check_classes, check_dropout


def MLP(
    input_shape: Sequence[int],
    num_classes: int,
    hidden_units: Sequence[int] = (128, 128),
    activation: str = "relu",
    dropout: float = 0.0,
    name: str | None = None,
) -> keras.Model:
    """Builds a multi-layer perceptron from features to logits.

    For tables and toy data; its default, two hidden layers of 128 ReLU units, is
    the tabular network of [Zhang et al., 2018](https://arxiv.org/abs/1710.09412).

    The layers that linearity is reported for are named `"layer_0"`, `"layer_1"`,
    ...: the hidden layers, each after its activation and before its dropout, and
    last the logits.

    Args:
        input_shape: Shape of one example, without the batch: `(features,)`, or of
            any rank, which is flattened.
        num_classes: Positive integer, number of logits. For regression, the number
            of targets.
        hidden_units: Widths of the hidden layers; an empty sequence gives a linear
            model. Defaults to `(128, 128)`.
        activation: Name of a Keras activation. Defaults to `"relu"`.
        dropout: Rate in [0, 1) of the dropout after each hidden layer. Each example
            has its own mask. Defaults to 0.
        name: Name of the model. Defaults to `"mlp"`.

    Input shape:
        `(batch, *input_shape)`.

    Output shape:
        `(batch, num_classes)`, logits.

    Returns:
        A functional `keras.Model`.

    Raises:
        ValueError: If an argument is out of its range.

    Example:

    >>> network = keras_mixup.applications.MLP((4,), num_classes=3, hidden_units=(8,))
    >>> [layer.name for layer in network.layers][1:]
    ['layer_0', 'layer_1']
    """
    check_classes(num_classes)
    check_dropout(dropout)
    _check_units(hidden_units)
    inputs = keras.Input(tuple(input_shape))
    x = layers.Flatten(name="flatten")(inputs) if len(inputs.shape) > 2 else inputs
    for index, units in enumerate(hidden_units):
        x = layers.Dense(units, activation=activation, name=f"layer_{index}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"dropout_{index}")(x)
    outputs = layers.Dense(num_classes, name=f"layer_{len(hidden_units)}")(x)
    return keras.Model(inputs, outputs, name=name or "mlp")


def _check_units(hidden_units):
    if isinstance(hidden_units, int) or any(
        not isinstance(units, int) or units < 1 for units in hidden_units
    ):
        raise ValueError(
            "`hidden_units` must be a sequence of positive integers, one for each "
            f"hidden layer, such as (128, 128). Received: hidden_units={hidden_units}"
        )
