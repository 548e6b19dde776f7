"""Accuracy on images that are rotated, sheared or zoomed."""

import functools

import keras
import numpy as np

from trainers.evaluate import chunked

# The deformations of Verma et al., Manifold mixup, 2019, and of MixupE: degrees of the
# largest angle, and the share of the image's side that is seen.
DEFORMATIONS = {
    **{f"rotation_{angle}": ("rotation", angle) for angle in (20, 40, 60, 80)},
    **{f"shear_{angle}": ("shear", angle) for angle in (28.6, 57.3)},
    **{f"zoom_in_{share}": ("zoom", share) for share in (20, 40, 60, 80)},
    **{f"zoom_out_{share}": ("zoom", share) for share in (120, 140, 160, 180)},
}


def accuracies(network, source, split, seed=0, interpolation="bilinear"):
    """Returns `{name: accuracy}` on the deformed images of a split.

    Angles are uniform between plus and minus the one in the name, drawn by NumPy for
    each image from the seed: every network, on either backend, sees the same images.
    """
    return {
        name: chunked.accuracy(
            network,
            source,
            split,
            functools.partial(
                _deform, matrices(name, len(split[1]), seed), interpolation
            ),
        )
        for name in DEFORMATIONS
    }


def _deform(all_matrices, interpolation, images, labels, positions):
    return deform(images, all_matrices[positions], interpolation)


def matrices(name, count, seed=0):
    """Returns what deforms `count` images, float32 of shape `(count, 2, 2)`.

    Each maps the place `(x, y)` of a pixel of the result, measured from the centre, to
    the place in the image from where it comes.
    """
    kind, size = DEFORMATIONS[name]
    if kind == "zoom":
        return np.broadcast_to(np.eye(2, dtype="float32") * size / 100, (count, 2, 2))
    generator = np.random.default_rng([seed, list(DEFORMATIONS).index(name)])
    angle = np.deg2rad(generator.uniform(-size, size, count))
    sine, cosine = np.sin(angle), np.cos(angle)
    if kind == "rotation":
        rows = [[cosine, sine], [-sine, cosine]]
    else:
        rows = [[cosine, np.zeros(count)], [-sine, np.ones(count)]]
    return np.moveaxis(np.array(rows, "float32"), -1, 0)


def deform(images, matrices, interpolation="bilinear"):
    """Deforms images about their centres, their edges repeated outside.

    Args:
        images: float32 array of shape `(batch, height, width, channels)`.
        matrices: what `matrices` returned, one for each image.
        interpolation: "bilinear", or "nearest", as the published code samples.
    """
    height, width = images.shape[1:3]
    centre = np.array([width - 1, height - 1], "float32") / 2
    shift = centre - matrices @ centre
    affine = np.concatenate([matrices, shift[:, :, None]], axis=2).reshape(-1, 6)
    # The last two are of projections.
    affine = np.pad(affine, [(0, 0), (0, 2)])
    deformed = keras.ops.image.affine_transform(
        images,
        affine,
        interpolation=interpolation,
        fill_mode="nearest",
        data_format="channels_last",
    )
    return keras.ops.convert_to_numpy(deformed)
