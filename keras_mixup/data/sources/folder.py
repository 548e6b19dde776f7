"""Data sets from folders of images, one subfolder a class."""

import warnings
from pathlib import Path

import numpy as np

from keras_mixup.data.source import Source, Split
from keras_mixup.data.sources import assembly, images

TRAIN, VALIDATION, TEST, UNLABELED = "train", "validation", "test", "unlabeled"
_SPLITS = (TRAIN, VALIDATION, TEST)
# What a file manager leaves behind.
_JUNK = ("thumbs.db", "desktop.ini")


def load(
    path: str,
    num_validation: int | None,
    seed: int,
    image_size: tuple[int, int] | None = None,
    in_memory: bool | None = None,
    skip_damaged: bool = False,
) -> Source:
    """Loads a folder; see `keras_mixup.data.load`."""
    root = Path(path)
    found, unlabeled = _layout(root)
    _check_validation(root, found, num_validation)
    names = sorted(_classes(root, found[TRAIN]))
    files = {split: _of_split(split, found[split], names) for split in found}
    every = [file for pairs in files.values() for file, _ in pairs] + unlabeled
    folder = images.ImageFolder(root, every, image_size, skip_damaged)
    by_index = folder.by_index(in_memory)

    def read(some):
        x = folder.images([file for file in some if folder.is_whole(file)])
        return x if by_index else images.in_memory(x)

    pairs = {}
    for split, of in files.items():
        labels = [label for file, label in of if folder.is_whole(file)]
        pairs[split] = read([file for file, _ in of]), np.array(labels, "int32")
    x = read(unlabeled) if any(map(folder.is_whole, unlabeled)) else None
    name = root.resolve().name
    source = _source(name, pairs, x, tuple(names), num_validation, seed)
    _tell_skipped(root, source, folder.skipped)
    return source


def _tell_skipped(root, source, skipped):
    if not skipped:
        return
    object.__setattr__(source, "skipped", tuple(skipped))
    warnings.warn(
        f"{root}: {len(skipped)} damaged files are left out, the first is {skipped[0]}",
        stacklevel=4,
    )


def _source(name, pairs, unlabeled, class_names, num_validation, seed):
    if VALIDATION in pairs:
        splits = (Split(*pairs[split]) for split in _SPLITS)
        source = Source(name, *splits, unlabeled=unlabeled)
    elif TEST in pairs:
        source = assembly.split_train(
            name, pairs[TRAIN], pairs[TEST], num_validation, seed, unlabeled=unlabeled
        )
    else:
        source = assembly.split_in_three(
            name, *pairs[TRAIN], num_validation, seed, unlabeled=unlabeled
        )
    # Checked already; checking the arrays again would take another pass.
    object.__setattr__(source, "class_names", class_names)
    return source


def _layout(root):
    """The class folders of each split, and the files without labels."""
    folders = {entry.name: entry for entry in _folders(root)}
    if not folders:
        raise ValueError(
            f"{root}: expected a subfolder of images for each class, or the folders "
            "train/ and test/ with these. Received: no subfolder"
        )
    _check_no_images_at(root)
    unlabeled = folders.pop(UNLABELED, None)
    splits = [name for name in _SPLITS if name in folders]
    if not splits:
        found = {TRAIN: list(folders.values())}
    elif TRAIN not in splits or set(folders) - set(_SPLITS):
        raise ValueError(
            f"{root}: expected subfolders named by classes, or train/ with test/, "
            "validation/ and unlabeled/ if you like, and no others. Received: "
            f"{sorted(folders)}"
        )
    else:
        found = {split: _folders(folders[split]) for split in splits}
        for split in splits:
            _check_no_images_at(folders[split])
        inside = [f for f in found[TRAIN] if f.name == UNLABELED]
        if inside and unlabeled is not None:
            raise ValueError(
                f"{root}: expected one folder unlabeled/. Received: {unlabeled} and "
                f"{inside[0]}"
            )
        found[TRAIN] = [f for f in found[TRAIN] if f not in inside]
        unlabeled = inside[0] if inside else unlabeled
    return found, [] if unlabeled is None else _files(unlabeled)


def _check_validation(root, found, num_validation):
    if VALIDATION not in found:
        return
    if TEST not in found:
        raise ValueError(
            f"{root}: expected test/ beside validation/; add it, or leave both out to "
            f"have them split off. Received: {list(found)}"
        )
    if num_validation is not None:
        raise ValueError(
            f"{root}: the folder validation/ is the validation set: leave "
            f"`num_validation` out. Received: num_validation={num_validation}"
        )


def _classes(root, folders):
    names = [folder.name for folder in folders]
    if len(names) < 2:
        raise ValueError(
            f"{root}: expected subfolders of images for at least 2 classes. Received: "
            f"{names}"
        )
    return names


def _of_split(split, folders, names):
    """Pairs of a file and its class id, by class and then by name."""
    pairs = []
    for folder in folders:
        if folder.name not in names:
            raise ValueError(
                f"{folder}: expected {split}/ to have the classes of the training "
                f"images alone, {names}. Received: {folder.name!r}"
            )
        pairs += [(file, names.index(folder.name)) for file in _files(folder)]
    if not pairs:
        raise ValueError(
            f"Expected images in the class folders of {split}/. Received: no folders"
        )
    return pairs


def _files(folder, above=()):
    """The images in a folder and the folders in it, in sorted order."""
    real = folder.resolve()
    if real in above:
        raise ValueError(
            f"{folder}: expected folders that end. Received: a link to a folder above"
        )
    found = []
    for entry in _visible(folder):
        if entry.is_dir():
            found += _files(entry, (*above, real))
        elif images.is_image_name(entry):
            found.append(entry)
        else:
            raise ValueError(
                f"{entry}: expected {images.FORMATS_IN_WORDS} files alone in a folder "
                f"of images; convert it or move it away. Received: {entry.name!r}"
            )
    if not found and not above:
        raise ValueError(
            f"{folder}: expected {images.FORMATS_IN_WORDS} files; add images or remove "
            "the folder. Received: none"
        )
    return found


def _check_no_images_at(folder):
    for entry in _visible(folder):
        if images.is_image_name(entry) and not entry.is_dir():
            raise ValueError(
                f"{entry}: expected images in the folders of their classes, or in "
                "unlabeled/; move it there. Received: an image beside these folders"
            )


def _folders(folder):
    return [entry for entry in _visible(folder) if entry.is_dir()]


def _visible(folder):
    """Entries by name, without what is hidden."""
    try:
        entries = sorted(folder.iterdir(), key=lambda entry: entry.name)
    except OSError as error:
        raise ValueError(
            f"{folder}: expected a folder that can be read; check its permissions. "
            f"Received: {error.strerror}"
        ) from error
    return [
        entry
        for entry in entries
        if not entry.name.startswith(".") and entry.name.lower() not in _JUNK
    ]
