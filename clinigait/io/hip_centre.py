"""Hip joint centres from the markers on the pelvis."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Side

#: Offsets from the middle of the front spines in m, as slope of a pelvic measure and constant:
#: forward by depth, upward by width, to the side by width.
_FORWARD = (-0.24, -0.0099)
_UPWARD = (-0.30, -0.0109)
_SIDEWAYS = (0.33, 0.0073)


def regressed_hips(
    left_asis_m: NDArray[np.float64],
    right_asis_m: NDArray[np.float64],
    back_m: NDArray[np.float64],
) -> dict[Side, NDArray[np.float64]] | None:
    """Estimate both hip joint centres.

    Definition
    ----------
    In the axes of the pelvis (origin half-way between the anterior superior iliac spines; to the
    right along the line through them; forward from the middle of the posterior spines, square to
    that line; upward square to both), with pelvic depth PD, the distance from the middle of the
    posterior to the middle of the anterior spines, and pelvic width PW, the distance between the
    anterior spines, both the median of the recording, in mm: forward -0.24 PD - 9.9, upward
    -0.30 PW - 10.9, to the side 0.33 PW + 7.3.

    Source: Harrington et al. 2007, doi 10.1016/j.jbiomech.2006.02.003, the equations with one
    pelvic measure each.

    Parameters
    ----------
    left_asis_m, right_asis_m
        (T, 3) anterior superior iliac spines in right-handed axes, in m.
    back_m
        (T, 3) middle of the posterior superior iliac spines, or the sacrum.

    Returns
    -------
    dict or None
        (T, 3) positions by side, NaN where a marker is missing; None where a marker is missing in
        all frames.
    """
    middle = (left_asis_m + right_asis_m) / 2
    across, ahead = right_asis_m - left_asis_m, middle - back_m
    width = np.linalg.norm(across, axis=1)
    depth = np.linalg.norm(ahead, axis=1)
    whole = (width > 0) & (depth > 0)
    if not whole.any():
        return None
    width_m, depth_m = float(np.median(width[whole])), float(np.median(depth[whole]))
    right = _unit(across)
    forward = _unit(ahead - (ahead * right).sum(axis=1, keepdims=True) * right)
    upward = np.cross(right, forward)
    centre = (
        middle
        + (_FORWARD[0] * depth_m + _FORWARD[1]) * forward
        + (_UPWARD[0] * width_m + _UPWARD[1]) * upward
    )
    aside = (_SIDEWAYS[0] * width_m + _SIDEWAYS[1]) * right
    return {"left": centre - aside, "right": centre + aside}


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the vectors with length 1, NaN where they have none."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(length > 0, length, np.nan)
