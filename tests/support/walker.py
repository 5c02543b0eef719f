"""A stick figure that walks by known rules: every event and length is known exactly."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    BLAZEPOSE_33,
    Depth,
    KeypointLayout,
    Side,
    Space,
    Subject,
    Walk,
    assumed_focal_px,
)

HEIGHT_M = 1.70
_LEG = {"thigh": 0.245 * HEIGHT_M, "shank": 0.246 * HEIGHT_M}
_FOOT_M = 0.2


@dataclass(frozen=True)
class Gait:
    """How the figure walks.

    Parameters
    ----------
    stride_time_s, stride_length_m, stance_share
        The cycle; ``stance_share`` is stance over stride time.
    step_share
        Right step time over stride time: 0.5 is symmetric.
    direction
        +1 walks to the right of the picture, -1 to the left.
    duration_s, rate_hz
        The recording.
    noise_px
        Standard deviation of keypoint noise.
    seed
        Of the noise.
    """

    stride_time_s: float = 1.1
    stride_length_m: float = 1.3
    stance_share: float = 0.62
    step_share: float = 0.5
    direction: int = 1
    duration_s: float = 8.0
    rate_hz: float = 60.0
    noise_px: float = 0.0
    seed: int = 0
    start_x_m: float = field(default=-4.5)

    @property
    def speed_mps(self) -> float:
        return self.stride_length_m / self.stride_time_s

    def contacts_s(self, side: Side) -> NDArray[np.float64]:
        """True initial contacts from before the start to after the end."""
        offset = 0.0 if side == "left" else self.step_share * self.stride_time_s
        return offset + self.stride_time_s * np.arange(
            -2, int(self.duration_s / self.stride_time_s) + 3
        )

    def foot_offs_s(self, side: Side) -> NDArray[np.float64]:
        """True foot offs, one after each contact."""
        return self.contacts_s(side) + self.stance_share * self.stride_time_s


PX_PER_M = 250.0
SIZE_PX = (2500, 1000)
_FLOOR_PX = 900.0


def synthetic_walk(
    gait: Gait,
    layout: KeypointLayout = BLAZEPOSE_33,
    time_s: NDArray[np.float64] | None = None,
    height_m: float | None = HEIGHT_M,
) -> Walk:
    """Return the walk of the figure as a side-view camera sees it, without perspective."""
    if time_s is None:
        time_s = np.arange(round(gait.duration_s * gait.rate_hz)) / gait.rate_hz
    points = _points_m(gait, time_s)
    rng = np.random.default_rng(gait.seed)
    keypoints = np.full((len(time_s), len(layout), 2), np.nan)
    for name, place in points.items():
        if name in layout:
            x = SIZE_PX[0] / 2 + gait.direction * place[:, 0] * PX_PER_M
            y = _FLOOR_PX - place[:, 1] * PX_PER_M
            keypoints[:, layout.index(name)] = np.column_stack([x, y])
    keypoints += rng.normal(0, gait.noise_px, keypoints.shape) if gait.noise_px else 0.0
    confidence = np.where(np.isfinite(keypoints[:, :, 0]), 0.95, 0.0)
    return Walk(
        time_s=np.asarray(time_s, float),
        keypoints=keypoints,
        confidence=confidence,
        layout=layout,
        space=Space.IMAGE_PX,
        image_size_px=SIZE_PX,
        subject=Subject(height_m=height_m),
    )


def _points_m(gait: Gait, time_s: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
    """(T, 2) forward and up positions in m."""
    forward = gait.start_x_m + gait.speed_mps * time_s
    bounce = 0.02 * np.cos(4 * np.pi * (time_s / gait.stride_time_s))
    hip = np.column_stack([forward, 0.485 * HEIGHT_M - 0.02 + bounce])
    shoulder = hip + np.array([0.02, 0.288 * HEIGHT_M])
    head = shoulder + np.array([0.06, (0.936 - 0.485 - 0.288) * HEIGHT_M])
    points = {"nose": head}
    for side in ("left", "right"):
        heel, toe = _foot(gait, side, time_s)
        ankle = heel + (toe - heel) * 0.25 + [0.0, 0.07]
        phase = (time_s - gait.contacts_s(side)[2]) / gait.stride_time_s * 2 * np.pi
        swing = -0.35 * np.cos(phase)
        wrist = shoulder + 0.55 * np.column_stack([np.sin(swing), -np.cos(swing)])
        points |= {
            f"{side}_{name}": place
            for name, place in {
                "eye": head, "ear": head, "shoulder": shoulder, "hip": hip, "heel": heel,
                "toe": toe, "ankle": ankle, "knee": _knee(hip, ankle), "wrist": wrist,
                "elbow": (shoulder + wrist) / 2,
            }.items()
        }  # fmt: skip
    return points


def _foot(
    gait: Gait, side: Side, time_s: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Heel and toe: still in stance, heel rising before foot off, quick forward in swing."""
    contacts = gait.contacts_s(side)
    cycle = np.clip(np.searchsorted(contacts, time_s, side="right") - 1, 0, len(contacts) - 2)
    since = (time_s - contacts[cycle]) / gait.stride_time_s
    prints = gait.start_x_m + gait.speed_mps * contacts[cycle] + 0.22 * gait.stride_length_m
    swing = np.clip((since - gait.stance_share) / (1 - gait.stance_share), 0, 1)
    way = _swing_way(gait, swing)
    height = _heel_height_m(gait, since, swing)
    landing = np.where(since < 0.1, 1 - since / 0.1, 0.0) + np.where(
        swing > 0.7, (swing - 0.7) / 0.3, 0
    )
    toe_up = np.radians(20 * np.clip(landing, 0, 1))
    toe_x = prints + way + _FOOT_M
    heel_back = np.sqrt(_FOOT_M**2 - np.minimum(height, 0.95 * _FOOT_M) ** 2)
    heel = np.column_stack([toe_x - heel_back, height])
    toe = np.column_stack([toe_x, np.where(swing > 0, 0.1 * height, 0) + _FOOT_M * np.sin(toe_up)])
    return heel, toe


def _heel_height_m(
    gait: Gait, since: NDArray[np.float64], swing: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The heel rises ever faster until foot off, then ever slower: fastest at foot off."""
    rising_s = 0.35 * gait.stance_share * gait.stride_time_s
    swing_s = (1 - gait.stance_share) * gait.stride_time_s
    at_foot_off_m = 0.12
    rise = np.clip(
        (since * gait.stride_time_s - gait.stance_share * gait.stride_time_s) / rising_s + 1, 0, 1
    )
    fastest_mps = 2 * at_foot_off_m / rising_s
    lifted = (at_foot_off_m + fastest_mps * swing_s * swing) * (1 - swing) ** 2
    return np.where(swing > 0, np.minimum(lifted, 0.19), at_foot_off_m * rise**2)


def _swing_way(gait: Gait, swing: NDArray[np.float64]) -> NDArray[np.float64]:
    """Way of the foot in swing: leaves at walking speed, lands at 0.6 of it (Winter 1992)."""
    unit = gait.speed_mps * (1 - gait.stance_share) * gait.stride_time_s
    start, end = 1.0 * unit, 0.6 * unit
    square, cube = swing**2, swing**3
    return np.asarray(
        (cube - 2 * square + swing) * start
        + (3 * square - 2 * cube) * gait.stride_length_m
        + (cube - square) * end
    )


def _knee(hip: NDArray[np.float64], ankle: NDArray[np.float64]) -> NDArray[np.float64]:
    """The knee ahead of the line from hip to ankle, by the lengths of thigh and shank."""
    along = ankle - hip
    distance = np.linalg.norm(along, axis=1)
    a, b = _LEG["thigh"], _LEG["shank"]
    distance = np.minimum(distance, 0.999 * (a + b))
    share = (a**2 - b**2 + distance**2) / (2 * distance)
    out = np.sqrt(np.maximum(a**2 - share**2, 0))
    unit = along / np.linalg.norm(along, axis=1, keepdims=True)
    normal = np.column_stack([-unit[:, 1], unit[:, 0]])
    normal *= np.sign(normal[:, :1])
    return hip + unit * share[:, None] + normal * out[:, None]


@dataclass(frozen=True)
class Breadth:
    """How wide the figure is, and how it sways; all in m.

    Parameters
    ----------
    step_width_m, pelvis_m, shoulders_m
        Distance of the feet (ankles, knees, heels, toes), of the hips and of the shoulders.
    pelvis_sway_m, shoulder_sway_m
        Amplitude of the way of their middles to the side of the standing foot, once a stride.
    """

    step_width_m: float = 0.10
    pelvis_m: float = 0.18
    shoulders_m: float = 0.36
    pelvis_sway_m: float = 0.02
    shoulder_sway_m: float = 0.02


def synthetic_space_walk(
    gait: Gait,
    layout: KeypointLayout = BLAZEPOSE_33,
    breadth: Breadth | None = None,
    *,
    heading_deg: float = 0.0,
    space: Space = Space.WORLD_M,
    depth: Depth = Depth.MEASURED,
    height_m: float | None = HEIGHT_M,
) -> Walk:
    """Return the walk of the figure in three dimensions; its left side lies to its left.

    It walks along ``heading_deg``, anticlockwise from the first axis of the floor: in the space of
    a camera, 8 m ahead of it, that axis points to the right, and 90 is away from the camera.
    ``gait.noise_px`` counts as in :func:`synthetic_walk`, 250 to the metre.
    """
    time_s = np.arange(round(gait.duration_s * gait.rate_hz)) / gait.rate_hz
    way = np.radians(heading_deg + (0.0 if gait.direction == 1 else 180.0))
    ahead, left = np.array([np.cos(way), np.sin(way)]), np.array([-np.sin(way), np.cos(way)])
    keypoints = np.full((len(time_s), len(layout), 3), np.nan)
    for name, place in _points_m(gait, time_s).items():
        if name in layout:
            across = _across_m(name, gait, breadth or Breadth(), time_s)
            floor = place[:, :1] * ahead + across[:, None] * left
            keypoints[:, layout.index(name)] = np.column_stack([floor, place[:, 1]])
    rng = np.random.default_rng(gait.seed)
    keypoints += rng.normal(0, gait.noise_px / PX_PER_M, keypoints.shape) if gait.noise_px else 0.0
    if space is Space.CAMERA_M:
        x, y, z = np.moveaxis(keypoints, 2, 0)
        keypoints = np.stack([x, 1.0 - z, y + 8.0], axis=2)
    return Walk(
        time_s=time_s,
        keypoints=keypoints,
        confidence=np.where(np.isfinite(keypoints[:, :, 0]), 0.95, 0.0),
        layout=layout,
        space=space,
        depth=depth,
        subject=Subject(height_m=height_m),
    )


def _across_m(
    name: str, gait: Gait, breadth: Breadth, time_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(T,) way of a point to the left; the body is furthest left in the middle of left stance."""
    side, _, part = name.partition("_")
    sign = {"left": 1.0, "right": -1.0}.get(side, 0.0)
    swing = np.cos(2 * np.pi * (time_s / gait.stride_time_s - gait.stance_share / 2))
    if part == "hip":
        return sign * breadth.pelvis_m / 2 + breadth.pelvis_sway_m * swing
    if part in ("shoulder", "elbow", "wrist"):
        return sign * breadth.shoulders_m / 2 + breadth.shoulder_sway_m * swing
    if part in ("knee", "ankle", "heel", "toe"):
        return np.full(len(time_s), sign * breadth.step_width_m / 2)
    return breadth.shoulder_sway_m * swing


def pictured(walk: Walk, size_px: tuple[int, int] = (1080, 1920)) -> Walk:
    """Return a walk of the space of a camera as that camera's picture shows it."""
    focal_px = assumed_focal_px(size_px)
    x, y, z = np.moveaxis(walk.keypoints, 2, 0)
    places = [size_px[0] / 2 + focal_px * x / z, size_px[1] / 2 + focal_px * y / z]
    return Walk(
        time_s=walk.time_s,
        keypoints=np.stack(places, axis=2),
        confidence=walk.confidence,
        layout=walk.layout,
        space=Space.IMAGE_PX,
        image_size_px=size_px,
        subject=walk.subject,
    )
