"""Any file of keypoints or markers: known by its name, read by the reader of its format."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clinigait.core import BadInputError, Walk
from clinigait.io.c3d import read_c3d
from clinigait.io.coco import read_coco
from clinigait.io.keypoint_table import read_keypoint_table
from clinigait.io.kinect import read_kinect
from clinigait.io.openpose import is_openpose_folder, read_openpose
from clinigait.io.trc import read_trc
from clinigait.io.walk import read_walk


@dataclass(frozen=True)
class KeypointHints:
    """What the user says of a file that does not say it itself, or says it wrong.

    Parameters
    ----------
    rate_hz
        Frame rate.
    layout
        Name of the keypoint layout, one of :data:`clinigait.core.LAYOUTS`.
    unit
        px, m, cm or mm.
    person
        Number of the person, in files that show several.
    """

    rate_hz: float | None = None
    layout: str | None = None
    unit: str | None = None
    person: int | None = None


Reader = Callable[[Path, KeypointHints], Walk]


def is_keypoint_file(path: Path) -> bool:
    """Tell whether a path names keypoints or markers, and not a film.

    A file is known by its suffix, whether it is there or not; a folder by holding frames as
    OpenPose writes them.
    """
    return is_openpose_folder(path) if _is_folder(path) else path.suffix.lower() in READERS


def read_keypoints(path: Path, hints: KeypointHints | None = None) -> Walk:
    """Read a walk from a file of keypoints or markers, or a folder of OpenPose frames.

    Parameters
    ----------
    path
        The file or folder.
    hints
        What the file does not tell. A reader takes of it what its format can use.

    Raises
    ------
    BadInputError
        If the format is not known, or the file cannot be read as what it is.
    """
    reader = READERS.get(path.suffix.lower())
    if _is_folder(path) and is_openpose_folder(path):
        reader = _of_folder
    if reader is None:
        raise BadInputError(
            f"{path.name} is not a file of keypoints that clinigait reads.",
            f"Give one of {', '.join(sorted(READERS))}, or a folder of OpenPose frames.",
        )
    hints = hints or KeypointHints()
    if reader not in _OF_SEVERAL and hints.person not in (None, 1):
        raise BadInputError(
            f"There is no person {hints.person} in {path.name}: files of this kind hold one.",
            "Leave --person away.",
        )
    return reader(path, hints)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def _of_c3d(path: Path, hints: KeypointHints) -> Walk:
    return read_c3d(path, hints.unit, hints.rate_hz)


def _of_trc(path: Path, hints: KeypointHints) -> Walk:
    return read_trc(path, hints.unit, hints.rate_hz)


def _of_folder(path: Path, hints: KeypointHints) -> Walk:
    return read_openpose(path, hints.rate_hz, hints.layout, hints.person)


def _of_json(path: Path, hints: KeypointHints) -> Walk:
    return read_coco(path, hints.rate_hz, hints.layout, hints.person)


def _of_csv(path: Path, hints: KeypointHints) -> Walk:
    return read_kinect(path, hints.unit)


def _of_npy(path: Path, hints: KeypointHints) -> Walk:
    return read_keypoint_table(path, hints.rate_hz, hints.layout, hints.unit)


def _of_npz(path: Path, hints: KeypointHints) -> Walk:  # noqa: ARG001
    return read_walk(path)


def _of_motion(path: Path, hints: KeypointHints) -> Walk:  # noqa: ARG001
    raise BadInputError(
        f"{path.name} holds angles or forces, not the positions of points.",
        "Export the markers of the same trial as a TRC file.",
    )


#: Formats that may show several people.
_OF_SEVERAL = (_of_folder, _of_json)
#: How each format is read, by suffix.
READERS: Mapping[str, Reader] = {
    ".c3d": _of_c3d,
    ".csv": _of_csv,
    ".json": _of_json,
    ".mot": _of_motion,
    ".npy": _of_npy,
    ".npz": _of_npz,
    ".sto": _of_motion,
    ".trc": _of_trc,
    ".tsv": _of_csv,
}
