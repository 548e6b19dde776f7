"""The forms in which a batch is given to a mixing layer, and given back."""

from keras import ops

KEYS = ("images", "labels", "segmentation_masks", "sample_weight")


def pack(x, y, sample_weight):
    """The arguments of a call as one input form."""
    if isinstance(x, dict) and (y is not None or sample_weight is not None):
        raise ValueError(
            "A dictionary holds its labels itself, under "
            f"{KEYS[1:]}. Received: a dictionary and `y` or `sample_weight`"
        )
    if sample_weight is not None:
        return x, y, sample_weight
    return x if y is None else (x, y)


def unpack(inputs):
    """The parts of any input form by key, None left out, keys checked."""
    if isinstance(inputs, dict):
        unknown = sorted(set(inputs) - set(KEYS))
        if unknown or "images" not in inputs:
            raise ValueError(
                f'A dictionary must have the key "images" and may have {KEYS[1:]}. '
                f"Received: the keys {sorted(inputs)}"
            )
        parts = inputs
    elif isinstance(inputs, tuple | list):
        if not 1 <= len(inputs) <= 3:
            raise ValueError(
                "Expected `x`, `(x, y)` or `(x, y, sample_weight)`. Received: "
                f"{len(inputs)} parts"
            )
        parts = dict(zip(("images", "labels", "sample_weight"), inputs))
    else:
        parts = {"images": inputs}
    return {key: value for key, value in parts.items() if value is not None}


def like(inputs, mixed):
    """The mixed parts in the form in which they were given."""
    if isinstance(inputs, dict):
        return {key: mixed.get(key) for key in inputs}
    if isinstance(inputs, tuple | list):
        keys = ("images", "labels", "sample_weight")[: len(inputs)]
        return tuple(mixed.get(key) for key in keys)
    return mixed["images"]


def batch_size(parts):
    """The length that all parts share, checked where it is known."""
    lengths = {}
    for key, value in parts.items():
        shape = ops.shape(ops.convert_to_tensor(value))
        if len(shape) == 0:
            raise ValueError(
                f"Expected a batch of {key}, of shape (batch, ...). Received: a scalar"
            )
        lengths[key] = shape[0]
    known = {key: n for key, n in lengths.items() if isinstance(n, int)}
    if len(set(known.values())) > 1:
        raise ValueError(
            "All parts of a batch must have the same number of examples. Received: "
            f"{known}"
        )
    return lengths["images"]


def check_mask(mask, images):
    mask_shape, image_shape = tuple(mask.shape), tuple(images.shape)
    if mask_shape[1:3] != image_shape[1:3]:
        raise ValueError(
            "Segmentation masks must have the size of the images. Received: masks of "
            f"shape {mask_shape}, images of shape {image_shape}"
        )
