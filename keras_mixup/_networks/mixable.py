"""Whether the mixture of two inputs is an input of a network.

A mixture of two images is an image, if a strange one. A mixture of the words 10 and 30
is the word 20, which neither example holds. What decides is what the network does with
a number, computes with it or looks something up, and not the dtype in which it
arrives.
"""

import warnings
from typing import Any

import keras

from keras_mixup import _real_arrays
from keras_mixup._networks import lookups
from keras_mixup._networks.graph import functional_network, is_functional
from keras_mixup._networks.rewire import common_layers, on_floats

__all__ = ["check_arrays", "check_mixable"]

_REMEDY = (
    "Mix behind it: `keras_mixup.models.ManifoldMixupModel(network, [layer])` trains "
    "on mixtures of the activations of a layer there, and "
    "`keras_mixup.linearity.nonlinearity(network, x, start=layer)` measures from there"
)


def check_arrays(x: Any) -> None:
    """Refuses arrays that have no mixtures, whatever a network does with them.

    Args:
        x: Array or tensor, or a nested structure of them.

    Raises:
        ValueError: For strings and other objects, complex numbers, and sparse or
            ragged arrays.
    """
    for leaf in _leaves(x):
        dtype = _real_arrays.dtype_name(leaf)
        if _real_arrays.is_sparse(leaf):
            raise ValueError(
                f"Expected dense inputs, whose mixtures are of the same form: convert "
                f"them (`toarray()`, `tf.sparse.to_dense`), or mix the activations of "
                f"a layer. Received: {type(leaf).__name__}"
            )
        if not any(name in dtype for name in ("int", "float", "bool")):
            raise ValueError(
                "Expected inputs of real numbers, which can be mixed. Strings and "
                f"categories have no mixtures. {_REMEDY}. Received: inputs of dtype "
                f"{dtype}"
            )


def check_mixable(network: keras.Model, x: Any = None) -> None:
    """Refuses a network that looks up an input instead of computing with it.

    Args:
        network: A built `keras.Model`, or a model that has one as `.network`.
        x: A batch of its inputs, or `None` to go by what a functional network declares
            to be integers, and looks up.

    Raises:
        ValueError: If an input is looked up in an embedding or a vocabulary, encoded
            as a category, or only ever compared with something, as masks are; for
            inputs that `check_arrays` refuses.

    Warns:
        UserWarning: If neither the network nor the dtype tells, for whole numbers.
    """
    network = _innermost(network)
    if x is not None:
        check_arrays(x)
    uses = lookups.uses_of_inputs(network)
    for number, use in enumerate(uses):
        # Without data, a declared float may still turn out to be one.
        is_sure = x is not None or "float" not in network.inputs[number].dtype
        if use.kind == lookups.LOOKUP and is_sure:
            raise ValueError(_looked_up(network, use))
        if use.kind == lookups.PADDED:
            raise ValueError(
                "Expected padding of 0, which adds nothing to a mixture. Padding of "
                "another value would be mixed into the steps of other examples: pad "
                "with 0 and use `Masking(0.0)`. Received: the layer "
                f"{use.layer_name!r} of the network {network.name!r}, which masks "
                "another value"
            )
    if x is None or (uses and all(use.kind == lookups.NUMBER for use in uses)):
        return
    leaves = _leaves(x)
    # A mask may have to be boolean, so that the network runs as it is alone.
    computed = lookups.reaches_outputs(on_floats(network), x)
    computed = computed or lookups.reaches_outputs(network, x)
    if computed is None or len(computed) != len(leaves):
        _warn_of_whole_numbers(network, leaves)
        return
    for index, (leaf, reached) in enumerate(zip(leaves, computed)):
        if not reached:
            raise ValueError(_never_computed(network, uses, index, leaf))
    if not uses and lookups.holds_lookups(network):
        _warn_of_whole_numbers(network, leaves)


def _innermost(model):
    try:
        return functional_network(model)
    except ValueError:
        inner = getattr(model, "network", model)
        return inner if isinstance(inner, keras.Model) else model


def _looked_up(network, use):
    return (
        "Expected inputs that the network computes with. It looks this one up, so the "
        "mixture of two values is a third, which belongs to neither example. "
        f"{_REMEDY}. Received: the input {use.input_name!r} of the network "
        f"{network.name!r}, which goes into {use.layer_name!r}"
        f"{_way_out(network)}"
    )


def _way_out(network):
    """A layer whose output can be mixed in place of the input."""
    names = common_layers(network) if is_functional(network) else []
    return f". A layer that can be mixed at: {names[0]!r}" if names else ""


def _never_computed(network, uses, index, leaf):
    name = uses[index].input_name if index < len(uses) else f"number {index}"
    return (
        "Expected inputs that the network computes with. The outputs do not vary with "
        "this one but in steps: it is a mask, an index or a category, whose mixtures "
        f"are of another kind. {_REMEDY}. Received: the input {name!r} of dtype "
        f"{_real_arrays.dtype_name(leaf)} of the network {network.name!r}"
        f"{_way_out(network)}"
    )


_warned: set[int] = set()


def _warn_of_whole_numbers(network, leaves):
    """Says once for each network that its inputs might be names."""
    dtypes = [_real_arrays.dtype_name(leaf) for leaf in leaves]
    suspects = [d for d in dtypes if ("int" in d and d != "uint8") or "bool" in d]
    if not suspects or id(network) in _warned:
        return
    _warned.add(id(network))
    warnings.warn(
        f"Inputs of dtype {suspects[0]} are mixed as numbers. If the network "
        f"{network.name!r} takes them for words, categories or masks, mix behind its "
        "embedding instead.",
        stacklevel=2,
    )


def _leaves(x):
    return [leaf for leaf in keras.tree.flatten(x) if leaf is not None]
