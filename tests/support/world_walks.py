"""Walks in metres, and markers on them, for files of motion capture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import KeypointLayout, Space, Walk
from clinigait.core.layout import MARKERS_22
from support.walker import PX_PER_M, Gait, synthetic_walk

BMC = Path(__file__).parents[3] / "shared" / "data" / "bmc_walk"

_HALF_BREADTH_M = {"shoulder": 0.18, "elbow": 0.22, "wrist": 0.22, "hip": 0.09}
_FEET_M = 0.07


def world_walk(
    layout: KeypointLayout = MARKERS_22, duration_s: float = 1.0, rate_hz: float = 100.0
) -> Walk:
    """Return the synthetic walker in space: x forward, y to the left, z up, feet near z = 0.

    Points that the walker does not have are missing.
    """
    flat = synthetic_walk(Gait(duration_s=duration_s, rate_hz=rate_hz), layout)
    sideways = [_sideways_m(point) for point in layout.points]
    x, y = flat.keypoints[:, :, 0], flat.keypoints[:, :, 1]
    floor = np.nanmax(y)
    keypoints = np.stack(
        [x / PX_PER_M, np.broadcast_to(sideways, x.shape), (floor - y) / PX_PER_M], axis=2
    )
    keypoints[~np.isfinite(x)] = np.nan
    return Walk(flat.time_s, keypoints, np.isfinite(x).astype(float), layout, Space.WORLD_M)


def _sideways_m(point: str) -> float:
    side, _, rest = point.partition("_")
    sign = {"left": 1.0, "right": -1.0}.get(side, 0.0)
    return sign * _HALF_BREADTH_M.get(rest, _FEET_M)


def with_gaps(walk: Walk) -> Walk:
    """Return the walk with a tenth of its points missing."""
    missing = np.random.default_rng(7).random(walk.confidence.shape) < 0.1
    return Walk(
        walk.time_s,
        np.where(missing[:, :, None], np.nan, walk.keypoints),
        np.where(missing, 0.0, walk.confidence),
        walk.layout,
        walk.space,
    )


def plug_in_gait(walk: Walk) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return labels and (T, M, 3) positions in m of a lower-body marker set on the walk.

    The pelvis is level and faces along x; its front spines lie 0.24 m apart, 0.05 m ahead of and
    0.09 m above the hips, the back spines 0.15 m behind them.
    """
    hips = (walk.keypoints[:, walk.layout.index("hip", "left")] * [1, 0, 1])[:, None]
    spines = np.array([[0.05, 0.12, 0.09], [0.05, -0.12, 0.09], [-0.1, 0.05, 0.09]])
    pelvis = hips + np.vstack([spines, [-0.1, -0.05, 0.09]])
    labels, parts = ["LASI", "RASI", "LPSI", "RPSI"], [pelvis]
    for letter, side in (("L", "left"), ("R", "right")):
        for code, point in (("KNE", "knee"), ("ANK", "ankle"), ("HEE", "heel"), ("TOE", "toe")):
            labels.append(letter + code)
            parts.append(walk.keypoints[:, [walk.layout.index(f"{side}_{point}")]])
    return tuple(labels), np.concatenate(parts, axis=1)


def trc_text(
    labels: tuple[str, ...], positions: NDArray[np.float64], rate_hz: float = 100.0, unit: str = "m"
) -> str:
    """Return a TRC file with the positions as they are, as Pose2Sim writes it."""
    head = [
        "PathFileType\t4\t(X/Y/Z)\twalk.trc",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame"
        "\tOrigNumFrames",
        f"{rate_hz}\t{rate_hz}\t{len(positions)}\t{len(labels)}\t{unit}\t{rate_hz}\t1"
        f"\t{len(positions)}",
        "Frame#\tTime\t" + "\t\t\t".join(labels) + "\t\t",
        "\t\t" + "\t".join(f"{a}{i + 1}" for i in range(len(labels)) for a in "XYZ"),
    ]
    rows = [
        "\t".join([str(i + 1), f"{i / rate_hz:.6f}", *(f"{v:.6f}" for v in frame.ravel())])
        for i, frame in enumerate(positions)
    ]
    return "\n".join([*head, *rows, ""]).replace("nan", "")
