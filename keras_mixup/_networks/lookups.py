"""Whether a network computes with its inputs, or looks something up by them."""

from typing import Any, NamedTuple

import keras

from keras_mixup._networks import graph
from keras_mixup._networks.graph import is_functional
from keras_mixup._networks.network_calls import training_argument

NUMBER, LOOKUP, PADDED, UNKNOWN = "number", "lookup", "padded", "unknown"

# Operations are told by their name: Keras exports functions for them, not classes.
_LOOKUP_OPERATIONS = ("OneHot", "MultiHot")
# These hand on the values that they are given, in another shape or order.
_PASSING_ON = (
    "Add",
    "Average",
    "Concatenate",
    "Dropout",
    "ExpandDims",
    "Flatten",
    "GaussianNoise",
    "GetItem",
    "Identity",
    "Masking",
    "Multiply",
    "Permute",
    "RepeatVector",
    "Reshape",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "Squeeze",
    "Stack",
    "Subtract",
    "Transpose",
    "ZeroPadding1D",
    "ZeroPadding2D",
)
# These compute with numbers, or are made for them, without a weight to show it.
_OF_NUMBERS = (
    "AveragePool",
    "Discretization",
    "Einsum",
    "Matmul",
    "Normalization",
    "Rescaling",
)


class Use(NamedTuple):
    """What a network does with one of its inputs."""

    input_name: str
    kind: str
    layer_name: str = ""


def uses_of_inputs(network: keras.Model) -> list[Use]:
    """Reads from the graph of a functional network what it does with each input.

    A value travels on through casts, slices, concatenations and the like, until a
    layer with weights computes with it, or looks it up.

    Args:
        network: Any `keras.Model`.

    Returns:
        A `Use` for each input, in the network's order; for a network that is not
        functional, an empty list.
    """
    if not is_functional(network):
        return []
    uses = []
    for index, tensor in enumerate(network.inputs):
        kind, layer_name, _ = _follow(network, {index: True})
        uses.append(Use(tensor.name, kind, layer_name))
    return uses


def holds_lookups(layer: Any) -> bool:
    """Whether there is a layer somewhere inside that looks something up."""
    if _looks_up(layer):
        return True
    return any(holds_lookups(inner) for inner in _inner_layers(layer))


def reaches_outputs(network: keras.Model, x: Any) -> list[bool] | None:
    """Says for each input whether the outputs are differentiable functions of it.

    No value counts, only whether there is a way: a network at whose end all weights
    are zero still computes with its inputs. Nothing is computed, only traced, but on
    PyTorch, where zeros of these shapes go through the network once.

    Args:
        network: A built `keras.Model`.
        x: A batch of its inputs, or symbolic tensors of the same shapes.

    Returns:
        A list with a boolean for each tensor of `x`, or `None` where the network
        cannot be traced, or has operations without a derivative.
    """
    leaves = keras.tree.flatten(x)
    backend = _TRACERS[keras.config.backend()]

    def outputs(values):
        result, _ = network.stateless_call(
            trainable,
            others,
            keras.tree.pack_sequence_as(x, values),
            **training_argument(network, False),
        )
        return [
            t
            for t in keras.tree.flatten(result)
            if keras.backend.is_float_dtype(keras.backend.standardize_dtype(t.dtype))
        ]

    # Read here, where a step may hold the values that the variables have in it.
    trainable = [variable.value for variable in network.trainable_variables]
    others = [variable.value for variable in network.non_trainable_variables]
    try:
        return backend.reaches(outputs, leaves)
    except Exception:
        # Whatever a network or a backend may raise: then its graph does not tell.
        return None


def _follow(network, carrying):
    """Follows values from some inputs of a functional network.

    Args:
        network: A functional or Sequential model.
        carrying: Dictionary from the numbers of the inputs to follow to whether their
            values are known to be what went in, in another shape at most.

    Returns:
        The kind of use, the name of the layer that looks them up, and, where the values
        arrive at an output, whether they are known to be the same (`None`: they do not
        arrive).
    """
    carried = {id(network.inputs[i]): same for i, same in carrying.items()}
    kind = UNKNOWN
    for node in graph.nodes_in_order(network.outputs):
        if node.is_input or not _carried_positions(node, carried):
            continue
        use, name, same = _use(node.operation, node, carried)
        if use in (LOOKUP, PADDED):
            return use, name, None
        if use == NUMBER:
            kind = NUMBER
        if same is not None:
            carried.update((id(tensor), same) for tensor in node.output_tensors)
    ends = [carried[id(t)] for t in network.outputs if id(t) in carried]
    return kind, "", all(ends) if ends else None


def _use(operation, node, carried):
    """What one call does with values: kind, name, and whether the same go on."""
    flat = keras.tree.flatten((node.arguments.args, node.arguments.kwargs))
    flat = [t for t in flat if isinstance(t, keras.KerasTensor)]
    inside = {i: carried[id(t)] for i, t in enumerate(flat) if id(t) in carried}
    same = all(inside.values())
    if _looks_up(operation):
        return LOOKUP, operation.name, None
    if isinstance(operation, keras.layers.Masking) and operation.mask_value != 0:
        return PADDED, operation.name, None
    if is_functional(operation):
        if not set(inside) <= set(range(len(operation.inputs))):
            return UNKNOWN, "", None
        kind, name, same = _follow(operation, inside)
        return kind, f"{operation.name}/{name}", same
    positions = _carried_positions(node, carried)
    if all("mask" in str(position) for position in positions):
        return UNKNOWN, "", None
    if type(operation).__name__ in _OF_NUMBERS or _multiplies(operation):
        # What only may be the input may be a code of it by now.
        return (NUMBER if same else UNKNOWN), operation.name, None
    known = _is_of_keras(operation) and type(operation).__name__ in _PASSING_ON
    return UNKNOWN, "", same and known


def _multiplies(operation):
    """Whether a layer is one of Keras', whose weights multiply what it is given."""
    weights = getattr(operation, "weights", None)
    return _is_of_keras(operation) and bool(weights) and not holds_lookups(operation)


def _is_of_keras(operation):
    return type(operation).__module__.startswith("keras.")


def _looks_up(layer):
    kinds = (
        keras.layers.CategoryEncoding,
        keras.layers.Embedding,
        keras.layers.HashedCrossing,
        keras.layers.Hashing,
        keras.layers.IntegerLookup,
        keras.layers.StringLookup,
        keras.layers.TextVectorization,
    )
    return isinstance(layer, kinds) or type(layer).__name__ in _LOOKUP_OPERATIONS


def _inner_layers(layer):
    return list(getattr(layer, "_layers", None) or [])


def _carried_positions(node, carried):
    """The names or numbers of the arguments that hold a value that is followed."""
    arguments = [
        *enumerate(node.arguments.args),
        *node.arguments.kwargs.items(),
    ]
    return [
        position
        for position, value in arguments
        if any(id(leaf) in carried for leaf in keras.tree.flatten(value))
    ]


class _TracedByTensorFlow:
    """A gradient that a graph does not have is `None`, and no operation runs."""

    @staticmethod
    def reaches(function, leaves):
        import tensorflow as tf

        found: list[bool] = []

        @tf.function(autograph=False)
        def trace(*values):
            with tf.GradientTape(watch_accessed_variables=False) as tape:
                tape.watch(values)
                outputs = function(list(values))
            found[:] = [g is not None for g in tape.gradient(outputs, values)]

        trace.get_concrete_function(
            *(tf.TensorSpec(leaf.shape, "float32") for leaf in leaves)
        )
        return list(found)


class _TracedByJax:
    """A rule for derivatives is asked for one only where there is a way."""

    @staticmethod
    def reaches(function, leaves):
        import jax

        specs = [jax.ShapeDtypeStruct(leaf.shape, "float32") for leaf in leaves]
        return [
            _TracedByJax._reaches(function, specs, index) for index in range(len(specs))
        ]

    @staticmethod
    def _reaches(function, specs, index):
        import jax

        asked = []

        @jax.custom_jvp
        def watched(tensor):
            return tensor

        @watched.defjvp
        def rule(primals, tangents):
            asked.append(True)
            return primals[0], tangents[0]

        def derivative(*values):
            def along(value):
                values_now = [*values[:index], value, *values[index + 1 :]]
                return [watched(tensor) for tensor in function(values_now)]

            return jax.jvp(along, (values[index],), (values[index],))

        jax.eval_shape(derivative, *specs)
        return bool(asked)


class _TracedByTorch:
    """A gradient that a graph does not have is `None`. The graph comes of one pass.

    Tensors of the device "meta", which has no values, lose their graph in Keras.
    """

    @staticmethod
    def reaches(function, leaves):
        import torch

        with torch.enable_grad():
            values = [
                keras.ops.zeros([size or 1 for size in leaf.shape]).requires_grad_()
                for leaf in leaves
            ]
            outputs = [t.sum() for t in function(values) if t.requires_grad]
            if not outputs:
                return [False] * len(values)
            gradients = torch.autograd.grad(outputs, values, allow_unused=True)
        return [gradient is not None for gradient in gradients]


_TRACERS: dict[str, Any] = {
    "jax": _TracedByJax,
    "tensorflow": _TracedByTensorFlow,
    "torch": _TracedByTorch,
}
