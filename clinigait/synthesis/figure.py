"""The surface that is drawn: a body with what it wears, one mesh that follows the bones."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.skinning import Skin

#: Label of a walking aid; those before it are of ``body_parts.PARTS``.
AID = len(PARTS)


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
        The number of its material; see :class:`clinigait.synthesis.shading.Materials`.
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
    """

    body: Body
    points_m: NDArray[np.float32]
    skin: Skin
    faces: NDArray[np.int32]
    n_closed: int
    part_of_face: NDArray[np.uint8]
    layer_of_face: NDArray[np.uint8]
    on_floor: NDArray[np.bool_]

    def placed(self, bones: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return (V, 3) float32 points in the world for (B, 3, 4) bones."""
        points = self.skin.placed(bones, self.points_m)
        if self.on_floor.any():
            points[self.on_floor, 2] = np.maximum(points[self.on_floor, 2], 0)
        return points


def naked(body: Body) -> Figure:
    """Return the body as it is."""
    return figure_of(body, body.points_m, ())


def figure_of(body: Body, surface_m: NDArray[np.float32], pieces: tuple[Piece, ...]) -> Figure:
    """Return a body, its surface displaced by tight clothes, and other pieces.

    Parameters
    ----------
    body
        Who it is.
    surface_m
        (V, 3) float32 the body's points, moved outwards where clothes lie on them.
    pieces
        What else is worn.
    """
    # Closed pieces come first: only their backs may be left out.
    ordered = sorted(pieces, key=lambda piece: not piece.is_closed)
    model = body.model
    seen = seen_faces(body)
    starts = np.cumsum([len(surface_m), *(len(piece.points_m) for piece in ordered)])[:-1]
    faces = [seen, *(p.faces + int(s) for p, s in zip(ordered, starts, strict=True))]
    n_closed = len(seen) + sum(len(piece.faces) for piece in ordered if piece.is_closed)
    widest = max([model.skin_bones.shape[1], *(piece.bones.shape[1] for piece in ordered)])
    bones = [_widened(model.skin_bones, widest), *(_widened(p.bones, widest) for p in ordered)]
    weights = [
        _widened(model.skin_weights, widest),
        *(_widened(p.weights, widest) for p in ordered),
    ]
    return Figure(
        body=body,
        points_m=np.ascontiguousarray(
            np.concatenate([surface_m, *(p.points_m for p in ordered)]), np.float32
        ),
        skin=Skin.of(np.concatenate(bones), np.concatenate(weights)),
        faces=np.ascontiguousarray(np.concatenate(faces), np.int32),
        n_closed=n_closed,
        part_of_face=np.concatenate(
            [body.part_of_point[seen[:, 0]], *(p.part_of_face for p in ordered)]
        ),
        layer_of_face=np.concatenate(
            [
                np.zeros(len(seen), np.uint8),
                *(np.full(len(p.faces), p.layer, np.uint8) for p in ordered),
            ]
        ),
        on_floor=np.concatenate(
            [
                np.zeros(len(surface_m), bool),
                *(np.full(len(p.points_m), p.on_floor) for p in ordered),
            ]
        ),
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
    from scipy.sparse import coo_array  # noqa: PLC0415 - slow to import, once per body
    from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

    faces, n = body.model.faces, len(body.points_m)
    edges = np.concatenate([faces[:, :2], faces[:, 1:]])
    graph = coo_array((np.ones(len(edges), np.int8), (edges[:, 0], edges[:, 1])), shape=(n, n))
    number = connected_components(graph, directed=False)[1]
    order = np.argsort(-np.bincount(number), kind="stable")
    return np.asarray(np.argsort(order)[number], np.intp)


def _widened(columns: NDArray[np.generic], width: int) -> NDArray[np.generic]:
    missing = width - columns.shape[1]
    return np.pad(columns, ((0, 0), (0, missing))) if missing else columns
