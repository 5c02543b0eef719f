"""C3D: marker positions as motion capture systems store them."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import ezc3d
import numpy as np
from numpy.typing import NDArray

from clinigait.core import SYNTHETIC_MARK, BadInputError, Walk, is_synthetic, marked
from clinigait.io._c3d_content import BrokenC3DError, C3DContent, take_apart
from clinigait.io._orientation import Z_UP, from_world
from clinigait.io._source import believable, check_frames, check_rate, checked_file, unit_in_m
from clinigait.io.markers import MarkerSet, walk_from_markers
from clinigait.io.output import replace_file

_EXPORT = "Export the C3D file again."
#: Frames this near (in frames) to an even clock are taken to lie on it.
_EVEN = 0.05
#: Frames further apart than this many of the usual steps have a gap between them.
_GAP = 1.5
#: Longer files need what the library does not write.
_MOST_FRAMES = 65535


def read_c3d(path: Path, unit: str | None = None, rate_hz: float | None = None) -> Walk:
    """Read the points of a C3D file; force plates and other analogue channels are left out.

    A point with a negative residual, or at exactly 0, 0, 0, is missing. Markers are turned to
    joint centres and the axes to z up (:mod:`clinigait.io.markers`). The first frame of the
    original recording is at 0 s, so a trial that was cut starts later.

    Parameters
    ----------
    path
        The file.
    unit
        Unit of length, where the file's is wrong: m, cm or mm.
    rate_hz
        Frame rate, where the file's is wrong.

    Raises
    ------
    BadInputError
        If it is not a C3D file, is cut short, contradicts itself or shows no legs.
    """
    try:
        content = take_apart(checked_file(path).read_bytes())
    except BrokenC3DError as error:
        raise BadInputError(f"{path.name} cannot be read: {error}.", _EXPORT) from error
    except OSError as error:
        raise BadInputError(f"{path.name} cannot be read.", "Check its name and place.") from error
    n_frames, n_points = content.positions.shape[:2]
    check_frames(n_frames, path.name)
    labels = _labels(content)
    if len(labels) < n_points:
        raise BadInputError(
            f"{path.name} names {len(labels)} of its {n_points} points.", "Name the markers."
        )
    rate_hz = check_rate(content.rate_hz if rate_hz is None else rate_hz, path.name)
    time_s = (max(content.first_frame - 1, 0) + np.arange(n_frames)) / rate_hz
    scale_m = unit_in_m(unit or content.unit, path.name)
    positions_m = believable(content.positions) * scale_m
    walk = walk_from_markers(MarkerSet(labels[:n_points], positions_m, time_s, path, "C3D"))
    if SYNTHETIC_MARK not in content.provenance:
        return walk
    return replace(walk, provenance=marked(walk.provenance))


def write_c3d(walk: Walk, path: Path) -> None:
    """Write a walk of 3-D points as a C3D file in mm with z up; a synthetic one says so in it.

    A C3D file has an even clock: times that are not even are brought to the median rate by linear
    interpolation, which leaves gaps open. It starts at 0 s.

    Parameters
    ----------
    walk
        The walk, of two frames or more, in metres.
    path
        The file.

    Raises
    ------
    BadInputError
        If the walk is in pixels, too short or too long, or the file cannot be written.
    """
    if len(walk) < 2:
        raise BadInputError("The walk has fewer than two frames.", "Give a whole walk.")
    rate_hz, positions_m = _on_even_clock(walk.time_s, from_world(walk, Z_UP))
    if len(positions_m) > _MOST_FRAMES:
        raise BadInputError(
            f"A C3D file counts up to {_MOST_FRAMES:,} frames, not {len(positions_m):,}.",
            "Write a TRC file, or cut the walk.",
        )
    missing = np.asarray(~np.isfinite(positions_m).all(axis=2))
    points = np.ones((4, len(walk.layout), len(positions_m)))
    points[:3] = np.where(missing[:, :, None], np.nan, positions_m * 1000).T
    c3d = ezc3d.c3d()
    c3d["parameters"]["POINT"]["RATE"]["value"] = [rate_hz]
    c3d["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    c3d["parameters"]["POINT"]["LABELS"]["value"] = list(walk.layout.points)
    if is_synthetic(walk):
        c3d.add_parameter("CLINIGAIT", "PROVENANCE", [SYNTHETIC_MARK])
    c3d["data"]["points"] = points
    c3d["data"]["meta_points"]["residuals"] = np.where(missing, -1.0, 0.0).T[None]
    with tempfile.TemporaryDirectory(prefix="clinigait-") as folder:
        beside = Path(folder) / "walk.c3d"
        c3d.write(str(beside))
        replace_file(path, beside.read_bytes())


def _labels(content: C3DContent) -> tuple[str, ...]:
    """Return the labels, or the descriptions where short labels have lost what tells them apart."""
    labels, descriptions = content.labels, content.descriptions
    cut = len(set(labels)) < len(labels)
    longer = len(set(descriptions)) == len(descriptions) == len(labels)
    return descriptions if cut and longer and all(descriptions) else labels


def _on_even_clock(
    time_s: NDArray[np.float64], positions: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the rate and the positions on an even clock of it."""
    step_s = float(np.median(np.diff(time_s)))
    mean_s = float((time_s[-1] - time_s[0]) / (len(time_s) - 1))
    off = (time_s - time_s[0]) / mean_s - np.arange(len(time_s))
    if np.abs(off).max() <= _EVEN:
        return 1 / mean_s, positions
    even_s = time_s[0] + step_s * np.arange(int((time_s[-1] - time_s[0]) / step_s + 1e-6) + 1)
    check_frames(len(even_s), "the C3D file")
    after = np.clip(np.searchsorted(time_s, even_s), 1, len(time_s) - 1)
    width_s = (time_s[after] - time_s[after - 1])[:, None, None]
    share = (even_s - time_s[after - 1])[:, None, None] / width_s
    between = positions[after - 1] * (1 - share) + positions[after] * share
    return 1 / step_s, np.where(width_s > _GAP * step_s, np.nan, between)
