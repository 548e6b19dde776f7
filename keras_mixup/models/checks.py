"""What the models refuse, before it trains on something else than was meant."""

from typing import Any

import keras

# Each takes `from_logits`, and probabilities without it.
_CROSSENTROPIES = (
    keras.losses.binary_crossentropy,
    keras.losses.binary_focal_crossentropy,
    keras.losses.categorical_crossentropy,
    keras.losses.categorical_focal_crossentropy,
    keras.losses.sparse_categorical_crossentropy,
)


def check_mixable_inputs(network: keras.Model) -> None:
    """Raises a `ValueError` for a network that would truncate mixed inputs."""
    for tensor in getattr(network, "inputs", None) or ():
        # Bytes are images, which lose less than one of 255 levels.
        dtype = keras.backend.standardize_dtype(tensor.dtype)
        if "int" in dtype and dtype != "uint8":
            raise ValueError(
                "Integers such as the numbers of words cannot be mixed: the network "
                "would round the mixtures to other words. Mix after the embedding, "
                "with `keras_mixup.models.ManifoldMixupModel`, or make the input "
                f"float if it is a quantity. Received: the input {tensor.name!r} of "
                f"dtype {dtype}"
            )


def check_one_output(outputs: Any) -> None:
    """Raises a `ValueError` for several outputs."""
    if keras.tree.is_nested(outputs):
        raise ValueError(
            "Expected a network with one output, the logits. Received: "
            f"{len(keras.tree.flatten(outputs))} outputs"
        )


def check_from_logits(loss: Any) -> None:
    """Raises a `ValueError` for a cross-entropy that takes probabilities."""
    try:
        loss = keras.losses.get(loss)
    except (ValueError, TypeError):
        return
    if isinstance(loss, keras.losses.Loss):
        takes_probabilities = loss.get_config().get("from_logits") is False
    else:
        takes_probabilities = loss in _CROSSENTROPIES
    if takes_probabilities:
        raise ValueError(
            "This method takes the network's outputs for logits: leave out a last "
            "softmax and compile the cross-entropy with `from_logits=True`. Received: "
            f"loss={getattr(loss, 'name', getattr(loss, '__name__', loss))}, which "
            "takes probabilities"
        )
