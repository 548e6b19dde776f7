"""Networks of a user's own: a function of a module, or a file that Keras saved."""

import inspect
from collections.abc import Callable
from typing import Any

from trainers.errors import UsageError
from trainers.run import user_modules
from trainers.run.saved_network import check_shapes, load_model

_SUFFIX = ".keras"
# What a saved network decides, so that options cannot set it.
_OF_BUILDERS = {"dropout": 0.0, "batch_norm_momentum": 0.99, "negative_slope": 0.0}
_PROBABILITIES = ("softmax", "sigmoid")


def is_saved(architecture: str) -> bool:
    """Whether `--architecture` is the path of a saved network."""
    return architecture.endswith(_SUFFIX)


def is_function(architecture: str) -> bool:
    """Whether `--architecture` names a function, as MODULE:FUNCTION."""
    return ":" in architecture and not is_saved(architecture)


def is_own(architecture: str) -> bool:
    """Whether `--architecture` is a network of the user's own."""
    return is_saved(architecture) or is_function(architecture)


def imports_module(architecture: str) -> bool:
    """Whether a user's module is to be imported for the architecture."""
    return is_function(architecture) and user_modules.imports_allowed()


def function_named(architecture: str) -> Callable:
    """Returns the function that MODULE:FUNCTION names, whose module is imported.

    Importing it also registers the classes of its layers with Keras.

    Raises:
        UsageError: when there is none, or it takes other arguments.
    """
    found = user_modules.load("architecture", architecture, "a function")
    contract = (
        f"--architecture={architecture} must be a function of the options, the shape "
        "of an example and the number of classes that returns a keras.Model; received "
    )
    if not callable(found):
        raise UsageError(f"{contract}a {type(found).__name__}.")
    try:
        inspect.signature(found).bind(None, (1,), 2)
    except TypeError as error:
        raise UsageError(f"{contract}one that takes other arguments: {error}.") from (
            error
        )
    except ValueError:
        pass  # A function without a signature, as some in C.
    return found


def own_network(options: Any, input_shape: tuple, num_classes: int) -> Any:
    """Returns the network that `--architecture` names, checked against the data.

    Args:
        options: an `Experiment`, or others that have its options of the network. A
            function of the user's own is given them.
        input_shape: shape of an example.
        num_classes: int.

    Raises:
        UsageError: when it is no network from such examples to that many logits.
    """
    said = f"--architecture={options.architecture}"
    if is_saved(options.architecture):
        _check_options(options, said)
        network = load_model(options.architecture)
        # Of a run, what it trained.
        network = getattr(network, "network", network)
        _check_precision(network, said)
    else:
        build = function_named(options.architecture)
        network = build(options, input_shape, num_classes)
    _check(network, input_shape, num_classes, said)
    return network


def with_new_weights(network: Any) -> Any:
    """Returns a network of the same layers, with the weights that Keras draws."""
    import keras

    try:
        clone = keras.models.clone_model(network)
        if not clone.built:
            clone.build_from_config(network.get_build_config())
    # A class of the user's own can fail in any way.
    except Exception as error:
        raise UsageError(
            f"The network {network.name!r} cannot be rebuilt from its configuration: "
            f"{type(error).__name__}: {error}. Choose --initial_weights=saved."
        ) from error
    return clone


def _check_options(options, said):
    for name, default in _OF_BUILDERS.items():
        value = getattr(options, name)
        if value != default:
            raise UsageError(
                f"--{name} must be left out where the network comes from a file, which "
                f"says it; received {value} and {said}."
            )


def _check_precision(network, said):
    import keras

    wanted = keras.config.dtype_policy().name
    policies = {layer.dtype_policy.name for layer in network.layers if layer.weights}
    if policies and wanted not in policies:
        raise UsageError(
            f"--dtype_policy must be that of the saved network, {min(policies)}; "
            f"received {wanted} and {said}."
        )


def _check(network, input_shape, num_classes, said):
    import keras

    if not isinstance(network, keras.Model):
        raise UsageError(
            f"{said} must return a keras.Model; received a {type(network).__name__}."
        )
    check_shapes(network, input_shape, num_classes, said)
    last = network.layers[-1] if network.layers else None
    activation = getattr(getattr(last, "activation", None), "__name__", None)
    if isinstance(last, keras.layers.Softmax):
        activation = "softmax"
    if activation in _PROBABILITIES:
        raise UsageError(
            f"{said} must end in logits, since the loss is computed from them; "
            f"received a last {activation}. Leave it out."
        )
