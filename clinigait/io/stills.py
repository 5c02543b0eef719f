"""Still pictures: colour, depth with 16 bits a pixel, animations; decoded one at a time."""

from __future__ import annotations

import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from clinigait.core import BadInputError
from clinigait.io.video import DEFAULT_LIMITS

COLOUR_SUFFIXES = (".png", ".jpg", ".jpeg")
DEPTH_SUFFIXES = (".png",)
PICTURE_SUFFIXES = (*COLOUR_SUFFIXES, ".webp", ".gif")
#: Larger files are no single picture of a camera.
_MAX_BYTES = 128 << 20
#: What Pillow raises on damaged or hostile pictures.
_UNREADABLE = (
    EOFError,
    IndexError,
    Image.DecompressionBombError,
    OSError,
    OverflowError,
    SyntaxError,
    ValueError,
    struct.error,
    zlib.error,
)
_SIXTEEN_BITS = ("I;16", "I;16B", "I")
_EIGHT_BITS = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
#: What lies behind transparent pixels, and how long a picture of an animation is shown unless told.
_BEHIND, _SHOWN_MS = (128, 128, 128), 100.0
_NUMBER = re.compile(r"(\d{1,18})(?!.*\d)")
_DIGITS = re.compile(r"\d+")
_COPY = "Copy the recording again from where it was made."


def numbered(folder: Path, suffixes: tuple[str, ...]) -> tuple[tuple[int, Path], ...]:
    """Return (number, file) of the pictures of a folder by the last number in their names.

    Raises
    ------
    BadInputError
        If the folder cannot be read, two pictures have one number, or further numbers in the
        names put them in another order.
    """
    try:
        files = [f for f in folder.iterdir() if f.suffix.lower() in suffixes and f.is_file()]
    except OSError as error:
        raise BadInputError(f"The folder {folder.name[:80]} cannot be read.", _COPY) from error
    found = sorted(
        (int(match[1]), file) for file in files if (match := _NUMBER.search(file.stem)) is not None
    )
    if len({number for number, _ in found}) < len(found):
        raise BadInputError(
            f"Two pictures in {folder.name[:80]} have the same number.",
            "Number them in the order of time.",
        )
    names = [[int(digits[-18:]) for digits in _DIGITS.findall(f.stem)] for _, f in found]
    if names != sorted(names):
        raise BadInputError(
            f"The last numbers in the names of the pictures in {folder.name[:80]} put them in "
            "another order than the numbers before.",
            "Number them in the order of time.",
        )
    if len(found) > DEFAULT_LIMITS.max_frames:
        raise BadInputError(
            f"{folder.name[:80]} holds {len(found)} pictures; up to {DEFAULT_LIMITS.max_frames} "
            "are read.",
            "Cut the recording to the walk.",
        )
    return tuple(found)


def read_colour(path: Path) -> NDArray[np.uint8]:
    """Return (height, width, 3) RGB, of the size in the file.

    Raises
    ------
    BadInputError
        If it is no PNG or JPEG picture, is damaged or too large.
    """
    with _opened(path, ("PNG", "JPEG")) as picture:
        try:
            return np.asarray(picture.convert("RGB"), np.uint8)
        except _UNREADABLE as error:
            raise _damaged(path) from error


def read_depth(path: Path) -> NDArray[np.uint16]:
    """Return (height, width) depth as stored, to the bit.

    Raises
    ------
    BadInputError
        If it is no PNG picture with one channel of 16 bits, is damaged or too large.
    """
    with _opened(path, ("PNG",)) as picture:
        if picture.mode not in _SIXTEEN_BITS:
            raise BadInputError(
                f"{path.name[:80]} has no 16-bit grey pixels (it is {picture.mode}): no depth in "
                "mm fits in.",
                "Record depth as 16-bit PNG, without colour and without scaling.",
            )
        try:
            values = np.asarray(picture)
        except _UNREADABLE as error:
            raise _damaged(path) from error
    return np.asarray(np.clip(values, 0, 65_535), np.uint16)


def read_pictures(path: Path) -> Iterator[tuple[float, NDArray[np.uint8]]]:
    """Yield (time in s, (height, width, 3) RGB) of a picture, or of all pictures of an animation.

    Upright, as the camera noted; transparent pixels before grey.

    Raises
    ------
    BadInputError
        If it is no PNG, JPEG, WebP or GIF with 8 bits, is damaged or too large.
    """
    time_s = 0.0
    with _opened(path, ("PNG", "JPEG", "WEBP", "GIF")) as file:
        if file.mode not in _EIGHT_BITS:
            raise BadInputError(
                f"{path.name[:80]} has pixels of the kind {file.mode}, not of 8 bits a colour.",
                "Save it as JPEG or PNG with 8 bits.",
            )
        try:
            # To count them, Pillow looks through all of them.
            count = min(getattr(file, "n_frames", 1), DEFAULT_LIMITS.max_frames)
        except _UNREADABLE as error:
            raise _damaged(path) from error
        for number in range(count):
            try:
                file.seek(number)
                picture = ImageOps.exif_transpose(file).convert("RGBA")
            except _UNREADABLE as error:
                raise _damaged(path) from error
            whole = Image.new("RGB", picture.size, _BEHIND)
            whole.paste(picture, mask=picture.getchannel("A"))
            yield time_s, np.asarray(whole, np.uint8)
            time_s += float(file.info.get("duration") or _SHOWN_MS) / 1000


def fitted(image: NDArray[np.uint8], size_px: tuple[int, int]) -> NDArray[np.uint8]:
    """Return a colour picture scaled to (width, height)."""
    if image.shape[1::-1] == size_px:
        return image
    return np.asarray(cv2.resize(image, size_px, interpolation=cv2.INTER_AREA), np.uint8)


def _opened(path: Path, formats: tuple[str, ...]) -> Image.Image:
    """Read the header only, and refuse what is too large before a pixel is decoded."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise BadInputError(
                f"{path.name[:80]} is larger than {_MAX_BYTES >> 20} MB.",
                "Record smaller pictures.",
            )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            picture = Image.open(path, formats=formats)
    except _UNREADABLE as error:
        raise _damaged(path) from error
    if picture.width * picture.height > DEFAULT_LIMITS.max_pixels:
        size = f"{picture.width} x {picture.height}"
        picture.close()
        raise BadInputError(
            f"{path.name[:80]} has {size} pixels, more than the limit of "
            f"{DEFAULT_LIMITS.max_pixels}.",
            "Record smaller pictures.",
        )
    return picture


def _damaged(path: Path) -> BadInputError:
    return BadInputError(
        f"{path.name[:80]} is damaged, cut short, or not a picture of its kind.", _COPY
    )
