"""Sketches: edges inside the body, found at the film's own resolution, in the aligned crop."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Recording, Silhouettes, Walk
from clinigait.representations.silhouettes import AlignedSilhouettes

#: The strongest twentieth of the pixels of a body is full strength, whatever the contrast: less
#: would leave the lines pale, since a line two pixels wide fills no pixel of the crop.
_FULL_PERCENTILE = 95.0
#: The silhouette is made larger by so many pixels of the film: its outline is an edge too.
_DILATED_PX = 2
#: Height of head and neck from the top, in body heights (Drillis & Contini, as in core.limbs).
_HEAD_BH = 0.18
#: Film times are stored in full; a film decoded again gives the same up to rounding.
_SAME_TIME_S = 1e-4


@dataclass(frozen=True, eq=False)
class Sketches:
    """Sketches of one walk.

    Parameters
    ----------
    images
        (N, height, width) uint8, 255 at full edge strength, in the crop of the aligned silhouettes
        they were made for.
    found
        (N,) whether the film had the frame; the image is empty where it had not.
    """

    images: NDArray[np.uint8]
    found: NDArray[np.bool_]


def sketches(
    recording: Recording, walk: Walk, aligned: AlignedSilhouettes, *, with_head: bool = True
) -> Sketches:
    """Sketch the frames of aligned silhouettes, in one pass over the film.

    See :func:`each_sketch`; this keeps them all.
    """
    images = np.zeros(aligned.images.shape, np.uint8)
    found = np.zeros(len(aligned), bool)
    for number, image in each_sketch(recording, walk, aligned, with_head=with_head):
        images[number] = np.round(255 * image).astype(np.uint8)
        found[number] = True
    return Sketches(images, found)


def each_sketch(
    recording: Recording, walk: Walk, aligned: AlignedSilhouettes, *, with_head: bool = True
) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield sketches one by one while the film plays; no more than one frame is held.

    Sketches show folds of clothes and the contours of a face: they are not anonymous, with or
    without the head.

    Parameters
    ----------
    recording
        The film that the walk was found in, scaled as it was then.
    walk
        A walk with silhouettes.
    aligned
        Its aligned silhouettes, cut or not.
    with_head
        Whether head and neck are drawn.

    Yields
    ------
    number, image
        Which of the aligned silhouettes, and its (height, width) sketch, 0 to 1.

    Raises
    ------
    BadInputError
        If the walk has no silhouettes, or the film is not the walk's.
    """
    if walk.silhouettes is None:
        raise BadInputError(
            "A sketch needs silhouettes, and this walk has none.", "Assess a film, not keypoints."
        )
    size_px = (recording.width_px, recording.height_px)
    walked_in = walk.image_size_px or size_px
    if walked_in != size_px:
        raise BadInputError(
            f"The film is {size_px[0]} x {size_px[1]}, the walk is in a picture of "
            f"{walked_in[0]} x {walked_in[1]}.",
            "Give the film that the walk was found in.",
        )
    for frame in recording.frames():
        if not len(aligned) or frame.time_s > aligned.time_s[-1] + _SAME_TIME_S:
            break
        number = int(np.abs(aligned.time_s - frame.time_s).argmin())
        if abs(aligned.time_s[number] - frame.time_s) <= _SAME_TIME_S:
            yield number, _sketch(frame.image, walk.silhouettes, aligned, number, with_head)


def sketch(
    image: NDArray[np.uint8],
    mask: NDArray[np.bool_],
    affine: NDArray[np.float64],
    shape: tuple[int, int],
) -> NDArray[np.float32]:
    """Sketch one picture.

    The strength of edges (Scharr's gradient of the brightness) is taken at the resolution of the
    picture, since at 64 pixels the edges between limbs are gone. It is divided by the 95th
    percentile inside the body, which takes gain and offset of the brightness out, limited to 1,
    kept where the body is or no more than 2 pixels away, and averaged over the area of every pixel
    of the crop.

    Parameters
    ----------
    image
        (height, width, 3) uint8 RGB.
    mask
        (height, width) the silhouette, in pixels of the picture.
    affine
        (2, 3) matrix that takes pixels of the picture to pixels of the crop; not turned.
    shape
        Rows and columns of the crop.

    Returns
    -------
    (rows, columns) array
        0 to 1.
    """
    if affine[0, 1] or affine[1, 0]:
        raise ValueError("a crop is not turned against its picture")
    columns = _source(affine[0, 0], affine[0, 2], shape[1], image.shape[1])
    rows = _source(affine[1, 1], affine[1, 2], shape[0], image.shape[0])
    if columns.start >= columns.stop or rows.start >= rows.stop:
        return np.zeros(shape, np.float32)
    reach = 2 * _DILATED_PX + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    near = cv2.dilate(mask[rows, columns].astype(np.uint8), kernel) > 0
    strength = np.where(near, _edges(image, rows, columns), 0.0)
    inside = strength[near]
    full = float(np.percentile(inside, _FULL_PERCENTILE)) if len(inside) else 0.0
    if full <= 0:  # hardly any edge at all, as in drawings: the strongest is full strength
        full = float(inside.max()) if len(inside) else 0.0
    if full <= 0:
        return np.zeros(shape, np.float32)
    down = _averaging(affine[1, 1], affine[1, 2], shape[0], rows)
    across = _averaging(affine[0, 0], affine[0, 2], shape[1], columns)
    scaled = np.minimum(strength / full, 1.0).astype(np.float32)
    return np.asarray(down @ scaled @ across.T)


def _sketch(
    image: NDArray[np.uint8],
    silhouettes: Silhouettes,
    aligned: AlignedSilhouettes,
    number: int,
    with_head: bool,
) -> NDArray[np.float32]:
    frame = aligned.frames[number]
    mask = silhouettes.mask(int(frame)).astype(np.uint8)
    size = (image.shape[1], image.shape[0])
    to_image = cv2.invertAffineTransform(silhouettes.affine[frame])
    in_picture = cv2.warpAffine(mask, to_image, size, flags=cv2.INTER_NEAREST) > 0
    shape = (aligned.images.shape[1], aligned.images.shape[2])
    drawn = sketch(image, in_picture, aligned.affine[number], shape)
    if not with_head:
        rows = np.flatnonzero(aligned.images[number].any(axis=1))
        if len(rows):
            drawn[: int(np.ceil(rows[0] + _HEAD_BH * (rows[-1] + 1 - rows[0])))] = 0.0
    return drawn


def _edges(image: NDArray[np.uint8], rows: slice, columns: slice) -> NDArray[np.float32]:
    """Strength of edges in a part of the picture; its own borders are none."""
    wide = (
        slice(max(rows.start - 1, 0), rows.stop + 1),
        slice(max(columns.start - 1, 0), columns.stop + 1),
    )
    # Colour by colour: equal pixels get equal sums. A matrix product rounds them by their place.
    red, green, blue = np.moveaxis(image[wide].astype(np.float32), -1, 0)
    grey = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    across = cv2.Scharr(grey, cv2.CV_32F, 1, 0, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Scharr(grey, cv2.CV_32F, 0, 1, borderType=cv2.BORDER_REPLICATE)
    top, left = rows.start - wide[0].start, columns.start - wide[1].start
    height, width = rows.stop - rows.start, columns.stop - columns.start
    strength = np.hypot(across, down)[top : top + height, left : left + width]
    return np.asarray(strength, np.float32)


def _source(scale: float, offset: float, n_target: int, n_source: int) -> slice:
    """Return which pixels of the picture a crop of ``n_target`` pixels covers along one axis."""
    first = np.floor((-0.5 - offset) / scale + 0.5)
    last = np.ceil((n_target - 0.5 - offset) / scale + 0.5)
    return slice(int(np.clip(first, 0, n_source)), int(np.clip(last, 0, n_source)))


def _averaging(scale: float, offset: float, n_target: int, source: slice) -> NDArray[np.float32]:
    """(targets, sources) share of each target pixel's length that each source pixel covers.

    What lies outside of the picture counts as empty.
    """
    targets = (np.arange(n_target + 1) - 0.5 - offset) / scale
    pixels = np.arange(source.start, source.stop) - 0.5
    low = np.maximum(targets[:-1, None], pixels[None, :])
    high = np.minimum(targets[1:, None], pixels[None, :] + 1)
    return np.asarray(np.clip(high - low, 0.0, None) * scale, np.float32)
