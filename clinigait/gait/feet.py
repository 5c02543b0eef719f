"""How high the feet are carried through swing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Stride
from clinigait.gait.ground import flat
from clinigait.gait.oriented import Oriented

#: The toe is lowest in this part of swing: before it the toe is drawn up, after it it is raised.
_MID_SWING = (0.3, 0.8)


def stride_feet(part: Oriented, stride: Stride, unit: str) -> dict[str, float]:
    """Return clearances of a stride in m; none without scale or without feet.

    Toe clearance is the least height of the toe in mid-swing over its height while the foot lay
    flat (Winter 1992, doi 10.1093/ptj/72.1.45); heel lift is the greatest height of the heel.
    """
    can_be_seen = part.has_feet and part.sees_forward  # from the front, height is also distance
    if unit != "m" or not can_be_seen or stride.foot_off_s is None:
        return {}
    stance, _ = flat(part, stride.start_s, stride.foot_off_s)
    swing_s = stride.end_s - stride.foot_off_s
    middle = part.between(*(stride.foot_off_s + share * swing_s for share in _MID_SWING))
    whole = part.between(stride.foot_off_s, stride.end_s)
    values: dict[str, float] = {}
    toe = part.up("toe", stride.side) / part.per_unit
    heel = part.up("heel", stride.side) / part.per_unit
    if _known(toe[stance]) and _known(toe[middle]):
        values["toe_clearance_m"] = float(toe[middle].min() - np.median(toe[stance]))
    if _known(heel[stance]) and _known(heel[whole]):
        values["heel_lift_m"] = float(heel[whole].max() - np.median(heel[stance]))
    return values


def _known(values: NDArray[np.float64]) -> bool:
    return bool(len(values) >= 2 and np.isfinite(values).all())
