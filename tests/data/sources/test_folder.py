import os
import re

import numpy as np
import pytest
from PIL import Image

from keras_mixup import data
from keras_mixup.data.sources import memory

RNG = np.random.RandomState(0)
RGB = RNG.randint(0, 256, (40, 6, 5, 3)).astype("uint8")
GRAY = RGB[..., 0]


def save(path, pixels, **arguments):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path, **arguments)
    return path


def whole(root, pixels=RGB, count=20):
    """Two classes, image i in class i % 2."""
    for i in range(count):
        save(root / ("cat", "dog")[i % 2] / f"{i:02}.png", pixels[i])
    return root


def split(root, pixels=RGB):
    """Ten training, four test and six unlabelled images."""
    for i in range(14):
        name = ("dog", "cat")[i % 2]
        save(root / ("train" if i < 10 else "test") / name / f"{i:02}.png", pixels[i])
    for i in range(14, 20):
        save(root / "unlabeled" / f"{i:02}.png", pixels[i])
    return root


def test_classes_are_folders_and_pixels_are_the_files(tmp_path):
    source = data.load(str(split(tmp_path / "pets")), num_validation=2)
    assert (source.name, source.class_names) == ("pets", ("cat", "dog"))
    assert (source.num_classes, source.input_shape) == (2, (6, 5, 3))
    assert source.train.x.dtype == "uint8"
    # By class, cats first, then by name.
    np.testing.assert_array_equal(source.test.x, RGB[[11, 13, 10, 12]])
    np.testing.assert_array_equal(source.test.y, [0, 0, 1, 1])
    np.testing.assert_array_equal(source.unlabeled, RGB[14:20])
    x = np.concatenate([source.train.x, source.validation.x])
    y = np.concatenate([source.train.y, source.validation.y])
    for image, label in zip(x, y):
        number = int(np.flatnonzero((image == RGB).all((1, 2, 3)))[0])
        assert label == (number % 2 == 0)
    assert len(x) == 10


def test_a_folder_without_splits_is_split_by_seed(tmp_path):
    source = data.load(whole(tmp_path))
    sizes = [len(s.y) for s in (source.train, source.validation, source.test)]
    assert sizes == [13, 3, 4]
    assert source.unlabeled is None
    np.testing.assert_array_equal(data.load(tmp_path).test.x, source.test.x)


def test_a_validation_folder_is_the_validation_set(tmp_path):
    split(tmp_path)
    save(tmp_path / "validation" / "dog" / "a.png", RGB[30])
    source = data.load(tmp_path)
    np.testing.assert_array_equal(source.validation.x, RGB[30:31])
    assert (source.num_train, source.num_unlabeled) == (10, 6)
    assert source.class_names == ("cat", "dog")
    with pytest.raises(ValueError, match="leave `num_validation` out"):
        data.load(tmp_path, num_validation=3)


def test_unlabelled_images_in_the_training_folder_and_below(tmp_path):
    split(tmp_path)
    (tmp_path / "unlabeled").rename(tmp_path / "train" / "unlabeled")
    save(tmp_path / "train" / "unlabeled" / "more" / "x.png", RGB[33])
    source = data.load(tmp_path)
    np.testing.assert_array_equal(source.unlabeled, RGB[[*range(14, 20), 33]])


def test_gray_images_have_one_channel_and_rgb_beside_gray_has_three(tmp_path):
    source = data.load(split(tmp_path / "gray", GRAY))
    np.testing.assert_array_equal(source.test.x[..., 0], GRAY[[11, 13, 10, 12]])
    assert source.input_shape == (6, 5, 1)
    save(tmp_path / "gray" / "unlabeled" / "color.png", RGB[0])
    source = data.load(tmp_path / "gray")
    assert source.input_shape == (6, 5, 3)
    expected = np.repeat(GRAY[[11, 13, 10, 12], ..., None], 3, axis=-1)
    np.testing.assert_array_equal(source.test.x, expected)


@pytest.mark.parametrize("name", ["x.bmp", "x.gif", "x.JPG", "x.jpeg", "x.PNG"])
def test_formats(tmp_path, name):
    flat = np.full((6, 5), 77, "uint8")
    save(whole(tmp_path) / "unlabeled" / name, flat)
    source = data.load(tmp_path)
    np.testing.assert_allclose(source.unlabeled[0], 77, atol=2)


def test_other_modes_become_rgb(tmp_path):
    whole(tmp_path)
    alpha = np.concatenate([RGB[0], GRAY[1][..., None]], -1)
    save(tmp_path / "unlabeled" / "alpha.png", alpha)
    palette = Image.fromarray(np.where(GRAY[0] > 99, RGB[1, 0, 0, 0], 3)).convert("P")
    palette.save(tmp_path / "unlabeled" / "palette.png", transparency=b"\0" * 9)
    source = data.load(tmp_path)
    np.testing.assert_array_equal(source.unlabeled[0], RGB[0])
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(source.unlabeled[1], expected)


def test_photographs_are_turned_as_the_camera_says(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    save(whole(tmp_path) / "unlabeled" / "a.png", RGB[0].swapaxes(0, 1), exif=exif)
    source = data.load(tmp_path)
    np.testing.assert_array_equal(
        source.unlabeled[0], np.rot90(RGB[0].swapaxes(0, 1), -1)
    )


def test_hidden_files_are_passed_over_and_links_followed(tmp_path):
    root = whole(tmp_path / "pets")
    for junk in (".DS_Store", "cat/.hidden.png", "dog/Thumbs.db", "README.txt"):
        (root / junk).write_text("no image")
    (root / ".git").mkdir()
    away = save(tmp_path / "away" / "höhle 猫.png", RGB[39]).parent
    (root / "unlabeled").symlink_to(away)
    (root / "cat").rename(root / "кошка")
    source = data.load(root)
    np.testing.assert_array_equal(source.unlabeled, RGB[39:])
    assert source.class_names == ("dog", "кошка")


def test_images_are_resized_if_asked(tmp_path):
    root = whole(tmp_path)
    save(root / "unlabeled" / "large.png", np.full((60, 50, 3), 9, "uint8"))
    message = re.escape("large.png: expected 6x5 pixels (height x width)")
    with pytest.raises(ValueError, match=f"{message}.*image_size=.* Received: 60x50"):
        data.load(root)
    source = data.load(root, image_size=(6, 5))
    np.testing.assert_array_equal(source.unlabeled, np.full((1, 6, 5, 3), 9))
    assert data.load(root, image_size=(4, 3)).input_shape == (4, 3, 3)
    for wrong in (5, (3, 0), (1, 2, 3), ("a", 2)):
        with pytest.raises(ValueError, match="`image_size` must be"):
            data.load(root, image_size=wrong)
    with pytest.raises(ValueError, match="`image_size` is for folders"):
        data.load("digits", image_size=(4, 4))


def test_images_that_do_not_fit_in_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "free_memory", lambda: 5000)
    with pytest.raises(ValueError, match=r"fits in memory.*use fewer or smaller"):
        data.load(whole(tmp_path), in_memory=True)
    by_index = data.load(tmp_path)
    assert not by_index.in_memory
    monkeypatch.setattr(memory, "free_memory", lambda: 1e6)
    source = data.load(tmp_path)
    assert source.in_memory
    for split in ("train", "validation", "test"):
        mine, its = getattr(by_index, split), getattr(source, split)
        np.testing.assert_array_equal(mine.x[:], its.x)
        np.testing.assert_array_equal(mine.y, its.y)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".bmp", ".gif"])
@pytest.mark.parametrize("part", [0, 0.2, 0.6])
def test_a_damaged_file_is_named(tmp_path, suffix, part):
    image = RNG.randint(0, 256, (6, 5, 3)).astype("uint8")
    file = save(whole(tmp_path) / "unlabeled" / f"broken{suffix}", image)
    file.write_bytes(file.read_bytes()[: int(part * file.stat().st_size)])
    with pytest.raises(ValueError, match=rf"broken\{suffix}: expected a whole") as info:
        data.load(tmp_path)
    assert "\n" not in str(info.value)


def deep(root):
    save(root / "cat" / "deep.png", GRAY[0].astype("uint16"))


def renamed(root):
    (root / "cat").rename(root / ".cat")


def emptied(root):
    for file in (root / "cat").iterdir():
        file.unlink()


def foreign_class(root):
    split(root / "inner")
    save(root / "inner" / "test" / "cow" / "a.png", RGB[0])
    return root / "inner"


def loop(root):
    (root / "cat" / "again").symlink_to(root / "cat")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (deep, "deep.png: expected a whole .* 8 bits .* an image of mode I;16"),
        (renamed, r"at least 2 classes. Received: \['dog'\]"),
        (emptied, "cat: expected PNG, JPEG, BMP or GIF files; .* Received: none"),
        (foreign_class, "cow: expected test/ to have the classes of the training"),
        (loop, "again: expected folders that end"),
        (
            lambda root: (root / "cat" / "a.webp").write_text(""),
            "a.webp: expected PNG, JPEG, BMP or GIF files alone",
        ),
        (
            lambda root: (root / "cat" / "a.png").symlink_to(root / "none"),
            "a.png: expected a whole .* No such file",
        ),
        (
            lambda root: save(root / "a.png", RGB[0]),
            "a.png: expected images in the folders of their classes",
        ),
        (
            lambda root: (root / "test").mkdir(),
            "expected subfolders named by classes, or train/ with test/",
        ),
    ],
)
def test_folders_that_are_no_data_set(tmp_path, damage, message):
    root = damage(whole(tmp_path))
    root = root if isinstance(root, os.PathLike) and root.is_dir() else tmp_path
    with pytest.raises(ValueError, match=message) as info:
        data.load(root)
    assert "\n" not in str(info.value)


def test_an_empty_folder(tmp_path):
    with pytest.raises(ValueError, match="expected a subfolder of images for each cla"):
        data.load(tmp_path)
