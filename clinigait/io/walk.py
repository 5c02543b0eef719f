"""Walks on disk: one ``.npz`` file, plain arrays only."""

from __future__ import annotations

import json
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np

from clinigait.core import (
    LAYOUTS,
    BadInputError,
    Depth,
    KeypointLayout,
    Silhouettes,
    Space,
    Subject,
    Walk,
)

_ARRAYS = ("time_s", "keypoints", "confidence")
_OPTIONAL = ("boxes_px", "body_yaw_deg")


def write_walk(walk: Walk, path: Path) -> None:
    """Write a walk; positions as 32-bit floats, silhouettes one bit a pixel."""
    arrays = {name: getattr(walk, name) for name in (*_ARRAYS, *_OPTIONAL)}
    arrays = {
        name: array if name == "time_s" else array.astype(np.float32)
        for name, array in arrays.items()
        if array is not None
    }
    if walk.silhouettes is not None:
        arrays["silhouette_bits"] = walk.silhouettes.bits
        arrays["silhouette_affine"] = walk.silhouettes.affine
    about = {
        "layout": walk.layout.name,
        "points": walk.layout.points,
        "space": walk.space.value,
        "depth": walk.depth.value,
        "image_size_px": walk.image_size_px,
        "silhouette_width": walk.silhouettes.width if walk.silhouettes is not None else None,
        "subject": asdict(walk.subject),
        "provenance": dict(walk.provenance),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def read_walk(path: Path) -> Walk:
    """Read a walk that :func:`write_walk` wrote.

    Raises
    ------
    BadInputError
        If the file is missing or not a walk.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        about = json.loads(str(arrays["about"]))
        return _assembled(arrays, about)
    except (EOFError, OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise BadInputError(
            f"{path.name} is not a walk that clinigait wrote.",
            "Give a walk.npz from the folder of an assessment.",
        ) from error


def _assembled(arrays: dict[str, np.ndarray], about: dict) -> Walk:  # type: ignore[type-arg]
    silhouettes = None
    if "silhouette_bits" in arrays:
        silhouettes = Silhouettes(
            arrays["silhouette_bits"], int(about["silhouette_width"]), arrays["silhouette_affine"]
        )
    size = about["image_size_px"]
    known = {
        name: arrays[name].astype(np.float64) for name in (*_ARRAYS, *_OPTIONAL) if name in arrays
    }
    return Walk(
        time_s=known["time_s"],
        keypoints=known["keypoints"],
        confidence=known["confidence"],
        boxes_px=known.get("boxes_px"),
        body_yaw_deg=known.get("body_yaw_deg"),
        layout=_layout(about["layout"], tuple(about["points"])),
        space=Space(about["space"]),
        depth=Depth(about.get("depth", Depth.MEASURED)),
        image_size_px=(int(size[0]), int(size[1])) if size else None,
        silhouettes=silhouettes,
        subject=Subject(**about["subject"]),
        provenance=about["provenance"],
    )


def _layout(name: str, points: tuple[str, ...]) -> KeypointLayout:
    """Return the known layout of that name; marker sets of other systems bring their own points."""
    known = LAYOUTS.get(name)
    return known if known is not None and known.points == points else KeypointLayout(name, points)
