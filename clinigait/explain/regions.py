"""Which region of the body each number belongs to that a network sees: pixels and channels."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BODY_REGIONS, InputSpec, RefusedError, Side, Space, Walk
from clinigait.perception.person_pictures import person_places, window_of
from clinigait.representations.body_parts import PARTS, label_parts
from clinigait.representations.clip import Clip
from clinigait.representations.clocks import nearest
from clinigait.representations.gait_angles import CHANNELS
from clinigait.representations.options import read_options
from clinigait.representations.pictures import (
    SILHOUETTES,
    SKELETON_MAPS,
    PictureOptions,
    SilhouetteOptions,
    aligned_silhouettes,
    seen_by_a_camera,
)
from clinigait.representations.rgbd_pictures import RGBD, RgbdOptions
from clinigait.representations.skeleton_inputs import GAIT_ANGLES
from clinigait.representations.skeleton_maps import skeleton_maps

Labels = NDArray[np.uint8]
#: Numbers in :data:`clinigait.core.BODY_REGIONS`.
NUMBER = {name: number for number, name in enumerate(BODY_REGIONS)}
ELSEWHERE = NUMBER["elsewhere"]
_PART = {
    "upper_arm": "arm", "forearm": "arm", "hand": "arm", "thigh": "thigh", "shank": "shank",
    "foot": "foot",
}  # fmt: skip
_PAIR = {"arm": "arms", "thigh": "thighs", "shank": "shanks", "foot": "feet"}
#: The trunk ends and the pelvis begins at this share of the way from the shoulders to the hips:
#: about the height of the iliac crests (inference from the heights of Drillis & Contini 1966).
_CREST = 0.75
#: Shoulders that are at least this far apart, in lengths of the trunk, show which side is which:
#: a body turned more than 30 degrees out of the side view.
_APART = 0.4
#: Of the channels of gait angles: the segment that moves, or whose place it is.
_WHOLE = {
    "trunk": "trunk", "shoulder": "trunk", "head": "head", "pelvis": "pelvis", "speed": "elsewhere",
}  # fmt: skip
_SIDED = {
    "thigh": "thigh", "knee": "shank", "shank": "shank", "foot": "foot", "ankle": "foot",
    "arm": "arm", "elbow": "arm", "wrist": "arm", "hand": "arm",
}  # fmt: skip
_HEIGHTS = {"ankle_height_pct": "foot", "knee_height_pct": "thigh", "hip_height_pct": "pelvis"}


def labels_of(walk: Walk, clip: Clip, spec: InputSpec, near_side: Side | None) -> Labels:
    """Return the region of everything that a network sees by one input.

    Pixels belong to the nearest limb segment, as :mod:`clinigait.representations.body_parts` has
    it, body or not: an outline lies on both. Further out than 0.06 body heights they are
    elsewhere.

    Parameters
    ----------
    walk
        What was prepared.
    clip
        The preparation.
    spec
        Kind and options of the input.
    near_side
        Side of the body near the camera; None where it is not known.

    Returns
    -------
    numpy.ndarray
        (T, H, W) of pictures or (T, C, 1) of channels: numbers of
        :data:`clinigait.core.BODY_REGIONS`.

    Raises
    ------
    RefusedError
        ``no_regions``: the kind is none whose places are known, or the walk has no keypoints in
        the picture.
    """
    if spec.kind == GAIT_ANGLES:
        channels = np.array([NUMBER[channel_region(name)] for name in CHANNELS], np.uint8)
        return np.broadcast_to(channels[None, :, None], (len(clip), len(CHANNELS), 1))
    if spec.kind not in _PLACED:
        raise RefusedError(
            "no_regions",
            f"Nobody knows where in the body the input {spec.kind[:40]} lies.",
            "Explain a model of silhouettes, skeleton maps, gait angles or colour and depth.",
        )
    seen = seen_by_a_camera(walk)
    if seen.space is not Space.IMAGE_PX or not np.isfinite(seen.keypoints).any():
        raise RefusedError(
            "no_regions",
            "This walk has no keypoints in the picture: nobody knows where in the body a pixel "
            "lies.",
            "Give the walk with keypoints in the picture.",
        )
    frames, affine, shape = _PLACED[spec.kind](seen, clip, spec)
    return _labelled(seen, frames, affine, shape, near_side)


def channel_region(name: str) -> str:
    """Return the region of a channel of gait angles: the segment that moves in it."""
    side, _, rest = name.partition("_")
    if side not in ("left", "right"):
        return _WHOLE[side]
    part = _HEIGHTS.get(rest) or _SIDED[rest.partition("_")[0]]
    return part if part == "pelvis" else f"{side}_{part}"


def sides_apart(walk: Walk) -> bool:
    """Tell whether a picture of a walk shows by itself which side is which.

    From the side the outline of a body is that of its mirror image a step later: there left and
    right are one region.
    """
    seen = walk.pictured()
    names = [f"{side}_{point}" for point in ("shoulder", "hip") for side in ("left", "right")]
    if not all(name in seen.layout for name in names):
        return False
    points = [seen.keypoints[:, seen.layout.index(name), :2] for name in names]
    breadth = np.abs(points[0][:, 0] - points[1][:, 0])
    trunk = np.linalg.norm((points[0] + points[1] - points[2] - points[3]) / 2, axis=1)
    known = np.isfinite(breadth) & (trunk > 0)
    return bool(known.any() and np.median(breadth[known] / trunk[known]) >= _APART)


def paired(labels: Labels) -> Labels:
    """Return labels in which the two of a pair are one region."""
    return _PAIRED[labels]


def _silhouettes(
    walk: Walk, clip: Clip, spec: InputSpec
) -> tuple[NDArray[np.intp], NDArray[np.float64], tuple[int, int]]:
    """Return frames of the walk, their (T, 2, 3) affine to the picture, and its size."""
    chosen = read_options(SILHOUETTES, SilhouetteOptions, spec.options)
    assert walk.silhouettes is not None  # noqa: S101  it was prepared
    aligned = aligned_silhouettes(walk.silhouettes, walk.time_s, chosen)
    taken = nearest(aligned.time_s, clip.time_s)
    return aligned.frames[taken], aligned.affine[taken], aligned.images.shape[1:3]


def _skeleton_maps(
    walk: Walk, clip: Clip, spec: InputSpec
) -> tuple[NDArray[np.intp], NDArray[np.float64], tuple[int, int]]:
    chosen = read_options(SKELETON_MAPS, PictureOptions, spec.options)
    maps = skeleton_maps(walk, size=chosen.size, scale_of=chosen.scale_of).cut()
    taken = nearest(maps.time_s, clip.time_s)
    return maps.frames[taken], maps.affine[taken], maps.images.shape[2:4]


def _rgbd(
    walk: Walk, clip: Clip, spec: InputSpec
) -> tuple[NDArray[np.intp], NDArray[np.float64], tuple[int, int]]:
    chosen = read_options(RGBD, RgbdOptions, spec.options)
    assert walk.pictures is not None  # noqa: S101  it was prepared
    size = (chosen.height_px, chosen.width_px)
    taken = walk.pictures.time_s[nearest(walk.pictures.time_s, clip.time_s)]
    frames = nearest(walk.time_s, taken)
    affine = np.full((len(frames), 2, 3), np.nan)
    for number, place in enumerate(person_places(walk)[frames]):
        if np.isfinite(place).all():
            x0, y0, x1, y1 = window_of(place, size)
            across, down = size[1] / (x1 - x0), size[0] / (y1 - y0)
            # Whole numbers are the middles of pixels.
            affine[number] = [
                [across, 0.0, (0.5 - x0) * across - 0.5],
                [0.0, down, (0.5 - y0) * down - 0.5],
            ]
    return frames, affine, size


_PLACED: dict[
    str,
    Callable[
        [Walk, Clip, InputSpec],
        tuple[NDArray[np.intp], NDArray[np.float64], tuple[int, int]],
    ],
] = {SILHOUETTES: _silhouettes, SKELETON_MAPS: _skeleton_maps, RGBD: _rgbd}


def _labelled(
    walk: Walk,
    frames: NDArray[np.intp],
    affine: NDArray[np.float64],
    shape: tuple[int, int],
    near_side: Side | None,
) -> Labels:
    everywhere = np.ones((len(frames), *shape), bool)
    parts = label_parts(walk, frames, affine, everywhere, near_side=near_side).labels
    labels = _REGION_OF_PART[parts]
    trunk = labels == NUMBER["trunk"]
    labels[trunk & (_along(walk, frames, affine, shape, "shoulder", "hip") > _CREST)] = NUMBER[
        "pelvis"
    ]
    if any(f"{side}_heel" in walk.layout for side in ("left", "right")):
        return labels
    for side in ("left", "right"):  # without heels and toes a foot is what lies below the ankle
        below = _along(walk, frames, affine, shape, f"{side}_knee", f"{side}_ankle") > 1
        labels[(labels == NUMBER[f"{side}_shank"]) & below] = NUMBER[f"{side}_foot"]
    return labels


def _along(
    walk: Walk,
    frames: NDArray[np.intp],
    affine: NDArray[np.float64],
    shape: tuple[int, int],
    *ends: str,
) -> NDArray[np.float64]:
    """Return (T, H, W) how far along the way from one point to another a pixel lies; NaN unknown.

    The name of a point without a side is the middle of both.
    """
    places = []
    for name in ends:
        names = [name] if name in walk.layout else [f"left_{name}", f"right_{name}"]
        if not all(each in walk.layout for each in names):
            return np.full((len(frames), *shape), np.nan)
        points = walk.keypoints[frames][:, [walk.layout.index(each) for each in names], :2]
        place = points.mean(axis=1)
        places.append(np.einsum("nij,nj->ni", affine[:, :, :2], place) + affine[:, :, 2])
    start, way = places[0], places[1] - places[0]
    rows, columns = (np.arange(n, dtype=np.float64) for n in shape)
    dx = columns[None, None, :] - start[:, 0, None, None]
    dy = rows[None, :, None] - start[:, 1, None, None]
    length2 = np.maximum((way**2).sum(axis=1), 1e-9)[:, None, None]
    return np.asarray((way[:, 0, None, None] * dx + way[:, 1, None, None] * dy) / length2)


def _region_of_part() -> Labels:
    found = []
    for name in PARTS:
        side, _, part = name.partition("_")
        region = f"{side}_{_PART[part]}" if part else {"torso": "trunk"}.get(name, name)
        found.append(NUMBER.get(region, ELSEWHERE))
    return np.array(found, np.uint8)


def _paired_numbers() -> Labels:
    found = []
    for name in BODY_REGIONS:
        side, _, part = name.partition("_")
        found.append(NUMBER[_PAIR[part]] if side in ("left", "right") else NUMBER[name])
    return np.array(found, np.uint8)


_REGION_OF_PART = _region_of_part()
_PAIRED = _paired_numbers()
