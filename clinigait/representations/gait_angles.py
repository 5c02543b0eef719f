"""Angles and heights of a skeleton over time: what a clinician looks at, as channels of a model.

Thirty-seven of the channels are paired or of both sides, six change their sign in the mirror. All
are angles, or lengths in per cent of the body's size, so that tall and short people walk alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side
from clinigait.representations.skeletons import Skeleton

_FORWARD, _LEFT, _UP = range(3)

#: Of the whole body. Pitch is forward, lean and yaw to the left, tilt with the left side higher.
WHOLE = (
    "trunk_pitch_deg", "trunk_lean_deg", "head_pitch_deg", "head_lean_deg", "pelvis_tilt_deg",
    "pelvis_yaw_deg", "shoulder_tilt_deg", "shoulder_yaw_deg", "pelvis_height_pct", "speed_pctps",
)  # fmt: skip
#: Those that the mirror image has with the other sign.
TURNED_ROUND = frozenset(WHOLE[1:2] + WHOLE[3:8])
#: Of each side. Thigh, shank and upper arm against the vertical, forward (``…_deg``) and outwards
#: (``…_out_deg``); knee, ankle and elbow are the angles between their two bones; the foot against
#: the floor, toes up; heights above the floor; ankle and wrist ahead of the pelvis, the ankle
#: outwards of it; the hand from the knee.
SIDED = (
    "thigh_deg", "thigh_out_deg", "knee_deg", "shank_deg", "shank_out_deg", "foot_deg",
    "ankle_deg", "arm_deg", "arm_out_deg", "elbow_deg", "ankle_height_pct", "knee_height_pct",
    "hip_height_pct", "ankle_ahead_pct", "ankle_out_pct", "wrist_ahead_pct", "hand_knee_pct",
)  # fmt: skip
#: Names of the channels in order.
CHANNELS: tuple[str, ...] = WHOLE + tuple(f"{side}_{name}" for side in SIDES for name in SIDED)
#: What a camera at the side does not show.
ACROSS = TURNED_ROUND | {name for name in CHANNELS if "_out_" in name}


def _partner(name: str) -> str:
    side, _, rest = name.partition("_")
    return {"left": f"right_{rest}", "right": f"left_{rest}"}.get(side, name)


#: Index of each channel's partner on the other side, and its sign in the mirror image.
MIRROR_ORDER: tuple[int, ...] = tuple(CHANNELS.index(_partner(name)) for name in CHANNELS)
MIRROR_SIGN: tuple[float, ...] = tuple(-1.0 if n in TURNED_ROUND else 1.0 for n in CHANNELS)


@dataclass(frozen=True, eq=False)
class GaitAngles:
    """Channels of a walk.

    Parameters
    ----------
    values
        (T, 44) over :data:`CHANNELS`; NaN in channels of joints that the layout does not know.
    rate_hz
        Frames a second.
    """

    values: NDArray[np.float64]
    rate_hz: float

    def __post_init__(self) -> None:
        if self.values.shape[1:] != (len(CHANNELS),):
            raise ValueError(f"values must be (T, {len(CHANNELS)}), not {self.values.shape}")

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        """Return (T,) of one channel."""
        return self.values[:, CHANNELS.index(name)]

    def mirrored(self) -> GaitAngles:
        """Return the channels of the mirror image."""
        return GaitAngles(self.values[:, MIRROR_ORDER] * np.array(MIRROR_SIGN), self.rate_hz)

    def every(self, n: int) -> GaitAngles:
        """Return every n-th frame: gait holds nothing above 6 Hz, so 15 frames a second do."""
        return GaitAngles(self.values[::n], self.rate_hz / n)


def gait_angles(body: Skeleton) -> GaitAngles:
    """Return the channels of a skeleton, at its rate."""
    found = {**_whole(body), **{k: v for side in SIDES for k, v in _sided(body, side).items()}}
    return GaitAngles(np.stack([found[name] for name in CHANNELS], axis=1), body.rate_hz)


def _whole(body: Skeleton) -> dict[str, NDArray[np.float64]]:
    trunk, head = body["thorax"] - body["pelvis"], body["head"] - body["thorax"]
    hips = body["left_hip"] - body["right_hip"]
    shoulders = body["left_shoulder"] - body["right_shoulder"]
    return {
        "trunk_pitch_deg": _angle(trunk[:, _FORWARD], trunk[:, _UP]),
        "trunk_lean_deg": _angle(trunk[:, _LEFT], trunk[:, _UP]),
        "head_pitch_deg": _angle(head[:, _FORWARD], head[:, _UP]),
        "head_lean_deg": _angle(head[:, _LEFT], head[:, _UP]),
        "pelvis_tilt_deg": _angle(hips[:, _UP], hips[:, _LEFT]),
        "pelvis_yaw_deg": _angle(-hips[:, _FORWARD], hips[:, _LEFT]),
        "shoulder_tilt_deg": _angle(shoulders[:, _UP], shoulders[:, _LEFT]),
        "shoulder_yaw_deg": _angle(-shoulders[:, _FORWARD], shoulders[:, _LEFT]),
        "pelvis_height_pct": 100 * body["pelvis"][:, _UP],
        "speed_pctps": 100 * body.speed,
    }


def _sided(body: Skeleton, side: Side) -> dict[str, NDArray[np.float64]]:
    out = 1.0 if side == "left" else -1.0
    shoulder, elbow, wrist, hip, knee, ankle, foot = (
        body[f"{side}_{joint}"]
        for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot")
    )
    thigh, shank, sole = knee - hip, ankle - knee, foot - ankle
    upper_arm, forearm = elbow - shoulder, wrist - elbow
    values = (
        _angle(thigh[:, _FORWARD], -thigh[:, _UP]),
        _angle(out * thigh[:, _LEFT], -thigh[:, _UP]),
        _between(thigh, shank),
        _angle(shank[:, _FORWARD], -shank[:, _UP]),
        _angle(out * shank[:, _LEFT], -shank[:, _UP]),
        _angle(sole[:, _UP], sole[:, _FORWARD]),
        _between(shank, sole),
        _angle(upper_arm[:, _FORWARD], -upper_arm[:, _UP]),
        _angle(out * upper_arm[:, _LEFT], -upper_arm[:, _UP]),
        _between(upper_arm, forearm),
        100 * ankle[:, _UP],
        100 * knee[:, _UP],
        100 * hip[:, _UP],
        100 * ankle[:, _FORWARD],
        100 * out * ankle[:, _LEFT],
        100 * wrist[:, _FORWARD],
        100 * np.linalg.norm(wrist - knee, axis=1),
    )
    return {f"{side}_{name}": value for name, value in zip(SIDED, values, strict=True)}


def _angle(across: NDArray[np.float64], along: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(np.degrees(np.arctan2(across, along)))


def _between(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T,) the angle between two bones, 0 where they lie in one line."""
    lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
    cosine = (first * second).sum(axis=1) / np.maximum(lengths, 1e-12)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
