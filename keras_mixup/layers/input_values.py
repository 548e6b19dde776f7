"""Which values have mixtures, told by what arrives and not by what is declared."""

from typing import Any

from keras_mixup import _real_arrays

_REMEDY = (
    "mix behind the embedding: `keras_mixup.models.ManifoldMixupModel(network, "
    "[layer])` mixes the activations of a layer"
)


def check_values(key: str, value: Any) -> None:
    """Refuses arrays that have no mixtures.

    Args:
        key: String, the part of the batch, for messages.
        value: Array or tensor.

    Raises:
        ValueError: For sparse and ragged arrays, strings and other objects, complex
            numbers, and inputs that are booleans.
    """
    # A symbolic tensor of Keras may stand for a sparse one.
    if _real_arrays.is_sparse(value) or getattr(value, "sparse", False) is True:
        raise ValueError(
            f"Expected dense {key}, whose mixtures have the same form: convert them "
            "(`toarray()`, `tf.sparse.to_dense`, `to_tensor()`), or "
            f"{_REMEDY}. Received: {type(value).__name__}"
        )
    dtype = _real_arrays.dtype_name(value)
    if not any(name in dtype for name in ("int", "float", "bool")):
        raise ValueError(
            f"Expected {key} of real numbers. Strings and categories have no mixtures: "
            f"encode labels as class ids, and for inputs {_REMEDY}; take complex "
            f"numbers apart. Received: {key} of dtype {dtype}"
        )
    if key == "images" and "bool" in dtype:
        raise ValueError(
            "Expected inputs that are quantities. The mixture of two masks would be "
            "their union; cast the inputs to float32 if they are quantities, else "
            f"{_REMEDY}. Received: inputs of dtype {dtype}"
        )


def may_be_names(value: Any) -> bool:
    """Whether inputs are whole numbers that may stand for words or categories."""
    dtype = _real_arrays.dtype_name(value)
    return "int" in dtype and dtype != "uint8"
