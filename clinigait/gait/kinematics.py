"""Joint and segment angles along the walker's axes, over the gait cycle."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Curve, Side, Stride
from clinigait.gait.oriented import Oriented

CYCLE_PERCENT = np.arange(101)
#: Least share of a cycle in which an angle must be known.
_MIN_SEEN = 0.85
_SAGITTAL = [0, 2]


def _turn_deg(first: NDArray[np.float64], second: NDArray[np.float64]) -> NDArray[np.float64]:
    """Angle from one (T, 2) direction to another in degrees, from the first axis to the second."""
    cross = first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]
    return np.asarray(np.degrees(np.arctan2(cross, (first * second).sum(axis=1))))


def _trunk(part: Oriented) -> NDArray[np.float64]:
    return part.middle("shoulder") - part.middle("hip")


def hip_flexion_deg(part: Oriented, side: Side) -> NDArray[np.float64]:
    """Thigh against the trunk line (shoulder middle to hip middle); flexion positive."""
    thigh = part.point("knee", side) - part.point("hip", side)
    return _turn_deg(-_trunk(part)[:, _SAGITTAL], thigh[:, _SAGITTAL])


def knee_flexion_deg(part: Oriented, side: Side) -> NDArray[np.float64]:
    """Shank against the thigh; flexion positive, 0 with the leg straight."""
    thigh = part.point("knee", side) - part.point("hip", side)
    shank = part.point("ankle", side) - part.point("knee", side)
    return _turn_deg(shank[:, _SAGITTAL], thigh[:, _SAGITTAL])


def ankle_dorsiflexion_deg(part: Oriented, side: Side) -> NDArray[np.float64]:
    """Foot (heel to toe) against the shank; dorsiflexion positive, 0 at a right angle."""
    shank_down = part.point("ankle", side) - part.point("knee", side)
    foot = part.point("toe", side) - part.point("heel", side)
    return _turn_deg(shank_down[:, _SAGITTAL], foot[:, _SAGITTAL]) - 90


def trunk_lean_deg(part: Oriented, _side: Side) -> NDArray[np.float64]:
    """Trunk line against the vertical, the same for both sides; forward positive."""
    trunk = _trunk(part)
    return np.asarray(np.degrees(np.arctan2(trunk[:, 0], trunk[:, 2])))


def trunk_sway_deg(part: Oriented, side: Side) -> NDArray[np.float64]:
    """Trunk line against the vertical in the frontal plane; positive towards the given side."""
    trunk = _trunk(part)
    outward = 1.0 if side == "left" else -1.0
    return np.asarray(np.degrees(np.arctan2(outward * trunk[:, 1], trunk[:, 2])))


def shoulder_tilt_deg(part: Oriented, _side: Side) -> NDArray[np.float64]:
    """Line of the shoulders against the horizontal; positive with the right shoulder higher."""
    return _tilt_deg(part, "shoulder")


def pelvis_tilt_deg(part: Oriented, _side: Side) -> NDArray[np.float64]:
    """Line of the hips against the horizontal; positive with the right hip higher."""
    return _tilt_deg(part, "hip")


def _tilt_deg(part: Oriented, name: str) -> NDArray[np.float64]:
    across = part.point(name, "right") - part.point(name, "left")
    return np.asarray(np.degrees(np.arctan2(across[:, 2], -across[:, 1])))


def arm_swing_deg(part: Oriented, side: Side) -> NDArray[np.float64]:
    """Line from shoulder to wrist against the trunk line; forward positive."""
    arm = part.point("wrist", side) - part.point("shoulder", side)
    return _turn_deg(-_trunk(part)[:, _SAGITTAL], arm[:, _SAGITTAL])


Angle = Callable[[Oriented, Side], NDArray[np.float64]]


@dataclass(frozen=True)
class AngleRule:
    """How an angle is had.

    Parameters
    ----------
    angle
        Computes it.
    points
        Paired points that it needs.
    axes
        Axes that it needs: 0 forward, 1 left, 2 up.
    """

    angle: Angle
    points: tuple[str, ...]
    axes: tuple[int, ...]


_LEG = ("hip", "knee", "ankle")
_TRUNK = ("shoulder", "hip")

#: The joint curves by name; a new one is one function and one line.
CURVES: dict[str, AngleRule] = {
    "hip_flexion_deg": AngleRule(hip_flexion_deg, ("shoulder", "hip", "knee"), (0, 2)),
    "knee_flexion_deg": AngleRule(knee_flexion_deg, _LEG, (0, 2)),
    "ankle_dorsiflexion_deg": AngleRule(
        ankle_dorsiflexion_deg, ("knee", "ankle", "heel", "toe"), (0, 2)
    ),
    "trunk_sway_deg": AngleRule(trunk_sway_deg, _TRUNK, (1, 2)),
    "pelvis_tilt_deg": AngleRule(pelvis_tilt_deg, ("hip",), (1, 2)),
}
#: Angles that give parameters but no curve of the report.
_OTHERS: dict[str, AngleRule] = {
    "trunk_lean_deg": AngleRule(trunk_lean_deg, _TRUNK, (0, 2)),
    "arm_swing_deg": AngleRule(arm_swing_deg, (*_TRUNK, "wrist"), (0, 2)),
    "shoulder_tilt_deg": AngleRule(shoulder_tilt_deg, ("shoulder",), (1, 2)),
}
_RULES = CURVES | _OTHERS


@dataclass(frozen=True, eq=False)
class Angles:
    """The angles of one bout, each computed once.

    Parameters
    ----------
    part
        The bout.
    """

    part: Oriented
    _known: dict[tuple[str, Side], NDArray[np.float64] | None] = field(default_factory=dict)

    def of(self, name: str, side: Side) -> NDArray[np.float64] | None:
        """Return (T,) an angle; None where the layout or the view does not have it."""
        key = (name, side)
        if key not in self._known:
            self._known[key] = self._computed(name, side)
        return self._known[key]

    def _computed(self, name: str, side: Side) -> NDArray[np.float64] | None:
        rule, part = _RULES[name], self.part
        if any(f"{s}_{p}" not in part.layout for p in rule.points for s in ("left", "right")):
            return None
        if (0 in rule.axes and not part.sees_forward) or (1 in rule.axes and not part.sees_left):
            return None
        return rule.angle(part, side)

    def over_cycle(self, name: str, stride: Stride) -> NDArray[np.float64] | None:
        """Return an angle at 101 points of a stride; None where it is not seen well enough."""
        values = self.of(name, stride.side)
        if values is None:
            return None
        sample_s = 1 / self.part.rate_hz
        inside = self.part.between(stride.start_s - sample_s, stride.end_s + sample_s)
        return over_cycle(self.part.time_s[inside], values[inside], stride)


def over_cycle(
    time_s: NDArray[np.float64], values: NDArray[np.float64], stride: Stride
) -> NDArray[np.float64] | None:
    """Return (T,) values at 101 points of a stride; None where too few are known."""
    known = np.isfinite(values)
    if known.sum() < 5 or known.mean() < _MIN_SEEN:
        return None
    wanted_s = stride.start_s + (stride.end_s - stride.start_s) * CYCLE_PERCENT / 100
    return np.interp(wanted_s, time_s[known], values[known])


#: Every angle over the cycle of one stride, by name.
Cycles = Mapping[str, NDArray[np.float64]]


def cycles_of(angles: Angles, stride: Stride) -> Cycles:
    """Return every angle that is seen over a stride."""
    found = {name: angles.over_cycle(name, stride) for name in _RULES}
    return {name: values for name, values in found.items() if values is not None}


def joint_curves(
    strides: tuple[Stride, ...], cycles: Mapping[int, Cycles], names: tuple[str, ...]
) -> tuple[Curve, ...]:
    """Return the named curves of both sides over the used strides; none where none is seen.

    Parameters
    ----------
    strides
        The stride table.
    cycles
        Angles over the cycle by stride number.
    names
        Names of the wanted curves.
    """
    curves = []
    for name in names:
        for side in ("left", "right"):
            own = [s.number for s in strides if s.used and s.side == side]
            rows = {n: cycles[n][name] for n in own if name in cycles.get(n, {})}
            if rows:
                curves.append(_curve(name, side, rows))
    return tuple(curves)


def _curve(name: str, side: Side, rows: dict[int, NDArray[np.float64]]) -> Curve:
    table = np.array(list(rows.values()))
    return Curve(
        name=name,
        side=side,
        unit="deg",
        strides=tuple(map(tuple, table.tolist())),
        stride_numbers=tuple(rows),
        mean=tuple(table.mean(axis=0).tolist()),
        sd=tuple(table.std(axis=0, ddof=1).tolist()) if len(rows) > 1 else None,
    )


def stride_angles(cycles: Cycles, stride: Stride) -> dict[str, float]:
    """Return the per-stride angle parameters of a used stride; what is not seen is left out."""
    swing_from = _swing_start_percent(stride)
    values: dict[str, float] = {}
    if "hip_flexion_deg" in cycles:
        hip = cycles["hip_flexion_deg"]
        values["hip_flexion_peak_deg"] = float(hip.max())
        values["hip_extension_peak_deg"] = float(-hip.min())
        values["hip_flexion_rom_deg"] = float(np.ptp(hip))
    if "knee_flexion_deg" in cycles:
        knee = cycles["knee_flexion_deg"]
        values["knee_flexion_at_contact_deg"] = float(knee[0])
        values["knee_flexion_peak_stance_deg"] = float(knee[: swing_from // 2 + 1].max())
        values["knee_flexion_peak_swing_deg"] = float(knee[swing_from:].max())
        values["knee_flexion_rom_deg"] = float(np.ptp(knee))
    if "ankle_dorsiflexion_deg" in cycles:
        ankle = cycles["ankle_dorsiflexion_deg"]
        values["ankle_dorsiflexion_peak_stance_deg"] = float(ankle[:swing_from].max())
        values["ankle_plantarflexion_at_foot_off_deg"] = float(-ankle[swing_from])
        values["ankle_rom_deg"] = float(np.ptp(ankle))
    if "trunk_lean_deg" in cycles:
        values["trunk_lean_deg"] = float(cycles["trunk_lean_deg"].mean())
    if "trunk_sway_deg" in cycles:
        values["trunk_sway_deg"] = float(np.ptp(cycles["trunk_sway_deg"]))
    if "arm_swing_deg" in cycles:
        values["arm_swing_deg"] = float(np.ptp(cycles["arm_swing_deg"]))
    for name in ("shoulder_tilt_deg", "pelvis_tilt_deg"):
        if name in cycles:
            values[name] = float(cycles[name].mean())
    return values


def _swing_start_percent(stride: Stride) -> int:
    if stride.foot_off_s is None:
        return 60
    share = (stride.foot_off_s - stride.start_s) / (stride.end_s - stride.start_s)
    return min(max(round(100 * share), 1), 99)
