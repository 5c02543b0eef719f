"""The shape of the sagittal joint curves against that of others at the same speed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Depth, Parameter, Side
from clinigait.gait.norms import speed_matched_curve
from clinigait.gait.symmetry import Absent
from clinigait.gait.walked import WalkedBouts
from clinigait.gait.whole.pace import speed_without_unit
from clinigait.gait.whole.shared import WholeWalk, absent, had, half_width, whole_walk

_CURVES = ("hip_flexion_deg", "knee_flexion_deg", "ankle_dorsiflexion_deg")
#: Standard uncertainty of the shape of the three curves together: half of the mean absolute errors
#: of the angles from video (Stenum 2021), the other half being an offset that is taken out
#: (inference); markers against video.
_SHAPE_ERROR_DEG = 2.9
_MEASURED = 0.5
#: So many independent ways in which that error bends the curves, two a joint (inference).
_WAYS = 6
_FEWEST_STRIDES = 2


def sagittal_shape_deviation(walked: WalkedBouts) -> Parameter:
    """Distance of the mean curves of both sides from speed-matched ones, each without its mean."""
    name, walk = "sagittal_shape_deviation_deg", whole_walk(walked)
    speed = speed_without_unit(walk)
    if isinstance(speed, Absent):
        return absent(name, speed)
    seen = {side: _curves(walk, side) for side in SIDES}
    tables = {side: table for side, table in seen.items() if len(table) >= _FEWEST_STRIDES}
    if not tables:
        return absent(name, _why_absent(walk))
    reference = np.stack([_shape(speed_matched_curve(curve, speed)[0]) for curve in _CURVES])
    distances = {side: table - reference for side, table in tables.items()}
    value = float(np.sqrt(np.mean([_square(d.mean(axis=0)) for d in distances.values()])))
    n = sum(len(table) for table in tables.values())
    bounds = _bounds(value, list(distances.values()), n, _error_deg(walk))
    return had(name, value, bounds, n, [_by_side(distances)])


def _curves(walk: WholeWalk, side: Side) -> NDArray[np.float64]:
    """Return (N, 3, 51) curves of the strides of a side in which all three are seen."""
    numbers = [stride.number for stride in walk.used if stride.side == side]
    cycles = [walk.cycles[n] for n in numbers if n in walk.cycles]
    whole = [[cycle[c][::2] for c in _CURVES] for cycle in cycles if set(_CURVES) <= set(cycle)]
    return _shape(np.array(whole).reshape(-1, len(_CURVES), 51))


def _shape(curves: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (..., 51) curves without their means."""
    return np.asarray(curves - curves.mean(axis=-1, keepdims=True))


def _square(distance: NDArray[np.float64]) -> float:
    return float((distance**2).mean())


def _bounds(
    value: float, distances: list[NDArray[np.float64]], n: int, error_deg: float
) -> tuple[float, float]:
    """Return the interval by leaving out one stride after the other, and by the angles' error."""
    squares = [_square(d.mean(axis=0)) for d in distances]
    replicates = []
    for index, own in enumerate(distances):
        rest = sum(squares) - squares[index]
        without = (own.sum(axis=0) - own) / (len(own) - 1)
        replicates += list(np.sqrt(((without**2).mean(axis=(1, 2)) + rest) / len(squares)))
    error = float(np.sqrt((n - 1) * np.var(replicates)))
    # An error of the curves' shape that is like the distance adds to it, the rest adds its square.
    along = error_deg / np.sqrt(_WAYS)
    half = float(np.hypot(half_width(error, n - len(distances)), 1.96 * along))
    low = np.sqrt(max(max(value - half, 0.0) ** 2 - error_deg**2, 0.0))
    return float(low), value + half


def _error_deg(walk: WholeWalk) -> float:
    measured = not walk.scene.in_picture and walk.scene.walk.depth is Depth.MEASURED
    return _SHAPE_ERROR_DEG * (_MEASURED if measured else 1.0)


def _by_side(distances: dict[Side, NDArray[np.float64]]) -> str:
    parts = [f"{side} {np.sqrt(_square(d.mean(axis=0))):.1f}" for side, d in distances.items()]
    return f"{' and '.join(parts)} degrees; a comparison of shape only"


def _why_absent(walk: WholeWalk) -> Absent:
    if not all(part.has_feet for part in walk.parts):
        return Absent("the keypoints have no heel and toe")
    return Absent("hip, knee and ankle are not seen together for two strides of a side")
