"""TRC: marker positions as text, as Cortex, OpenSim and Pose2Sim write it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    LAYOUTS,
    SYNTHETIC_MARK,
    BadInputError,
    Space,
    Walk,
    is_synthetic,
    marked,
)
from clinigait.io._orientation import Y_UP, from_world
from clinigait.io._source import (
    RATE_RANGE_HZ,
    check_rate,
    make_walk,
    number_table,
    once_each,
    seen_fully,
    text_lines,
    unit_in_m,
)
from clinigait.io.markers import MarkerSet, walk_from_markers
from clinigait.io.output import replace_file

_EXPORT = "Export the TRC file again."
_HEADER_LINES = 5
#: Times that lie this near (in frames) to an even clock are rounded times of that clock.
_ROUNDED = 0.1
#: The rate by the times may differ this much from the rate in the header.
_RATE_AGREES = 0.05


@dataclass(frozen=True)
class _Header:
    rate_hz: float
    n_frames: int
    unit: str
    labels: tuple[str, ...]


def read_trc(path: Path, unit: str | None = None, rate_hz: float | None = None) -> Walk:
    """Read a TRC file.

    Markers are turned to joint centres and the axes to z up (:mod:`clinigait.io.markers`); a file
    in pixels (unit ``px``, as :func:`write_trc` writes it) becomes a walk in the picture.

    Parameters
    ----------
    path
        The file.
    unit
        Unit of length, where the header's is wrong: m, cm, mm or px.
    rate_hz
        Frame rate, where the file's is wrong; it also replaces the file's times.

    Raises
    ------
    BadInputError
        If it is not a TRC file, is cut short, contradicts itself or shows no legs.
    """
    lines = text_lines(path)
    head = list(islice(lines, _HEADER_LINES))
    header = _header(head, path.name)
    width = 2 + 3 * len(header.labels)
    table = number_table((line.split("\t") for line in lines if line.strip()), width, path.name)
    if len(table) < header.n_frames:
        raise BadInputError(
            f"{path.name} is cut short: {len(table)} of {header.n_frames} frames are there.",
            _EXPORT,
        )
    time_s = _times_s(table, header, rate_hz, path.name)
    kept = once_each(time_s, path.name)
    positions = table[:, 2:].reshape(len(table), len(header.labels), 3)[kept]
    unit = (unit or header.unit).strip().lower()
    if unit == "px":
        walk = _in_the_picture(path, header.labels, time_s[kept], positions)
        return _marked_by(head[0], walk)
    positions = np.where((positions == 0).all(axis=2, keepdims=True), np.nan, positions)
    markers = MarkerSet(
        header.labels, positions * unit_in_m(unit, path.name), time_s[kept], path, "TRC"
    )
    return _marked_by(head[0], walk_from_markers(markers))


def _marked_by(first_line: str, walk: Walk) -> Walk:
    """Return the walk, marked as synthetic where the file says so."""
    if SYNTHETIC_MARK not in first_line:
        return walk
    return replace(walk, provenance=marked(walk.provenance))


def write_trc(walk: Walk, path: Path) -> None:
    """Write a walk as a TRC file: 3-D points in m with y up, points of a picture in px.

    Missing points are blank. Points in px keep their y down and have z = 0; programs that expect
    metres will not take them.

    Parameters
    ----------
    walk
        The walk, of two frames or more.
    path
        The file.

    Raises
    ------
    BadInputError
        If the walk is too short or the file cannot be written.
    """
    if len(walk) < 2:
        raise BadInputError("The walk has fewer than two frames.", "Give a whole walk.")
    flat = walk.space is Space.IMAGE_PX
    positions = (
        np.pad(walk.keypoints[:, :, :2], ((0, 0), (0, 0), (0, 1)))
        if flat
        else from_world(walk, Y_UP)
    )
    positions = np.where(np.isfinite(positions).all(axis=2, keepdims=True), positions, np.nan)
    mark = f" ({SYNTHETIC_MARK})" if is_synthetic(walk) else ""
    text = _text(walk, positions, "px" if flat else "m", path.name + mark)
    replace_file(path, text.encode("utf-8", "replace"))


def _text(walk: Walk, positions: NDArray[np.float64], unit: str, name: str) -> str:
    n_frames, n_points = positions.shape[:2]
    rate_hz = 1 / float(np.median(np.diff(walk.time_s)))
    names = "\t\t\t".join(walk.layout.points)
    axes = "\t".join(f"{axis}{i}" for i in range(1, n_points + 1) for axis in "XYZ")
    head = [
        f"PathFileType\t4\t(X/Y/Z)\t{' '.join(name.split())}",
        "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\t"
        "OrigNumFrames",
        f"{rate_hz:.9g}\t{rate_hz:.9g}\t{n_frames}\t{n_points}\t{unit}\t{rate_hz:.9g}\t1\t{n_frames}",
        f"Frame#\tTime\t{names}\t\t",
        f"\t\t{axes}",
        "",
    ]
    rows = [
        "\t".join([str(number), f"{time:.9f}", *map(_cell, row)])
        for number, (time, row) in enumerate(
            zip(walk.time_s.tolist(), positions.reshape(n_frames, -1).tolist(), strict=True), 1
        )
    ]
    return "\n".join([*head, *rows, ""])


def _cell(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.9g}"


def _header(lines: list[str], name: str) -> _Header:
    if len(lines) < _HEADER_LINES or not lines[0].startswith("PathFileType"):
        raise BadInputError(f"{name} is not a TRC file.", _EXPORT)
    keys, values = (line.split("\t") if "\t" in line else line.split() for line in lines[1:3])
    fields = {k.strip().lower(): v.strip() for k, v in zip(keys, values, strict=False)}
    cells = lines[3].split("\t")[2:]
    labels = tuple(cell.strip() for cell in cells[::3])
    while labels and not labels[-1]:
        labels = labels[:-1]
    try:
        header = _Header(
            float(fields.get("datarate", "nan")),
            int(fields["numframes"]),
            fields.get("units", ""),
            labels,
        )
        n_markers = int(fields["nummarkers"])
    except (KeyError, ValueError) as error:
        raise BadInputError(f"The header of {name} cannot be understood.", _EXPORT) from error
    # Cortex counts its virtual markers in the row of labels, not in NumMarkers.
    if not labels or len(labels) < n_markers or header.n_frames < 0 or not all(labels):
        raise BadInputError(
            f"The header of {name} announces {n_markers} markers and names {len(labels)}.", _EXPORT
        )
    return header


def _times_s(
    table: NDArray[np.float64], header: _Header, rate_hz: float | None, name: str
) -> NDArray[np.float64]:
    """Take the times from the rate given, the time column, or frame numbers and rate."""
    frames, time_s = table[:, 0], table[:, 1]
    if rate_hz is not None:
        return np.arange(len(table)) / check_rate(rate_hz, name)
    usable = RATE_RANGE_HZ[0] <= header.rate_hz <= RATE_RANGE_HZ[1]
    if not np.isfinite(time_s).all():
        if np.isfinite(time_s).any() or not np.isfinite(frames).all():
            raise BadInputError(f"{name} has frames without a time.", _EXPORT)
        return (frames - 1) / check_rate(header.rate_hz, name)
    span = frames[-1] - frames[0] if len(table) > 1 else np.nan
    if not usable or not span > 0:
        return time_s
    rounding_s = 2e-3
    file_rate_hz = span / max(float(time_s[-1] - time_s[0]), rounding_s)
    if abs(file_rate_hz / header.rate_hz - 1) > _RATE_AGREES + rounding_s * header.rate_hz / span:
        raise BadInputError(
            f"The header of {name} says {header.rate_hz:g} Hz, its times {file_rate_hz:.4g} Hz.",
            "Give the true rate with --rate-hz.",
        )
    even = time_s[0] + (frames - frames[0]) / header.rate_hz
    close = np.abs(even - time_s) * header.rate_hz
    return even if np.isfinite(close).all() and close.max() < _ROUNDED else time_s


def _in_the_picture(
    path: Path,
    labels: tuple[str, ...],
    time_s: NDArray[np.float64],
    positions: NDArray[np.float64],
) -> Walk:
    layout = next((known for known in LAYOUTS.values() if known.points == labels), None)
    if layout is None:
        raise BadInputError(
            f"The {len(labels)} points of {path.name} are no known keypoint layout.",
            "Give a TRC in pixels that clinigait wrote, or one in metres.",
        )
    flat = positions[:, :, :2]
    return make_walk(path, "TRC", time_s, (layout, flat, seen_fully(flat)), Space.IMAGE_PX)
