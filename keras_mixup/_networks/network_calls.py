"""How a network is called: with or without `training`, from any structure of inputs."""

import inspect
from typing import Any

import keras


def training_argument(network: keras.Model, training: Any) -> dict[str, Any]:
    """The keyword arguments that tell a network in which mode it runs.

    A network whose `call` takes no `training` runs in the same way in both.
    """
    parameters = inspect.signature(network.call).parameters.values()
    takes_it = any(
        parameter.name == "training" or parameter.kind is parameter.VAR_KEYWORD
        for parameter in parameters
    )
    return {"training": training} if takes_it else {}


def in_order(x: Any, network: keras.Model) -> list[Any]:
    """Inputs as a list in the order of those of a functional network."""
    # A dictionary for a dictionary has its keys, which need not be names of inputs.
    if isinstance(x, dict) and not isinstance(_input_structure(network), dict):
        return [x[tensor.name] for tensor in network.inputs]
    return keras.tree.flatten(x)


def _input_structure(network):
    # A Sequential model that was never called has no `input`.
    return network.inputs[0] if len(network.inputs) == 1 else network.input
