"""Whether a made walk shows what its pathology is known by.

Which signs, and in which direction, is what textbooks say (Perry & Burnfield 2010, Gait Analysis,
2nd ed.; recalled). Where the limit lies, people say: halfway between those who walked normally and
those who acted the gait, each person counting once. Only people who teach may set limits.
Everything is measured on joints that move over the floor, by :func:`acted_statistics` and its kin,
alike on people and on what was made.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Side, Walk
from clinigait.models.generator_card import Gate, Sign
from clinigait.synthesis.acted import (
    WalkingPoints,
    acted_statistics,
    thigh_deg,
    tilt_deg,
    walking_points,
)

#: What each gait is known by: of each group one sign at least; true where it lies above normal.
SIGNS: Mapping[str, tuple[dict[str, bool], ...]] = {
    "antalgic": ({"stance_difference_pct": False},),
    "lurch": ({"trunk_pitch_deg": False, "lean_back_in_stance_deg": True},),
    "steppage": ({"hip_peak_flexion_deg": True}, {"knee_peak_flexion_deg": True}),
    "stiff_legged": ({"knee_range_deg": False}, {"circumduction_m": True, "hip_hike_deg": True}),
    "trendelenburg": ({"pelvis_drop_deg": True, "trunk_sway_deg": True},),
}
NORMAL = "normal"
_SIDED = (
    "lean_back_in_stance_deg", "knee_peak_flexion_deg", "knee_range_deg", "circumduction_m",
    "pelvis_drop_deg",
)  # fmt: skip
_BOTH = ("trunk_pitch_deg", "trunk_sway_deg", "speed_mps")


def measured_signs(walk: Walk, side: Side) -> dict[str, float]:
    """Return what the gates look at, by name; what the walk does not hold is absent.

    ``stance_difference_pct`` (the affected side's stance less the other's) and, of the affected
    side, ``hip_peak_flexion_deg`` (of the thigh against the vertical) and ``hip_hike_deg`` (its
    side of the pelvis above the mean) in swing; the rest is as of :func:`acted_statistics`.

    Parameters
    ----------
    walk
        In world metres, with hips, knees, ankles and shoulders.
    side
        The affected one.
    """
    points = walking_points(walk)
    if points is None or not all(points.swings(each) for each in SIDES):
        return {}
    all_of = acted_statistics(points)
    found = {name: all_of[name, side] for name in _SIDED if (name, side) in all_of}
    found |= {name: all_of[name, None] for name in _BOTH if (name, None) in all_of}
    stance = [all_of.get(("stance_pct", each), np.nan) for each in SIDES]
    difference = stance[SIDES.index(side)] - stance[1 - SIDES.index(side)]
    found["stance_difference_pct"] = float(difference)
    found["hip_peak_flexion_deg"] = _highest_in_swing(points, thigh_deg(points, side), side)
    up = tilt_deg(points, "hip") * (1 if side == "left" else -1)
    found["hip_hike_deg"] = _highest_in_swing(points, up - up.mean(), side)
    return {name: value for name, value in found.items() if np.isfinite(value)}


def _highest_in_swing(points: WalkingPoints, signal: NDArray[np.float64], side: Side) -> float:
    """Return the median over swings of a signal's highest value in each."""
    spans = [np.searchsorted(points.time_s, swing) for swing in points.swings(side)]
    return float(np.median([signal[first : last + 1].max() for first, last in spans]))


def learned_gates(
    measured: Sequence[Mapping[str, float]], labels: Sequence[str], people: Sequence[str]
) -> dict[str, Gate]:
    """Return the gates that people teach, by class.

    A sign that lies on the wrong side of normal, or within the quarter of normal walks next to it,
    is not seen in these people, and nothing is asked of it; normal walks may not pass another
    class's gate.

    Parameters
    ----------
    measured
        What :func:`measured_signs` says of every walk.
    labels, people
        Class and person of every walk.
    """
    who, what = np.array(people), np.array(labels)
    gates: dict[str, Gate] = {}
    for label in sorted(set(labels) & set(SIGNS)):
        groups = []
        for group in SIGNS[label]:
            signs = [
                sign
                for name, above in group.items()
                if (sign := _sign(name, above, _column(measured, name), what == label, what, who))
            ]
            if signs:
                groups.append(tuple(signs))
        gates[label] = Gate(tuple(groups))
    for label in sorted(set(labels) - set(SIGNS)):
        gates[label] = Gate(none_of=tuple(gates) if label == NORMAL else ())
    shares = {
        label: np.mean([passes(gates, label, row) for row, own in zip(measured, labels, strict=True)
                        if own == label])
        for label in gates
    }  # fmt: skip
    return {
        label: Gate(gate.every, gate.none_of, round(float(shares[label]), 4))
        for label, gate in gates.items()
    }


def passes(gates: Mapping[str, Gate], label: str, measured: Mapping[str, float]) -> bool:
    """Tell whether what was measured on a walk is what its label is known by.

    A walk of which nothing could be measured does not pass.
    """
    gate = gates[label]
    if not measured:
        return False
    return _shown(gate, measured) and not any(
        gates[other].every and _shown(gates[other], measured) for other in gate.none_of
    )


def _shown(gate: Gate, measured: Mapping[str, float]) -> bool:
    return all(any(sign.shown_by(measured) for sign in group) for group in gate.every)


def _column(measured: Sequence[Mapping[str, float]], name: str) -> NDArray[np.float64]:
    return np.array([row.get(name, np.nan) for row in measured])


def _sign(
    name: str,
    above: bool,
    values: NDArray[np.float64],
    own: NDArray[np.bool_],
    labels: NDArray[np.str_],
    people: NDArray[np.str_],
) -> Sign | None:
    """Return a sign with its limit; None where it is not seen in these people."""
    seen = np.isfinite(values)
    normal = seen & (labels == NORMAL)
    if not normal.any() or not (own & seen).any():
        return None
    usual, theirs = (
        float(np.median([np.median(values[some & (people == one)]) for one in set(people[some])]))
        for some in (normal, own & seen)
    )
    edge = float(np.quantile(values[normal], 0.75 if above else 0.25))
    if (theirs <= edge) if above else (theirs >= edge):
        return None
    return Sign(name, above, round((usual + theirs) / 2, 4))
