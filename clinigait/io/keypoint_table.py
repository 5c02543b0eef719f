"""Bare arrays of keypoints in NumPy's ``.npy`` files."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from tokenize import TokenError

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Depth, KeypointLayout, Space, Walk
from clinigait.io._layouts import layout_of, unambiguous
from clinigait.io._orientation import ROTATIONS, Y_DOWN, Z_UP, up_axis
from clinigait.io._source import (
    believable,
    check_frames,
    checked_file,
    make_walk,
    needed_rate,
    seen_fully,
    unit_in_m,
)

#: What damaged headers lead to: they are parsed as Python literals.
UNREADABLE_ARRAY = (
    OSError,
    ValueError,
    TypeError,
    EOFError,
    SyntaxError,
    OverflowError,
    MemoryError,
    RecursionError,
    TokenError,
)
_SHAPE = "Save an array of frames x points x 2 or 3 numbers."


def read_keypoint_table(
    path: Path,
    rate_hz: float | None = None,
    layout: str | None = None,
    unit: str | None = None,
    space: Space | None = None,
) -> Walk:
    """Read a (T, K, 2 or 3) array: positions in a picture or in space.

    Two columns are pixels x, y. Three columns in the unit ``px`` are x, y and confidence; in a
    unit of length they are positions in space.

    Parameters
    ----------
    path
        The file.
    rate_hz
        Frame rate, which the file does not tell.
    layout
        Name of the layout, where the number of points does not tell it.
    unit
        px, or m, cm or mm; needed for three columns.
    space
        Coordinates of positions in space. By default the vertical is found from the body: with y
        down they are the camera's and stay as they are, their depth taken for guessed by a pose
        model; else they are turned to z up.

    Raises
    ------
    BadInputError
        If it is not such an array, or what it does not tell is not given.
    """
    array = _array(path)
    known, columns = layout_of(array.shape[1], layout, unambiguous(), path.name)
    time_s = np.arange(len(array)) / needed_rate(rate_hz, path.name)
    values = believable(array[:, columns].astype(np.float64))
    in_pixels = unit is not None and unit.strip().lower() == "px"
    if values.shape[2] == 2 or in_pixels:
        if unit is not None and not in_pixels:
            raise BadInputError(
                f"{path.name} has two numbers a point, which are pixels.", "Leave --unit away."
            )
        flat = values[:, :, :2]
        confidence = seen_fully(flat) if values.shape[2] == 2 else _confidence(values, path.name)
        return make_walk(path, "NPY", time_s, (known, flat, confidence), Space.IMAGE_PX)
    if unit is None:
        raise BadInputError(
            f"{path.name} does not say in which unit its points are.",
            "Give --unit: m, cm or mm, or px for x, y and confidence.",
        )
    values = values * unit_in_m(unit, path.name)
    points = (known, values, seen_fully(values))
    return _in_space(make_walk(path, "NPY", time_s, points, Space.CAMERA_M), space, known)


def _array(path: Path) -> NDArray[np.float64]:
    """Open an array of numbers of three axes without reading it."""
    try:
        array = np.lib.format.open_memmap(checked_file(path), mode="r")
    except UNREADABLE_ARRAY as error:
        raise BadInputError(f"{path.name} is not an array of numbers.", _SHAPE) from error
    if array.dtype.kind not in "fiu":
        raise BadInputError(f"{path.name} is not an array of numbers.", _SHAPE)
    if array.ndim != 3 or array.shape[2] not in (2, 3):
        shape = " x ".join(map(str, array.shape))
        raise BadInputError(f"{path.name} is an array of {shape or 'one number'}.", _SHAPE)
    check_frames(len(array), path.name)
    return array


def _confidence(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    confidence = values[:, :, 2]
    if ((confidence < 0) | (confidence > 1)).any():
        raise BadInputError(
            f"The third number of the points of {name} is not a confidence from 0 to 1.",
            "Give the unit of points in space with --unit: m, cm or mm.",
        )
    return confidence


def _in_space(walk: Walk, space: Space | None, layout: KeypointLayout) -> Walk:
    """Return the walk in the space given, or in the one that its vertical tells."""
    name = walk.provenance["file"]
    up = up_axis(walk.keypoints, layout, name)
    expected = {Space.CAMERA_M: Y_DOWN, Space.WORLD_M: Z_UP, None: up}.get(space)
    if up != expected:
        raise BadInputError(
            f"The body does not stand upright in {name}, taken as {space}.",
            "Leave the space to be found, or check the axes.",
        )
    camera = up == Y_DOWN
    keypoints = walk.keypoints if camera else walk.keypoints @ ROTATIONS[up].T
    found = Space.CAMERA_M if camera else Space.WORLD_M
    # Positions in a camera's axes without more said are what pose models make of one picture.
    depth = Depth.INFERRED if camera else Depth.MEASURED
    return replace(walk, keypoints=keypoints, space=found, depth=depth)
