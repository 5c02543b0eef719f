"""Curves over the gait cycle that drive a synthetic walker: legs and pelvis by speed, upper body.

Legs and pelvis are the means of Schwartz 2008 (doi 10.1016/j.jbiomech.2008.03.015; children of 4
to 17 years, five classes of speed). The upper body is a harmonic series fitted to real captures:
to all of them (``curves.json`` names them), or to marker-based motion capture alone
(``curves_cmu.json``), for walkers that owe nothing to a data set that a model is tested on.
``examples/fit_the_virtual_clinic.py`` fits both again.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from clinigait.core import BadInputError
from clinigait.gait.norms.curves import speed_matched_curve
from clinigait.gait.norms.tables import read_table
from clinigait.synthesis.prescription import CurveSet

#: Points of a curve, from one initial contact to the next, both included.
N_POINTS = 101
#: Normalised speed that stands for each class: the classes are two standard deviations (0.0682) of
#: free walking (mean 0.4315) wide, and the two outer ones are taken to be no wider.
_CLASS_SPEED = {
    "very_slow": 0.159,
    "slow": 0.295,
    "free": 0.4315,
    "fast": 0.568,
    "very_fast": 0.704,
}
_SAGITTAL = (
    "pelvis_anterior_tilt_deg",
    "hip_flexion_deg",
    "knee_flexion_deg",
    "ankle_dorsiflexion_deg",
)
#: Fits of the upper body: by what they were fitted to.
_UPPER_BODY: Mapping[CurveSet, str] = {"captured": "curves.json", "cmu": "curves_cmu.json"}
#: A pelvis is one body: half a cycle later it does the mirror image.
_PELVIS_SIGN = {
    "pelvis_anterior_tilt_deg": 1.0,
    "pelvis_obliquity_up_deg": -1.0,
    "pelvis_rotation_forward_deg": -1.0,
}


@dataclass(frozen=True, eq=False)
class CycleCurves:
    """Joint angles of one side over its gait cycle.

    Parameters
    ----------
    foot_off_pct
        When this side's foot leaves the floor.
    angles_deg
        Name to (101,): every 1 % of the cycle from this side's initial contact to its next; the
        last is the first. ``pelvis_anterior_tilt_deg``, ``pelvis_obliquity_up_deg`` (this side
        higher), ``pelvis_rotation_forward_deg`` (this side forward), ``hip_flexion_deg`` (against
        the pelvis), ``hip_adduction_deg``, ``hip_internal_rotation_deg``, ``knee_flexion_deg``,
        ``ankle_dorsiflexion_deg``, ``foot_progression_out_deg`` (toes out).
    """

    foot_off_pct: float
    angles_deg: Mapping[str, NDArray[np.float64]]

    def retimed(self, foot_off_pct: float) -> CycleCurves:
        """Return the curves with stance and swing each stretched to another foot off.

        Those of the pelvis are stretched between the contacts and foot offs of both feet, as if
        the other foot left the floor half a cycle apart, so that they keep mirroring themselves.

        Raises
        ------
        BadInputError
            If a foot cannot leave the floor then.
        """
        if not (math.isfinite(foot_off_pct) and 0 < foot_off_pct < 100):
            raise BadInputError(
                f"A foot cannot leave the floor at {foot_off_pct:g} % of its cycle.",
                "Give a share of stance between 0 and 100 %.",
            )
        new = np.linspace(0, 100, N_POINTS)
        leg = np.interp(new, [0, foot_off_pct, 100], [0, self.foot_off_pct, 100])
        pelvis = np.interp(new, _both_feet(foot_off_pct), _both_feet(self.foot_off_pct))
        turned = {
            name: _periodic(curve)(pelvis if name in _PELVIS_SIGN else leg)
            for name, curve in self.angles_deg.items()
        }
        return CycleCurves(foot_off_pct, MappingProxyType(turned))


def _both_feet(foot_off_pct: float) -> list[float]:
    """Return contact, the other's foot off and contact, foot off and contact in % of a cycle."""
    own = min(max(foot_off_pct, 51.0), 99.0)
    return [0.0, own - 50, 50.0, own, 100.0]


def cycle_curves(speed_nondimensional: float) -> CycleCurves:
    """Return the curves of legs and pelvis at a walking speed.

    Between the classes of speed the curves are mixed after their foot offs are brought together;
    beyond the outer classes they stay those of the outer class.

    Parameters
    ----------
    speed_nondimensional
        v / sqrt(g l), see :func:`clinigait.gait.norms.curves.normalised_speed`.

    Raises
    ------
    BadInputError
        If the speed is impossible.
    """
    if not (math.isfinite(speed_nondimensional) and speed_nondimensional >= 0):
        raise BadInputError(
            f"A normalised speed of {speed_nondimensional} is impossible.",
            "Divide the speed by the root of g times leg length.",
        )
    names, speeds = list(_CLASS_SPEED), list(_CLASS_SPEED.values())
    speed = min(max(speed_nondimensional, speeds[0]), speeds[-1])
    index = next(i for i, (_, high) in enumerate(pairwise(speeds)) if speed <= high)
    share = (speed - speeds[index]) / (speeds[index + 1] - speeds[index])
    slow, fast = _of_class(names[index]), _of_class(names[index + 1])
    foot_off_pct = (1 - share) * slow.foot_off_pct + share * fast.foot_off_pct
    low, high = (found.retimed(foot_off_pct).angles_deg for found in (slow, fast))
    mixed = {name: (1 - share) * low[name] + share * high[name] for name in low}
    return CycleCurves(foot_off_pct, MappingProxyType(mixed))


@cache
def _of_class(speed_class: str) -> CycleCurves:
    found = {
        name: _closed(speed_matched_curve(name, _CLASS_SPEED[speed_class])[0]) for name in _SAGITTAL
    }
    foot_off_pct = math.nan
    for row in read_table("curves_other_planes.csv"):
        if row["speed_class"] == speed_class:
            foot_off_pct = float(row["foot_off_pct"])
            values = np.array([float(row[str(percent)]) for percent in range(0, 101, 2)])
            found[row["curve"]] = _closed(values)
    for name, sign in _PELVIS_SIGN.items():
        later = _periodic(found[name])(np.linspace(50, 150, N_POINTS))
        found[name] = (found[name] + sign * later) / 2
    return CycleCurves(foot_off_pct, MappingProxyType(found))


def _closed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (101,) of a curve whose ends meet: what is missing is spread over the cycle."""
    closed = values - (values[-1] - values[0]) * (np.linspace(0, 1, len(values)) - 0.5)
    return np.asarray(_periodic(closed)(np.linspace(0, 100, N_POINTS)))


def _periodic(closed: NDArray[np.float64]) -> CubicSpline:
    ends = closed.copy()
    ends[-1] = ends[0]
    return CubicSpline(np.linspace(0, 100, len(ends)), ends, bc_type="periodic")


@dataclass(frozen=True, eq=False)
class HarmonicCurve:
    """The shape of a movement over the gait cycle, and how large it usually is.

    Parameters
    ----------
    mean_deg, range_deg, range_sd_deg
        Mean over the cycle, range over the cycle, and its standard deviation between people (0
        where one person was measured).
    cos, sin
        (H,) weights of the harmonics 1 to H; their sum has mean 0 and range 1.
    n_people, n_strides
        How many were measured.
    source
        Where.
    """

    mean_deg: float
    range_deg: float
    range_sd_deg: float
    cos: NDArray[np.float64]
    sin: NDArray[np.float64]
    n_people: int
    n_strides: int
    source: str

    def shape(self, phase: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the shape, of range 1 about 0, at phases in cycles (1 is a cycle)."""
        turns = 2 * np.pi * np.multiply.outer(phase, np.arange(1, len(self.cos) + 1))
        return np.asarray(np.cos(turns) @ self.cos + np.sin(turns) @ self.sin)


@cache
def upper_body_curves(curves: CurveSet = "captured") -> Mapping[str, HarmonicCurve]:
    """Return the curves of the upper body by name.

    ``shoulder_flexion_deg`` (upper arm against the vertical, forward positive) and
    ``elbow_flexion_deg``: phase 0 is the initial contact of the foot on the same side as the arm.
    ``thorax_rotation_deg`` (shoulders against the pelvis, turned to the left positive),
    ``trunk_lean_deg`` (to the left), ``shoulder_obliquity_deg`` (left higher), ``trunk_pitch_deg``
    (pelvis to neck, forward) and ``head_pitch_deg`` (forward): phase 0 is the initial contact of
    the left foot.

    Parameters
    ----------
    curves
        ``captured``: fitted to everybody who was captured; ``cmu``: to the CMU database alone.
    """
    file = files("clinigait.synthesis").joinpath(_UPPER_BODY[curves])
    text = file.read_text(encoding="utf-8")
    found = {}
    for name, row in json.loads(text)["upper_body"].items():
        cos, sin = (np.array(row.pop(key), float) for key in ("cos", "sin"))
        found[name] = HarmonicCurve(cos=cos, sin=sin, **row)
    return MappingProxyType(found)
