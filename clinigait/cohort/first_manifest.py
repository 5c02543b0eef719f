"""A first manifest of the recordings in a folder: subjects and visits are guesses, and say so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clinigait.cohort.columns import FACTS, WALK
from clinigait.cohort.manifest import is_recording
from clinigait.core import BadInputError
from clinigait.io.keypoints import is_keypoint_file, read_keypoints
from clinigait.io.output import replace_file
from clinigait.io.rgbd import is_rgbd_folder, open_rgbd
from clinigait.io.video import open_recording
from clinigait.pipeline import MARKER
from clinigait.report.tables import csv_text, safe_text

#: Says in every row, and in the results, that nobody has checked them yet.
GUESSED = "subject and visit guessed from folders"
_COLUMNS = (*WALK, "group", *FACTS, "guessed")


@dataclass(frozen=True)
class FirstManifest:
    """What was found in a folder.

    Parameters
    ----------
    rows
        Subject, visit and file of every recording that can be read.
    left_out
        What looks like a recording and cannot be read, with the reason.
    """

    rows: tuple[tuple[str, str, str], ...]
    left_out: tuple[str, ...]


def write_manifest(
    folder: Path, out: Path, progress: Callable[[int], None] | None = None
) -> FirstManifest:
    """Find every recording in a folder that can be read, and write a manifest of them.

    Parameters
    ----------
    folder
        Where to look, folders in it too; hidden ones and assessments are passed over.
    out
        The CSV file; one that is there is never replaced.
    progress
        Called with the number of recordings that were opened.

    Raises
    ------
    BadInputError
        If there is no such folder, nothing in it can be read, or the file is there already or
        cannot be written.
    """
    if not folder.is_dir():
        raise BadInputError(f"There is no folder {folder.name[:80]}.", "Give a folder that exists.")
    if out.suffix.lower() != ".csv":
        raise BadInputError(f"{out.name[:80]} is no .csv file.", "Choose another --out.")
    if out.exists():
        raise BadInputError(
            f"{out.name[:80]} is there already, and may hold work of yours.",
            "Choose another --out.",
        )
    rows, left_out = [], []
    for count, path in enumerate(_recordings(folder), 1):
        name = Path(os.path.relpath(path, out.absolute().parent)).as_posix()
        if name != safe_text(name):  # a spreadsheet would take it for a formula
            name = f"./{name}"
        fault = "its name holds a ;" if ";" in name else _fault(path)
        if fault is None:
            rows.append((*_guess(path.relative_to(folder)), name))
        else:
            left_out.append(f"{path.relative_to(folder)}: {fault}")
        if progress is not None:
            progress(count)
    if not rows:
        why = f" The first of {len(left_out)} left out: {left_out[0]}" if left_out else ""
        raise BadInputError(
            f"{folder.name[:80]} holds no recording that clinigait can read.{why}",
            "Give a folder with films, folders of colour and depth, or files of keypoints.",
        )
    table = [[*row, *[None] * 5, GUESSED] for row in rows]
    replace_file(out, csv_text(_COLUMNS, table).encode("utf-8", "surrogateescape"))
    return FirstManifest(tuple(rows), tuple(left_out))


def _recordings(folder: Path) -> Iterator[Path]:
    """Yield what may be a recording, in order; a recording that is a folder is one."""
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if (path / MARKER).is_file() or path.is_symlink():
                continue
            if is_recording(path):
                yield path
            else:
                yield from _recordings(path)
        elif is_recording(path):
            yield path


def _fault(path: Path) -> str | None:
    """Return why a recording cannot be read; None where it can."""
    try:
        if is_rgbd_folder(path):
            open_rgbd(path)
        elif is_keypoint_file(path):
            read_keypoints(path)
        else:
            open_recording(path)
    except BadInputError as error:
        return str(error)
    return None


def _guess(name: Path) -> tuple[str, str]:
    """Return subject and visit: the first folder and the second, else the name and 1."""
    above = name.parts[:-1]
    subject = above[0] if above else name.stem
    visit = above[1] if len(above) > 1 else "1"
    return subject[:64], visit[:64]
