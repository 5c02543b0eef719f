"""What parts one acted gait from another, measured alike on real and on synthetic joints.

One simple rule for all gaits: a foot swings while its ankle is faster than the body. It is late
at foot off and early at contact by about the same share in every gait, so differences between
gaits stand although the values themselves are not those of force plates.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from clinigait.core import SIDES, Side, Walk, opposite
from clinigait.gait.filtering import low_passed

_CUTOFF_HZ = 5.0
_RATE_HZ = 100.0
#: A swing is no shorter and no longer than this.
_SWING_S = (0.12, 1.2)
#: A foot that hesitates for less than this is still swinging.
_HESITATION_S = 0.15
#: Smallest distance walked that says which way is forward.
_TRAVEL_M = 1.0

Name = tuple[str, Side | None]


@dataclass(frozen=True, eq=False)
class WalkingPoints:
    """Joints of a straight walk, seen along its way.

    Parameters
    ----------
    time_s
        (T,) even times.
    points_m
        Name to (T, 3): forward, left, up. Names are those of the layouts.
    """

    time_s: NDArray[np.float64]
    points_m: Mapping[str, NDArray[np.float64]]

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self.points_m[name]

    def of(self, name: str, side: Side) -> NDArray[np.float64]:
        """Return (T, 3) of a point of one side."""
        return self.points_m[f"{side}_{name}"]

    def swings(self, side: Side) -> list[tuple[float, float]]:
        """Return start and end in s of the swings that the record holds entirely."""
        rate_hz = 1 / np.median(np.diff(self.time_s))
        foot = np.gradient(self.of("ankle", side)[:, 0], 1 / rate_hz)
        body = np.gradient(self["pelvis"][:, 0], 1 / rate_hz)
        faster = foot - np.maximum(body.mean(), 0.2)
        ups = np.flatnonzero((faster[:-1] < 0) & (faster[1:] >= 0))
        downs = np.flatnonzero((faster[:-1] >= 0) & (faster[1:] < 0))
        found: list[tuple[float, float]] = []
        for up in ups:
            later = downs[downs > up]
            if not len(later):
                continue
            start, end = (self._crossing(faster, i) for i in (int(up), int(later[0])))
            if found and start - found[-1][1] < _HESITATION_S:
                start = found.pop()[0]
            found.append((start, end))
        return [(start, end) for start, end in found if _SWING_S[0] <= end - start <= _SWING_S[1]]

    def _crossing(self, signal: NDArray[np.float64], frame: int) -> float:
        share = signal[frame] / (signal[frame] - signal[frame + 1])
        return float(self.time_s[frame] + share * (self.time_s[frame + 1] - self.time_s[frame]))

    def furthest_ahead_s(self, side: Side) -> NDArray[np.float64]:
        """Return when the ankle is furthest before the pelvis: about initial contact (Zeni 2008).

        doi 10.1016/j.gaitpost.2007.07.007.
        """
        ahead = self.of("ankle", side)[:, 0] - self["pelvis"][:, 0]
        step = max(1, round(0.6 / float(np.median(np.diff(self.time_s)))))
        return np.asarray(self.time_s[find_peaks(ahead, distance=step, prominence=0.1)[0]])

    def at(self, name: str, time_s: float) -> NDArray[np.float64]:
        """Return (3,) of a point at a time."""
        return np.array([np.interp(time_s, self.time_s, c) for c in self.points_m[name].T])


def walking_points(walk: Walk) -> WalkingPoints | None:
    """Return the joints along the way; None where the person does not get far enough.

    Sides are exchanged where a sensor, seeing the back of a person, took it for the front.

    Parameters
    ----------
    walk
        In world metres, with hips, knees, ankles, shoulders and ``neck``.
    """
    time_s = np.arange(walk.time_s[0], walk.time_s[-1], 1 / _RATE_HZ)
    names = walk.layout.points
    even: dict[str, NDArray[np.float64]] = {}
    for index, name in enumerate(names):
        seen = np.isfinite(walk.keypoints[:, index]).all(axis=1)
        if seen.mean() > 0.8:
            columns = walk.keypoints[seen, index].T
            raw = np.stack([np.interp(time_s, walk.time_s[seen], c) for c in columns], axis=1)
            even[name] = low_passed(raw, _RATE_HZ, _CUTOFF_HZ)
    wanted = {f"{side}_{joint}" for side in SIDES for joint in ("hip", "knee", "ankle", "shoulder")}
    if not wanted <= even.keys() or len(time_s) < _RATE_HZ:
        return None
    even["pelvis"] = (even["left_hip"] + even["right_hip"]) / 2
    even["neck"] = (even["left_shoulder"] + even["right_shoulder"]) / 2
    way = even["pelvis"][-1, :2] - even["pelvis"][0, :2]
    if np.hypot(*way) < _TRAVEL_M:
        return None
    forward = way / np.hypot(*way)
    turn = np.array([[*forward, 0.0], [-forward[1], forward[0], 0.0], [0.0, 0.0, 1.0]])
    along = {name: place @ turn.T for name, place in even.items()}
    if np.median((along["left_hip"] - along["right_hip"])[:, 1]) < 0:
        along = {_other(name): place for name, place in along.items()}
    return WalkingPoints(time_s, along)


def _other(name: str) -> str:
    side, _, rest = name.partition("_")
    return f"{opposite(side)}_{rest}" if side in SIDES else name


def acted_statistics(walk: WalkingPoints) -> dict[Name, float]:
    """Return what parts the gaits, by name and side; what the record does not hold is absent.

    ``stance_pct``, ``step_length_m``, ``knee_peak_flexion_deg`` (largest in swing),
    ``knee_range_deg``, ``hip_range_deg`` (of the thigh against the vertical), ``ankle_lift_m``
    (above its lowest), ``lean_over_stance_deg`` (largest lean of the trunk to the side of the
    standing leg, from the mean), ``pelvis_drop_deg`` (the other side lower in stance, from the
    mean), ``circumduction_m`` (the ankle sideways in swing, from the straight way between its
    footprints), each per side; ``cadence_spm``, ``speed_mps``, ``trunk_sway_deg`` (range of the
    lean), ``trunk_pitch_deg`` (mean, forward) and ``trunk_pitch_range_deg`` of both.
    """
    found: dict[Name, list[float]] = {}
    for side in SIDES:
        swings = walk.swings(side)
        for (start, end), after in zip(swings, [*swings[1:], None], strict=True):
            for name, value in _swing_values(walk, side, start, end):
                found.setdefault((name, side), []).append(value)
            if after is not None and after[0] - start < 3.0:
                for name, value in _stride_values(walk, side, end, after[0]):
                    found.setdefault((name, side), []).append(value)
                found.setdefault(("stance_pct", side), []).append(
                    100 * (after[0] - end) / (after[0] - start)
                )
                found.setdefault(("cadence_spm", None), []).append(120 / (after[0] - start))
    time_s = walk.time_s
    found["speed_mps", None] = [
        float(np.ptp(walk["pelvis"][[0, -1], 0]) / (time_s[-1] - time_s[0]))
    ]
    pitch = pitch_deg(walk, "pelvis", "neck")
    found["trunk_pitch_deg", None] = [float(pitch.mean())]
    found["trunk_pitch_range_deg", None] = [float(np.ptp(np.percentile(pitch, [2.5, 97.5])))]
    found["trunk_sway_deg", None] = [float(np.ptp(np.percentile(lean_deg(walk), [2.5, 97.5])))]
    return {key: float(np.median(values)) for key, values in found.items()}


def lean_deg(walk: WalkingPoints) -> NDArray[np.float64]:
    """Return (T,) the lean of the trunk to the left."""
    trunk = walk["neck"] - walk["pelvis"]
    return np.degrees(np.arctan2(trunk[:, 1], trunk[:, 2]))


def pitch_deg(walk: WalkingPoints, low: str, high: str) -> NDArray[np.float64]:
    """Return (T,) the forward lean of the line from one point up to another."""
    line = walk[high] - walk[low]
    return np.degrees(np.arctan2(line[:, 0], line[:, 2]))


def yaw_deg(walk: WalkingPoints, pair: str) -> NDArray[np.float64]:
    """Return (T,) the turn to the left of the line between the points of a pair."""
    line = walk.of(pair, "left") - walk.of(pair, "right")
    return np.degrees(np.unwrap(np.arctan2(-line[:, 0], line[:, 1])))


def tilt_deg(walk: WalkingPoints, pair: str) -> NDArray[np.float64]:
    """Return (T,) how much higher the left point of a pair is."""
    line = walk.of(pair, "left") - walk.of(pair, "right")
    return np.degrees(np.arctan2(line[:, 2], line[:, 1]))


def shoulder_deg(walk: WalkingPoints, side: Side) -> NDArray[np.float64]:
    """Return (T,) the angle of the upper arm to the vertical, forward positive."""
    arm = walk.of("elbow", side) - walk.of("shoulder", side)
    return np.degrees(np.arctan2(arm[:, 0], -arm[:, 2]))


def elbow_deg(walk: WalkingPoints, side: Side) -> NDArray[np.float64]:
    """Return (T,) the angle between upper arm and forearm."""
    return _bend_deg(walk, side, ("shoulder", "elbow", "wrist"))


def thigh_deg(walk: WalkingPoints, side: Side) -> NDArray[np.float64]:
    """Return (T,) the angle of the thigh to the vertical, forward positive."""
    thigh = walk.of("knee", side) - walk.of("hip", side)
    return np.degrees(np.arctan2(thigh[:, 0], -thigh[:, 2]))


def knee_deg(walk: WalkingPoints, side: Side) -> NDArray[np.float64]:
    """Return (T,) the angle between thigh and shank."""
    return _bend_deg(walk, side, ("hip", "knee", "ankle"))


def _bend_deg(walk: WalkingPoints, side: Side, names: tuple[str, str, str]) -> NDArray[np.float64]:
    first, joint, last = (walk.of(name, side) for name in names)
    upper, lower = joint - first, last - joint
    cosine = (upper * lower).sum(axis=1) / np.linalg.norm(upper, axis=1)
    return np.asarray(np.degrees(np.arccos(np.clip(cosine / np.linalg.norm(lower, axis=1), -1, 1))))


def _during(walk: WalkingPoints, start_s: float, end_s: float) -> slice:
    first, last = np.searchsorted(walk.time_s, [start_s, end_s])
    return slice(int(first), max(int(last), int(first) + 2))


def _swing_values(
    walk: WalkingPoints, side: Side, start_s: float, end_s: float
) -> Iterator[tuple[str, float]]:
    swing = _during(walk, start_s, end_s)
    ankle = walk.of("ankle", side)
    yield "knee_peak_flexion_deg", float(knee_deg(walk, side)[swing].max())
    yield "ankle_lift_m", float(ankle[swing, 2].max() - np.percentile(ankle[:, 2], 10))
    ahead = walk.at(f"{side}_ankle", end_s) - walk.at(f"{opposite(side)}_ankle", end_s)
    yield "step_length_m", float(ahead[0])
    way = np.linspace(ankle[swing, 1][0], ankle[swing, 1][-1], len(ankle[swing]))
    outwards = (ankle[swing, 1] - way) * (1 if side == "left" else -1)
    yield "circumduction_m", float(outwards[np.abs(outwards).argmax()])


def _stride_values(
    walk: WalkingPoints, side: Side, contact_s: float, off_s: float
) -> Iterator[tuple[str, float]]:
    stance = _during(walk, contact_s, off_s)
    stride = _during(walk, contact_s, off_s + (off_s - contact_s) * 0.6)
    sign = 1 if side == "left" else -1
    lean = sign * lean_deg(walk)
    hips = walk["left_hip"] - walk["right_hip"]
    up = sign * np.degrees(np.arctan2(hips[:, 2], hips[:, 1]))
    yield "hip_range_deg", float(np.ptp(thigh_deg(walk, side)[stride]))
    yield "knee_range_deg", float(np.ptp(knee_deg(walk, side)[stride]))
    pitch = pitch_deg(walk, "pelvis", "neck")
    yield "lean_back_in_stance_deg", float((pitch.mean() - pitch[stance]).max())
    yield "lean_over_stance_deg", float((lean[stance] - lean.mean()).max())
    yield "pelvis_drop_deg", float((up[stance] - up.mean()).max())
