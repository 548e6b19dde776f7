"""The network of an experiment, by the name of its architecture."""

import numpy as np

from keras_mixup import applications
from trainers.run import own_networks

# What the words after depth and width ask for.
_WIDE_RESNETS = {
    "": {},
    "_group_norm": {"normalization": "group"},
    "_mixmatch": {
        "use_bias": True,
        "activated_shortcuts": "first",
        "dense_initializer": "glorot_normal",
    },
    "_mixupe": {
        "use_bias": True,
        "activated_shortcuts": "none",
        "strided_convolution": 2,
    },
}


def build_network(experiment, input_shape, num_classes):
    """Returns a `keras.Model` from inputs to logits, with its initial weights."""
    network = network_of(experiment, input_shape, num_classes)
    is_saved = own_networks.is_saved(experiment.architecture)
    if is_saved and experiment.initial_weights != "saved":
        return own_networks.with_new_weights(network)
    if experiment.initial_weights == "pytorch":
        _draw_as_pytorch(network, experiment.seed)
    return network


def _draw_as_pytorch(network, seed):
    """Draws kernels and biases of dense layers within ± 1/sqrt(inputs of the layer).

    Keras' biases of 0 put every kink of a ReLU layer at the origin, which shows on
    small data: docs/when_mixup_fails.md.
    """
    rng = np.random.default_rng(seed)
    weights = network.get_weights()
    bounds = [len(kernel) ** -0.5 for kernel in weights[::2] for _ in range(2)]
    network.set_weights(
        [rng.uniform(-b, b, value.shape) for b, value in zip(bounds, weights)]
    )


def network_of(options, input_shape, num_classes):
    """Returns a `keras.Model` from inputs to logits.

    Its weights are those that Keras draws, that a function of the user's own gave it,
    or that its file holds.

    Args:
        options: an `Experiment`, or others that have its options of the network.
        input_shape: shape of an example.
        num_classes: int.
    """
    if own_networks.is_own(options.architecture):
        return own_networks.own_network(options, input_shape, num_classes)
    family, numbers = _parse(options.architecture)
    if family == "mlp":
        return applications.MLP(
            input_shape,
            num_classes,
            hidden_units=tuple(numbers) or (128, 128),
            dropout=options.dropout,
        )
    if family == "linear":
        return applications.MLP(input_shape, num_classes, hidden_units=())
    if family == "preact_resnet":
        return applications.PreActResNet(
            input_shape,
            num_classes,
            depth=numbers[0],
            batch_norm_momentum=options.batch_norm_momentum,
            dropout=options.dropout,
        )
    depth, width = numbers
    return applications.WideResNet(
        input_shape,
        num_classes,
        depth=depth,
        width=width,
        batch_norm_momentum=options.batch_norm_momentum,
        dropout=options.dropout,
        negative_slope=options.negative_slope,
        **_WIDE_RESNETS[family.removeprefix("wide_resnet")],
    )


def _parse(architecture):
    words = architecture.split("_")
    family = "_".join(word for word in words if not word.isdigit())
    return family, [int(word) for word in words if word.isdigit()]
