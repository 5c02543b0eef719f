"""What every reader of keypoints checks: sizes, numbers, clocks."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, KeypointLayout, Space, Walk

#: Larger files are refused before they are opened.
MAX_BYTES = 512 * 1024**2
#: More frames are refused: two million last five hours at 100 Hz.
MAX_FRAMES = 2_000_000
#: No camera or marker system of interest is faster, or slower.
RATE_RANGE_HZ = (1.0, 10_000.0)
#: Metres in one unit of a header.
UNITS_M = {
    "m": 1.0, "meter": 1.0, "meters": 1.0, "metre": 1.0, "metres": 1.0,
    "dm": 0.1,
    "cm": 0.01, "centimeters": 0.01, "centimetres": 0.01,
    "mm": 0.001, "millimeters": 0.001, "millimetres": 0.001,
    "in": 0.0254, "inches": 0.0254,
}  # fmt: skip

_EXPORT = "Export the file again from the program that made it."
_ABSURD = 1e9
_CHUNK = 4096
_LONGEST_LINE = 1_000_000


def checked_file(path: Path) -> Path:
    """Return a path after making sure that it is a file of a size that can be read.

    Raises
    ------
    BadInputError
        If it is missing, no file, empty or too large.
    """
    try:
        if path.is_dir():
            raise BadInputError(f"{path.name} is a folder, not a file.", "Give one file in it.")
        size = path.stat().st_size
    except (OSError, ValueError) as error:
        raise BadInputError(
            f"{path.name} cannot be opened.", "Check its name and place."
        ) from error
    if size == 0:
        raise BadInputError(f"{path.name} is empty.", _EXPORT)
    if size > MAX_BYTES:
        raise BadInputError(
            f"{path.name} has {size / 1024**2:.0f} MB; up to {MAX_BYTES // 1024**2} are read.",
            "Cut the recording to the walk.",
        )
    return path


def text_lines(path: Path, encoding: str = "latin-1") -> Iterator[str]:
    """Give the lines of a text file one by one, without their ends.

    Raises
    ------
    BadInputError
        If it cannot be read, or a line is too long for text.
    """
    try:
        with checked_file(path).open(encoding=encoding, newline=None) as file:
            while line := file.readline(_LONGEST_LINE + 1):
                if len(line) > _LONGEST_LINE or "\0" in line:
                    raise BadInputError(f"{path.name} is not a text file.", _EXPORT)
                yield line.rstrip("\n")
    except OSError as error:
        raise BadInputError(f"{path.name} cannot be read.", "Check its name and place.") from error


def read_json(path: Path) -> object:
    """Read a JSON file.

    Raises
    ------
    BadInputError
        If it cannot be read or is no JSON.
    """
    try:
        content: object = json.loads(checked_file(path).read_bytes())
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"{path.name} is not a JSON file.", _EXPORT) from error
    except OSError as error:
        raise BadInputError(f"{path.name} cannot be read.", "Check its name and place.") from error
    return content


def numbers(values: object, name: str) -> NDArray[np.float64]:
    """Return nested lists from a JSON file as an array, null and absurd values as NaN.

    Raises
    ------
    BadInputError
        If there is something else than numbers, or lists of different length.
    """
    try:
        return believable(np.array(values, dtype=np.float64))
    except (TypeError, ValueError, OverflowError) as error:
        raise BadInputError(f"{name} has something else where numbers belong.", _EXPORT) from error


def number_table(rows: Iterable[list[str]], width: int, name: str) -> NDArray[np.float64]:
    """Return rows of text cells as numbers; a blank cell is NaN.

    Parameters
    ----------
    rows
        Cells of every row; blank cells beyond ``width`` are dropped.
    width
        Number of columns.
    name
        Name of the file, for the message.

    Returns
    -------
    numpy.ndarray
        (rows, width), with infinite and absurd values made NaN.

    Raises
    ------
    BadInputError
        If a row has too few or too many cells, a cell is no number, or there are too many rows.
    """
    source, parts, n_rows = iter(rows), [np.empty((0, width))], 0
    while chunk := list(islice(source, _CHUNK)):
        for offset, row in enumerate(chunk):
            if len(row) < width or any(cell.strip() for cell in row[width:]):
                raise BadInputError(
                    f"Row {n_rows + offset + 1} of {name} has {len(row)} columns, not {width}.",
                    _EXPORT,
                )
        n_rows += len(chunk)
        check_frames(n_rows, name)
        cells = [[cell if cell.strip() else "nan" for cell in row[:width]] for row in chunk]
        try:
            parts.append(np.array(cells, dtype=np.float64))
        except (ValueError, OverflowError) as error:
            raise BadInputError(f"{name} has text where numbers belong.", _EXPORT) from error
    return believable(np.concatenate(parts))


def believable(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the values with NaN for infinite and for absurdly large ones (over 1e9)."""
    with np.errstate(invalid="ignore"):
        return np.where(np.abs(values) <= _ABSURD, values, np.nan)


def check_frames(n_frames: int, name: str) -> None:
    """Refuse more frames than a walk can have."""
    if n_frames > MAX_FRAMES:
        raise BadInputError(
            f"{name} has more than {MAX_FRAMES:,} frames.", "Cut the recording to the walk."
        )


def check_rate(rate_hz: float, name: str) -> float:
    """Return a frame rate after making sure that it can be one."""
    low, high = RATE_RANGE_HZ
    if not low <= rate_hz <= high:
        raise BadInputError(
            f"A rate of {rate_hz:g} Hz for {name} cannot be.",
            f"Give the true rate, {low:g} to {high:g} Hz, with --rate-hz.",
        )
    return float(rate_hz)


def needed_rate(rate_hz: float | None, name: str) -> float:
    """Return the rate that the user gave, for files that do not tell theirs."""
    if rate_hz is None:
        raise BadInputError(
            f"{name} does not say how many frames a second has.",
            "Give the frame rate of the recording with --rate-hz.",
        )
    return check_rate(rate_hz, name)


def need_picture(walk: Walk) -> None:
    """Refuse to write a walk that is not of points in a picture, or has no frame rate."""
    if walk.space is not Space.IMAGE_PX or len(walk) < 2:
        raise BadInputError(
            "This walk is not of points in a picture, or has fewer than two frames.",
            "Give a walk in pixels.",
        )


def unit_in_m(unit: str, name: str) -> float:
    """Return the metres in a unit of length."""
    try:
        return UNITS_M[unit.strip().lower()]
    except KeyError:
        raise BadInputError(
            f"The unit of length {unit.strip()[:20]!r} of {name} is not known.",
            "Give the unit with --unit: m, cm or mm.",
        ) from None


def once_each(time_s: NDArray[np.float64], name: str) -> NDArray[np.intp]:
    """Return the indices of the frames to keep: the first of each time.

    Parameters
    ----------
    time_s
        (T,) times as they stand in the file.
    name
        Name of the file, for the message.

    Raises
    ------
    BadInputError
        If a time is missing, or earlier than the one before.
    """
    if not np.isfinite(time_s).all():
        raise BadInputError(f"{name} has frames without a time.", _EXPORT)
    if (np.diff(time_s) < 0).any():
        raise BadInputError(f"The times of {name} do not increase.", _EXPORT)
    return np.flatnonzero(np.diff(time_s, prepend=-np.inf) > 0)


def make_walk(
    path: Path,
    source_format: str,
    time_s: NDArray[np.float64],
    points: tuple[KeypointLayout, NDArray[np.float64], NDArray[np.float64]],
    space: Space,
    more: dict[str, str] | None = None,
) -> Walk:
    """Return a walk after making sure that there is something in it.

    Parameters
    ----------
    path, source_format
        Where it comes from, for the provenance.
    time_s
        (T,) strictly increasing times.
    points
        Layout, (T, K, D) positions and (T, K) confidence. A point with any missing coordinate or
        without confidence goes missing as a whole.
    space
        Coordinates of the positions.
    more
        Further provenance.

    Raises
    ------
    BadInputError
        If there are fewer than two frames, or no position at all.
    """
    layout, positions, confidence = points
    check_frames(len(time_s), path.name)
    if len(time_s) < 2:
        raise BadInputError(
            f"{path.name} holds {len(time_s)} frame{'' if len(time_s) == 1 else 's'}; a walk has "
            "many.",
            "Give the recording of a whole walk.",
        )
    seen = np.isfinite(positions).all(axis=2) & (np.nan_to_num(confidence) > 0)
    if not seen.any():
        raise BadInputError(f"{path.name} holds no position of any point.", _EXPORT)
    return Walk(
        time_s=time_s,
        keypoints=np.where(seen[:, :, None], positions, np.nan),
        confidence=np.where(seen, np.clip(np.nan_to_num(confidence), 0.0, 1.0), 0.0),
        layout=layout,
        space=space,
        provenance={"source format": source_format, "file": path.name, **(more or {})},
    )


def seen_fully(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T, K) confidence 1 where all coordinates are known and 0 elsewhere."""
    return np.asarray(np.isfinite(positions).all(axis=2), dtype=np.float64)
