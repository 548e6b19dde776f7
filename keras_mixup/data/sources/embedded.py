"""Data sets that need no network: scikit-learn's own, and generated ones."""

import dataclasses
from collections.abc import Callable

import numpy as np

from keras_mixup import _extras
from keras_mixup.data.source import Source
from keras_mixup.data.sources import assembly

_TEST_SIZES = {"digits": 500, "iris": 30, "wine": 36, "breast_cancer": 114}


def load(name: str, num_validation: int | None, seed: int) -> Source:
    """Loads one of `NAMES`; see `keras_mixup.data.load`."""
    if name in _TEST_SIZES:
        return _scikit_learn(name, num_validation, seed)
    source = _GENERATED[name](name, num_validation, seed)
    # Their published figures are for the raw coordinates.
    return dataclasses.replace(source, standardize=False)


def _scikit_learn(name, num_validation, seed):
    datasets = _extras.require("sklearn.datasets", "data", f"The data set {name!r}")
    bunch = getattr(datasets, f"load_{name}")()
    x, y = bunch.data.astype("float32"), bunch.target
    if name == "digits":
        # 0..16 in steps of 1, an eighth of the size of float32.
        x = x.astype("uint8").reshape(-1, 8, 8, 1)
    # The test split is the same for every seed, so that no seed can train on it.
    return assembly.split_in_three(
        name,
        x,
        y,
        num_validation,
        seed,
        num_test=_TEST_SIZES[name],
        test_seed=0,
        default=297 if name == "digits" else None,
    )


def _two_moons(name, num_validation, seed):
    """Two half circles that reach into each other, with noise of .1."""
    datasets = _extras.require("sklearn.datasets", "data", f"The data set {name!r}")

    def draw(size, state):
        x, y = datasets.make_moons(size, noise=0.1, random_state=state)
        return x.astype("float32"), y

    return assembly.split_train(
        name, draw(700, 0), draw(500, 1), num_validation, seed, default=200
    )


def _counterexample(name, num_validation, seed):
    """Inputs 0, 1, 2 with labels 0, 1, 0, where mixup fails for a large alpha.

    Reference: Chidambaram et al., ICLR 2022. The three points are all there is, so
    they are train, validation and test alike.
    """
    if num_validation is not None:
        raise ValueError(
            "The counterexample's three points are its validation set as well: leave "
            f"`num_validation` out. Received: num_validation={num_validation}"
        )
    points = np.array([[0], [1], [2]], "float32"), np.array([0, 1, 0])
    return Source(name, points, points, points)


def _separable(name, num_validation, seed):
    """Two parallel lines of points, each a support vector of the line between them.

    The widest margin is along (2, 1). Each point has its mirror image across it, so
    that nothing but the margin tells the classes apart.
    """

    def draw(size, state):
        along = np.random.RandomState(state).normal(size=size // 2)
        along -= along.mean()
        normal, tangent = np.array([2, 1]) / 5**0.5, np.array([-1, 2]) / 5**0.5
        y = np.repeat([0, 1], size // 2)
        x = np.outer(2 * y - 1, normal) + np.outer(np.tile(along, 2), tangent)
        return x.astype("float32"), y

    if num_validation is None:
        # Split at random, a training set would lose its mirror symmetry.
        return Source(name, draw(100, 0), draw(100, 1), draw(100, 2))
    return assembly.split_train(name, draw(100, 0), draw(100, 2), num_validation, seed)


_GENERATED: dict[str, Callable[[str, int | None, int], Source]] = {
    "two_moons": _two_moons,
    "counterexample": _counterexample,
    "separable": _separable,
}

NAMES = (*_TEST_SIZES, *_GENERATED)
