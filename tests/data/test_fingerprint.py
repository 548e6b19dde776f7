import dataclasses
import os
import shutil

import numpy as np
import pytest
from PIL import Image

from keras_mixup import data
from keras_mixup.data.fingerprint import fingerprint

X, Y = np.random.RandomState(0).normal(size=(40, 3)), np.arange(40) % 2


def make(x=X, y=Y, **arguments):
    return data.Source("mine", (x, y), (X, Y), (X, Y), **arguments)


def test_it_is_the_same_for_the_same_set():
    assert len(fingerprint(make())) == 32
    assert fingerprint(make()) == fingerprint(make(X.copy(), Y.astype("int64")))


def changed():
    x, y = X.copy(), Y.copy()
    x[39, 2] = np.nextafter(x[39, 2], 9)
    y[0] = 1
    return [
        make(x),
        make(X.astype("float32")),
        make(y=y),
        make(unlabeled=X),
        make(standardize=False),
        make(class_names=("a", "b")),
        dataclasses.replace(make(), test=(x, Y)),
    ]


def test_it_changes_with_each_value():
    found = {fingerprint(source) for source in [make(), *changed()]}
    assert len(found) == 8


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "mine"
    for i in range(20):
        (root / f"class{i % 2}").mkdir(parents=True, exist_ok=True)
        pixels = np.random.RandomState(i).randint(0, 256, (5, 4, 3)).astype("uint8")
        Image.fromarray(pixels).save(root / f"class{i % 2}" / f"{i}.png")
    return root


def of(folder):
    return fingerprint(data.load(folder, in_memory=False))


def test_a_copy_of_a_folder_is_the_same_set(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "copies" / "mine")
    os.utime(tmp_path / "copies" / "mine" / "class0" / "0.png", (0, 0))
    assert of(folder) == of(tmp_path / "copies" / "mine")


def test_a_folder_changes_with_its_files(folder):
    found = {of(folder)}
    with Image.open(folder / "class0" / "2.png") as image:
        image.rotate(180).save(folder / "class0" / "2.png")
    found.add(of(folder))
    (folder / "class0" / "4.png").rename(folder / "class0" / "44.png")
    found.add(of(folder))
    (folder / "class0" / "44.png").unlink()
    found.add(of(folder))
    assert len(found) == 4


def test_few_examples_of_a_large_set_are_read():
    class Rows:
        shape, dtype, asked = (10**7, 2), np.dtype("float32"), 0

        def __len__(self):
            return self.shape[0]

        def __getitem__(self, index):
            Rows.asked += len(index)
            return np.ones((len(index), 2), "float32")

    y = np.arange(10**7) % 2
    fingerprint(data.Source("huge", (Rows(), y), (X[:, :2], Y), (X[:, :2], Y)))
    assert 1000 <= Rows.asked <= 1024
