"""Reads image files into one array, with Pillow."""

import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_mixup import _extras
from keras_mixup.data import array_checks
from keras_mixup.data.sources import memory

FORMATS = ("PNG", "JPEG", "BMP", "GIF")
FORMATS_IN_WORDS = "PNG, JPEG, BMP or GIF"
_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
_GRAY = ("1", "L", "LA", "La")
_EIGHT_BITS = (*_GRAY, "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
_ORIENTATION, _ON_ITS_SIDE = 0x0112, (5, 6, 7, 8)


def is_image_name(file: Path) -> bool:
    """Says whether a file's name is that of an image that can be read."""
    return file.suffix.lower() in _SUFFIXES


def reader(
    root: Path, files: Sequence[Path], image_size: tuple[int, int] | None
) -> Callable[[Sequence[Path]], np.ndarray]:
    """Makes a function that reads images to uint8 of one size and mode.

    Args:
        root: The folder, for messages.
        files: All images that will be read; their headers are looked at here.
        image_size: Pair `(height, width)` or `None`.

    Returns:
        A function from some of the files to an array of shape
        `(files, height, width, channels)`, with one channel if all files are gray, or
        else three.

    Raises:
        ValueError: For a file that is damaged or no image, for images of several
            sizes, and for images that do not fit in memory; the function, for a damaged
            file.
        ImportError: Without Pillow.
    """
    if image_size is not None:
        _check_image_size(image_size)
    headers = [_open(file, _header) for file in files]
    first_size, channels = headers[0][0], 1
    for file, (size, gray) in zip(files, headers):
        if image_size is None and size != first_size:
            raise ValueError(
                f"{file}: expected {_in_words(first_size)} pixels (height x width), as "
                f"{files[0]} has; resize the images, or give "
                f"km.data.load image_size=(height, width). Received: {_in_words(size)}"
            )
        channels = channels if gray else 3
    height, width = first_size if image_size is None else image_size
    needed = len(files) * height * width * channels
    memory.check_fits(str(root), needed, "use fewer or smaller images")

    def read(some: Sequence[Path]) -> np.ndarray:
        x = np.empty((len(some), height, width, channels), "uint8")
        for row, file in zip(x, some):
            row[...] = _open(file, lambda i: _decode(i, (height, width), channels))
        return x

    return read


def _open(file: Path, use: Callable[[Any], Any]) -> Any:
    """Uses an opened image; any failure is told by one line that names the file."""
    image_module = _pillow("Image")
    try:
        with warnings.catch_warnings():
            # Large photographs are as welcome as they fit in memory.
            warnings.simplefilter("ignore", image_module.DecompressionBombWarning)
            with image_module.open(file, formats=FORMATS) as image:
                return use(image)
    except Exception as error:
        # Decoders fail in many ways, all of them a file that is damaged.
        said = " ".join(str(error).split())[:200]
        raise ValueError(
            f"{file}: expected a whole {FORMATS_IN_WORDS} file with 8 bits a channel; "
            f"make or copy it again, or remove it. Received: {said}"
        ) from error


def _header(image):
    """Height and width as it will be shown, and whether it is gray."""
    if image.mode not in _EIGHT_BITS:
        raise ValueError(f"an image of mode {image.mode}, with more than 8 bits")
    width, height = image.size
    if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE:
        width, height = height, width
    return (height, width), image.mode in _GRAY


def _decode(image, size, channels):
    image.load()
    image = _pillow("ImageOps").exif_transpose(image)
    if "transparency" in image.info:
        # Pillow warns where it drops the transparency of a palette in one step.
        image = image.convert("RGBA")
    image = image.convert("L" if channels == 1 else "RGB")
    height, width = size
    if image.size != (width, height):
        image = image.resize((width, height), _pillow("Image").Resampling.BILINEAR)
    return np.asarray(image, "uint8").reshape(height, width, channels)


def _check_image_size(image_size):
    try:
        height, width = image_size
    except (TypeError, ValueError):
        raise ValueError(
            "`image_size` must be a pair of integers (height, width). Received: "
            f"{image_size!r}"
        ) from None
    array_checks.check_positive("image_size", height)
    array_checks.check_positive("image_size", width)


def _in_words(size):
    return f"{size[0]}x{size[1]}"


def _pillow(module: str) -> Any:
    return _extras.require(f"PIL.{module}", "data", "A folder of images")
