"""Silhouettes and skeleton maps as networks take them: 64 x 44, on an even clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from clinigait.core import BadInputError, RefusedError, Silhouettes, Space, Walk
from clinigait.representations.clip import Clip
from clinigait.representations.clocks import even_clock, longest_stretch, nearest
from clinigait.representations.options import read_options
from clinigait.representations.silhouettes import AlignedSilhouettes, ScaleOf, align
from clinigait.representations.skeleton_maps import skeleton_maps

SILHOUETTES, SKELETON_MAPS = "silhouettes", "skeleton_maps"
_STRICT = {"extra": "forbid"}
Rate = Annotated[float, Field(ge=5, le=120)]
Frames = Annotated[int, Field(ge=1, le=1000)]
Gap = Annotated[float, Field(gt=0, le=2)]


@dataclass(frozen=True)
class PictureOptions:
    """How pictures are prepared.

    Parameters
    ----------
    rate_hz
        Pictures a second.
    size
        Rows before the empty sides are cut off: 64 gives 64 x 44.
    scale_of
        One scale for each frame, or one for the sequence.
    min_frames
        Walks with fewer different pictures are refused.
    max_gap_s
        Where pictures are further apart, the longest part between such gaps is taken.
    """

    __pydantic_config__: ClassVar[dict[str, str]] = _STRICT

    rate_hz: Rate = 30.0
    size: Literal[64, 128] = 64
    scale_of: ScaleOf = "frame"
    min_frames: Frames = 15
    max_gap_s: Gap = 0.2


@dataclass(frozen=True)
class SilhouetteOptions(PictureOptions):
    """How silhouettes are prepared; ``with_aids`` is whether pixels of walking aids stay."""

    with_aids: bool = True


def prepare_silhouettes(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return aligned silhouettes, (T, 1, 64, 44) uint8, on an even clock.

    Every time of the clock gets the picture nearest to it; the walk's longest part without a gap
    counts. Options are those of :class:`SilhouetteOptions`.

    Raises
    ------
    RefusedError
        ``no_silhouettes``, ``aids_unknown``, ``unplaced_silhouettes`` or
        ``too_few_silhouettes``.
    BadInputError
        If an option is unknown or impossible.
    """
    chosen = read_options(SILHOUETTES, SilhouetteOptions, options)
    if walk.silhouettes is None:
        raise RefusedError(
            "no_silhouettes", "This walk has no silhouettes.", "Give the film that it was seen in."
        )
    if not chosen.with_aids and walk.silhouettes.aid_bits is None:
        raise RefusedError(
            "aids_unknown",
            "The model looks at people without their walking aids, and nobody looked for aids in "
            "these silhouettes.",
            "Give the film, or a model that takes silhouettes as they are.",
        )
    aligned = aligned_silhouettes(walk.silhouettes, walk.time_s, chosen)
    return _on_the_clock(SILHOUETTES, aligned.images[:, None], aligned.time_s, chosen)


def aligned_silhouettes(
    silhouettes: Silhouettes, time_s: NDArray[np.float64], chosen: SilhouetteOptions
) -> AlignedSilhouettes:
    """Return silhouettes as networks take them, before they come on the even clock."""
    return align(
        silhouettes,
        time_s,
        size=chosen.size,
        scale_of=chosen.scale_of,
        with_aids=chosen.with_aids,
    ).cut()


def prepare_skeleton_maps(walk: Walk, options: Mapping[str, Any]) -> Clip:
    """Return skeleton maps, (T, 2, 64, 44) uint8: joints and limbs, on an even clock.

    Options are those of :class:`PictureOptions`. A walk in metres that was seen in a picture is
    drawn as the picture shows it.

    Raises
    ------
    RefusedError
        ``no_view``, ``no_skeleton`` or ``too_few_skeleton_maps``.
    BadInputError
        If an option is unknown or impossible.
    """
    chosen = read_options(SKELETON_MAPS, PictureOptions, options)
    seen = seen_by_a_camera(walk)
    try:
        maps = skeleton_maps(seen, size=chosen.size, scale_of=chosen.scale_of).cut()
    except BadInputError as error:
        raise RefusedError("no_skeleton", error.message, error.remedy) from error
    return _on_the_clock(SKELETON_MAPS, maps.images, maps.time_s, chosen)


def seen_by_a_camera(walk: Walk) -> Walk:
    """Return the walk as a picture or a camera has it.

    Raises
    ------
    RefusedError
        If it is known in the space of a room only.
    """
    seen = walk.pictured()
    if seen.space is Space.WORLD_M:
        raise RefusedError(
            "no_view",
            "These points are in the space of a room, which no camera looks at.",
            "Give keypoints in the picture or in the space of a camera.",
        )
    return seen


def _on_the_clock(
    kind: str, images: NDArray[np.uint8], time_s: NDArray[np.float64], chosen: PictureOptions
) -> Clip:
    part = longest_stretch(time_s, chosen.max_gap_s)
    images, time_s = images[part], time_s[part]
    clock = even_clock(time_s, chosen.rate_hz)
    numbers = nearest(time_s, clock) if len(clock) else np.zeros(0, np.intp)
    different = len(np.unique(numbers))
    if different < chosen.min_frames:
        words = kind.replace("_", " ")
        raise RefusedError(
            f"too_few_{kind}",
            f"{different} {words} follow one another without a gap of more than "
            f"{chosen.max_gap_s:g} s; {chosen.min_frames} are needed.",
            "Film a longer walk, with the whole person in view.",
        )
    return Clip({kind: images[numbers]}, {}, clock)
