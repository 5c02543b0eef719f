"""Joint angles in the picture plane, over the gait cycle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Bout, Curve, Side, Stride
from clinigait.gait.filtering import EvenWalk

CYCLE_PERCENT = np.arange(101)
#: Least share of a cycle in which an angle must be known.
_MIN_SEEN = 0.85


def _turn_deg(
    first: NDArray[np.float64], second: NDArray[np.float64], forward: float
) -> NDArray[np.float64]:
    """Angle from one direction to another in degrees, positive when it turns forward and up.

    Directions are (T, 2) in picture pixels (y down). Seen with the person walking to the right,
    a positive turn is anticlockwise: the thigh swinging forward, the toes going up.
    """
    x0, y0 = forward * first[:, 0], -first[:, 1]
    x1, y1 = forward * second[:, 0], -second[:, 1]
    return np.asarray(np.degrees(np.arctan2(x0 * y1 - y0 * x1, x0 * x1 + y0 * y1)))


def hip_flexion_deg(even: EvenWalk, side: Side, forward: float) -> NDArray[np.float64]:
    """Thigh against the trunk line (shoulder middle to hip middle); flexion positive."""
    trunk_down = even.middle("hip") - even.middle("shoulder")
    thigh = even.point("knee", side) - even.point("hip", side)
    return _turn_deg(trunk_down, thigh, forward)


def knee_flexion_deg(even: EvenWalk, side: Side, forward: float) -> NDArray[np.float64]:
    """Shank against the thigh; flexion positive, 0 with the leg straight."""
    thigh = even.point("knee", side) - even.point("hip", side)
    shank = even.point("ankle", side) - even.point("knee", side)
    return _turn_deg(shank, thigh, forward)


def ankle_dorsiflexion_deg(even: EvenWalk, side: Side, forward: float) -> NDArray[np.float64]:
    """Foot (heel to toe) against the shank; dorsiflexion positive, 0 at a right angle."""
    shank_down = even.point("ankle", side) - even.point("knee", side)
    foot = even.point("toe", side) - even.point("heel", side)
    return _turn_deg(shank_down, foot, forward) - 90


def trunk_lean_deg(even: EvenWalk, _side: Side, forward: float) -> NDArray[np.float64]:
    """Trunk line against the picture's vertical, the same for both sides; forward positive."""
    up = even.middle("shoulder") - even.middle("hip")
    vertical = np.tile([0.0, -1.0], (len(up), 1))
    return -_turn_deg(vertical, up, forward)


def arm_swing_deg(even: EvenWalk, side: Side, forward: float) -> NDArray[np.float64]:
    """Line from shoulder to wrist against the trunk line; forward positive."""
    trunk_down = even.middle("hip") - even.middle("shoulder")
    arm = even.point("wrist", side) - even.point("shoulder", side)
    return _turn_deg(trunk_down, arm, forward)


Angle = Callable[[EvenWalk, Side, float], NDArray[np.float64]]

#: The joint curves by name; a new one is one function and one line.
CURVES: dict[str, Angle] = {
    "hip_flexion_deg": hip_flexion_deg,
    "knee_flexion_deg": knee_flexion_deg,
    "ankle_dorsiflexion_deg": ankle_dorsiflexion_deg,
}


def can_have(name: str, even: EvenWalk) -> bool:
    """Return whether the layout has the points that a curve needs."""
    return name != "ankle_dorsiflexion_deg" or "left_toe" in even.layout


def over_cycle(
    angle: Angle, even: EvenWalk, bouts: tuple[Bout, ...], stride: Stride
) -> NDArray[np.float64] | None:
    """Return an angle at 101 points of a stride, or None where it is not seen well enough."""
    sample_s = 1 / even.rate_hz
    part = even.cut(stride.start_s - sample_s, stride.end_s + sample_s)
    values = angle(part, stride.side, bout_of(stride, bouts).forward)
    known = np.isfinite(values)
    if known.sum() < 5 or known.mean() < _MIN_SEEN:
        return None
    wanted_s = stride.start_s + (stride.end_s - stride.start_s) * CYCLE_PERCENT / 100
    return np.interp(wanted_s, part.time_s[known], values[known])


def bout_of(stride: Stride, bouts: tuple[Bout, ...]) -> Bout:
    """Return the bout that a stride lies in."""
    return next(b for b in bouts if b.start_s - 1e-6 <= stride.start_s <= b.end_s + 1e-6)


def joint_curves(
    even: EvenWalk, bouts: tuple[Bout, ...], strides: tuple[Stride, ...], names: tuple[str, ...]
) -> tuple[Curve, ...]:
    """Return the named curves of both sides over the used strides; none where none is seen."""
    curves = []
    for name in names:
        if not can_have(name, even):
            continue
        for side in ("left", "right"):
            curve = _curve(name, side, even, bouts, strides)
            if curve is not None:
                curves.append(curve)
    return tuple(curves)


def _curve(
    name: str, side: Side, even: EvenWalk, bouts: tuple[Bout, ...], strides: tuple[Stride, ...]
) -> Curve | None:
    rows, numbers = [], []
    for stride in strides:
        if not stride.used or stride.side != side:
            continue
        row = over_cycle(CURVES[name], even, bouts, stride)
        if row is not None:
            rows.append(row)
            numbers.append(stride.number)
    if not rows:
        return None
    table = np.array(rows)
    return Curve(
        name=name,
        side=side,
        unit="deg",
        strides=tuple(tuple(map(float, row)) for row in table),
        stride_numbers=tuple(numbers),
        mean=tuple(map(float, table.mean(axis=0))),
        sd=tuple(map(float, table.std(axis=0, ddof=1))) if len(rows) > 1 else None,
    )


def stride_angles(even: EvenWalk, bouts: tuple[Bout, ...], stride: Stride) -> dict[str, float]:
    """Return the per-stride angle parameters of a used stride; what is not seen is left out."""
    side = stride.side
    swing_from = _swing_start_percent(stride)
    values: dict[str, float] = {}
    hip = over_cycle(hip_flexion_deg, even, bouts, stride)
    if hip is not None:
        values["hip_flexion_peak_deg"] = float(hip.max())
        values["hip_extension_peak_deg"] = float(-hip.min())
        values["hip_flexion_rom_deg"] = float(np.ptp(hip))
    knee = over_cycle(knee_flexion_deg, even, bouts, stride)
    if knee is not None:
        values["knee_flexion_at_contact_deg"] = float(knee[0])
        values["knee_flexion_peak_swing_deg"] = float(knee[swing_from:].max())
        values["knee_flexion_rom_deg"] = float(np.ptp(knee))
    if can_have("ankle_dorsiflexion_deg", even):
        ankle = over_cycle(ankle_dorsiflexion_deg, even, bouts, stride)
        if ankle is not None:
            values["ankle_dorsiflexion_peak_stance_deg"] = float(ankle[:swing_from].max())
            values["ankle_rom_deg"] = float(np.ptp(ankle))
    lean = over_cycle(trunk_lean_deg, even, bouts, stride)
    if lean is not None:
        values["trunk_lean_deg"] = float(lean.mean())
    if f"{side}_wrist" in even.layout:
        arm = over_cycle(arm_swing_deg, even, bouts, stride)
        if arm is not None:
            values["arm_swing_deg"] = float(np.ptp(arm))
    return values


def _swing_start_percent(stride: Stride) -> int:
    if stride.foot_off_s is None:
        return 60
    share = (stride.foot_off_s - stride.start_s) / (stride.end_s - stride.start_s)
    return min(max(round(100 * share), 1), 99)
