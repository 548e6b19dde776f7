import contextlib

import keras
import numpy as np
import pytest

from keras_mixup import data
from keras_mixup.data.sources import memory
from keras_mixup.data.sources import tfds as tfds_lib

pytestmark = pytest.mark.tensorflow

if keras.config.backend() == "tensorflow":
    import requests
    import tensorflow_datasets as tfds


@contextlib.contextmanager
def mocked(folder, name, sizes, mocked_size=None):
    """Lets TFDS give random examples of a set whose description is in a folder."""
    size = mocked_size or max(sizes.values())
    info = tfds.builder(name, data_dir=folder).info
    template = tfds.core.ShardedFileTemplate(
        data_dir=info.data_dir, dataset_name=info.name, filetype_suffix="tfrecord"
    )
    splits = [
        tfds.core.SplitInfo(
            name=split, shard_lengths=[n], num_bytes=1, filename_template=template
        )
        for split, n in sizes.items()
    ]
    info.set_splits(tfds.core.SplitDict(splits))
    (folder / info.full_name).mkdir(parents=True)
    info.write_to_directory(info.data_dir)
    with tfds.testing.mock_data(num_examples=size, data_dir=folder):
        yield


@pytest.mark.parametrize(
    ("name", "num_classes", "mirrored", "splits"),
    [
        ("cifar100", 100, True, ("train", "test")),
        ("svhn_cropped", 10, False, ("train", "test", "extra")),
    ],
)
def test_a_mocked_set(tmp_path, monkeypatch, name, num_classes, mirrored, splits):
    read = []
    decode = tfds_lib._decode

    def watched(name, builder, split):
        read.append(split)
        return decode(name, builder, split)

    monkeypatch.setattr(tfds_lib, "_decode", watched)
    with mocked(tmp_path, name, dict.fromkeys(splits, 1500)):
        source = data.load(name, data_dir=str(tmp_path), num_validation=300)
    assert read == ["train", "test"]
    assert (source.num_classes, source.mirrored) == (num_classes, mirrored)
    assert source.input_shape == (32, 32, 3)
    assert source.train.x.dtype == "uint8"
    splits = source.train, source.validation, source.test
    assert [len(split.y) for split in splits] == [1200, 300, 1500]
    x, _ = data.SupervisedBatches(source, None, 8)[0]
    assert x.shape == (8, 32, 32, 3)


def test_fewer_examples_than_described(tmp_path):
    with (
        mocked(tmp_path, "mnist", {"train": 90, "test": 90}, mocked_size=80),
        pytest.raises(ValueError, match=r"expected 90 examples in .*: 80"),
    ):
        data.load("mnist", data_dir=str(tmp_path))


def test_a_set_that_does_not_fit_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 2**20)
    with (
        mocked(tmp_path, "mnist", {"train": 900, "test": 90}),
        pytest.raises(ValueError, match=r"fits in memory.*keep part of it in an \.npz"),
    ):
        data.load("mnist", data_dir=str(tmp_path))


@pytest.mark.parametrize("name", ["imdb_reviews", "coco"])
def test_a_set_without_image_and_label(tmp_path, name):
    with (
        mocked(tmp_path, name, {"train": 9, "test": 9}),
        pytest.raises(ValueError, match="the features 'image' and 'label'"),
    ):
        data.load(name, data_dir=str(tmp_path))


def test_images_of_unequal_size(tmp_path):
    with (
        mocked(tmp_path, "tf_flowers", {"train": 9}),
        pytest.raises(ValueError, match="expected images of one size"),
    ):
        data.load("tf_flowers", data_dir=str(tmp_path))


def test_a_set_that_cannot_be_downloaded(tmp_path, monkeypatch):
    def fail(self, **arguments):
        raise OSError("no route\nto host")

    monkeypatch.setattr(requests, "head", lambda url, timeout: None)
    monkeypatch.setattr(tfds.core.DatasetBuilder, "download_and_prepare", fail)
    message = "cifar10: expected it prepared by TensorFlow Datasets in .*`data_dir` and"
    with pytest.raises(ValueError, match=message) as raised:
        data.load("cifar10", data_dir=str(tmp_path))
    assert str(raised.value).endswith("OSError: no route to host")


def without_network(url, timeout):
    raise requests.ConnectionError("no name server")


def test_without_a_network_nothing_is_tried_for_long(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(requests, "head", without_network)
    message = f"in {tmp_path}.*no answer from www.cs.toronto.edu$"
    with pytest.raises(ValueError, match=message):
        data.load("cifar10", data_dir=str(tmp_path))
    assert capfd.readouterr() == ("", "")
    assert not list(tmp_path.iterdir())


def test_one_server_that_answers_is_enough(monkeypatch):
    class Builder:
        url_infos = ("https://a/1", "https://a/2", "https://b/1", "https://c/1")

    asked = []

    def only_b(url, timeout):
        asked.append(url)
        if "//b/" not in url:
            without_network(url, timeout)

    monkeypatch.setattr(requests, "head", only_b)
    tfds_lib._check_network(Builder())
    assert asked == ["https://a/2", "https://b/1"]
    Builder.url_infos = ("ftp://d/1",)
    monkeypatch.undo()
    tfds_lib._check_network(Builder())
    Builder.url_infos = None
    tfds_lib._check_network(Builder())


def test_damaged_files(tmp_path, shared_dir):
    folder = shared_dir / "data" / "tfds" / "cifar10" / "3.0.2"
    copy = tmp_path / "cifar10" / "3.0.2"
    copy.mkdir(parents=True)
    for path in folder.iterdir():
        content = path.read_bytes()
        record = path.name.endswith("00001")
        (copy / path.name).write_bytes(content[:100_000] if record else content)
    with pytest.raises(ValueError, match=r"expected whole files in .*DataLoss"):
        data.load("cifar10", data_dir=str(tmp_path))


@pytest.mark.slow
def test_cifar10(shared_dir):
    source = data.load("cifar10", data_dir=str(shared_dir / "data" / "tfds"))
    splits = source.train, source.validation, source.test
    assert [len(split.y) for split in splits] == [45_000, 5000, 10_000]
    np.testing.assert_array_equal(np.bincount(source.validation.y), [500] * 10)
    # The usual figures for CIFAR-10, here without the validation images.
    mean, scale = source.mean_and_scale
    np.testing.assert_allclose(mean / 255, [0.4914, 0.4822, 0.4465], atol=0.001)
    np.testing.assert_allclose(1 / scale / 255, [0.247, 0.2435, 0.2616], atol=0.001)
    dataset = data.semi_supervised(source, 250, 16, 32, start_step=10**6)
    batches = data.SemiSupervisedBatches(source, 250, 16, 32, start_step=10**6)
    for i, element in enumerate(dataset.take(2)):
        keras.tree.map_structure(
            np.testing.assert_array_equal,
            batches[i],
            keras.tree.map_structure(np.asarray, element),
        )


def test_a_name_with_a_configuration(tmp_path):
    with mocked(tmp_path, "emnist/mnist", {"train": 200, "test": 200}):
        source = data.load("emnist/mnist", data_dir=str(tmp_path))
    assert source.input_shape == (28, 28, 1)
    assert not source.mirrored


def test_a_set_without_a_test_split_is_split(tmp_path):
    with mocked(tmp_path, "mnist", {"train": 200}):
        source = data.load("mnist", data_dir=str(tmp_path))
    splits = source.train, source.validation, source.test
    assert [len(split.y) for split in splits] == [128, 32, 40]
