"""Training examples without labels: in sources, files, splits and batches."""

import dataclasses

import keras
import numpy as np
import pytest

from keras_mixup import data

RNG = np.random.RandomState(0)
X, Y = RNG.normal(2, 3, (30, 4)).astype("float32"), np.arange(30) % 3
U = RNG.normal(-1, 5, (50, 4)).astype("float32")
SOME = np.where(np.arange(30) < 12, Y, -1)


def make(x=X, y=Y, unlabeled=U):
    return data.Source("mine", (x, y), (X, Y), (X, Y), unlabeled=unlabeled)


def test_labels_of_minus_one_are_unlabelled_examples():
    source = make(y=SOME, unlabeled=None)
    np.testing.assert_array_equal(source.train.x, X[:12])
    np.testing.assert_array_equal(source.train.y, Y[:12])
    np.testing.assert_array_equal(source.unlabeled, X[12:])
    assert (source.num_train, source.num_unlabeled, source.num_classes) == (12, 18, 3)
    both = make(y=SOME)
    np.testing.assert_array_equal(both.unlabeled, np.concatenate([U, X[12:]]))
    again = dataclasses.replace(both, standardize=False)
    np.testing.assert_array_equal(again.unlabeled, both.unlabeled)


def test_statistics_are_of_all_training_inputs():
    every = np.concatenate([X, U])
    x, _ = make().standardized("train")
    expected = (X - every.mean(0)) / every.std(0)
    np.testing.assert_allclose(x, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("includes", [True, False])
def test_the_unlabelled_stream(includes):
    source = make()
    size = 80 if includes else 80 - 6
    batches = data.SemiSupervisedBatches(
        source, 6, 4, size, unlabeled_includes_labeled=includes
    )
    chosen = data.choose_labeled(Y, 6, 3)
    kept = X if includes else np.delete(X, chosen, axis=0)
    expected = source.network_inputs(np.concatenate([kept, U]))
    inputs, _ = batches[0]
    np.testing.assert_array_equal(np.sort(inputs["unlabeled"], 0), np.sort(expected, 0))
    labeled = source.network_inputs(X[chosen])
    assert all((row == labeled).all(1).any() for row in inputs["labeled"])


def test_all_labels_and_only_what_has_none():
    batches = data.SemiSupervisedBatches(
        make(), None, 30, 50, unlabeled_includes_labeled=False
    )
    inputs, y = batches[0]
    expected = make().network_inputs(U)
    np.testing.assert_array_equal(np.sort(inputs["unlabeled"], 0), np.sort(expected, 0))
    np.testing.assert_array_equal(np.bincount(y), [10, 10, 10])


def test_labelled_batches_change_in_nothing_but_the_statistics():
    with_u, without = make(), make(unlabeled=None)
    for semi_supervised in (False, True):
        make_batches = (
            data.SemiSupervisedBatches if semi_supervised else data.SupervisedBatches
        )
        raw = [
            make_batches(dataclasses.replace(s, standardize=False), 6, 4, seed=3)[7]
            for s in (with_u, without)
        ]
        if semi_supervised:
            raw = [(x["labeled"], y) for x, y in raw]
        for one, other in zip(*raw):
            np.testing.assert_array_equal(one, other)


@pytest.mark.tensorflow
@pytest.mark.parametrize("shape", [(4,), (8, 8, 3)])
def test_both_fronts_give_the_same_batches(shape):
    x = RNG.randint(0, 256, (30, *shape)).astype("uint8")
    u = RNG.randint(0, 256, (50, *shape)).astype("uint8")
    source = data.Source("mine", (x, SOME), (x, Y), (x, Y), unlabeled=u)
    arguments = {"num_labels": 6, "batch_size": 4, "unlabeled_batch_size": 9}
    arguments["num_views"] = 2
    batches = data.SemiSupervisedBatches(source, **arguments)
    dataset = data.semi_supervised(source, **arguments)
    for i, element in zip(range(12), dataset):
        keras.tree.map_structure(
            lambda a, b: np.testing.assert_array_equal(a, np.asarray(b)),
            batches[i],
            element,
        )


@pytest.mark.parametrize("keys", [("X", "y"), ("x_train", "y_train")])
def test_files(tmp_path, keys):
    arrays = dict(zip(keys, (X, SOME)))
    if keys[0] == "x_train":
        arrays.update(x_test=X[:9], y_test=Y[:9])
    path = str(tmp_path / "mine.npz")
    np.savez(path, x_unlabeled=U, **arrays)
    source = data.load(path, num_validation=3)
    np.testing.assert_array_equal(source.unlabeled, np.concatenate([U, X[12:]]))
    labeled = [source.train.x, source.validation.x]
    if keys[0] == "X":
        labeled.append(source.test.x)
    np.testing.assert_array_equal(
        np.sort(np.concatenate(labeled), 0), np.sort(X[:12], 0)
    )
    np.savez(path, **arrays)
    np.testing.assert_array_equal(data.load(path).unlabeled, X[12:])


@pytest.mark.parametrize(
    ("unlabeled", "message"),
    [
        (U[:, :3], r"unlabeled: expected inputs of the training inputs' shape \(4,\)"),
        (U[:0], "unlabeled: .* at least one example"),
        (U * np.nan, "unlabeled: expected finite numbers"),
        (U.astype(str), "unlabeled: expected inputs to be an array of real numbers"),
        (U.astype("uint8"), "unlabeled: expected inputs on the scale of the labelled"),
    ],
)
def test_unlabelled_inputs_that_are_none(unlabeled, message):
    with pytest.raises(ValueError, match=message):
        make(unlabeled=unlabeled)


def test_labels_of_minus_one_where_they_mean_nothing():
    with pytest.raises(ValueError, match=r"mine: test: .*only training examples may"):
        data.Source("mine", (X, Y), (X, Y), (X, SOME))
    with pytest.raises(ValueError, match="the label -1, which stands for none, for al"):
        make(y=Y * 0 - 1)


def test_class_names():
    source = dataclasses.replace(make(), class_names=["a", "b", "c"])
    assert source.class_names == ("a", "b", "c")
    for wrong in (["a", "b"], "abc"):
        with pytest.raises(ValueError, match="`class_names` must be 3 names"):
            dataclasses.replace(source, class_names=wrong)


def test_labels_are_chosen_among_those_there_are():
    labeled = np.flatnonzero(SOME >= 0)
    chosen = data.choose_labeled(SOME, 6, 3, seed=1)
    np.testing.assert_array_equal(np.bincount(SOME[chosen]), [2, 2, 2])
    np.testing.assert_array_equal(
        labeled[data.choose_labeled(SOME[labeled], 6, 3, seed=1)], chosen
    )
    np.testing.assert_array_equal(data.choose_labeled(SOME, 12, 3), labeled)
    with pytest.raises(ValueError, match="that have a label, 3 to 12"):
        data.choose_labeled(SOME, 13, 3)
    with pytest.raises(ValueError, match="or -1 for examples without a label"):
        data.choose_labeled(Y - 2, 3, 3)


@pytest.mark.parametrize("rate", [0.0, 0.5, 1.0])
def test_no_label_is_corrupted_into_one(rate):
    noisy = data.corrupt_labels(SOME, rate, 3, seed=2)
    np.testing.assert_array_equal(noisy[12:], -1)
    assert noisy[:12].min() >= 0
    assert np.sum(noisy != SOME) <= round(rate * 12)
    with pytest.raises(ValueError, match="or -1 for examples without a label"):
        data.corrupt_labels(Y - 2, 0.5, 3)
