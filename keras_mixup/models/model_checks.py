"""Checks of networks and arguments, before a model trains on the wrong thing."""

import warnings
from typing import Any

import keras
import numpy as np

from keras_mixup import random
from keras_mixup._callers import level_outside
from keras_mixup.models.label_forms import LabelForm

_STEPS = ("train_step", "test_step", "predict_step", "compute_loss", "compute_metrics")


def own_steps(network: keras.Model) -> list[str]:
    """Names of the steps that a network defines itself, for nothing in a wrapper."""
    return [
        name
        for name in _STEPS
        if getattr(type(network), name, None) is not getattr(keras.Model, name)
    ]


def check_network(network: Any) -> None:
    """Raises a `ValueError` for what is no built network, or does more than compute.

    Warns:
        UserWarning: For a network with training steps of its own.
    """
    if not isinstance(network, keras.Model):
        raise ValueError(
            "`network` must be a keras.Model from inputs to logits. Received: "
            f"{network!r}"
        )
    if not network.built:
        raise ValueError(
            "`network` must be built, so that its weights are known. Call it once "
            f"on a batch of inputs. Received: the unbuilt network {network.name!r}"
        )
    if getattr(network, "preprocessor", None) is not None:
        raise ValueError(
            "The preprocessor of the network would not be used: mixtures are made of "
            "what the network is given. Map it over the data set "
            "(`dataset.map(network.preprocessor)`), and set "
            f"`network.preprocessor = None`. Received: the network {network.name!r} "
            f"of type {type(network).__name__} with a preprocessor"
        )
    own = own_steps(network)
    if own:
        warnings.warn(
            f"{', '.join(own)} of the network {network.name!r} of type "
            f"{type(network).__name__} will not be used: the model around it has its "
            "own steps, with the loss and the metrics that are given to `compile`.",
            stacklevel=level_outside(),
        )


def check_one_output(outputs: Any) -> None:
    """Raises a `ValueError` for several outputs."""
    if keras.tree.is_nested(outputs):
        raise ValueError(
            "Expected a network with one output, the logits. Received: "
            f"{len(keras.tree.flatten(outputs))} outputs"
        )


_ADVICE = {
    "softmax": "a categorical cross-entropy",
    "sigmoid": "a binary one",
    "linear": "a loss of Keras for regression",
}


def check_activation(
    method: str, forms: list[LabelForm], activations: tuple[str, ...]
) -> None:
    """Raises a `ValueError` for a loss under which a method has no meaning.

    Args:
        method: Name of the model, for messages.
        forms: The forms of the compiled losses.
        activations: Which of "softmax", "sigmoid" and "linear" the method knows.
    """
    if not forms:
        return
    if len(forms) > 1:
        raise ValueError(
            f"{method} trains networks with one output. Received: losses of "
            f"{len(forms)} outputs. Use keras_mixup.models.MixupModel"
        )
    (form,) = forms
    if form.from_logits is False:
        raise ValueError(
            "This method takes the network's outputs for logits: leave out a last "
            "softmax or sigmoid, and compile the cross-entropy with "
            f"`from_logits=True`. Received: loss={form.name}, which takes "
            "probabilities"
        )
    if form.activation not in activations:
        known = [_ADVICE[name] for name in activations]
        regression = "" if "linear" in activations else _advice_for_regression(form)
        raise ValueError(
            f"{method} must know what the outputs mean, and learns it from the loss: "
            f"compile {' or '.join(known)}, from logits.{regression} To train with "
            "any other loss, use keras_mixup.models.MixupModel. Received: "
            f"loss={form.name}"
        )


def _advice_for_regression(form):
    if form.activation != "linear":
        return ""
    return " Outputs of a regression are no probabilities."


def check_alpha(alpha: Any, num_points: int) -> None:
    """Raises a `ValueError` unless `alpha` is a concentration, or a schedule of one."""
    if callable(alpha):
        random.check_num_points(num_points)
    else:
        random.standardize_alpha(alpha, num_points)


def check_probability(probability: Any) -> None:
    """Raises a `ValueError` unless `probability` is one, or a schedule of one."""
    is_number = isinstance(probability, int | float | np.number)
    if not callable(probability) and not (is_number and 0 <= probability <= 1):
        raise ValueError(
            "`probability` must be a number from 0 to 1, or a schedule of the step. "
            f"Received: probability={probability!r}"
        )


def check_fraction(name: str, value: Any) -> None:
    """Raises a `ValueError` unless a value is a number from 0 to 1, or `None`."""
    is_number = isinstance(value, int | float | np.number)
    if value is not None and not (is_number and 0 <= value <= 1):
        raise ValueError(
            f"`{name}` must be a number from 0 to 1, a share of the steps, or None. "
            f"Received: {name}={value!r}"
        )
