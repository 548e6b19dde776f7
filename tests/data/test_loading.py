import re

import numpy as np
import pytest

from keras_mixup import data

SIZES = {
    "digits": ((8, 8, 1), 10, (1000, 297, 500)),
    "iris": ((4,), 3, (96, 24, 30)),
    "wine": ((13,), 3, (114, 28, 36)),
    "breast_cancer": ((30,), 2, (364, 91, 114)),
    "two_moons": ((2,), 2, (500, 200, 500)),
    "counterexample": ((1,), 2, (3, 3, 3)),
    "separable": ((2,), 2, (100, 100, 100)),
}


def lengths(source):
    return tuple(
        len(split.x) for split in (source.train, source.validation, source.test)
    )


def rows(*splits):
    return np.concatenate([split.x.reshape(len(split.x), -1) for split in splits])


@pytest.mark.parametrize("name", SIZES)
def test_embedded_sets(name):
    source = data.load(name)
    shape, num_classes, sizes = SIZES[name]
    assert source.name == name
    assert source.input_shape == shape
    assert source.num_classes == num_classes
    assert lengths(source) == sizes
    again = data.load(name)
    np.testing.assert_array_equal(again.train.x, source.train.x)
    np.testing.assert_array_equal(again.test.y, source.test.y)


def test_digits_are_scikit_learns():
    from sklearn import datasets

    source = data.load("digits")
    assert source.train.x.dtype == "uint8"
    given, _ = datasets.load_digits(return_X_y=True)
    loaded = rows(source.train, source.validation, source.test)
    np.testing.assert_array_equal(np.unique(loaded, axis=0), np.unique(given, axis=0))
    assert len(loaded) == len(given)
    # In proportion, so that each class is within one of its share.
    shares = np.bincount(datasets.load_digits().target) * 500 / 1797
    assert np.abs(np.bincount(source.test.y) - shares).max() < 1


def test_the_seed_moves_validation_but_not_the_test_split():
    first, second = data.load("digits", seed=0), data.load("digits", seed=1)
    np.testing.assert_array_equal(first.test.x, second.test.x)
    assert (first.validation.x != second.validation.x).any()


def test_num_validation_is_taken():
    assert lengths(data.load("digits", num_validation=97)) == (1200, 97, 500)
    assert lengths(data.load("separable", num_validation=20)) == (80, 20, 100)


def test_the_counterexample_is_its_three_points():
    source = data.load("counterexample")
    np.testing.assert_array_equal(source.train.x, [[0], [1], [2]])
    np.testing.assert_array_equal(source.train.y, [0, 1, 0])


def test_every_separable_point_is_on_the_margin():
    source = data.load("separable")
    distance = source.train.x @ (np.array([2, 1]) / 5**0.5)
    np.testing.assert_allclose(distance, 2 * source.train.y - 1, atol=1e-6)


@pytest.mark.parametrize("name", SIZES)
def test_generated_sets_are_passed_on_raw_and_all_can_be_either(name):
    generated = name in ("two_moons", "counterexample", "separable")
    source = data.load(name)
    assert source.standardize != generated
    for standardize in (True, False):
        chosen = data.load(name, standardize=standardize)
        x, _ = chosen.standardized("train")
        np.testing.assert_array_equal(chosen.train.x, source.train.x)
        assert (x == chosen.train.x).all() != standardize


@pytest.mark.parametrize("num_validation", [1288, 5000])
def test_too_many_validation_examples(num_validation):
    message = (
        "digits: num_validation: expected a number from 1 to 1287, as there are 1297 "
        f"examples and each of 10 classes must keep one. Received: {num_validation}"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        data.load("digits", num_validation=num_validation)


@pytest.mark.parametrize("num_validation", [0, -1, 2.5])
def test_a_number_of_validation_examples_that_is_none(num_validation):
    message = "`num_validation` must be an integer of at least 1"
    with pytest.raises(ValueError, match=message):
        data.load("digits", num_validation=num_validation)


def test_the_counterexample_has_no_validation_set_of_its_own():
    with pytest.raises(ValueError, match="leave `num_validation` out"):
        data.load("counterexample", num_validation=1)


def test_an_unknown_name_lists_the_known_and_suggests(tmp_path):
    with pytest.raises(ValueError, match="Unknown data set 'digit'") as raised:
        data.load("digit", data_dir=str(tmp_path))
    message = str(raised.value)
    assert "Did you mean 'digits'?" in message
    assert "\n" not in message
    for name in (*SIZES, "cifar10", "svhn_cropped", "openml:<name>", ".npz"):
        assert name in message


@pytest.mark.jax
def test_sets_of_tfds_without_tfds():
    message = (
        r"cifar10: expected .*needs tensorflow_datasets.*keras-mixup\[tensorflow\]"
    )
    with pytest.raises(ValueError, match=message) as raised:
        data.load("cifar10")
    assert "Unknown" not in str(raised.value)
    with pytest.raises(ValueError, match=r"set 'cifar11'\. Did you mean"):
        data.load("cifar11")
