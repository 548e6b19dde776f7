"""Image classification sets of TensorFlow Datasets, decoded into memory."""

import itertools
import math
import os
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from keras_mixup import _extras
from keras_mixup.data.source import Source
from keras_mixup.data.sources import assembly, memory

# Sets of natural images, which mirrored are as good. Digits and letters are not.
_MIRRORED = (
    "beans",
    "caltech",
    "cars196",
    "cats_vs_dogs",
    "cifar",
    "eurosat",
    "fashion_mnist",
    "food101",
    "horses_or_humans",
    "imagenet",
    "imagenette",
    "imagewang",
    "oxford",
    "places365",
    "stanford_dogs",
    "stl10",
    "tf_flowers",
)


# Of the servers that keep a set's files, and for an answer of each.
_MOST_SERVERS, _SECONDS = 3, 10


class UnknownError(ValueError):
    """TensorFlow Datasets has no such set, or is not there to have one."""


def load(
    name: str, data_dir: str | None, num_validation: int | None, seed: int
) -> Source:
    """Loads a set by its name in TFDS; see `keras_mixup.data.load`."""
    builder = _builder(name, data_dir)
    _prepare(name, builder)
    info = builder.info
    _check_features(name, info)
    mirrored = name.startswith(_MIRRORED)
    train = _decode(name, builder, "train")
    if "test" not in info.splits:
        x, y = train
        return assembly.split_in_three(
            name, x, y, num_validation, seed, test_seed=0, mirrored=mirrored
        )
    return assembly.split_train(
        name,
        train,
        _decode(name, builder, "test"),
        num_validation,
        seed,
        mirrored=mirrored,
        num_classes=info.features["label"].num_classes,
    )


def _builder(name, data_dir):
    tfds = _tfds(name)
    try:
        return tfds.builder(name, data_dir=data_dir)
    except tfds.core.DatasetNotFoundError as error:
        # Its own message lists all the others.
        raise UnknownError("a name that TensorFlow Datasets does not know") from error
    except Exception as error:
        raise UnknownError(_one_line(error)) from error


def _prepare(name, builder):
    """Downloads what is not on the disk, where it may."""
    if os.path.isdir(builder.data_dir):
        return
    try:
        _check_network(builder)
        builder.download_and_prepare()
    except Exception as error:
        raise ValueError(
            f"{name}: expected it prepared by TensorFlow Datasets in "
            f"{builder.data_dir}, or to be downloaded; check `data_dir` and the "
            f"network. Received: {_one_line(error)}"
        ) from error


def _check_network(builder):
    """Raises an `OSError` within seconds where no server of the files answers.

    TFDS itself would try for minutes, and write into the folder before it does.
    """
    import requests

    urls = {urlsplit(url).netloc: url for url in builder.url_infos or ()}
    failure = None
    for url in itertools.islice(urls.values(), _MOST_SERVERS):
        try:
            requests.head(url, timeout=_SECONDS)
        except (requests.ConnectionError, requests.Timeout) as error:
            failure = error
        except requests.RequestException:
            return  # Not by HTTP, or not so: TFDS may know how.
        else:
            return
    if failure is not None:
        servers = ", ".join(itertools.islice(urls, _MOST_SERVERS))
        raise ConnectionError(f"no answer from {servers}") from failure


def _check_features(name, info):
    features = info.features
    keys = set(features) if hasattr(features, "keys") else set()
    if not {"image", "label"} <= keys or "train" not in info.splits:
        raise ValueError(
            f"{name}: expected a set with the features 'image' and 'label' and a split "
            f"'train'. Received: features {sorted(keys)}, splits {sorted(info.splits)}"
        )
    shape = features["image"].shape
    if None in shape:
        raise ValueError(
            f"{name}: expected images of one size; resize them and use an .npz file. "
            f"Received: images of shape {shape}"
        )
    needed = math.prod(shape) * sum(
        info.splits[split].num_examples
        for split in ("train", "test")
        if split in info.splits
    )
    memory.check_fits(name, needed, "keep part of it in an .npz file")


def _decode(name, builder, split):
    tfds = _tfds(name)
    size = builder.info.splits[split].num_examples
    features = builder.info.features
    x = np.empty((size, *features["image"].shape), features["image"].np_dtype)
    y = np.empty(size, "int32")
    start = 0
    try:
        dataset = builder.as_dataset(split=split, batch_size=min(size, 1000))
        for batch in tfds.as_numpy(dataset):
            stop = start + len(batch["label"])
            x[start:stop], y[start:stop] = batch["image"], batch["label"]
            start = stop
    except Exception as error:
        raise ValueError(
            f"{name}: expected whole files in {builder.data_dir}; delete that folder "
            f"and prepare the set again. Received: {_one_line(error)}"
        ) from error
    if start != size:
        raise ValueError(
            f"{name}: expected {size} examples in split {split!r}; delete "
            f"{builder.data_dir} and prepare the set again. Received: {start}"
        )
    return x, y


def _tfds(name: str) -> Any:
    try:
        return _extras.require(
            "tensorflow_datasets", "tensorflow", f"A set of TFDS, as {name!r} might be,"
        )
    except ImportError as error:
        raise UnknownError(str(error)) from error


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
