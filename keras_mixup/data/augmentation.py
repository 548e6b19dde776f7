"""Random crops and flips, as arithmetic on pixel indices.

Cropping a padded image moves pixels and computes nothing. So a batch is augmented by
working out where each of its pixels comes from, in integers, and gathering once.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from keras_mixup.data import array_checks

NAMES = ("auto", "none", "crop", "crop_flip")


@dataclass(frozen=True)
class Augmentation:
    """Pad, crop at random, and flip from left to right with probability one half.

    An image is padded by reflection on every side, as MixMatch and ICT do on CIFAR-10,
    and cropped back to its size. Each example of each batch is drawn for separately.

    Args:
        image_shape: `(height, width, channels)`.
        max_shift: Integer, the padding in pixels; a shift along either axis is
            uniform over -max_shift .. max_shift.
        flip: Boolean. Whether half of the images are mirrored.
    """

    image_shape: tuple[int, int, int]
    max_shift: int
    flip: bool

    @property
    def _side(self):
        return 2 * self.max_shift + 1

    def choose(self, bits: Any) -> Any:
        """Turns 32 random bits into the number of a crop and flip."""
        return bits % (self._side * self._side * (1 + self.flip))

    def pixels(self, example: Any, choice: Any) -> Any:
        """Says where the pixels of augmented images lie.

        Args:
            example: int64 array or tensor of shape `(batch, 1, 1)`, rows of the set.
            choice: The same, the numbers that `choose` gave.

        Returns:
            int64 of shape `(batch, height, width)`, indices into the set seen as
            `(examples * height * width, channels)`.
        """
        height, width, _ = self.image_shape
        row = np.arange(height)[None, :, None]
        column = np.arange(width)[None, None, :]
        down = choice % self._side - self.max_shift
        across = choice // self._side % self._side - self.max_shift
        mirrored = choice // (self._side * self._side)
        column = column + mirrored * (width - 1 - 2 * column)
        row = _reflect(row + down, height)
        return (example * height + row) * width + _reflect(column + across, width)


def resolve(
    name: str, input_shape: tuple[int, ...], mirrored: bool, max_shift: int | None
) -> Augmentation | None:
    """Turns the name of an augmentation into what it does to a set.

    Args:
        name: `"none"`; `"crop"`; `"crop_flip"`; or `"auto"`, which crops images, flips
            them as well where `mirrored` says so, and leaves all else alone.
        input_shape: Shape of one example.
        mirrored: Boolean, whether a mirrored image is still a good one of its class.
        max_shift: Integer or `None`, which is one pixel for every 8 of the shorter
            side: 4 for 32x32, 1 for 8x8.

    Returns:
        An `Augmentation`, or `None` for none.

    Raises:
        ValueError: For an unknown name, inputs that are not images, and a shift that
            is negative or not below the size of the image.
    """
    if name not in NAMES:
        raise ValueError(
            f"`augmentation` must be one of {list(NAMES)}. Received: {name!r}"
        )
    is_image = len(input_shape) == 3
    if name == "none" or (name == "auto" and not is_image):
        return None
    if not is_image:
        raise ValueError(
            f"augmentation={name!r} needs images of shape (height, width, channels); "
            'for any other input use "auto" or "none". Received: inputs of shape '
            f"{input_shape}"
        )
    shorter = min(input_shape[:2])
    shift = shorter // 8 if max_shift is None else max_shift
    if not array_checks.is_integer(shift) or not 0 <= shift < shorter:
        raise ValueError(
            "`max_shift` must be an integer of at least 0 and below the shorter side "
            f"of the images, {shorter}. Received: max_shift={max_shift!r}"
        )
    flip = name == "crop_flip" or (name == "auto" and mirrored)
    height, width, channels = input_shape
    return Augmentation((height, width, channels), shift, flip)


def _reflect(index, size):
    """Folds indices up to one size outside back, the edge pixel not repeated."""
    return (size - 1) - abs((size - 1) - abs(index))
