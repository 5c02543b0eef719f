"""``calibration.json``: the cameras of a recording with depth. ``docs/rgbd.md`` describes it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clinigait.core import BadInputError, Extrinsics, Intrinsics
from clinigait.io._source import read_json

FILE_NAME = "calibration.json"
SCHEMA = "clinigait-rgbd-1"
_REMEDY = "Correct it by docs/rgbd.md, or remove it: then a usual camera is assumed, and said so."
#: Focal lengths that occur, in longer sides of the picture: from a fish-eye to a tele lens.
_FOCAL_RANGE = (0.25, 5.0)
#: No depth camera is mounted farther from its colour camera.
_FARTHEST_M = 1.0

#: A distortion has to be undone within a pixel in so much of the picture's sides; the corners of
#: wide lenses may lie beyond what their polynomial is good for.
_UNDONE_WITHIN, _UNDONE_PX = 0.8, 1.0

# Strict: true is no number.
_Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
_Side = Annotated[int, Field(ge=16, le=16_384)]
_Triple = tuple[_Number, _Number, _Number]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Camera(_Strict):
    width_px: _Side
    height_px: _Side
    fx_px: _Number
    fy_px: _Number
    cx_px: _Number
    cy_px: _Number
    distortion: tuple[_Number, _Number, _Number, _Number, _Number] | None = None


class _Placement(_Strict):
    rotation: tuple[_Triple, _Triple, _Triple] = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
    translation_m: _Triple


class _File(_Strict):
    schema_name: Literal["clinigait-rgbd-1"] = Field(alias="schema")
    colour: _Camera | None = None
    depth: _Camera | None = None
    depth_to_colour: _Placement | None = None
    depth_unit_mm: Annotated[_Number, Field(ge=0.01, le=10)] = 1.0
    rate_hz: Annotated[_Number, Field(ge=1, le=1000)] | None = None
    synthetic: bool = False


@dataclass(frozen=True)
class Calibration:
    """What is known of the cameras of a recording with depth.

    Parameters
    ----------
    colour
        The colour camera; None where nobody has calibrated it.
    depth
        The depth camera; None where the depth pictures are already aligned to the colour.
    depth_to_colour
        Where the depth camera stands as the colour camera sees it; None with ``depth`` None.
    depth_unit_mm
        Millimetres in one unit of the depth pictures.
    rate_hz
        Frames per second of numbered pictures; None where it is not given.
    synthetic
        Whether the recording is one of a synthetic walker.
    """

    colour: Intrinsics | None = None
    depth: Intrinsics | None = None
    depth_to_colour: Extrinsics | None = None
    depth_unit_mm: float = 1.0
    rate_hz: float | None = None
    synthetic: bool = False


def read_calibration(path: Path) -> Calibration:
    """Read a calibration file.

    Raises
    ------
    BadInputError
        If it cannot be read, or its numbers are of no camera.
    """
    content = read_json(path)
    try:
        found = _File.model_validate(content)
        return Calibration(
            colour=_intrinsics(found.colour),
            depth=_intrinsics(found.depth),
            depth_to_colour=_placed(found),
            depth_unit_mm=found.depth_unit_mm,
            rate_hz=found.rate_hz,
            synthetic=found.synthetic,
        )
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])[:60] or "the whole"
        raise BadInputError(
            f"{path.name} is not a calibration: {where}: {fault['msg'][:100]}.", _REMEDY
        ) from error
    except ValueError as error:
        raise BadInputError(f"{path.name} is not a calibration: {error}.", _REMEDY) from error


def _intrinsics(camera: _Camera | None) -> Intrinsics | None:
    if camera is None:
        return None
    size_px = (camera.width_px, camera.height_px)
    low, high = (share * max(size_px) for share in _FOCAL_RANGE)
    if not low <= min(camera.fx_px, camera.fy_px) <= max(camera.fx_px, camera.fy_px) <= high:
        raise ValueError(
            f"focal lengths of {camera.fx_px:g} and {camera.fy_px:g} pixels are of no camera of "
            f"{size_px[0]} x {size_px[1]} pixels"
        )
    if not (0 <= camera.cx_px <= size_px[0] and 0 <= camera.cy_px <= size_px[1]):
        raise ValueError("the line of sight meets the picture inside of it")
    found = Intrinsics(
        size_px, camera.fx_px, camera.fy_px, camera.cx_px, camera.cy_px, camera.distortion
    )
    if not _can_be_undone(found):
        raise ValueError("the distortion bends the picture as no lens does: k1, k2, p1, p2, k3")
    return found


def _can_be_undone(camera: Intrinsics) -> bool:
    """Whether pixels become directions and the same pixels again, but for the outer corners."""
    if camera.distortion is None:
        return True
    steps = (1 + np.linspace(-_UNDONE_WITHIN, _UNDONE_WITHIN, 9)) / 2
    pixels = np.stack(np.meshgrid(*(side * steps for side in camera.size_px)), axis=-1)
    with np.errstate(all="ignore"):
        off_px = np.abs(camera.project(camera.rays(pixels)) - pixels)
    return bool((off_px <= _UNDONE_PX).all())


def _placed(found: _File) -> Extrinsics | None:
    """Return where the depth camera stands; one block without the other says too little."""
    if (found.depth is None) != (found.depth_to_colour is None):
        raise ValueError("depth and depth_to_colour go together; both are left out where aligned")
    if found.depth_to_colour is None:
        return None
    if found.colour is None:
        raise ValueError("depth cannot be aligned without the camera of the colour")
    place = found.depth_to_colour
    if max(abs(way) for way in place.translation_m) > _FARTHEST_M:
        raise ValueError("translation_m is more than a metre: give metres, not millimetres")
    return Extrinsics(place.rotation, place.translation_m)
