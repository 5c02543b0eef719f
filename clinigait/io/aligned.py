"""Silhouettes that came cut and scaled already, and poses beside them.

Gait recognition keeps them so. Pickles as of OpenGait: one array a walk, (T, 64, 64) or (T, 64, 44)
grey pictures of a body that fills rows (or twice as many), or (T, 17, 3) points x, y, confidence
in COCO's order; or folders of such pictures, numbered. Where in the film the body was is lost, and
so are times: a frame rate is assumed where nobody gives one, and the provenance says so. Pictures
become masks of one bit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import COCO_17, BadInputError, Silhouettes, Space, Walk
from clinigait.io._source import believable, check_frames, check_rate
from clinigait.io.array_pickle import read_stacked
from clinigait.io.stills import numbered, read_colour

#: Cameras of screenings take 25 to 30 frames a second; the data sets do not say.
ASSUMED_RATE_HZ = 30.0
RECORDS = ("silhouettes", "pose")
_HEIGHTS = (64, 128)
_GREY = 127
#: What names of files say of modalities that a walk has no place for.
_OTHERS = re.compile(
    r"pars|flow|depth|heat|map|rgb|smpl|mesh|cloud|lidar|sketch|gei|ratio", re.IGNORECASE
)
_UNPLACED = "aligned before; where in the film they were is not known"


def read_aligned(
    paths: Sequence[Path], rate_hz: float | None = None, record: str | None = None
) -> Walk:
    """Read the pickles of one walk: silhouettes, poses, or both.

    What an array is, its shape says. Of several files, those whose names or shapes are of
    something else (body parts, optical flow, depth, skeleton maps, …) are left out.

    Parameters
    ----------
    paths
        The files, one walk by one camera.
    rate_hz
        Frame rate; None assumes 30 Hz.
    record
        ``silhouettes`` or ``pose`` takes only these.

    Returns
    -------
    Walk
        Silhouettes with an affine of NaN; points in pixels, all missing where there are no poses.

    Raises
    ------
    BadInputError
        If a file cannot be used, nothing is left, two files are of one kind, or silhouettes and
        poses have different numbers of frames.
    """
    named = [path for path in paths if len(paths) == 1 or not _OTHERS.search(path.stem)]
    found: dict[str, tuple[Path, NDArray[np.generic]]] = {}
    for path in named:
        array = read_stacked(path)
        kind = _kind(array)
        if kind is None or record not in (None, kind):
            continue
        if kind in found:
            raise BadInputError(
                f"{found[kind][0].name} and {path.name} both hold a walk's {kind}.",
                "Keep one of them in the folder.",
            )
        found[kind] = path, array
    if not found:
        what = record or "aligned silhouettes (frames, 64, 64) or points (frames, 17, 3)"
        names = ", ".join(path.name for path in paths[:3]) or "the folder"
        raise BadInputError(f"There are no {what} in {names}.", "Give another record or file.")
    return _assembled(
        {kind: array for kind, (_, array) in found.items()},
        None,
        rate_hz,
        {
            "source format": "OpenGait pickle",
            "file": ", ".join(path.name for path, _ in found.values()),
        },
    )


def read_pictures(folder: Path, rate_hz: float | None = None) -> Walk:
    """Read a folder of numbered PNG pictures, each an aligned silhouette of 64 or 128 rows.

    A number that is left out leaves a gap in time.

    Raises
    ------
    BadInputError
        If there are none, one is damaged, or they are of another size.
    """
    files = numbered(folder, (".png",))
    if not files:
        raise BadInputError(
            f"There are no numbered PNG pictures in {folder.name[:80]}.",
            "Give a folder of aligned silhouettes, or the walk.npz of an assessment.",
        )
    pictures: list[NDArray[np.uint8]] = []
    for _, path in files:
        picture = read_colour(path).max(axis=2)
        if not _is_aligned(picture.shape) or picture.shape != (pictures or [picture])[0].shape:
            raise BadInputError(
                f"{path.name[:80]} is no aligned silhouette: it has {picture.shape[0]} x "
                f"{picture.shape[1]} pixels.",
                "Give 64 x 64 or 64 x 44 pixels (or twice as many), or assess the film.",
            )
        pictures.append(picture)
    numbers = np.array([number for number, _ in files])
    about = {"source format": "aligned pictures", "file": folder.name}
    return _assembled({"silhouettes": np.stack(pictures)}, numbers - numbers[0], rate_hz, about)


def _is_aligned(shape: tuple[int, ...]) -> bool:
    height, width = shape
    return height in _HEIGHTS and width in (height, height // 64 * 44)


def _kind(array: NDArray[np.generic]) -> str | None:
    if array.ndim == 4 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 3:
        return None
    if array.dtype in (np.uint8, np.bool_) and _is_aligned(array.shape[1:]):
        return "silhouettes"
    if array.dtype.kind in "fiu" and array.shape[1] == len(COCO_17) and array.shape[2] in (2, 3):
        return "pose"
    return None


def _assembled(
    arrays: Mapping[str, NDArray[np.generic]],
    numbers: NDArray[np.int64] | None,
    rate_hz: float | None,
    about: Mapping[str, str],
) -> Walk:
    name = about["file"]
    lengths = {kind: len(array) for kind, array in arrays.items()}
    n = min(lengths.values())
    if len(set(lengths.values())) > 1:
        raise BadInputError(
            f"{name}: {lengths['silhouettes']} silhouettes and {lengths['pose']} poses are not of "
            "the same frames.",
            "Ask for the record silhouettes, or pose.",
        )
    check_frames(n, name)
    if n < 2:
        raise BadInputError(f"{name} holds {n} frames; a walk has many.", "Give a whole walk.")
    rate = check_rate(ASSUMED_RATE_HZ if rate_hz is None else rate_hz, name)
    silhouettes = _masks(arrays["silhouettes"], name) if "silhouettes" in arrays else None
    points, confidence = _points(arrays.get("pose"), n, name)
    said = f"{rate:g} Hz, {'assumed' if rate_hz is None else 'as given'}"
    provenance = {**about, "frame rate": said}
    if silhouettes is not None:
        provenance["silhouettes"] = _UNPLACED
    return Walk(
        time_s=(np.arange(n) if numbers is None else numbers) / rate,
        keypoints=points,
        confidence=confidence,
        layout=COCO_17,
        space=Space.IMAGE_PX,
        silhouettes=silhouettes,
        provenance=provenance,
    )


def _masks(pictures: NDArray[np.generic], name: str) -> Silhouettes:
    grey = np.asarray(pictures[:, 0] if pictures.ndim == 4 else pictures, np.uint8)
    # Some write 1 where there is body.
    body = grey > (0 if grey.max() <= 1 else _GREY)
    if not body.any():
        raise BadInputError(f"All pictures of {name} are empty.", "Make the silhouettes again.")
    affine = np.full((len(body), 2, 3), np.nan)
    return Silhouettes(Silhouettes.pack(body), body.shape[2], affine)


def _points(
    pose: NDArray[np.generic] | None, n: int, name: str
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and confidence; those at 0, 0 were not found."""
    if pose is None:
        return np.full((n, len(COCO_17), 2), np.nan), np.zeros((n, len(COCO_17)))
    values = believable(np.asarray(pose, np.float64))
    confidence = values[:, :, 2] if values.shape[2] == 3 else np.ones(values.shape[:2])
    confidence = np.clip(np.nan_to_num(confidence), 0.0, 1.0)
    points = values[:, :, :2]
    seen = np.isfinite(points).all(axis=2) & (points != 0).any(axis=2) & (confidence > 0)
    if not seen.any():
        raise BadInputError(f"{name} holds no position of any point.", "Give another file.")
    return np.where(seen[:, :, None], points, np.nan), np.where(seen, confidence, 0.0)
