"""Skeletons that models learn from: free of place, heading, size, side of the camera and clock.

Whatever found the joints, the same 17 of them come out: along the walker's own axes (forward,
left, up), in units of the body's size, the pelvis above the origin, the feet on the floor, at an
even rate. Joints of a layout that knows no feet, arms or head are absent, and absent they stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, BadInputError, KeypointLayout, RefusedError, Space, Walk
from clinigait.gait.filtering import derivative, low_passed

_PAIRED = ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")

#: The joints of a skeleton. ``pelvis`` and ``thorax`` are the middles of the hips and of the
#: shoulders, ``head`` is its centre, ``foot`` is the forefoot.
BODY_17 = KeypointLayout(
    "body17",
    ("pelvis", "thorax", "head", *(f"{side}_{joint}" for joint in _PAIRED for side in SIDES)),
)


def _parent(joint: str) -> str:
    side, _, name = joint.partition("_")
    nearer = {
        "elbow": "shoulder",
        "wrist": "elbow",
        "knee": "hip",
        "ankle": "knee",
        "foot": "ankle",
    }
    if name in nearer:
        return f"{side}_{nearer[name]}"
    return "thorax" if name == "shoulder" or joint == "head" else "pelvis"


#: Index of the joint that each hangs on; the pelvis hangs on itself.
PARENTS: tuple[int, ...] = tuple(BODY_17.index(_parent(joint)) for joint in BODY_17.points)
#: Index of each joint's partner on the other side.
MIRRORED: tuple[int, ...] = BODY_17.mirrored()

#: Rate of skeletons unless another is asked for.
RATE_HZ = 30.0
#: Shorter than this nobody makes two steps.
MIN_DURATION_S = 1.0
_CUTOFF_HZ = 6.0
#: Joints without which there is no gait to see.
_NEEDED = ("shoulder", "hip", "knee", "ankle")
#: A needed joint is seen in this share of the frames at least.
_SEEN_SHARE = 0.5
#: A frame is impossible where the pelvis is further from its steady way than this, sideways and in
#: height, in body sizes: a sensor that loses a person folds the skeleton up or throws it away.
_ASTRAY = (0.5, 0.2)
#: Or where a bone is shorter or longer than this, in its own median lengths.
_STRETCHED = (0.5, 1.6)
#: Body sizes a second at which somebody gets on; the hips say where forward is of who does not.
_GETTING_ON = 0.15
#: Headings follow the way over about this time: sway is no turn.
_HEADING_S = 1.0
#: The standing ankle's height among the lower ankle's heights.
_FLOOR_PERCENTILE = 5
#: Body sizes in metres that people have.
_SIZES_M = (0.4, 2.0)

#: Body sizes that somebody goes in a picture, at least, to be walking past it.
_LEAST_WAY = 0.5
#: A walk past the camera does not make a person so many times as large.
_NEARER = 1.25

_Points = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Skeleton:
    """Joints along the walker's own axes.

    Parameters
    ----------
    joints
        (T, 17, 3) of :data:`BODY_17`: forward and left of the pelvis, and up from the floor (from
        where the ankle stands), in body sizes; NaN for joints that the layout does not know.
    speed
        (T,) forward speed of the pelvis in body sizes a second.
    rate_hz
        Frames a second.
    size_m
        The body's size: a leg from hip to ankle and the trunk from hips to shoulders.
    sides_exchanged
        Whether left and right were taken for each other and have been exchanged: a sensor that
        sees a person's back may take it for the front.
    """

    joints: NDArray[np.float64]
    speed: NDArray[np.float64]
    rate_hz: float
    size_m: float
    sides_exchanged: bool = False

    def __post_init__(self) -> None:
        if self.joints.shape[1:] != (len(BODY_17), 3):
            raise ValueError(f"joints must be (T, {len(BODY_17)}, 3), not {self.joints.shape}")
        if self.speed.shape != self.joints.shape[:1]:
            raise ValueError(f"speed has {len(self.speed)} values for {len(self.joints)} frames")

    def __len__(self) -> int:
        return len(self.joints)

    def __getitem__(self, joint: str) -> _Points:
        """Return (T, 3) of one joint."""
        return self.joints[:, BODY_17.index(joint)]

    @property
    def known(self) -> NDArray[np.bool_]:
        """(17,) the joints that the layout knows."""
        return np.asarray(np.isfinite(self.joints).all(axis=(0, 2)))

    def mirrored(self) -> Skeleton:
        """Return the walk of the mirror image: left and right exchanged."""
        return replace(self, joints=mirrored_joints(self.joints))

    def bones(self) -> _Points:
        """Return (T, 17, 3) from the joint that each hangs on to itself, in body sizes.

        That of the pelvis, which hangs on nothing, is its height.
        """
        found = self.joints - self.joints[:, PARENTS]
        found[:, 0] = self.joints[:, 0]
        return np.asarray(found)

    def velocities(self) -> _Points:
        """Return (T, 17, 3) velocities over the ground, in body sizes a second."""
        moving = derivative(self.joints, self.rate_hz)
        moving[:, :, 0] += self.speed[:, None]
        return moving


def mirrored_joints(joints: _Points) -> _Points:
    """Return (…, 17, 3) joints, bones or velocities of the mirror image."""
    return np.asarray(joints[..., MIRRORED, :] * np.array([1.0, -1.0, 1.0]))


def skeleton(walk: Walk, rate_hz: float = RATE_HZ) -> Skeleton:
    """Return the skeleton of a walk in metres.

    Gaps are closed by straight lines, frames in which the body is torn are replaced likewise (at
    the ends they are cut off), what is faster than 6 Hz is taken out. Forward is where the pelvis
    goes (over a second or so), and where it does not get anywhere, as on a treadmill, where the
    hips face; vertical is gravity (a camera is taken to be level).

    Parameters
    ----------
    walk
        A walk in world or camera metres, in any layout with shoulders, hips, knees and ankles.
    rate_hz
        Wanted frames a second.

    Raises
    ------
    BadInputError
        If the walk is in a picture, or its layout lacks a needed joint.
    RefusedError
        If the walk is too short, a needed joint is seen too rarely, or the lengths are nobody's.
    """
    points, time_s = _upright(walk), walk.time_s
    if walk.duration_s < MIN_DURATION_S:
        raise _too_short(walk.duration_s)
    even_s = np.arange(round(walk.duration_s * rate_hz + 1e-6) + 1) / rate_hz + time_s[0]
    even = _interpolated(points, time_s, np.minimum(even_s, time_s[-1]))
    even = _mended(_with_middles(even))
    if len(even) < MIN_DURATION_S * rate_hz:
        raise _too_short(len(even) / rate_hz)
    even = low_passed(even.reshape(len(even), -1), rate_hz, _CUTOFF_HZ).reshape(even.shape)
    return _canonical(even, rate_hz)


def picture_skeleton(walk: Walk, rate_hz: float = RATE_HZ) -> Skeleton:
    """Return the skeleton of a walk seen from the side, as far as its picture shows it.

    Nothing is to the left of anything: the second coordinate of all joints is 0. Forward is where
    the person goes in the picture, up is up in it, and the body's size is that of the picture.

    Parameters
    ----------
    walk
        A walk in a picture, in any layout with shoulders, hips, knees and ankles.
    rate_hz
        Wanted frames a second.

    Raises
    ------
    BadInputError
        If the layout lacks a needed joint.
    RefusedError
        As of :func:`skeleton`; ``no_way`` if the person does not get on in the picture,
        ``not_from_the_side`` if the person comes nearer or goes away.
    """
    flat = np.insert(walk.keypoints[..., :2] * (1, -1), 1, 0.0, axis=2)
    standing = replace(walk, keypoints=flat, space=Space.WORLD_M, keypoints_px=None, spread_m=None)
    points = _with_middles(_upright(standing))
    size_px = _size(points)
    pelvis = points[np.isfinite(points[:, 0, 0]), 0, 0]
    if not size_px > 0 or np.ptp(pelvis) < _LEAST_WAY * size_px:
        raise RefusedError(
            "no_way",
            "The person does not get on in the picture.",
            "Film a walk past the camera, from the side.",
        )
    thirds = [_size(part) for part in np.array_split(points, 3)]
    if not max(thirds) < _NEARER * min(thirds):
        raise RefusedError(
            "not_from_the_side",
            "The person grows or shrinks in the picture: this is no walk past the camera.",
            "Film from the side, the camera square to the way.",
        )
    return skeleton(replace(standing, keypoints=flat / size_px), rate_hz)


def seen_from_the_side(body: Skeleton) -> Skeleton:
    """Return what a camera square to the way sees of a skeleton: nothing is to the left."""
    joints = body.joints.copy()
    joints[:, :, 1] *= 0.0  # joints that are not known stay so
    return replace(body, joints=joints)


def _canonical(points: _Points, rate_hz: float) -> Skeleton:
    """Turn, centre and scale (T, 17, 3) whole, even points."""
    size_m = _size(points)
    if not _SIZES_M[0] < size_m < _SIZES_M[1]:
        raise RefusedError(
            "no_person",
            f"Leg and trunk together are {size_m:.2f} m long: that is nobody's size.",
            "Check the unit of the points: they are read as metres.",
        )
    pelvis = points[:, 0]
    forward = _headings(points, size_m, rate_hz)
    left = np.stack([-forward[:, 1], forward[:, 0]], axis=1)
    from_pelvis = points[:, :, :2] - pelvis[:, None, :2]
    along = (from_pelvis * forward[:, None]).sum(axis=2)
    across = (from_pelvis * left[:, None]).sum(axis=2)
    joints = np.stack([along, across, points[:, :, 2]], axis=2)
    ankles = [joints[:, BODY_17.index("ankle", side), 2] for side in SIDES]
    joints[:, :, 2] -= np.percentile(np.minimum(*ankles), _FLOOR_PERCENTILE)
    hips = [joints[:, BODY_17.index("hip", side), 1] for side in SIDES]
    exchanged = bool(np.median(hips[0] - hips[1]) < 0)
    if exchanged:
        joints = joints[:, MIRRORED]
    speed = (derivative(pelvis[:, :2], rate_hz) * forward).sum(axis=1)
    return Skeleton(joints / size_m, speed / size_m, rate_hz, size_m, exchanged)


# ---------------------------------------------------------------- joints by name


def _upright(walk: Walk) -> _Points:
    """Return (T, 17, 3) with z up; NaN where a point is missing or not believed."""
    if walk.space is Space.IMAGE_PX:
        raise BadInputError(
            "These points lie in a picture; skeletons are made of points in metres.",
            "Give a walk with three dimensions.",
        )
    believed = (walk.confidence > 0)[:, :, None]
    places = np.where(believed, walk.keypoints, np.nan)
    if walk.space is Space.CAMERA_M:
        places = np.stack([places[..., 0], places[..., 2], -places[..., 1]], axis=2)
    found = np.full((len(walk), len(BODY_17), 3), np.nan)
    for index, joint in enumerate(BODY_17.points):
        for names in _names_of(joint):
            if all(name in walk.layout for name in names):
                columns = [walk.layout.index(name) for name in names]
                found[:, index] = places[:, columns].mean(axis=1)
                if _seen(found[:, index]) >= _SEEN_SHARE:
                    break
    _check_needed(walk, found)
    return found


def _names_of(joint: str) -> tuple[tuple[str, ...], ...]:
    """Return which points of other layouts stand for a joint, the best first."""
    side, _, name = joint.partition("_")
    if joint == "head":
        return (("left_ear", "right_ear"), ("head",), ("nose",), ("head_top",))
    if name == "foot":
        return ((joint,), (f"{side}_toe", f"{side}_small_toe"), (f"{side}_toe",))
    return ((joint,),) if name else ()


def _check_needed(walk: Walk, found: _Points) -> None:
    for name in _NEEDED:
        for side in SIDES:
            if f"{side}_{name}" not in walk.layout:
                raise BadInputError(
                    f"The layout {walk.layout.name} has no {side} {name}.",
                    "Give points with shoulders, hips, knees and ankles of both sides.",
                )
            if _seen(found[:, BODY_17.index(name, side)]) < _SEEN_SHARE:
                raise RefusedError(
                    "joint_unseen",
                    f"The {side} {name} is seen in less than half of the frames.",
                    "Film the whole body.",
                )


def _seen(place: _Points) -> float:
    """Return the share of the frames in which a (T, 3) place is known."""
    return float(np.isfinite(place).all(axis=1).mean()) if len(place) else 0.0


def _too_short(duration_s: float) -> RefusedError:
    return RefusedError(
        "too_short",
        f"{duration_s:.1f} s of walking are too few to see a gait.",
        f"Record {MIN_DURATION_S:g} s at least; four steps or more are better.",
    )


# ---------------------------------------------------------------- whole and even


def _interpolated(points: _Points, time_s: _Points, even_s: _Points) -> _Points:
    """Return (T', 17, 3) at other times; joints that are hardly ever seen stay absent."""
    found = np.full((len(even_s), *points.shape[1:]), np.nan)
    for joint in range(points.shape[1]):
        seen = np.isfinite(points[:, joint]).all(axis=1)
        if seen.mean() >= _SEEN_SHARE:
            for axis in range(3):
                found[:, joint, axis] = np.interp(even_s, time_s[seen], points[seen, joint, axis])
    return found


def _with_middles(points: _Points) -> _Points:
    for middle, pair in (("pelvis", "hip"), ("thorax", "shoulder")):
        left, right = (points[:, BODY_17.index(pair, side)] for side in SIDES)
        points[:, BODY_17.index(middle)] = (left + right) / 2
    return points


def _length(points: _Points, joint: str) -> _Points:
    """Return (T,) length of the bone that ends in a joint."""
    index = BODY_17.index(joint)
    return np.asarray(np.linalg.norm(points[:, index] - points[:, PARENTS[index]], axis=1))


def _size(points: _Points) -> float:
    """Return the length of a leg and the trunk; medians, so that torn frames do not count.

    Over the frames in which a bone is seen; NaN where one never is.
    """
    found = {}
    for joint in ("thorax", *(f"{side}_{j}" for side in SIDES for j in ("knee", "ankle"))):
        length = _length(points, joint)
        length = length[np.isfinite(length)]
        found[joint] = np.median(length) if len(length) else np.nan
    return float(found.pop("thorax") + sum(found.values()) / 2)


def _mended(points: _Points) -> _Points:
    """Cut torn ends off, and bridge torn frames and torn limbs."""
    torn = _astray(points[:, 0], _size(points))
    for joint in ("left_knee", "right_knee", "thorax"):
        torn |= _stretched(points, joint, ~torn)
    good = np.flatnonzero(~torn)
    if not len(good):
        raise RefusedError(
            "no_person",
            "In no frame do the points make a body.",
            "Check that the points are joints of one person, in the order of their layout.",
        )
    missing = dict.fromkeys(range(len(BODY_17)), torn)
    for name in ("knee", "ankle", "elbow", "wrist"):
        for side in SIDES:
            limb = torn | _stretched(points, f"{side}_{name}", ~torn)
            if (~limb).mean() >= 1 / 3:
                missing[BODY_17.index(name, side)] = limb
    return _bridged(points, missing)[good[0] : good[-1] + 1]


def _astray(pelvis: _Points, size_m: float) -> NDArray[np.bool_]:
    """Return (T,) where the pelvis is far from a way at a steady speed, turns allowed."""
    frames, half = np.arange(len(pelvis)), len(pelvis) // 2
    pace = np.median(pelvis[half : 2 * half] - pelvis[:half], axis=0) / max(half, 1)
    off = pelvis - pace * frames[:, None]
    off = off - np.median(off, axis=0)
    # Somebody who turns leaves any straight way by metres: only a jump, or a fall, is a tear.
    jump = np.linalg.norm(np.diff(pelvis, axis=0, prepend=pelvis[:1]), axis=1)
    straight = np.median(np.hypot(off[:, 0], off[:, 1])) < _ASTRAY[0] * size_m / 2
    sideways = np.hypot(off[:, 0], off[:, 1]) > _ASTRAY[0] * size_m
    fallen = np.abs(off[:, 2]) > _ASTRAY[1] * size_m
    return np.asarray(fallen | (sideways if straight else jump > _ASTRAY[0] * size_m))


def _stretched(points: _Points, joint: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
    length = _length(points, joint)
    if not np.isfinite(length).all() or not among.any():
        return np.zeros(len(points), bool)
    usual = np.median(length[among])
    return np.asarray((length < _STRETCHED[0] * usual) | (length > _STRETCHED[1] * usual))


def _bridged(points: _Points, missing: Mapping[int, NDArray[np.bool_]]) -> _Points:
    frames = np.arange(len(points))
    found = points.copy()
    for joint, gone in missing.items():
        for axis in range(3):
            found[:, joint, axis] = np.interp(frames, frames[~gone], points[~gone, joint, axis])
    return found


# ---------------------------------------------------------------- forward


def _headings(points: _Points, size_m: float, rate_hz: float) -> _Points:
    """Return (T, 2) unit vectors on the floor."""
    path = points[:, 0, :2]
    way = _smooth(derivative(path, rate_hz), rate_hz)
    hips = points[:, BODY_17.index("left_hip"), :2] - points[:, BODY_17.index("right_hip"), :2]
    facing = np.stack([hips[:, 1], -hips[:, 0]], axis=1)
    wide = np.linalg.norm(facing, axis=1, keepdims=True)  # 0 from the side
    facing = _smooth(facing / np.maximum(wide, 1e-12), rate_hz)
    gets_on = np.linalg.norm(way, axis=1).mean() >= _GETTING_ON * size_m
    chosen = way if gets_on else facing
    norm = np.linalg.norm(chosen, axis=1, keepdims=True)
    return np.asarray(chosen / np.maximum(norm, 1e-9))


def _smooth(signal: _Points, rate_hz: float) -> _Points:
    """Return (T, 2) Gaussian means, of what there is at the ends."""
    reach = 3 * round(_HEADING_S * rate_hz)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / (_HEADING_S * rate_hz)) ** 2)
    share = np.convolve(np.ones(len(signal)), weights)[reach : reach + len(signal)]
    sums = [np.convolve(column, weights)[reach : reach + len(signal)] for column in signal.T]
    return np.asarray(np.stack(sums, axis=1) / share[:, None])
