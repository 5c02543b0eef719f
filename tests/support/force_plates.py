"""Motion capture walks over force plates, where the shared data stand beside the project."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import KeypointLayout, Space, Walk

_FOLDER = Path(__file__).parents[3] / "shared" / "data" / "bmc_walk"
_LAYOUT = KeypointLayout(
    "feet and pelvis",
    tuple(f"{side}_{p}" for p in ("hip", "heel", "toe", "ankle") for side in ("left", "right")),
)
_LOADED_N = 20.0
_PLATES = 7
_FORCE_RATE_HZ = 450.0


@dataclass(frozen=True, eq=False)
class ForcePlateWalk:
    """Markers as a walk on the floor, and when whole steps on a plate began and ended."""

    walk: Walk
    contacts_s: NDArray[np.float64]
    foot_offs_s: NDArray[np.float64]


@cache
def force_plate_walks() -> tuple[ForcePlateWalk, ...]:
    """Return the two walks, or none where the data are not here."""
    if not _FOLDER.is_dir():
        return ()
    return tuple(_load(number) for number in (1, 2))


def _load(number: int) -> ForcePlateWalk:
    time_s, markers = _markers(_FOLDER / f"walk{number}.trc")
    axis = int(np.ptp(markers["R.ASIS"], axis=0).argmax())
    others = [i for i in range(3) if i != axis]
    up = max(others, key=lambda i: float(np.nanmean(markers["R.ASIS"][:, i])))
    points = [
        *((markers[f"{s}.ASIS"] + markers[f"{s}.PSIS"]) / 2 for s in "LR"),
        *(markers[f"{s}.{name}"] for name in ("Heel", "MT2", "Ankle") for s in "LR"),
    ]
    across = next(i for i in others if i != up)
    right_handed = 1.0 if (axis + 1) % 3 == across else -1.0
    places = np.stack(points, axis=1)[:, :, [axis, across, up]] * [1.0, right_handed, 1.0]
    confidence = np.where(np.isfinite(places[:, :, 0]), 0.9, 0.0)
    walk = Walk(time_s, places, confidence, _LAYOUT, Space.WORLD_M)
    contacts, offs = _plate_times(_FOLDER / f"walk{number}.forces", up)
    return ForcePlateWalk(walk, contacts, offs)


def _markers(path: Path) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    lines = path.read_text(encoding="latin1").split("\n")
    names = [name for name in lines[3].split("\t")[2:] if name.strip()]
    width = 2 + 3 * len(names)
    rows = [(line.split("\t") + [""] * width)[:width] for line in lines[5:] if line.strip()]
    table = np.array([[float(c) if c.strip() else np.nan for c in row] for row in rows])
    return table[:, 1], {n: table[:, 2 + 3 * i : 5 + 3 * i] / 1000 for i, n in enumerate(names)}


def _plate_times(path: Path, up: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lines = path.read_text().split("\n")
    head = next(i for i, line in enumerate(lines) if "FX1" in line)
    table = np.array([[float(c) for c in row.split()] for row in lines[head + 1 :] if row.strip()])
    contacts, offs = [], []
    for plate in range(_PLATES):
        loaded = np.abs(table[:, 1 + 7 * plate + up]) > _LOADED_N
        edges = np.flatnonzero(np.diff(np.r_[0, loaded.astype(int), 0]))
        for start, end in zip(edges[::2], edges[1::2], strict=True):
            whole = start > 5 and end < len(loaded) - 5
            if whole and (end - start) / _FORCE_RATE_HZ > 0.3:
                contacts.append(start / _FORCE_RATE_HZ)
                offs.append(end / _FORCE_RATE_HZ)
    return np.array(contacts), np.array(offs)
