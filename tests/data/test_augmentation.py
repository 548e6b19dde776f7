import re

import numpy as np
import pytest

from keras_mixup.data import augmentation


def augment(images, augmented, choice):
    """Gathers as the pipelines do."""
    example = np.arange(len(images))[:, None, None]
    pixels = augmented.pixels(example, np.asarray(choice)[:, None, None])
    return np.take(images.reshape(-1, images.shape[-1]), pixels, axis=0)


@pytest.mark.parametrize("shape", [(8, 8, 1), (7, 5, 3)])
def test_every_choice_is_a_padded_crop_and_flip(shape):
    shift = 2
    augmented = augmentation.Augmentation(shape, shift, flip=True)
    images = np.random.RandomState(0).randint(0, 255, (50, *shape)).astype("uint8")
    widths = ((0, 0), (shift, shift), (shift, shift), (0, 0))
    padded = np.pad(images, widths, mode="reflect")
    result = augment(images, augmented, np.arange(50))
    seen = set()
    for choice, image in enumerate(result):
        down, across = choice % 5, choice // 5 % 5
        crop = padded[choice, down : down + shape[0], across : across + shape[1]]
        expected = crop[:, ::-1] if choice >= 25 else crop
        np.testing.assert_array_equal(image, expected)
        seen.add((down, across, choice >= 25))
    assert len(seen) == 50


def test_choices_cover_crops_and_flips_evenly():
    assert set(
        augmentation.Augmentation((8, 8, 1), 1, False).choose(np.arange(90))
    ) == set(range(9))
    assert set(
        augmentation.Augmentation((8, 8, 1), 1, True).choose(np.arange(90))
    ) == set(range(18))


def test_no_shift_and_no_flip_is_the_identity():
    images = np.random.RandomState(0).normal(size=(4, 8, 8, 2))
    augmented = augmentation.Augmentation((8, 8, 2), 0, False)
    choice = augmented.choose(np.arange(4))
    np.testing.assert_array_equal(augment(images, augmented, choice), images)


@pytest.mark.parametrize(
    ("name", "shape", "mirrored", "expected"),
    [
        ("auto", (32, 32, 3), True, (4, True)),
        ("auto", (32, 32, 3), False, (4, False)),
        ("auto", (8, 8, 1), False, (1, False)),
        ("crop", (32, 32, 3), True, (4, False)),
        ("crop_flip", (8, 8, 1), False, (1, True)),
        ("auto", (13,), True, None),
        ("auto", (20, 40), False, None),
        ("none", (32, 32, 3), True, None),
    ],
)
def test_what_a_name_does(name, shape, mirrored, expected):
    resolved = augmentation.resolve(name, shape, mirrored, None)
    if expected is None:
        assert resolved is None
    else:
        assert (resolved.max_shift, resolved.flip) == expected


def test_max_shift_is_taken():
    assert augmentation.resolve("crop", (8, 8, 1), False, 3).max_shift == 3


@pytest.mark.parametrize("max_shift", [-1, 8, 1.5, "2"])
def test_a_shift_that_is_none_or_beyond_the_image(max_shift):
    with pytest.raises(ValueError, match=f"`max_shift`.*{max_shift}"):
        augmentation.resolve("crop", (8, 9, 1), False, max_shift)


def test_an_unknown_name():
    message = "`augmentation` must be one of ['auto', 'none', 'crop', 'crop_flip']"
    with pytest.raises(ValueError, match=re.escape(message)):
        augmentation.resolve("flip", (8, 8, 1), False, None)


def test_crops_of_what_is_no_image():
    with pytest.raises(ValueError, match=r"'crop' needs images.*Received: inputs of"):
        augmentation.resolve("crop", (13,), False, None)
