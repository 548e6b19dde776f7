"""Reads image files with Pillow, by index or all into one array."""

import os
import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from keras_mixup import _extras
from keras_mixup.data import array_checks, indexed
from keras_mixup.data.sources import memory

FORMATS = ("PNG", "JPEG", "BMP", "GIF")
FORMATS_IN_WORDS = "PNG, JPEG, BMP or GIF"
_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif")
_GRAY = ("1", "L", "LA", "La")
_EIGHT_BITS = (*_GRAY, "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr")
_ORIENTATION, _UPRIGHT, _ON_ITS_SIDE = 0x0112, 1, (5, 6, 7, 8)
_opening = threading.Lock()


def is_image_name(file: Path) -> bool:
    """Says whether a file's name is that of an image that can be read."""
    return file.suffix.lower() in _SUFFIXES


class ImageFiles:
    """Image files that are read by index, as uint8 of one size and mode.

    Args:
        files: Sequence of paths.
        shape: `(height, width, channels)`.
        sizes: Sequence of integers, the bytes of each file.
        resize: Boolean, whether images of another size are resized, or else refused.
    """

    def __init__(
        self,
        files: Sequence[str],
        shape: tuple[int, int, int],
        sizes: Sequence[int],
        resize: bool,
    ) -> None:
        self.files, self._sizes = tuple(files), tuple(sizes)
        self.shape, self.dtype = (len(self.files), *shape), np.dtype("uint8")
        self._resize = resize

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, index: Any) -> np.ndarray:
        numbers = np.arange(len(self))[index]
        x: np.ndarray = np.empty((len(numbers), *self.shape[1:]), "uint8")
        for row, number in zip(x, numbers):
            row[...] = _open(self.files[number], self._decode)
        return x

    @property
    def signature(self) -> str:
        """Tells the files by their names and sizes."""
        # The folder that all are in may be elsewhere by the next time.
        root = os.path.commonpath(self.files)
        names = (os.path.relpath(file, root) for file in self.files)
        return repr([*zip(names, self._sizes)])

    def _decode(self, image):
        return _decode(image, self.shape[1:], self._resize)


class ImageFolder:
    """The images of a folder, once their headers were looked at.

    Args:
        root: The folder, for messages.
        files: All images that will be read.
        image_size: Pair `(height, width)` or `None`.
        skip_damaged: Boolean, whether files that cannot be decoded are left out.

    Raises:
        ValueError: For a file that is damaged or no image, and for images of several
            sizes.
        ImportError: Without Pillow.
    """

    def __init__(
        self,
        root: Path,
        files: Sequence[Path],
        image_size: tuple[int, int] | None,
        skip_damaged: bool = False,
    ) -> None:
        if image_size is not None:
            _check_image_size(image_size)
        self._root, self._resize = root, image_size is not None
        _pillow("Image")
        self.skipped: list[str] = []
        self._headers = self._read_headers(files, skip_damaged)
        if not self._headers:
            raise ValueError(
                f"{root}: expected at least one whole image. Received: "
                f"{len(self.skipped)} files that are damaged"
            )
        first, (first_size, _, _) = next(iter(self._headers.items()))
        channels = 1
        for file, (size, gray, _) in self._headers.items():
            if image_size is None and size != first_size:
                raise ValueError(
                    f"{file}: expected {_in_words(first_size)} pixels (height x width)"
                    f", as {first} has; resize the images, or give "
                    "km.data.load image_size=(height, width). Received: "
                    f"{_in_words(size)}"
                )
            channels = channels if gray else 3
        height, width = first_size if image_size is None else image_size
        self._shape = (height, width, channels)

    def is_whole(self, file: Path) -> bool:
        """Whether a file was not left out."""
        return str(file) in self._headers

    def by_index(self, in_memory: bool | None) -> bool:
        """Whether to read the images by index: if told, or if they do not fit.

        Args:
            in_memory: Boolean, or `None` for what fits.

        Raises:
            ValueError: Where they are to be read into memory and do not fit.
        """
        needed = len(self._headers) * int(np.prod(self._shape))
        if in_memory is None:
            return not memory.fits(needed)
        if in_memory:
            remedy = "use fewer or smaller images, or leave `in_memory` out"
            memory.check_fits(str(self._root), needed, remedy)
        return not in_memory

    def images(self, files: Sequence[Path]) -> ImageFiles:
        """Some of the images, by index."""
        names = [str(file) for file in files]
        sizes = [self._headers[name][2] for name in names]
        return ImageFiles(names, self._shape, sizes, self._resize)

    def _read_headers(self, files, skip_damaged):
        def look(file):
            try:
                size, gray = _open(file, _header)
                if skip_damaged:
                    _open(file, lambda image: image.load())
                return size, gray, os.path.getsize(file)
            except ValueError:
                if not skip_damaged:
                    raise
                return None

        names, headers = [str(file) for file in files], {}
        with ThreadPoolExecutor(indexed.num_threads()) as pool:
            try:
                for name, header in zip(names, pool.map(look, names)):
                    if header is None:
                        self.skipped.append(name)
                    else:
                        headers[name] = header
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        return headers


def in_memory(x: ImageFiles) -> np.ndarray:
    """Reads all images, in threads."""
    pixels: np.ndarray = np.empty(x.shape, x.dtype)
    for part, some in zip(indexed.parts(x), indexed.read_parts(x)):
        pixels[part] = some
    return pixels


def _open(file: str, use: Callable[[Any], Any]) -> Any:
    """Uses an opened image; any failure is told by one line that names the file."""
    try:
        with _opened(file) as image:
            return use(image)
    except Exception as error:
        # Decoders fail in many ways, all of them a file that is damaged.
        said = getattr(error, "strerror", None) or error
        said = " ".join(str(said).split())[:200]
        raise ValueError(
            f"{file}: expected a whole {FORMATS_IN_WORDS} file with 8 bits a channel; "
            f"make or copy it again, or remove it. Received: {said}"
        ) from error


def _opened(file):
    """An image whose header was read, and whose pixels were not."""
    module = _pillow("Image")
    # The filters are those of all threads, so that one thread at a time may set them.
    with _opening, warnings.catch_warnings():
        # Large photographs are as welcome as they fit in memory.
        warnings.simplefilter("ignore", module.DecompressionBombWarning)
        return module.open(file, formats=FORMATS)


def _header(image):
    """Height and width as it will be shown, and whether it is gray."""
    if image.mode not in _EIGHT_BITS:
        raise ValueError(f"an image of mode {image.mode}, with more than 8 bits")
    width, height = image.size
    if image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE:
        width, height = height, width
    return (height, width), image.mode in _GRAY


def _decode(image, shape, resize):
    image.load()
    if image.getexif().get(_ORIENTATION, _UPRIGHT) != _UPRIGHT:
        image = _pillow("ImageOps").exif_transpose(image)
    if "transparency" in image.info:
        # Pillow warns where it drops the transparency of a palette in one step.
        image = image.convert("RGBA")
    height, width, channels = shape
    image = image.convert("L" if channels == 1 else "RGB")
    if image.size != (width, height):
        if not resize:
            raise ValueError(
                f"{_in_words(image.size[::-1])} pixels (height x width) in place of "
                f"{_in_words(shape)}, since the images were looked at"
            )
        image = image.resize((width, height), _pillow("Image").Resampling.BILINEAR)
    return np.asarray(image, "uint8").reshape(shape)


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
