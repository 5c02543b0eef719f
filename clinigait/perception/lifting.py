"""Keypoints of a picture and their depth become a walk in metres."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d, median_filter

from clinigait.core import (
    ASSUMED_FOCAL_SD,
    SIDES,
    Depth,
    DepthFacts,
    Intrinsics,
    KeypointLayout,
    RefusedError,
    Side,
    Space,
    Walk,
    opposite,
)
from clinigait.perception.depth import DepthSamples

#: From the skin that a camera sees to the centre of the joint, along the line of sight, in m:
#: half of the usual breadth of adult joints (knee 0.10, ankle 0.07, elbow 0.07, wrist 0.06); for
#: the hip half of what the breadth over the hips, 0.34, leaves of the distance of the joints,
#: 0.17. Ours; what people and views differ by is in the spread.
SKIN_TO_JOINT_M = {
    "hip": 0.085,
    "knee": 0.05,
    "ankle": 0.035,
    "heel": 0.03,
    "toe": 0.03,
    "shoulder": 0.06,
    "elbow": 0.035,
    "wrist": 0.03,
}
_SKIN_SD_M = 0.015
#: Random error of a depth camera by triangulation, in m at 1 m; it grows with the square of the
#: distance (Khoshelham & Elberink 2012, doi 10.3390/s120201437).
_SENSOR_SD = 0.00143
#: Error of a keypoint in the picture, as a share of the person's height there (ours).
_PIXEL_SD = 0.006
#: Error of a distance that was taken from neighbours, in m.
_FILLED_SD_M = 0.03
#: Hidden points get their distance from before and after for so long at most.
_LONGEST_GAP_S = 0.5
#: A distance that leaves the median of so many seconds by more than so much, in m and in robust
#: standard deviations, is of something else.
_OUTLIER_WINDOW_S, _OUTLIER_M, _OUTLIER_SD = 0.4, 0.06, 4.0
#: Seen from within 60 degrees of the side, one half of the body hides the other.
_SIDE_VIEW_COS = 0.5
#: Slower than this nobody has a direction.
_LEAST_MPS = 0.15
#: Distance of the joints of a pair, as a share of the body height (Drillis & Contini 1966 give
#: 0.191 for the hips' breadth with the flesh and 0.259 for that of the shoulders).
_PAIR_BREADTH = {"hip": 0.1, "shoulder": 0.2}
#: Radius in m of limbs, which hide what is behind them, by their ends.
_RADIUS_M = {
    ("hip", "knee"): 0.08, ("knee", "ankle"): 0.055, ("ankle", "heel"): 0.04,
    ("heel", "toe"): 0.04, ("ankle", "toe"): 0.04, ("shoulder", "hip"): 0.12,
    ("shoulder", "elbow"): 0.05, ("elbow", "wrist"): 0.04,
}  # fmt: skip
_TRUNK = (("shoulder", "hip"),)
_ARM = (("shoulder", "elbow"), ("elbow", "wrist"))
_HEEL = (("ankle", "heel"),)
_FOOT = (("ankle", "heel"), ("heel", "toe"), ("ankle", "toe"))
_THIGH, _SHANK = (("hip", "knee"),), (("knee", "ankle"),)
#: In a side view any limb of the near side may hide these of the far side.
_FAR = ("knee", "ankle", "heel", "toe", "elbow", "wrist")
#: What parts of the same side hide, seen from behind (+1), from ahead (-1), or from anywhere (0):
#: toes behind their heels, a lifted foot behind its knee.
_BY_OWN_SIDE = (
    (+1, "toe", _HEEL), (+1, "knee", _FOOT), (-1, "heel", (*_THIGH, *_SHANK, ("ankle", "toe"))),
    (-1, "toe", _THIGH), (-1, "ankle", _THIGH), (0, "hip", _ARM),
)  # fmt: skip
#: A foot of which less was measured is left out on both sides.
_LEAST_FOOT = 0.6
#: A far point whose depth is not farther than what hides it, by this, is hidden indeed.
_APART_M = 0.05
#: Relative standard uncertainty of lengths with calibrated cameras: skin and joint, lens (ours).
_CALIBRATED_SD = 0.01
#: With fewer leg points measured there is nothing to lift, in percent.
_LEAST_PCT = 25.0
_LEGS = ("hip", "knee", "ankle", "heel", "toe")


@dataclass(frozen=True, eq=False)
class _Way:
    """Where the body goes, and what its size is.

    Parameters
    ----------
    cos
        (T,) cosine between the way and the picture's x axis, with its sign; NaN where it stands.
    near
        (T,) the side that is turned to the camera: +1 right, -1 left, 0 neither.
    away
        (T,) +1 where the person goes away from the camera, -1 towards it, 0 in a side view.
    height_m
        Body height by the person's box.
    """

    cos: NDArray[np.float64]
    near: NDArray[np.int8]
    away: NDArray[np.int8]
    height_m: float


def lift(walk: Walk, samples: DepthSamples, camera: Intrinsics) -> tuple[Walk, DepthFacts]:
    """Return a walk of a picture as a walk in the camera's space, in m.

    Parameters
    ----------
    walk
        In the picture.
    samples
        The depth at its keypoints.
    camera
        The camera of the picture.

    Returns
    -------
    walk, facts
        The walk in :attr:`Space.CAMERA_M`, its points NaN where no distance is known, with
        ``keypoints_px`` and ``spread_m``; and what the report says of the depth.

    Raises
    ------
    RefusedError
        If the depth of hardly any point of the legs was measured.
    """
    rays = camera.rays(walk.keypoints)
    z_m = _near_the_body(samples.z_m)
    z_m = _without_outliers(walk.time_s, z_m)
    way = _way(walk, rays, z_m, camera)
    z_m = _without_hidden(walk, z_m, way, camera)
    measured = np.asarray(np.isfinite(z_m) & np.isfinite(rays).all(axis=2))
    joints_m = z_m + _skin_to_joint(walk.layout) / np.linalg.norm(rays, axis=2)
    joints_m = _with_far_partners(walk.layout, joints_m, way)
    joints_m = _with_short_gaps_filled(walk.time_s, joints_m)
    points = rays * joints_m[..., None]
    known = np.asarray(np.isfinite(points).all(axis=2))
    facts = _facts(walk, samples, measured, known, camera, joints_m)
    if facts.measured_pct < _LEAST_PCT:
        raise RefusedError(
            "no_depth",
            f"The depth camera measured only {facts.measured_pct:.0f} % of the leg points.",
            "Film from 1.5 to 4 m, out of the sun, and check that depth lies on the colour.",
        )
    lifted = replace(
        walk,
        keypoints=np.where(known[..., None], points, np.nan),
        confidence=np.where(known, walk.confidence, 0.0),
        space=Space.CAMERA_M,
        depth=Depth.MEASURED,
        keypoints_px=walk.keypoints,
        spread_m=_spread(walk, samples, joints_m, known & ~measured, camera),
        scale_uncertainty=float(np.hypot(_CALIBRATED_SD, ASSUMED_FOCAL_SD * camera.assumed)),
        provenance={**walk.provenance, "camera": camera.source},
    )
    return lifted, facts


def _near_the_body(z_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take out what is nowhere near the middle of the body: something before or behind it."""
    known = np.isfinite(z_m).any(axis=1)
    middle = np.full(len(z_m), np.nan)
    if known.any():
        middle[known] = np.nanmedian(z_m[known], axis=1)
        size = min(9, 2 * (int(known.sum()) // 2) - 1 if known.sum() > 1 else 1)
        middle[known] = median_filter(middle[known], size=max(size, 1), mode="nearest")
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(z_m - middle[:, None]) <= 1.0, z_m, np.nan)


def _without_outliers(time_s: NDArray[np.float64], z_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Take out distances that leave the line through their neighbours in time (Hampel 1974)."""
    kept = z_m.copy()
    for point in range(z_m.shape[1]):
        known = np.flatnonzero(np.isfinite(z_m[:, point]))
        for index in known:
            first, last = np.searchsorted(
                time_s[known], time_s[index] + np.array([-0.5, 0.5]) * _OUTLIER_WINDOW_S
            )
            near = known[first:last]
            if len(near) < 5:
                continue
            off = z_m[near, point] - np.median(z_m[near, point])
            trend = _slope(time_s[near] - time_s[index], off)
            residual = off - trend * (time_s[near] - time_s[index])
            residual -= np.median(residual)
            own = abs(float(residual[near == index][0]))
            limit = _OUTLIER_M + _OUTLIER_SD * float(np.median(np.abs(residual)))
            if own > limit:
                kept[index, point] = np.nan
    return kept


def _slope(time_s: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Return a robust slope: the median of those between each sample and one half further on."""
    half = len(time_s) // 2
    steps_s = time_s[half:] - time_s[: len(time_s) - half]
    return float(np.median((values[half:] - values[: len(time_s) - half]) / steps_s))


def _way(
    walk: Walk, rays: NDArray[np.float64], z_m: NDArray[np.float64], camera: Intrinsics
) -> _Way:
    names = [n for n in ("hip", "shoulder") if f"left_{n}" in walk.layout]
    trunk = [walk.layout.index(name, side) for name in names for side in SIDES]
    places = (rays[:, trunk] * z_m[:, trunk, None])[..., [0, 2]]
    known = np.asarray(np.isfinite(places).all(axis=2))
    count = known.sum(axis=1)
    middle = np.where(known[..., None], places, 0).sum(axis=1) / np.maximum(count, 1)[:, None]
    seen = np.flatnonzero(count > 0)
    cos, sin = np.full(len(walk), np.nan), np.full(len(walk), np.nan)
    height_m = _body_height_m(walk, z_m, camera)
    if len(seen) > 4:
        path = np.column_stack(
            [np.interp(walk.time_s, walk.time_s[seen], middle[seen, axis]) for axis in (0, 1)]
        )
        interval_s = max(float(np.median(np.diff(walk.time_s))), 1e-3)
        smooth = gaussian_filter1d(path, 0.3 / interval_s, axis=0, mode="nearest")
        velocity = np.gradient(smooth, walk.time_s, axis=0)
        speed = np.linalg.norm(velocity, axis=1)
        moves = speed > _LEAST_MPS
        cos[moves], sin[moves] = (velocity[moves] / speed[moves, None]).T
    near = np.where(np.abs(cos) > _SIDE_VIEW_COS, np.sign(cos), 0)
    away = np.where((near == 0) & np.isfinite(sin), np.sign(sin), 0)
    return _Way(cos, near.astype(np.int8), away.astype(np.int8), height_m)


def _body_height_m(walk: Walk, z_m: NDArray[np.float64], camera: Intrinsics) -> float:
    if walk.boxes_px is None or not np.isfinite(z_m).any():
        return 1.7
    known = np.isfinite(z_m).any(axis=1) & np.isfinite(walk.boxes_px).all(axis=1)
    if not known.any():
        return 1.7
    tall_px = walk.boxes_px[known, 3] - walk.boxes_px[known, 1]
    tall_m = float(np.median(tall_px * np.nanmedian(z_m[known], axis=1) / camera.fy_px))
    return float(np.clip(tall_m, 0.8, 2.1))


def _without_hidden(
    walk: Walk, z_m: NDArray[np.float64], way: _Way, camera: Intrinsics
) -> NDArray[np.float64]:
    """Take out points at which something nearer was measured: the near side, the own limbs."""
    hidden = np.zeros(z_m.shape, bool)
    for side in SIDES:
        far = opposite(side)
        is_near = way.near == (1 if side == "right" else -1)
        for name in _FAR:
            hidden |= _hidden_by(walk, z_m, (far, name), (side, tuple(_RADIUS_M)), camera, is_near)
            hidden |= _hidden_by(walk, z_m, (far, name), (far, _TRUNK), camera, is_near)
        for name in _PAIR_BREADTH:
            if f"{far}_{name}" in walk.layout:
                hidden[is_near, walk.layout.index(name, far)] = True
        for away, name, limbs in _BY_OWN_SIDE:
            when = way.away == away if away else np.ones(len(walk), bool)
            hidden |= _hidden_by(walk, z_m, (side, name), (side, limbs), camera, when)
    return _with_whole_feet_only(walk, np.where(hidden, np.nan, z_m))


def _with_whole_feet_only(walk: Walk, z_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Leave out heels or toes that are hidden for much of the walk: they would mislead."""
    kept = z_m.copy()
    for name in ("heel", "toe"):
        if f"left_{name}" not in walk.layout:
            continue
        pair = [walk.layout.index(name, side) for side in SIDES]
        seen = np.isfinite(walk.keypoints[:, pair]).all(axis=2)
        seen &= np.isfinite(z_m).any(axis=1, keepdims=True)
        share = (np.isfinite(z_m[:, pair]) & seen).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
        if share.min() < _LEAST_FOOT:
            kept[:, pair] = np.nan
    return kept


def _hidden_by(
    walk: Walk,
    z_m: NDArray[np.float64],
    point: tuple[Side, str],
    by: tuple[Side, tuple[tuple[str, str], ...]],
    camera: Intrinsics,
    when: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Return (T, K) where one point is hidden by limbs of one side, which it is no end of."""
    hidden = np.zeros(z_m.shape, bool)
    (side, name), (limb_side, limbs) = point, by
    names = set(walk.layout.points)
    if f"{side}_{name}" not in names or not when.any():
        return hidden
    index = walk.layout.index(name, side)
    for limb in limbs:
        own = side == limb_side and name in limb
        if own or not {f"{limb_side}_{end}" for end in limb} <= names:
            continue
        ends = [walk.layout.index(end, limb_side) for end in limb]
        radius_px_m = _RADIUS_M[limb] * camera.fx_px
        hidden[:, index] |= when & _covered(walk.keypoints, z_m, index, ends, radius_px_m)
    return hidden


def _covered(
    places: NDArray[np.float64],
    z_m: NDArray[np.float64],
    point: int,
    ends: list[int],
    radius_px_m: float,
) -> NDArray[np.bool_]:
    """Return (F,) whether a point lies on a nearer limb, and was measured no farther than it."""
    start, end = places[:, ends[0]], places[:, ends[1]]
    along = end - start
    length = np.maximum((along**2).sum(axis=1), 1e-9)
    share = np.clip(((places[:, point] - start) * along).sum(axis=1) / length, 0, 1)
    off_px = np.linalg.norm(places[:, point] - start - share[:, None] * along, axis=1)
    surface_m = z_m[:, ends[0]] + share * (z_m[:, ends[1]] - z_m[:, ends[0]])
    with np.errstate(invalid="ignore"):
        return np.asarray(
            (off_px < radius_px_m / surface_m) & (z_m[:, point] < surface_m + _APART_M)
        )


def _skin_to_joint(layout: KeypointLayout) -> NDArray[np.float64]:
    return np.array([SKIN_TO_JOINT_M.get(name.split("_", 1)[-1], 0.0) for name in layout.points])


def _with_far_partners(
    layout: KeypointLayout, joints_m: NDArray[np.float64], way: _Way
) -> NDArray[np.float64]:
    """Put the far hip and shoulder behind the near one: in a side view they are never seen."""
    filled = joints_m.copy()
    for name, breadth in _PAIR_BREADTH.items():
        if f"left_{name}" not in layout:
            continue
        pair: dict[Side, int] = {side: layout.index(name, side) for side in SIDES}
        for side in SIDES:
            seen = way.near == (1 if side == "right" else -1)
            behind_m = breadth * way.height_m * np.abs(way.cos)
            filled[seen, pair[opposite(side)]] = (joints_m[:, pair[side]] + behind_m)[seen]
    return filled


def _with_short_gaps_filled(
    time_s: NDArray[np.float64], joints_m: NDArray[np.float64]
) -> NDArray[np.float64]:
    filled = joints_m.copy()
    for point in range(joints_m.shape[1]):
        known = np.flatnonzero(np.isfinite(joints_m[:, point]))
        if len(known) < 2:
            continue
        missing = np.setdiff1d(np.arange(known[0], known[-1] + 1), known)
        after = np.searchsorted(known, missing)
        gap_s = time_s[known[after]] - time_s[known[after - 1]]
        missing = missing[gap_s <= _LONGEST_GAP_S]
        filled[missing, point] = np.interp(time_s[missing], time_s[known], joints_m[known, point])
    return filled


def _spread(
    walk: Walk,
    samples: DepthSamples,
    z_m: NDArray[np.float64],
    filled: NDArray[np.bool_],
    camera: Intrinsics,
) -> NDArray[np.float64]:
    """Return (T, K) standard deviations in m: along the line of sight and across it together."""
    boxes = walk.boxes_px
    tall_px = np.full(len(walk), np.nan) if boxes is None else boxes[:, 3] - boxes[:, 1]
    tall_px = np.where(np.isfinite(tall_px), tall_px, camera.size_px[1] / 2)
    across_m = _PIXEL_SD * tall_px[:, None] * z_m / camera.fx_px
    patch_m = np.where(filled, _FILLED_SD_M, np.nan_to_num(samples.patch_sd_m))
    along_m = np.sqrt(patch_m**2 + (_SENSOR_SD * z_m**2) ** 2 + _SKIN_SD_M**2)
    return np.asarray(np.sqrt(along_m**2 + 2 * across_m**2))


def _facts(
    walk: Walk,
    samples: DepthSamples,
    measured: NDArray[np.bool_],
    known: NDArray[np.bool_],
    camera: Intrinsics,
    z_m: NDArray[np.float64],
) -> DepthFacts:
    legs = [
        walk.layout.index(name, side)
        for name in _LEGS
        for side in SIDES
        if f"{side}_{name}" in walk.layout
    ]
    seen = np.isfinite(walk.keypoints[:, legs]).all(axis=2)
    n_seen = max(int(seen.sum()), 1)
    near = z_m[:, legs][known[:, legs]]
    return DepthFacts(
        camera=camera.source,
        camera_assumed=camera.assumed,
        focal_px=round(camera.fx_px, 1),
        frames_pct=round(float(100 * samples.has_depth.mean()), 1) if len(walk) else 0.0,
        measured_pct=round(100 * int((measured[:, legs] & seen).sum()) / n_seen, 1),
        filled_pct=round(100 * int((known & ~measured)[:, legs][seen].sum()) / n_seen, 1),
        distance_m=round(float(np.median(near)), 3) if len(near) else 0.0,
        red_over_blue=None if samples.red_over_blue is None else round(samples.red_over_blue, 2),
    )
