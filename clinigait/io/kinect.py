"""Kinect v2: tables of 25 joints, one row a frame."""

from __future__ import annotations

from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Space, Walk
from clinigait.core.layout import KINECT_25
from clinigait.io._orientation import to_world
from clinigait.io._source import (
    make_walk,
    number_table,
    once_each,
    seen_fully,
    text_lines,
    unit_in_m,
)

_N_JOINTS = len(KINECT_25)
_WIDTH = 1 + 4 * _N_JOINTS
_MINUTE_S = 60.0
#: A clock that falls back by nearly a minute has begun a new one.
_NEW_MINUTE_S = 50.0
_EXPORT = "Export the joints again: time, then id, x, y, z of each of the 25 joints."


def read_kinect(path: Path, unit: str | None = None) -> Walk:
    """Read a table of Kinect v2 joints, separated by tabs (or commas).

    A row holds the time in s and then, for each of the 25 joints in any order, its number in the
    order of the sensor and x, y, z in m. The clock may be that of a minute: a fall from nearly 60
    to nearly 0 s starts the next minute. Of two rows with one time the first counts. A joint that
    lies at the origin, or exactly on another joint, was not tracked and is missing. The axes are
    turned to z up if need be.

    Parameters
    ----------
    path
        The file.
    unit
        Unit of length, where it is not m: cm or mm.

    Raises
    ------
    BadInputError
        If it is not such a table, or its times run backwards.
    """
    lines = (line for line in text_lines(path) if line.strip())
    first = next(lines, "")
    separator = "\t" if "\t" in first else ","
    rows = (line.split(separator) for line in chain([first], lines) if line)
    table = number_table(rows, _WIDTH, path.name)
    time_s = _running(table[:, 0])
    kept = once_each(time_s, path.name)
    positions = _tracked(_in_order(table[kept, 1:].reshape(-1, _N_JOINTS, 4), path.name))
    positions = positions * unit_in_m(unit or "m", path.name)
    points = (KINECT_25, positions, seen_fully(positions))
    walk = make_walk(path, "Kinect v2 table", time_s[kept], points, Space.WORLD_M)
    return replace(walk, keypoints=to_world(walk.keypoints, KINECT_25, path.name))


def _running(clock_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the times of a clock of one minute as times that go on."""
    if not ((clock_s >= 0) & (clock_s < _MINUTE_S)).all():
        return clock_s
    new_minute = np.diff(clock_s, prepend=clock_s[:1]) < -_NEW_MINUTE_S
    return clock_s + _MINUTE_S * np.cumsum(new_minute)


def _in_order(joints: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Return (T, 25, 3) positions sorted by the joints' numbers."""
    numbers = joints[:, :, 0]
    order = np.argsort(numbers, axis=1)
    if (np.take_along_axis(numbers, order, axis=1) != np.arange(_N_JOINTS)).any():
        raise BadInputError(f"{name} does not number its joints from 0 to 24.", _EXPORT)
    return np.take_along_axis(joints[:, :, 1:], order[:, :, None], axis=1)


def _tracked(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the positions with NaN for joints at the origin or exactly on another joint."""
    missing = (positions == 0).all(axis=2)
    for shift in range(1, _N_JOINTS // 2 + 1):
        same = (positions == np.roll(positions, shift, axis=1)).all(axis=2)
        missing |= same | np.roll(same, -shift, axis=1)
    return np.where(missing[:, :, None], np.nan, positions)
