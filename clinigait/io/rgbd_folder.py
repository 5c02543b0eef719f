"""What lies where in the folder of a recording with depth. ``docs/rgbd.md`` describes it."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io import calibration
from clinigait.io._source import believable, text_lines
from clinigait.io.calibration import Calibration, read_calibration
from clinigait.io.hashes import sha256_of_all
from clinigait.io.stills import COLOUR_SUFFIXES, DEPTH_SUFFIXES, numbered
from clinigait.io.video import DEFAULT_LIMITS

TIMES = "times.csv"
TIME_COLUMNS = ("colour_time_s", "depth_time_s")
FILM_SUFFIXES = (".mp4", ".mov", ".mkv", ".avi", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv", ".ogv")
_DEPTH_WORDS = ("depth",)
_COLOUR_WORDS = ("colour", "color", "rgb")
#: What spreadsheets put before UTF-8, as it reads in Latin-1.
_MARK = "\u00ef\u00bb\u00bf"
_LAYOUT = "Lay the folder out by docs/rgbd.md: colour, depth, calibration.json."


@dataclass(frozen=True)
class RgbdFolder:
    """The parts of a recording.

    Parameters
    ----------
    path
        The folder.
    colour, depth
        A film each, or a folder of numbered pictures.
    calibration
        What is known of the cameras.
    times
        The file of times; None where there is none.
    """

    path: Path
    colour: Path
    depth: Path
    calibration: Calibration
    times: Path | None

    def sha256(self) -> str:
        """Return the hash of the hashes of all files that count, by their names.

        Raises
        ------
        BadInputError
            If one of them cannot be read.
        """
        try:
            return sha256_of_all(self._files(), self.path)
        except OSError as error:
            file = Path(error.filename or self.path)  # a fault while reading names no file
            raise BadInputError(
                f"{file.name[:80]} cannot be read.",
                "Check its place and its permissions.",
            ) from error

    def _files(self) -> Iterator[Path]:
        for part, suffixes in ((self.colour, COLOUR_SUFFIXES), (self.depth, DEPTH_SUFFIXES)):
            if part.is_dir():
                yield from (file for _, file in numbered(part, suffixes))
            else:
                yield part
        for name in (calibration.FILE_NAME, TIMES):
            if (self.path / name).is_file():
                yield self.path / name


def is_rgbd_folder(path: Path) -> bool:
    """Tell whether a folder is a recording with depth.

    It is where it holds a ``calibration.json``, or a film or a folder with "depth" in its name.
    """
    try:
        entries = list(path.iterdir()) if path.is_dir() else []
    except (OSError, ValueError):
        return False
    return any(
        entry.name == calibration.FILE_NAME or _is_part(entry, _DEPTH_WORDS) for entry in entries
    )


def read_folder(path: Path) -> RgbdFolder:
    """Find the parts of a recording.

    Depth is the one film or folder with "depth" in its name; colour the one with "colour",
    "color" or "rgb", or else the only other film. Upper and lower case are alike.

    Raises
    ------
    BadInputError
        If a part is missing, there are two candidates, or the calibration cannot be read.
    """
    entries = sorted(path.iterdir())
    depth = _only([e for e in entries if _is_part(e, _DEPTH_WORDS)], "depth", path)
    others = [e for e in entries if e != depth]
    named = [e for e in others if _is_part(e, _COLOUR_WORDS)]
    colour = _only(named or [e for e in others if _is_film(e)], "colour", path)
    known = path / calibration.FILE_NAME
    times = path / TIMES
    return RgbdFolder(
        path=path,
        colour=colour,
        depth=depth,
        calibration=read_calibration(known) if known.is_file() else Calibration(),
        times=times if times.is_file() else None,
    )


def _is_film(entry: Path) -> bool:
    return entry.is_file() and entry.suffix.lower() in FILM_SUFFIXES


def _is_part(entry: Path, words: tuple[str, ...]) -> bool:
    return any(word in entry.name.lower() for word in words) and (entry.is_dir() or _is_film(entry))


def _only(candidates: list[Path], what: str, path: Path) -> Path:
    if len(candidates) == 1:
        return candidates[0]
    if not candidates:
        raise BadInputError(f"The recording {path.name[:80]} has no {what}.", _LAYOUT)
    names = ", ".join(entry.name[:40] for entry in candidates[:3])
    raise BadInputError(
        f"The recording {path.name[:80]} has {len(candidates)} candidates for {what}: {names}.",
        "Keep one of them in the folder.",
    )


def read_times(path: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the times of the colour frames and of the depth frames in s.

    Raises
    ------
    BadInputError
        If the table is not one of two columns of increasing numbers, blank below the shorter one.
    """
    try:
        rows = list(csv.reader(text_lines(path)))
    except csv.Error as error:
        raise BadInputError(
            f"{path.name} is not a table.", "Correct it by docs/rgbd.md."
        ) from error
    header = tuple(cell.strip().removeprefix(_MARK) for cell in rows[0]) if rows else ()
    if header != TIME_COLUMNS:
        raise BadInputError(
            f"{path.name} has not the columns {' and '.join(TIME_COLUMNS)}.", "Correct its header."
        )
    columns: tuple[list[str], list[str]] = ([], [])
    for row in rows[1 : DEFAULT_LIMITS.max_frames + 2]:
        for column, cell in zip(columns, [*row, "", ""], strict=False):
            column.append(cell.strip())
    colour, depth = (_increasing(column, path.name) for column in columns)
    return colour, depth


def _increasing(cells: list[str], name: str) -> NDArray[np.float64]:
    while cells and not cells[-1]:
        cells.pop()
    try:
        times_s = believable(np.array(cells, dtype=np.float64))
    except (ValueError, OverflowError):
        times_s = np.array([np.nan])
    if not len(times_s) or not np.isfinite(times_s).all() or (np.diff(times_s) <= 0).any():
        raise BadInputError(
            f"{name} has a column that is not of increasing numbers of seconds.",
            "Correct it; leave blank cells only below the shorter column.",
        )
    return times_s
