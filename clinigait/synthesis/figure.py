"""The surface that is drawn: a body with what it wears, one mesh that follows the bones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.body_model import BodyModel
from clinigait.synthesis.skinning import Skin

#: Label of a walking aid; those before it are of ``body_parts.PARTS``.
AID = len(PARTS)
#: Materials, each lying on those before it.
SKIN, HAIR, SHOES, BOTTOM, TOP, COAT, BAG, AID_MATERIAL = range(8)
#: Materials that can lie on the body's own surface.
N_FIELDS = BAG
Pattern = Literal["plain", "stripes", "checks", "speckles"]


@dataclass(frozen=True)
class Material:
    """How a material looks.

    Parameters
    ----------
    colour, second
        Red, green and blue as screens show them, 0 to 1; the second colour is for patterns.
    pattern
        Stripes lie across the body.
    scale_m
        Width of a stripe or check.
    folds
        How uneven it hangs, 0 to 1.
    """

    colour: tuple[float, float, float] = (0.6, 0.6, 0.6)
    second: tuple[float, float, float] = (0.8, 0.8, 0.8)
    pattern: Pattern = "plain"
    scale_m: float = 0.03
    folds: float = 0.0


@dataclass(frozen=True, eq=False)
class Piece:
    """A mesh beside the body's own: a skirt, a shoe, a bag, long hair.

    Parameters
    ----------
    points_m
        (P, 3) float32 at rest.
    faces
        (Q, 3) int32 of its own points, anticlockwise from outside.
    bones, weights
        (P, S) int32 and float32: what moves its points.
    part_of_face
        (Q,) uint8 the part of the body below.
    is_closed
        Whether nobody can see its triangles from behind.
    layer
        The number of its material.
    on_floor
        Whether it never goes below the floor.
    """

    points_m: NDArray[np.float32]
    faces: NDArray[np.int32]
    bones: NDArray[np.int32]
    weights: NDArray[np.float32]
    part_of_face: NDArray[np.uint8]
    is_closed: bool
    layer: int = 0
    on_floor: bool = False


@dataclass(frozen=True, eq=False)
class Figure:
    """What is drawn of a person: V points, F triangles.

    Parameters
    ----------
    body
        Who it is.
    points_m
        (V, 3) float32 at rest; the first are those of the body, in its order.
    skin
        Which bones move them.
    faces
        (F, 3) int32.
    n_closed
        The first so many triangles can only be seen from outside.
    part_of_face
        (F,) uint8 of ``body_parts.PARTS``; clothes carry the part below.
    layer_of_face
        (F,) uint8 material of the pieces; 0 for the body's own surface.
    on_floor
        (V,) bool points that never go below the floor.
    albedo
        (V, 3) float32 colours of the skin as screens show them, 0 to 1.
    fields
        (V, 6) float32 m: how far inside a material of the body's own surface a point lies, for
        ``HAIR`` to ``BAG``; negative outside.
    materials
        One for each of ``SKIN`` to ``AID_MATERIAL``.
    """

    body: Body
    points_m: NDArray[np.float32]
    skin: Skin
    faces: NDArray[np.int32]
    n_closed: int
    part_of_face: NDArray[np.uint8]
    layer_of_face: NDArray[np.uint8]
    on_floor: NDArray[np.bool_]
    albedo: NDArray[np.float32]
    fields: NDArray[np.float32]
    materials: tuple[Material, ...]

    def placed(self, bones: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (V, 3) float32 points in the world for (B, 3, 4) bones."""
        points = self.skin.placed(bones, self.points_m)
        if self.on_floor.any():
            points[self.on_floor, 2] = np.maximum(points[self.on_floor, 2], 0)
        return points


@dataclass(frozen=True, eq=False)
class Coat:
    """What covers the body's own surface.

    Parameters
    ----------
    surface_m
        (V, 3) float32 the body's points, moved outwards where clothes lie on them.
    albedo, fields, materials
        As of :class:`Figure`, of the body's points.
    """

    surface_m: NDArray[np.float32]
    albedo: NDArray[np.float32]
    fields: NDArray[np.float32]
    materials: tuple[Material, ...]


def naked(body: Body) -> Figure:
    """Return the body as it is, all of one grey."""
    n = len(body.points_m)
    bare = Coat(
        body.points_m,
        np.full((n, 3), 0.6, np.float32),
        np.full((n, N_FIELDS), -1, np.float32),
        tuple(Material() for _ in range(AID_MATERIAL + 1)),
    )
    return figure_of(body, bare, ())


def figure_of(body: Body, coat: Coat, pieces: tuple[Piece, ...]) -> Figure:
    """Return a body with what lies on its surface and what else it wears."""
    # Closed pieces come first: only their backs may be left out.
    ordered = sorted(pieces, key=lambda piece: not piece.is_closed)
    model, n = body.model, len(body.points_m)
    seen = seen_faces(body)
    starts = np.cumsum([n, *(len(piece.points_m) for piece in ordered)])[:-1]
    faces = [seen, *(p.faces + int(s) for p, s in zip(ordered, starts, strict=True))]
    widest = max([model.skin_bones.shape[1], *(piece.bones.shape[1] for piece in ordered)])
    bones = [model.skin_bones, *(p.bones for p in ordered)]
    weights = [model.skin_weights, *(p.weights for p in ordered)]
    layers = [np.zeros(len(seen)), *(np.full(len(p.faces), p.layer) for p in ordered)]
    on_floor = [np.zeros(n), *(np.full(len(p.points_m), p.on_floor) for p in ordered)]
    points = np.concatenate([coat.surface_m, *(p.points_m for p in ordered)])
    beside = ((0, len(points) - n), (0, 0))
    return Figure(
        body=body,
        points_m=np.ascontiguousarray(points, np.float32),
        skin=Skin.of(
            np.concatenate([_widened(b, widest) for b in bones]).astype(np.int32),
            np.concatenate([_widened(w, widest) for w in weights]).astype(np.float32),
        ),
        faces=np.ascontiguousarray(np.concatenate(faces), np.int32),
        n_closed=len(seen) + sum(len(piece.faces) for piece in ordered if piece.is_closed),
        part_of_face=np.concatenate(
            [body.part_of_point[seen[:, 0]], *(p.part_of_face for p in ordered)]
        ),
        layer_of_face=np.concatenate(layers).astype(np.uint8),
        on_floor=np.concatenate(on_floor).astype(bool),
        albedo=np.pad(coat.albedo, beside),
        fields=np.pad(coat.fields, beside, constant_values=-1),
        materials=coat.materials,
    )


def seen_faces(body: Body) -> NDArray[np.int32]:
    """Return the (F, 3) triangles of a body without its tongue, which nobody sees."""
    faces = body.model.faces
    return np.ascontiguousarray(faces[~in_mouth(body)[faces[:, 0]]])


def in_mouth(body: Body) -> NDArray[np.bool_]:
    """Return (V,) whether a point belongs to the tongue: a surface of its own, on the midline."""
    surface = surfaces(body)
    found = np.zeros(len(surface), bool)
    for number in range(1, int(surface.max()) + 1):
        these = surface == number
        found |= these & (abs(float(body.points_m[these, 1].mean())) < 0.005)
    return found


def surfaces(body: Body) -> NDArray[np.intp]:
    """Return (V,) which of the body's closed surfaces a point is of; 0 is the skin."""
    return _surfaces(body.model)


@cache
def _surfaces(model: BodyModel) -> NDArray[np.intp]:
    faces, n = model.faces, model.template_m.shape[0]
    edges = np.concatenate([faces[:, :2], faces[:, 1:]])
    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    number = connected_components(graph, directed=False)[1]
    order = np.argsort(-np.bincount(number), kind="stable")
    return np.asarray(np.argsort(order)[number], np.intp)


def _widened(columns: NDArray[Any], width: int) -> NDArray[Any]:
    missing = width - columns.shape[1]
    return np.pad(columns, ((0, 0), (0, missing))) if missing else columns
