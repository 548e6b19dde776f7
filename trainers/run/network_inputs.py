import numpy as np

from keras_mixup.data import indexed


class NetworkInputs:
    """Raw inputs that are read by index, as a network is given them.

    Args:
        source: the data set, which standardises them.
        x: raw inputs, read by index.
    """

    def __init__(self, source, x):
        self._source, self._x = source, x
        self.shape, self.dtype = tuple(x.shape), np.dtype("float32")

    def __len__(self):
        return len(self._x)

    def __getitem__(self, index):
        return self._source.network_inputs(np.asarray(self._x[index]))


def network_inputs(source, split):
    """Returns `(x, y)` of a split, standardised: arrays, or read by index.

    Args:
        source: the data set.
        split: "train", "validation" or "test".
    """
    x, y = getattr(source, split)
    if indexed.in_memory(x):
        return source.standardized(split)
    return NetworkInputs(source, x), y
