import re

import numpy as np
import pytest

from keras_mixup.data import Source, Split

X = np.random.RandomState(0).normal(3, 2, (6, 4)).astype("float32")
Y = np.array([0, 1, 2, 0, 1, 2])


def make(x=X, y=Y, **arguments):
    return Source("mine", (x, y), (X, Y), (X, Y), **arguments)


def test_what_a_source_says_of_itself():
    source = make()
    assert (source.num_classes, source.input_shape, source.num_train) == (3, (4,), 6)
    assert isinstance(source.train, Split)
    assert source.train.y.dtype == "int32"
    assert source.train.x.dtype == "float32"


def test_standardised_by_training_statistics():
    source = Source("mine", (X, Y), (X + 1, Y), (X, Y))
    x, y = source.standardized("train")
    np.testing.assert_allclose(x, (X - X.mean(0)) / X.std(0), rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(y, Y)
    shifted, _ = source.standardized("validation")
    np.testing.assert_allclose(shifted, x + 1 / X.std(0), rtol=1e-5, atol=1e-5)
    assert x.dtype == shifted.dtype == np.float32


def test_images_are_standardised_per_channel():
    images = np.random.RandomState(0).randint(0, 255, (600, 64, 64, 3)).astype("uint8")
    source = Source("mine", *[(images, np.arange(600) % 3)] * 3)
    x, _ = source.standardized("train")
    expected = (images - images.mean((0, 1, 2))) / images.std((0, 1, 2))
    np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-5)
    assert source.train.x.dtype == np.uint8


@pytest.mark.parametrize("constant", [0.0, 0.1, 1e30])
def test_a_constant_feature_is_divided_by_one(constant):
    x = X.copy()
    x[:, 1] = constant
    source = Source("mine", *[(x, Y)] * 3)
    standardized, _ = source.standardized("train")
    np.testing.assert_array_equal(standardized[:, 1], 0)
    assert np.isfinite(standardized).all()


def test_large_offsets_keep_their_digits():
    x = 1e9 + np.arange(6, dtype="float64")[:, None]
    standardized, _ = Source("mine", *[(x, Y)] * 3).standardized("train")
    expected = (np.arange(6) - 2.5) / np.arange(6).std()
    np.testing.assert_allclose(standardized[:, 0], expected, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["uint8", "int64", "float16", "float32", "float64"])
def test_raw_inputs_are_passed_on_as_they_are(dtype):
    x = (np.abs(X) * 10).astype(dtype)
    source = Source("mine", (x, Y), (x + 1, Y), (x, Y), standardize=False)
    for split, expected in (("train", x), ("validation", x + 1)):
        inputs, _ = source.standardized(split)
        np.testing.assert_array_equal(inputs, expected.astype("float32"))
        assert inputs.dtype == "float32"


def test_raw_inputs_that_float32_cannot_hold():
    x = np.array([[1e39], [0.0]])
    source = Source("huge", *[(x, np.array([0, 1]))] * 3, standardize=False)
    message = r"huge: train: expected inputs that float32 can hold.* up to 1e\+39"
    with pytest.raises(ValueError, match=message):
        source.standardized("train")


def test_a_column_of_labels_is_taken():
    np.testing.assert_array_equal(make(y=Y[:, None].astype("uint8")).train.y, Y)


def test_an_unknown_split():
    with pytest.raises(ValueError, match=r"`split` must be one of \['train'.*'dev'"):
        make().standardized("dev")


def with_value(value):
    x = X.copy()
    x[3, 1] = value
    return x


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (X[:5], Y, "mine: train: expected as many labels as inputs. Received: 5 in"),
        (with_value(np.nan), Y, "NaN or infinity in 1 of 6 examples, first in exam"),
        (with_value(np.inf), Y, "expected finite numbers; remove or fill in"),
        (X.astype(object), Y, "array of real numbers. Received: dtype object"),
        (X.astype(str), Y, "array of real numbers. Received: dtype <U"),
        (X[:, 0], Y, "at least one example and one feature. Received: shape (6,)"),
        (X[:0], Y[:0], "Received: shape (0, 4)"),
        (X, Y.astype("float32"), "integer class ids of shape (examples,)"),
        (X, np.eye(3, dtype="int32")[Y], "take their argmax"),
        (X, Y.astype(object), "integer class ids of shape (examples,)"),
        (X, Y - 2, "or -1 for examples without a label. Received: labels from -2 to 0"),
        (X, Y.astype("int64") + 2**32, "Received: labels from 4294967296 to"),
        (X, Y + 1, "number the classes from 0 on without gaps. Received: none of 1"),
        (X, 2 * (Y > 0), "Received: none of 1 classes (1)"),
    ],
)
def test_arrays_that_are_no_data_set(x, y, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make(x, y)


def test_labels_of_other_splits_outside_the_classes():
    message = "mine: test: expected labels from 0 to 2.*Received: a label 3"
    with pytest.raises(ValueError, match=message):
        Source("mine", (X, Y), (X, Y), (X, Y + 1))


def test_labels_outside_a_given_number_of_classes():
    with pytest.raises(ValueError, match="mine: train: expected labels from 0 to 1"):
        make(num_classes=2)


def test_inputs_of_other_splits_of_another_shape():
    message = re.escape("training inputs' shape (4,). Received: (3,)")
    with pytest.raises(ValueError, match=f"mine: test: .*{message}"):
        Source("mine", (X, Y), (X, Y), (X[:, :3], Y))


def test_inputs_too_large_to_standardise():
    x, y = np.array([[1e300], [-1e300]]), np.array([0, 1])
    source = Source("huge", (x, y), (x, y), (x, y))
    message = r"huge: train: expected inputs whose squares .* values up to 1e\+300"
    with pytest.raises(ValueError, match=message):
        source.standardized("test")
