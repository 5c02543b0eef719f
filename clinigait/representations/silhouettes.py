"""Silhouettes in the aligned form that gait recognition learns from, and the way back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, RefusedError, Silhouettes

#: The field drops a frame whose grey values (255 where there is body) add up to no more.
_LEAST_GREY = 10_000
_WHITE = 255
SIZES = (64, 128)
#: With one scale for a sequence the median silhouette takes this share of the height: the rest
#: is room for the rise and fall of the body and for its change of size.
_SEQUENCE_SHARE = 0.9
#: So many per cent of the heads and feet may stick out at either end before the scale gives way.
_STICK_OUT_PCT = 2.5

ScaleOf = Literal["frame", "sequence"]


@dataclass(frozen=True, eq=False)
class AlignedSilhouettes:
    """Silhouettes of one walk, aligned.

    Parameters
    ----------
    images
        (N, size, size) uint8 of the N frames that were kept, 255 where there is body; after
        :meth:`cut` (N, size, size / 64 * 44).
    frames
        (N,) numbers of the kept frames in the walk.
    time_s
        (N,) their times.
    kept
        (T,) whether each frame of the walk was kept.
    affine
        (N, 2, 3) matrices that take image pixels (x, y, 1) to pixels of the aligned image;
        whole numbers are the middles of pixels, on either side.
    scale_of
        Whether every frame has its own scale, or the sequence has one.
    """

    images: NDArray[np.uint8]
    frames: NDArray[np.intp]
    time_s: NDArray[np.float64]
    kept: NDArray[np.bool_]
    affine: NDArray[np.float64]
    scale_of: ScaleOf

    def __len__(self) -> int:
        return len(self.images)

    @property
    def size(self) -> int:
        """Height of the images in pixels."""
        return int(self.images.shape[1])

    def take(self, numbers: NDArray[np.intp]) -> AlignedSilhouettes:
        """Return some of the silhouettes by their numbers, for work on a few frames of a film."""
        kept = np.zeros_like(self.kept)
        kept[self.frames[numbers]] = True
        return replace(
            self,
            images=self.images[numbers],
            frames=self.frames[numbers],
            time_s=self.time_s[numbers],
            affine=self.affine[numbers],
            kept=kept,
        )

    def cut(self) -> AlignedSilhouettes:
        """Return the images without their empty sides, as networks take them; see :func:`cut`."""
        images, affine = cut_with_affine(self.images, self.affine)
        return replace(self, images=images, affine=affine)


def align(
    silhouettes: Silhouettes,
    time_s: NDArray[np.float64],
    *,
    size: int = 64,
    scale_of: ScaleOf = "frame",
    with_aids: bool = True,
) -> AlignedSilhouettes:
    """Align the silhouettes of a walk.

    With ``scale_of="frame"`` exactly as the field does (OpenGait's preprocessing): frames that are
    all but empty are dropped; the rows from the first to the last pixel of body are resized to
    ``size`` rows, keeping the aspect, bicubic; the column up to which half of the grey lies comes
    to column ``size / 2``; ``size`` columns are cut out, empty where there is no mask. Size, rise
    and fall of the body are lost.

    With ``scale_of="sequence"`` all frames have one scale, in image pixels: the median height of
    the silhouettes takes 0.9 of the rows, or less where the body changes its size or place so much
    that it would stick out. Rows are places in the picture, the same in every frame, so rise,
    fall and growth are kept; columns are centred as above. What sticks out is cut off.

    Parameters
    ----------
    silhouettes
        The masks.
    time_s
        (T,) their times.
    size
        64 or 128.
    scale_of
        See above.
    with_aids
        Whether pixels of walking aids stay: they move the centre and change the outline.

    Returns
    -------
    AlignedSilhouettes
        Of the frames that were kept; none where all are empty.

    Raises
    ------
    BadInputError
        If the size is another one.
    RefusedError
        If one scale is wanted, and nobody knows where in the picture the masks were.
    """
    check_size(size)
    if len(silhouettes) != len(time_s):
        raise ValueError(f"{len(silhouettes)} silhouettes for {len(time_s)} times")
    place = None
    if scale_of == "sequence":
        if not np.isfinite(silhouettes.affine).all():
            raise RefusedError(
                "unplaced_silhouettes",
                "These silhouettes came cut and scaled frame by frame: a common scale is lost.",
                "Give the film, or silhouettes with their places in it.",
            )
        place = _sequence_place(silhouettes, size, with_aids)
    images, affine, frames = [], [], []
    for frame in range(len(silhouettes)):
        if place is None:
            found = _align_frame(silhouettes, frame, with_aids, size)
        else:
            body = _body(silhouettes, frame, with_aids)
            found = _placed(body, silhouettes.affine[frame], place, size) if body else None
        if found is not None:
            images.append(found[0])
            affine.append(_composed(found[1], silhouettes.affine[frame]))
            frames.append(frame)
    kept = np.zeros(len(silhouettes), bool)
    kept[frames] = True
    return AlignedSilhouettes(
        images=np.array(images, np.uint8).reshape(-1, size, size),
        frames=np.array(frames, np.intp),
        time_s=np.asarray(time_s)[frames],
        kept=kept,
        affine=np.array(affine).reshape(-1, 2, 3),
        scale_of=scale_of,
    )


def _align_frame(
    silhouettes: Silhouettes, frame: int, with_aids: bool, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """Align one frame; only the rows that hold something are unpacked."""
    bits = _bits(silhouettes, frame, with_aids)
    rows = np.flatnonzero(bits.any(axis=1))
    if not len(rows):
        return None
    top = rows[0]
    mask = np.unpackbits(bits[top : rows[-1] + 1], axis=1, count=silhouettes.width)
    found = align_picture(mask * np.uint8(_WHITE), size)
    if found is not None:
        found[1][1, 2] -= found[1][1, 1] * top
    return found


def align_picture(
    grey: NDArray[np.uint8], size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]] | None:
    """Align one grey picture of a silhouette as the field does.

    Parameters
    ----------
    grey
        (height, width), 0 where there is no body.
    size
        Rows and columns of the result.

    Returns
    -------
    image, matrix
        (size, size) uint8, and the (2, 3) matrix from pixels of ``grey`` to its pixels; None where
        the picture is all but empty.
    """
    if grey.sum(dtype=np.int64) <= _LEAST_GREY:
        return None
    rows = np.flatnonzero(grey.any(axis=1))
    top, bottom = rows[0], rows[-1] + 1
    body = grey[top:bottom]
    height, width = body.shape
    resized_width = max(int(size * (width / height)), 1)
    resized = np.asarray(
        cv2.resize(body, (resized_width, size), interpolation=cv2.INTER_CUBIC), np.uint8
    )
    left = _half_column(resized) - size // 2
    image = np.zeros((size, size), np.uint8)
    inside = slice(max(left, 0), min(left + size, resized_width))
    image[:, inside.start - left : inside.stop - left] = resized[:, inside]
    across, down = resized_width / width, size / height
    # Resizing maps the edges of pixels onto each other, and so middles half a pixel off.
    matrix = np.array(
        [[across, 0.0, (across - 1) / 2 - left], [0.0, down, (down - 1) / 2 - down * top]]
    )
    return image, matrix


def cut(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take ``size // 64 * 10`` columns off each side: 64 x 64 to 64 x 44, 128 x 128 to 128 x 88.

    Parameters
    ----------
    images
        (..., size, size), uncut.

    Raises
    ------
    BadInputError
        If the images are not square: they have been cut before, and a second cut would take
        the body.
    """
    height, width = images.shape[-2:]
    check_size(height)
    if width != height:
        raise BadInputError(
            f"The silhouettes of {height} x {width} pixels are cut already, or not aligned.",
            f"Give aligned silhouettes of {height} x {height} pixels.",
        )
    edge = height // 64 * 10
    return images[..., edge : width - edge]


def cut_with_affine(
    images: NDArray[np.uint8], affine: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Return :func:`cut` images and (N, 2, 3) matrices from picture to image that go with them."""
    narrow = cut(images)
    shifted = affine.copy()
    shifted[:, 0, 2] -= (images.shape[-1] - narrow.shape[-1]) / 2
    return narrow, shifted


def check_size(size: int) -> None:
    """Refuse sizes that the field does not know.

    Raises
    ------
    BadInputError
        If ``size`` is not 64 or 128.
    """
    if size not in SIZES:
        raise BadInputError(
            f"Aligned silhouettes are 64 or 128 pixels high, not {size}.", "Choose one of the two."
        )


@dataclass(frozen=True)
class _Body:
    """A whole mask, 255 where there is body, and the rows from the first to the last of body."""

    grey: NDArray[np.uint8]
    rows: slice


def _bits(silhouettes: Silhouettes, frame: int, with_aids: bool) -> NDArray[np.uint8]:
    bits: NDArray[np.uint8] = silhouettes.bits[frame]
    if not with_aids and silhouettes.aid_bits is not None:
        bits = bits & ~silhouettes.aid_bits[frame]
    return bits


def _body(silhouettes: Silhouettes, frame: int, with_aids: bool) -> _Body | None:
    """Return what a frame holds; None where it is all but empty."""
    bits = _bits(silhouettes, frame, with_aids)
    mask = np.unpackbits(bits, axis=1, count=silhouettes.width)
    if _WHITE * cv2.countNonZero(mask) <= _LEAST_GREY:
        return None
    rows = np.flatnonzero(mask.any(axis=1))
    return _Body(mask * np.uint8(_WHITE), slice(int(rows[0]), int(rows[-1]) + 1))


def _half_column(grey: NDArray[np.uint8]) -> int:
    """Return the first column up to which more than half of the grey lies."""
    so_far = grey.sum(axis=0, dtype=np.int64).cumsum()
    return int(np.argmax(so_far > so_far[-1] / 2))


@dataclass(frozen=True)
class _Place:
    """One scale and height for a sequence: row = scale * image row + offset."""

    scale: float
    offset: float


def _sequence_place(silhouettes: Silhouettes, size: int, with_aids: bool) -> _Place | None:
    """Return where the sequence lies; None where no frame is kept."""
    extents = []
    for frame in range(len(silhouettes)):
        body = _body(silhouettes, frame, with_aids)
        if body is not None:
            extents.append(_rows_px(body, silhouettes.affine[frame]))
    if not extents:
        return None
    tops, bottoms = np.array(extents).T
    first = np.percentile(tops, _STICK_OUT_PCT)
    last = np.percentile(bottoms, 100 - _STICK_OUT_PCT)
    scale = min(_SEQUENCE_SHARE * size / np.median(bottoms - tops), size / (last - first))
    # Edges of pixels lie half a pixel before and after their middles.
    return _Place(float(scale), float(size / 2 - scale * (first + last) / 2 - 0.5))


def _rows_px(body: _Body, affine: NDArray[np.float64]) -> tuple[float, float]:
    """Return the upper and lower edge of the body in rows of the picture."""
    to_image = cv2.invertAffineTransform(affine)
    if to_image[1, 0] == 0:  # rows of the mask are rows of the picture: the ends tell
        rows, columns = np.array([body.rows.start, body.rows.stop - 1]), np.zeros(2, np.intp)
    else:
        rows, columns = np.nonzero(body.grey)
    places = to_image[1, 0] * columns + to_image[1, 1] * rows + to_image[1, 2]
    half = (abs(to_image[1, 0]) + abs(to_image[1, 1])) / 2
    return float(places.min() - half), float(places.max() + half)


def _placed(
    body: _Body, affine: NDArray[np.float64], place: _Place, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    matrix = np.asarray(place.scale * cv2.invertAffineTransform(affine), np.float64)
    matrix[1, 2] += place.offset
    # The centre is sought across the whole width of the mask, then brought to the middle.
    column = _half_column(body.grey[body.rows])
    row = np.average(np.arange(len(body.grey)), weights=body.grey[:, column] + 1e-9)
    matrix[0, 2] += size / 2 - (matrix[0] @ [column, row, 1.0])
    image = cv2.warpAffine(body.grey, matrix, (size, size), flags=cv2.INTER_CUBIC)
    return np.asarray(image, np.uint8), matrix


def _composed(outer: NDArray[np.float64], inner: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix that applies ``inner`` first, then ``outer``."""
    return np.asarray(outer @ np.vstack([inner, [0.0, 0.0, 1.0]]))
