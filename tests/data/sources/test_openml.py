import types
import warnings

import numpy as np
import pytest
from sklearn import datasets

from keras_mixup import data

X = np.random.RandomState(0).normal(size=(30, 4))
Y = np.array(["no", "yes", "maybe"] * 10)


def fake(monkeypatch, x=X, y=Y, error=None):
    seen = {}

    def fetch_openml(**arguments):
        seen.update(arguments)
        if error:
            # As scikit-learn does; warnings are errors here.
            warnings.warn("A network error occurred. Retrying...", stacklevel=1)
            raise error
        return types.SimpleNamespace(data=x, target=y)

    monkeypatch.setattr(datasets, "fetch_openml", fetch_openml)
    return seen


def test_a_table_by_name(monkeypatch):
    seen = fake(monkeypatch)
    source = data.load("openml:opinions", data_dir="folder")
    assert (seen["name"], seen["data_home"]) == ("opinions", "folder")
    assert (source.num_classes, source.input_shape) == (3, (4,))
    assert source.train.x.dtype == "float32"
    together = np.concatenate([source.train.x, source.validation.x, source.test.x])
    np.testing.assert_array_equal(np.sort(together, 0), np.sort(X.astype("float32"), 0))
    row = np.flatnonzero((X.astype("float32") == source.test.x[0]).all(1))[0]
    assert ["maybe", "no", "yes"][source.test.y[0]] == Y[row]


def test_a_table_by_number(monkeypatch):
    seen = fake(monkeypatch)
    data.load("openml:61")
    assert seen["data_id"] == 61
    assert "name" not in seen


@pytest.mark.parametrize("error", [OSError("no route\nto host"), ValueError("none")])
def test_no_network_or_no_such_table(monkeypatch, error):
    fake(monkeypatch, error=error)
    with pytest.raises(ValueError, match="check the name and the network") as raised:
        data.load("openml:opinions")
    assert "\n" not in str(raised.value)


def test_features_that_are_no_numbers(monkeypatch):
    fake(monkeypatch, x=np.array([["red", 1]] * 30, dtype=object))
    with pytest.raises(ValueError, match="expected features that are numbers"):
        data.load("openml:opinions")


def test_missing_values(monkeypatch):
    fake(monkeypatch, x=np.where(X > 2, np.nan, X) * np.r_[np.nan, [1.0] * 3])
    with pytest.raises(ValueError, match="remove or fill in what is missing"):
        data.load("openml:opinions")


def test_no_target(monkeypatch):
    fake(monkeypatch, y=None)
    with pytest.raises(ValueError, match="one target for classification"):
        data.load("openml:opinions")
