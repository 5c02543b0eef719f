"""How the trunk stands over the pelvis, seen from the front."""

from __future__ import annotations

import numpy as np

from clinigait.core import Stride
from clinigait.gait.oriented import Oriented


def stride_posture(part: Oriented, stride: Stride, unit: str) -> dict[str, float]:
    """Return the lateral shift of the trunk over a stride; none where widths are not seen.

    The shift is the place of the middle of the shoulders to the right of the middle of the hips:
    its mean over the cycle.
    """
    if unit != "m" or not part.sees_left or "left_shoulder" not in part.layout:
        return {}
    inside = part.between(stride.start_s, stride.end_s)
    shoulders, hips = part.middle("shoulder")[inside, 1], part.middle("hip")[inside, 1]
    shift = (hips - shoulders) / part.per_unit[inside]
    known = shift[np.isfinite(shift)]
    return {"trunk_shift_m": float(known.mean())} if len(known) else {}
