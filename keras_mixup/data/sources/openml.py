"""Tabular data sets of openml.org, through scikit-learn."""

import warnings

import numpy as np

from keras_mixup import _extras
from keras_mixup.data.source import Source
from keras_mixup.data.sources import assembly

PREFIX = "openml:"


def load(
    name: str, data_dir: str | None, num_validation: int | None, seed: int
) -> Source:
    """Loads `openml:<name>` or `openml:<id>`; see `keras_mixup.data.load`."""
    x, y = _fetch(name, data_dir)
    try:
        x = np.asarray(x, dtype="float32")
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name}: expected features that are numbers; encode the others and use an "
            f".npz file. Received: {error}"
        ) from error
    _, y = np.unique(np.asarray(y).astype(str), return_inverse=True)
    return assembly.split_in_three(name, x, y, num_validation, seed)


def _fetch(name, data_dir):
    datasets = _extras.require("sklearn.datasets", "data", f"The data set {name!r}")
    wanted = name.removeprefix(PREFIX)
    which = {"data_id": int(wanted)} if wanted.isdigit() else {"name": wanted}
    try:
        with warnings.catch_warnings():
            # The error, should there be one, says as much.
            warnings.filterwarnings("ignore", "A network error occurred")
            # As arrays and by this parser it needs no pandas.
            bunch = datasets.fetch_openml(
                **which, data_home=data_dir, as_frame=False, parser="liac-arff"
            )
    except Exception as error:
        # Network, cache and server fail in many ways, all of them the user's to mend.
        raise ValueError(
            f"{name}: expected a data set that openml.org has and this machine can "
            "reach; check the name and the network, or use an .npz file. Received: "
            f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        ) from error
    if bunch.target is None:
        raise ValueError(
            f"{name}: expected a data set with one target for classification. "
            "Received: no target"
        )
    return bunch.data, bunch.target
