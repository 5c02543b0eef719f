"""Feet that roll over their toes: when each leaves the floor is known, in three dimensions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from clinigait.core import SIDES, KeypointLayout, Side, Space, Walk

_LAYOUT = KeypointLayout(
    "rocker", tuple(f"{s}_{p}" for p in ("hip", "ankle", "heel", "toe") for s in SIDES)
)
_FOOT_M, _HIP_M, _HALF_WIDTH_M = 0.2, 0.9, 0.08


@dataclass(frozen=True)
class Rocker:
    """How they go.

    Parameters
    ----------
    stride_s, stride_m, stance
        The cycle; ``stance`` is its share on the floor.
    lands_deg
        Pitch at the landing, heel up positive.
    springs
        Whether the lower end of the foot flies like a ball that the floor stops, or is lifted and
        put down softly.
    rate_hz, duration_s
        The recording.
    """

    stride_s: float = 1.1
    stride_m: float = 1.3
    stance: float = 0.62
    lands_deg: float = -20.0
    springs: bool = True
    rate_hz: float = 30.0
    duration_s: float = 8.0

    @property
    def swing_s(self) -> float:
        return (1 - self.stance) * self.stride_s

    def foot_offs_s(self, side: Side) -> NDArray[np.float64]:
        """True foot offs from before the start to after the end."""
        first_s = (0.1 if side == "left" else 0.6) * self.stride_s - 2 * self.stride_s
        return first_s + self.stride_s * np.arange(int(self.duration_s / self.stride_s) + 4)

    def contacts_s(self, side: Side) -> NDArray[np.float64]:
        """True contacts, one after each foot off."""
        return self.foot_offs_s(side) + self.swing_s

    def walk(self) -> Walk:
        """Return hips that go evenly, and feet."""
        time_s = np.arange(round(self.duration_s * self.rate_hz)) / self.rate_hz
        points = np.zeros((len(time_s), len(_LAYOUT), 3))
        for side in SIDES:
            for name, place in self._leg(side, time_s).items():
                across_m = _HALF_WIDTH_M if side == "left" else -_HALF_WIDTH_M
                points[:, _LAYOUT.index(name, side)] = place + np.array([0, across_m, 0])
        return Walk(time_s, points, np.ones(points.shape[:2]), _LAYOUT, Space.WORLD_M)

    def _leg(self, side: Side, time_s: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        offs_s = self.foot_offs_s(side)
        last = np.searchsorted(offs_s, time_s, side="right") - 1
        since_s = time_s - offs_s[last]
        swing = np.clip(since_s / self.swing_s, 0, 1)
        # The toe rests, gathers speed steadily, and loses it as steadily.
        steps = last + 3 * swing**2 - 2 * swing**3
        speed_mps = self.stride_m / self.stride_s
        none = np.zeros_like(time_s)
        behind_m = self.stance / 2 * self.stride_m  # of the hip, when the foot leaves
        toe = np.column_stack(
            [steps * self.stride_m + speed_mps * offs_s[0] - behind_m, none, none]
        )
        pitch = np.radians(self._pitch_deg(since_s))
        heel = toe + _FOOT_M * np.column_stack([-np.cos(pitch), none, np.sin(pitch)])
        flight = 0.1 * swing * (1 - swing) if self.springs else 0.03 * np.sin(np.pi * swing) ** 2
        lift_m = flight - heel[:, 2].clip(max=0)
        for point in (toe, heel):
            point[:, 2] += lift_m
        hip = np.column_stack([time_s * speed_mps, none, none + _HIP_M])
        ankle = heel + 0.25 * (toe - heel) + [0, 0, 0.07]
        return {"hip": hip, "ankle": ankle, "heel": heel, "toe": toe}

    def _pitch_deg(self, since_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Flat; the heel rises about the toe, fastest at foot off; down to the landing."""
        end_s = self.stride_s
        cycle = {0: 40, 0.07: 58, 0.5 * self.swing_s + 0.07: 15, self.swing_s: self.lands_deg,
                 self.swing_s + 0.12: 0, end_s - 0.2: 0, end_s - 0.1: 10, end_s: 40}  # fmt: skip
        both = {**{t - end_s: deg for t, deg in cycle.items()}, **cycle}
        knots_s = sorted(both)
        return np.asarray(PchipInterpolator(knots_s, [both[t] for t in knots_s])(since_s))
