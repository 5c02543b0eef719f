"""Walks on disk: one ``.npz`` file, plain arrays only."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    LAYOUTS,
    BadInputError,
    Depth,
    KeypointLayout,
    Sex,
    Silhouettes,
    Space,
    Subject,
    Walk,
    WalkEmbedding,
)
from clinigait.io._arrays import UNREADABLE, read_arrays

_ARRAYS = ("time_s", "keypoints", "confidence")
_OPTIONAL = ("boxes_px", "body_yaw_deg", "keypoints_px", "spread_m")
_BITS = ("silhouette_bits", "silhouette_aid_bits")
_OTHERS = ("about", "silhouette_affine", "embedding_vector", "embedding_tokens")
#: No picture has longer sides.
_LARGEST_PX = 65_536
_LARGEST_EMBEDDING = 1_000_000


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
        if walk.silhouettes.aid_bits is not None:
            arrays["silhouette_aid_bits"] = walk.silhouettes.aid_bits
    if walk.embedding is not None:
        arrays["embedding_vector"] = walk.embedding.vector.astype(np.float32)
        arrays["embedding_tokens"] = walk.embedding.tokens.astype(np.float32)
    about = {
        "layout": walk.layout.name,
        "points": walk.layout.points,
        "space": walk.space.value,
        "depth": walk.depth.value,
        "image_size_px": walk.image_size_px,
        "scale_uncertainty": walk.scale_uncertainty,
        "silhouette_width": walk.silhouettes.width if walk.silhouettes is not None else None,
        "embedding": _about_embedding(walk.embedding),
        "subject": asdict(walk.subject),
        "provenance": dict(walk.provenance),
    }
    with path.open("wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def _about_embedding(embedding: WalkEmbedding | None) -> dict[str, object] | None:
    if embedding is None:
        return None
    return {
        "regions": embedding.regions,
        "card_id": embedding.card_id,
        "weights_sha256": embedding.weights_sha256,
    }


def read_walk(path: Path) -> Walk:
    """Read a walk that :func:`write_walk` wrote.

    Raises
    ------
    BadInputError
        If the file is missing, not a walk, or would unpack to more than a walk holds.
    """
    try:
        arrays = read_arrays(path, (*_ARRAYS, *_OPTIONAL, *_BITS, *_OTHERS), _BITS)
        about = json.loads(str(arrays["about"]))
        return _assembled(arrays, about)
    except UNREADABLE as error:
        raise BadInputError(
            f"{path.name} is not a walk that clinigait wrote.",
            "Give a walk.npz from the folder of an assessment.",
        ) from error


def _assembled(arrays: dict[str, np.ndarray], about: dict) -> Walk:  # type: ignore[type-arg]
    known = {name: _numbers(arrays[name]) for name in (*_ARRAYS, *_OPTIONAL) if name in arrays}
    keypoints, confidence = _believed(known["keypoints"], known["confidence"])
    boxes_px = known.get("boxes_px")
    if boxes_px is not None and boxes_px.shape[1:] != (4,):
        raise ValueError("a box has four sides")
    return Walk(
        time_s=known["time_s"],
        keypoints=keypoints,
        confidence=confidence,
        boxes_px=boxes_px,
        body_yaw_deg=known.get("body_yaw_deg"),
        keypoints_px=known.get("keypoints_px"),
        spread_m=known.get("spread_m"),
        scale_uncertainty=_share(about.get("scale_uncertainty")),
        layout=_layout(about["layout"], tuple(about["points"])),
        space=Space(about["space"]),
        depth=Depth(about.get("depth", Depth.MEASURED)),
        image_size_px=_size_px(about["image_size_px"]),
        silhouettes=_silhouettes(arrays, about),
        embedding=_embedding(arrays, about),
        subject=_subject(about["subject"]),
        provenance={str(key): str(value) for key, value in dict(about["provenance"]).items()},
    )


def _silhouettes(arrays: dict[str, np.ndarray], about: dict) -> Silhouettes | None:  # type: ignore[type-arg]
    if "silhouette_bits" not in arrays:
        return None
    bits, width = arrays["silhouette_bits"], int(about["silhouette_width"])
    if bits.dtype != np.uint8 or bits.ndim != 3 or bits.shape[2] != (width + 7) // 8:
        raise ValueError("silhouettes are rows of bits")
    affine = _numbers(arrays["silhouette_affine"])
    if affine.shape != (len(bits), 2, 3):
        raise ValueError("every silhouette has its own crop")
    aid_bits = arrays.get("silhouette_aid_bits")
    if aid_bits is not None and aid_bits.dtype != np.uint8:
        raise TypeError("something else where bits belong")
    return Silhouettes(bits, width, affine, aid_bits)


def _embedding(arrays: dict[str, np.ndarray], about: dict) -> WalkEmbedding | None:  # type: ignore[type-arg]
    if "embedding_vector" not in arrays:
        return None
    said = dict(about["embedding"])
    names = [*said["regions"], said["card_id"], said["weights_sha256"]]
    if not all(isinstance(name, str) for name in names):
        raise TypeError("something else where names belong")
    vector, tokens = (arrays[f"embedding_{part}"] for part in ("vector", "tokens"))
    if max(vector.size, tokens.size) > _LARGEST_EMBEDDING:
        raise ValueError("no embedding is so large")
    return WalkEmbedding(
        vector=_numbers(vector).astype(np.float32),
        tokens=_numbers(tokens).astype(np.float32),
        regions=tuple(names[:-2]),
        card_id=names[-2],
        weights_sha256=names[-1],
    )


def _numbers(array: np.ndarray) -> NDArray[np.float64]:
    if array.dtype.kind not in "fiu":
        raise TypeError("something else where numbers belong")
    return array.astype(np.float64)


def _believed(
    keypoints: NDArray[np.float64], confidence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return points and confidence; a point without a place or a confidence goes missing."""
    if confidence.shape != keypoints.shape[:2]:
        raise ValueError("every point has one confidence")
    seen = np.isfinite(keypoints).all(axis=2) & (np.nan_to_num(confidence) > 0)
    confidence = np.where(seen, np.clip(confidence, 0.0, 1.0), 0.0)
    return np.where(seen[:, :, None], keypoints, np.nan), confidence


def _size_px(size: list[int] | None) -> tuple[int, int] | None:
    if not size:
        return None
    width, height = (int(side) for side in size)
    if not 0 < min(width, height) <= max(width, height) <= _LARGEST_PX:
        raise ValueError("no picture is so large, or so small")
    return width, height


def _share(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("an uncertainty is a share of the length")
    return float(value)


def _subject(stored: dict) -> Subject:  # type: ignore[type-arg]
    subject = Subject(**stored)
    for name, value in asdict(subject).items():
        right = str if name in ("code", "sex", "condition") else (int, float)
        if value is not None and (not isinstance(value, right) or isinstance(value, bool)):
            raise TypeError(f"{name} is of the wrong kind")
    if subject.sex not in (None, *get_args(Sex)):
        raise ValueError("the sex is not known")
    return subject


def _layout(name: str, points: tuple[str, ...]) -> KeypointLayout:
    """Return the known layout of that name; marker sets of other systems bring their own points."""
    known = LAYOUTS.get(name)
    return known if known is not None and known.points == points else KeypointLayout(name, points)
