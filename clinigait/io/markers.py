"""From a set of named markers to a walk: joint centres, z up, metres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import LAYOUTS, SIDES, BadInputError, KeypointLayout, Space, Walk
from clinigait.core.layout import MARKERS_22
from clinigait.io._orientation import leg_vector_m, to_world
from clinigait.io._source import believable, make_walk, seen_fully
from clinigait.io.hip_centre import regressed_hips
from clinigait.io.marker_names import RECIPES, place_of

#: A recipe is used if it is there in at least this share of the frames of the most complete one.
_ENOUGH = 0.5
#: Share of frames that must show left-handed axes.
_MOST = 0.9
_MIRROR = np.array([1.0, 1.0, -1.0])
_EXCHANGED = (
    "left lies to the right in the file: its axes were taken for left-handed and mirrored; if the "
    "names of the sides are exchanged instead, so are the results"
)

Places = dict[str, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class MarkerSet:
    """Labelled markers as a file gives them.

    Parameters
    ----------
    labels
        Names of the M markers; of two for one place the more complete counts.
    positions_m
        (T, M, 3) in m, in any right-handed axes; NaN where missing.
    time_s
        (T,) strictly increasing times.
    path
        The file.
    source_format
        Its format, for the provenance.
    """

    labels: tuple[str, ...]
    positions_m: NDArray[np.float64]
    time_s: NDArray[np.float64]
    path: Path
    source_format: str


def walk_from_markers(markers: MarkerSet) -> Walk:
    """Return the walk that the markers show, in metres with z up.

    Markers named exactly like the points of one of clinigait's layouts keep that layout. From any
    other set the points of ``markers22`` are taken by the recipes of
    :mod:`clinigait.io.marker_names`: a joint centre of the file, else the middle of its medial and
    lateral marker, else the lateral marker; hips by :func:`clinigait.io.hip_centre.regressed_hips`.
    The vertical is found from the body, and the axes are turned. They are mirrored only where the
    body's left lies to its right, which no right-handed file can show: the names of the sides
    stand, and angles and sides agree. The provenance tells of joint centres and of mirroring.

    Raises
    ------
    BadInputError
        If there are no markers of the legs, or the unit or the axes cannot be right.
    """
    layout, positions, notes = _points(markers)
    name = markers.path.name
    if np.isfinite(markers.positions_m).any() and leg_vector_m(positions, layout) is None:
        raise BadInputError(
            f"{name} has no markers known as pelvis and legs; it has "
            f"{', '.join(_shown(label) for label in markers.labels[:6])}.",
            "Name the markers as in Plug-in Gait (LASI, LKNE, LANK, LHEE, LTOE …).",
        )
    points = (layout, positions, seen_fully(positions))
    walk = make_walk(
        markers.path, markers.source_format, markers.time_s, points, Space.WORLD_M, notes
    )
    return replace(walk, keypoints=to_world(walk.keypoints, layout, name))


def _points(
    markers: MarkerSet,
) -> tuple[KeypointLayout, NDArray[np.float64], dict[str, str]]:
    """Return layout, (T, K, 3) positions in right-handed axes, and how they were made."""
    positions = believable(markers.positions_m)
    layout = _own_layout(markers.labels)
    if layout is not None:
        short = [_without_subject(label) for label in markers.labels]
        positions = positions[:, [short.index(point) for point in layout.points]]
        return layout, positions, {}
    notes = {}
    if _left_handed(_places(markers.labels, positions)):
        positions = positions * _MIRROR
        notes["axes"] = _EXCHANGED
    found = _places(markers.labels, positions)
    positions, notes["joint centres"] = _gait_points(found | _regressed_hips(found), len(positions))
    return MARKERS_22, positions, notes


def _shown(label: str) -> str:
    """Return a label fit for a message."""
    return "".join(letter for letter in label[:24] if letter.isprintable())


def _without_subject(label: str) -> str:
    return label.rsplit(":", 1)[-1].strip()


def _own_layout(labels: tuple[str, ...]) -> KeypointLayout | None:
    names = {_without_subject(label) for label in labels}
    return next((known for known in LAYOUTS.values() if set(known.points) == names), None)


def _places(labels: tuple[str, ...], positions_m: NDArray[np.float64]) -> Places:
    """Return the (T, 3) position of every known place, the regressed hips among them."""
    found: Places = {}
    for index, label in enumerate(labels):
        place = place_of(label)
        if place is None:
            continue
        here, there = positions_m[:, index], found.get(place)
        if there is None or np.isfinite(here).sum() > np.isfinite(there).sum():
            found[place] = here
    return found


def _regressed_hips(found: Places) -> Places:
    """Return the places of both hips, or none without the markers for it."""
    back = _first_recipe(found, (("left_psis", "right_psis"), ("sacrum",)))
    if not back or not {"left_asis", "right_asis"} <= found.keys():
        return {}
    hips = regressed_hips(found["left_asis"], found["right_asis"], _mean(found, back))
    return {f"{side}_regressed_hip": place for side, place in (hips or {}).items()}


def _left_handed(found: Places) -> bool:
    """Tell whether right, forward and up of the body are a left-handed frame.

    That comes of exchanging two axes for another program, or of naming the markers of one side
    after the other. Where a marker is missing that would show it the axes pass for right-handed.
    """
    pairs = [
        _first_recipe(found, tuple((f"left_{name}", f"right_{name}") for name in names))
        for names in (
            ("asis", "hip_joint", "hip", "trochanter"),
            ("toe", "toe_tip", "first_metatarsal"),
            ("heel",),
        )
    ]
    if not all(pairs):
        return False
    hips, toes, heels = pairs
    across = found[hips[1]] - found[hips[0]]
    forward, up = _mean(found, toes) - _mean(found, heels), _mean(found, hips) - _mean(found, heels)
    volume = (np.cross(across, forward) * up).sum(axis=1)
    known = volume[np.isfinite(volume)]
    return bool(len(known) and (known < 0).mean() > _MOST)


def _gait_points(found: Places, n_frames: int) -> tuple[NDArray[np.float64], str]:
    """Return the points of ``markers22`` and, in words, what the leg joints were made of."""
    positions = np.full((n_frames, len(MARKERS_22), 3), np.nan)
    used = []
    for index, point in enumerate(MARKERS_22.points):
        side, _, rest = point.partition("_")
        sided = side in SIDES
        recipes = RECIPES[rest if sided else point]
        if sided:
            recipes = tuple(tuple(f"{side}_{place}" for place in recipe) for recipe in recipes)
        chosen = _first_recipe(found, recipes)
        if chosen:
            positions[:, index] = _mean(found, chosen)
        if rest in {"hip", "knee", "ankle"}:
            what = " and ".join(dict.fromkeys(chosen)) or "absent"
            used.append(f"{point} from {what}".replace("_", " "))
    return positions, "; ".join(used)


def _first_recipe(found: Places, recipes: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the first recipe that is about as complete as any, an empty one if there is none."""
    complete = [
        int(np.isfinite(_mean(found, recipe)).all(axis=1).sum())
        if all(place in found for place in recipe)
        else 0
        for recipe in recipes
    ]
    most = max(complete)
    enough = (r for r, n in zip(recipes, complete, strict=True) if n and n >= _ENOUGH * most)
    return next(enough, ())


def _mean(found: Places, recipe: tuple[str, ...]) -> NDArray[np.float64]:
    return np.asarray(sum(found[place] for place in recipe)) / len(recipe)
