"""Colour and depth of the walker as networks take them: four channels, on an even clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigait.core import PersonPictures, RefusedError, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.clocks import even_clock, longest_stretch, nearest
from clinigait.representations.options import read_options
from clinigait.representations.pictures import Frames

RGBD, MODALITIES = "rgbd", "modalities"
#: A picture all of whose colours are darker than this shows nothing.
_BLACK = 4
#: Depth counts from such a share of pictures on in which the person's distance is known.
_DEPTH_SHARE = 0.5


@dataclass(frozen=True)
class RgbdOptions:
    """How pictures of colour and depth are prepared.

    Parameters
    ----------
    rate_hz
        Pictures a second.
    height_px, width_px
        Size of a picture.
    depth_range_m
        Depths so much nearer and farther than the person's trunk are told apart; beyond they are
        all alike.
    min_frames
        Walks with fewer different pictures are refused.
    max_frames
        Of a longer walk the middle counts.
    max_gap_s
        Where pictures are further apart, the longest part between such gaps is taken.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = {"extra": "forbid"}

    rate_hz: Annotated[float, Field(ge=1, le=60)] = 10.0
    height_px: Annotated[int, Field(ge=16, le=640)] = 128
    width_px: Annotated[int, Field(ge=16, le=640)] = 96
    depth_range_m: Annotated[float, Field(ge=0.1, le=5)] = 0.8
    min_frames: Frames = 15
    max_frames: Frames = 200
    max_gap_s: Annotated[float, Field(gt=0, le=2)] = 0.5


def prepare_rgbd(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return colour and depth, (T, 4, H, W) uint8, on an even clock, and what of them is there.

    Channels are red, green, blue and depth; depth is 0 where unknown, else 1 to 255 from
    ``depth_range_m`` nearer than the trunk to as much farther. A modality that is missing is 0
    everywhere; the vector ``modalities`` (colour, depth) has 1 for what is there. Every time of
    the clock gets the picture nearest to it. Options are those of :class:`RgbdOptions`.

    Raises
    ------
    RefusedError
        ``no_pictures``, ``empty_pictures`` or ``too_few_pictures``.
    BadInputError
        If an option is unknown or impossible.
    """
    chosen = read_options(RGBD, RgbdOptions, options)
    if walk.pictures is None:
        raise RefusedError(
            "no_pictures",
            "The model looks at pictures of the walker, and this walk comes without: they are not "
            "kept with it.",
            "Give the film, or the folder of colour and depth, that it was seen in.",
        )
    pictures, clock, numbers = _on_the_clock(walk.pictures, chosen)
    frames = np.zeros((len(clock), 4, chosen.height_px, chosen.width_px), np.uint8)
    modalities = np.zeros(2, np.float32)
    colour, depth = _colour(pictures, chosen), _depth(pictures, chosen)
    if colour is not None:
        frames[:, :3], modalities[0] = colour[numbers].transpose(0, 3, 1, 2), 1
    if depth is not None:
        frames[:, 3], modalities[1] = depth[numbers], 1
    if not modalities.any():
        raise RefusedError(
            "empty_pictures",
            "The pictures of the walker show nothing: no light in the colour, and no depth.",
            "Film with light, or with the depth camera near enough.",
        )
    return Clip({RGBD: frames}, {MODALITIES: modalities}, clock)


def _on_the_clock(
    pictures: PersonPictures, chosen: RgbdOptions
) -> tuple[PersonPictures, NDArray[np.float64], NDArray[np.intp]]:
    """Return the pictures of the longest part without a gap, times, and which belong to them."""
    part = longest_stretch(pictures.time_s, chosen.max_gap_s)
    kept = pictures.time_s[part]
    clock = even_clock(kept, chosen.rate_hz)
    if len(clock) > chosen.max_frames:
        first = (len(clock) - chosen.max_frames) // 2
        clock = clock[first : first + chosen.max_frames]
    numbers = nearest(kept, clock) if len(clock) else np.zeros(0, np.intp)
    different = len(np.unique(numbers))
    if different < chosen.min_frames:
        raise RefusedError(
            "too_few_pictures",
            f"{different} pictures of the walker follow one another without a gap of more than "
            f"{chosen.max_gap_s:g} s; {chosen.min_frames} are needed.",
            "Film a longer walk, with the whole person in view.",
        )
    return pictures.between(float(kept[0]), float(kept[-1])), clock, numbers


def _colour(pictures: PersonPictures, chosen: RgbdOptions) -> NDArray[np.uint8] | None:
    """Return (M, H, W, 3) colour; None where there is none, or no light in it."""
    colour = pictures.colour
    if colour is None or not (colour >= _BLACK).any():
        return None
    if colour.shape[1:3] == (chosen.height_px, chosen.width_px):
        return colour
    smaller = colour.shape[1] > chosen.height_px
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    size = (chosen.width_px, chosen.height_px)
    return np.stack([np.asarray(cv2.resize(c, size, interpolation=how), np.uint8) for c in colour])


def _depth(pictures: PersonPictures, chosen: RgbdOptions) -> NDArray[np.uint8] | None:
    """Return (M, H, W) depth about the person, 0 unknown; None where it is not known enough."""
    person_mm = pictures.person_mm
    known = np.isfinite(person_mm)
    if pictures.depth_mm is None or known.mean() < _DEPTH_SHARE:
        return None
    # Where the trunk was not measured for a moment, the person is between before and after.
    middle_mm = np.interp(pictures.time_s, pictures.time_s[known], person_mm[known])
    size = (chosen.width_px, chosen.height_px)
    found = np.zeros((len(pictures), *size[::-1]), np.uint8)
    for number, depth_mm in enumerate(pictures.depth_mm):
        # Never between two depths.
        fitted = depth_mm
        if depth_mm.shape[::-1] != size:
            fitted = cv2.resize(depth_mm, size, interpolation=cv2.INTER_NEAREST_EXACT)
        away = (fitted.astype(np.float32) - middle_mm[number]) / (1000 * chosen.depth_range_m)
        levels = np.rint(128 + 127 * np.clip(away, -1, 1)).astype(np.uint8)
        found[number] = np.where(fitted > 0, levels, 0)
    return found
