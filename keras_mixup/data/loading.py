import dataclasses
import difflib
import os

from keras_mixup.data import array_checks
from keras_mixup.data.source import Source
from keras_mixup.data.sources import embedded, folder, npy_folder, npz, openml, tfds

# Named in messages; any other image classification set of TFDS works as well.
_TFDS_EXAMPLES = ("cifar10", "cifar100", "svhn_cropped", "mnist")


def load(
    name_or_path: str,
    data_dir: str | None = None,
    num_validation: int | None = None,
    seed: int = 0,
    standardize: bool | None = None,
    image_size: tuple[int, int] | None = None,
    in_memory: bool | None = None,
    skip_damaged: bool = False,
) -> Source:
    """Loads a data set by its name, from a file or from a folder, split in three.

    1. Embedded sets, which need no network: `digits` (8x8 images; 1000 training, 297
       validation and 500 test examples), `iris`, `breast_cancer`, `wine`, and the
       generated `two_moons`, `counterexample` and `separable`. Their test splits are
       the same for every seed.
    2. Image classification sets of TensorFlow Datasets by their name there: `cifar10`,
       `cifar100`, `svhn_cropped` (without its split `extra`), `mnist`, and others with
       an image and a label. They are looked for in `data_dir`, downloaded where that
       is possible, and decoded into memory. `openml:<name>` or `openml:<id>` is a
       table of openml.org.
    3. A path to an `.npz` file with `x_train`, `y_train`, `x_test`, `y_test`, or with
       `X`, `y`, a fifth of which becomes the test split. Inputs may have any rank;
       images have three axes besides the examples'. Never unpickled. Training labels of
       -1 stand for none, and `x_unlabeled` holds more inputs without labels.
    4. A path to a folder of PNG, JPEG, BMP or GIF images, in a subfolder for each
       class. Its name is the class (`Source.class_names`, in sorted order). With
       `train/` and `test/`, and `validation/` if you like, the class folders are in
       these; else a fifth becomes the test split. A folder `unlabeled/` holds training
       images without labels. All images must have one size, or `image_size` is given.
       They become 8-bit RGB without transparency, or gray where all are gray; turned
       as their camera says; of an animation the first frame. Needs Pillow.
    5. A path to a folder of `.npy` files of the same names as the arrays of an `.npz`
       file: `x_train.npy`, `y_train.npy` and so on.

    Folders are read into memory where they fit in it three times, and else by index:
    examples are read, and images decoded, when a batch needs them. All other sets must
    fit in memory.

    Validation examples are taken from the training split, in the proportions of the
    classes, by the seed.

    Args:
        name_or_path: String.
        data_dir: String, where TensorFlow Datasets (or scikit-learn, for `openml:`)
            keeps its files. `None` takes their own default.
        num_validation: Integer, the number of validation examples, or `None`: a fifth
            of the training split, and at most 5000.
        seed: Integer, the seed of the splits. Defaults to `0`.
        standardize: Boolean, see `Source`, or `None` for what suits the set: `False`
            for the generated sets, whose published figures are for raw coordinates,
            `True` for all others.
        image_size: Pair of integers `(height, width)`, to which the images of a folder
            are resized (bilinear, antialiased), or `None` to leave them as they are.
        in_memory: Boolean, whether a folder is read into memory or by index, or `None`
            for what fits.
        skip_damaged: Boolean. Whether images of a folder that cannot be decoded are
            left out, with a warning that counts them, and listed in `Source.skipped`.
            Each file is decoded once to find them. Defaults to `False`, which refuses
            them.

    Returns:
        A `Source`.

    Raises:
        ValueError: For an unknown name, a file that is missing or damaged, images
            of several sizes, arrays that
            are no data set (see `Source`), more validation examples than there are to
            give, and a class with too few examples to split.

    Example:

    >>> source = keras_mixup.data.load("digits")
    >>> source.num_train, source.input_shape, source.num_classes
    (1000, (8, 8, 1), 10)
    """
    name = os.fspath(name_or_path)
    if num_validation is not None:
        array_checks.check_positive("num_validation", num_validation)
    of_images = {"image_size": image_size, "skip_damaged": skip_damaged or None}
    of_folders = {"in_memory": in_memory}
    kind = _folder_kind(name)
    if kind != "images":
        _check_left_out(name, "folders of images", of_images)
    if kind is None:
        _check_left_out(name, "folders", of_folders)
    if kind == "images":
        source = folder.load(
            name, num_validation, seed, image_size, in_memory, skip_damaged
        )
    elif kind == "npy":
        source = npy_folder.load(name, num_validation, seed, in_memory)
    else:
        source = _load(name, data_dir, num_validation, seed)
    if standardize is None:
        return source
    return dataclasses.replace(source, standardize=standardize)


def _folder_kind(name):
    """What a folder holds, or `None` for any other name."""
    # A slash alone is no path: TFDS has names such as emnist/letters. A set by its
    # name goes before a folder of that name.
    named = name in embedded.NAMES or name.startswith(openml.PREFIX)
    if named or name.endswith(".npz") or not os.path.isdir(name):
        return None
    return "npy" if npy_folder.is_npy_folder(name) else "images"


def _check_left_out(name, kind, options):
    for option, value in options.items():
        if value is not None:
            raise ValueError(
                f"`{option}` is for {kind}; leave it out for other sets. "
                f"Received: {option}={value!r} for {name!r}"
            )


def _load(name, data_dir, num_validation, seed):
    if name in embedded.NAMES:
        return embedded.load(name, num_validation, seed)
    if name.startswith(openml.PREFIX):
        return openml.load(name, data_dir, num_validation, seed)
    if name.endswith(".npz") or os.path.exists(name):
        return npz.load(name, num_validation, seed)
    try:
        return tfds.load(name, data_dir, num_validation, seed)
    except tfds.UnknownError as error:
        raise ValueError(_unknown(name, error)) from error


def _unknown(name: str, error: Exception) -> str:
    if name in _TFDS_EXAMPLES:
        return f"{name}: expected it from TensorFlow Datasets. Received: {error}"
    known = (*embedded.NAMES, *_TFDS_EXAMPLES)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    return (
        f"Unknown data set {name!r}.{hint} Expected one of {list(embedded.NAMES)}; an "
        f"image classification set of TensorFlow Datasets such as "
        f"{list(_TFDS_EXAMPLES)}; 'openml:<name>'; or a path to an .npz file or to a "
        f"folder of images or .npy files. Received: {error}"
    )
