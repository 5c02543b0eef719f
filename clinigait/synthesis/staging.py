"""From a planned walk to what is filmed: body, clothes, gait, room, cameras, sensors."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, Sex
from clinigait.synthesis.appearance import Appearance, drawn_appearance
from clinigait.synthesis.backdrop import Backdrop, Box, drawn_backdrop
from clinigait.synthesis.bodies import Body, Build, body_of
from clinigait.synthesis.cameras import Camera, Lens, Placement, Shake, following, oblique
from clinigait.synthesis.figure import Figure, naked
from clinigait.synthesis.filming import Station, Take
from clinigait.synthesis.garments import Outfit, drawn_outfit, dressed, thickness_class
from clinigait.synthesis.motion import Motion, SyntheticWalk
from clinigait.synthesis.people import Look, Person, PlannedWalk, seed_of
from clinigait.synthesis.population import OUTFITS, Modality, Population, ViewSpec
from clinigait.synthesis.prescription import Prescription
from clinigait.synthesis.scene import Scene
from clinigait.synthesis.sensors import Sensor
from clinigait.synthesis.sensors.depth import Depth
from clinigait.synthesis.sensors.keypoint_error import fitted_error
from clinigait.synthesis.sensors.rgb import drawn_rgb
from clinigait.synthesis.walking import walk_of

Solver = Callable[[Body, Prescription, float, int], SyntheticWalk]
#: Halvings of the padding that makes clothes of a thickness class.
_STEPS = 7
_THICKEST_M = 0.25
#: One thing on the wall in so many metres.
_FURNITURE_M = 1.5


@dataclass(frozen=True)
class Filmed:
    """What of a population is filmed.

    Parameters
    ----------
    population
        The protocol.
    seed
        Of everything that is left to chance.
    modalities, views
        What is written, and from where.
    """

    population: Population
    seed: int
    modalities: tuple[Modality, ...]
    views: tuple[ViewSpec, ...]


def take_of(filmed: Filmed, planned: PlannedWalk, solve: Solver | None = None) -> Take:
    """Return what is filmed of a planned walk; another solver in tests.

    Raises
    ------
    BadInputError
        If this body cannot walk so.
    """
    person = planned.person
    body = _body_of(person.build)
    solver = solve or partial(walk_of, curves=filmed.population.curves)
    rate_hz = filmed.population.rate_hz
    walk = planned.solved(lambda seed: solver(body, planned.prescription, rate_hz, seed))
    in_pictures = bool({"film", "depth", "silhouettes", "labels"} & set(filmed.modalities))
    figure = _figure(planned.person, planned.look) if in_pictures else naked(body)
    stations = tuple(_station(filmed, planned, view, walk) for view in filmed.views)
    return Take(
        walk=walk,
        figure=figure,
        stations=stations,
        modalities=frozenset(filmed.modalities),
        subject=planned.subject,
        facts=facts_of(filmed, planned),
        seed=planned.seed,
        person_seed=person.appearance_seed,
        error=fitted_error() if "estimated" in filmed.modalities else None,
    )


def facts_of(filmed: Filmed, planned: PlannedWalk) -> dict[str, Any]:
    """Return who and what a walk is, as ``truth.json`` says it."""
    person = planned.person
    return {
        "population": filmed.population.name,
        "population_version": filmed.population.version,
        "population_sha256": filmed.population.sha256,
        "seed": filmed.seed,
        "subject": person.code,
        "index": person.index,
        "visit": planned.visit,
        "walk": planned.walk,
        "group": person.group,
        "label": person.label,
        "redrawn": person.redrawn,
        "covariates": dict(planned.values),
        "outfit": planned.look.outfit,
        "thickness_class": planned.look.thickness_class,
    }


@lru_cache(maxsize=2)
def _body_of(build: Build) -> Body:
    return body_of(build)


@lru_cache(maxsize=2)
def _figure(person: Person, look: Look) -> Figure:
    body = _body_of(person.build)
    face = drawn_appearance(
        np.random.default_rng(person.appearance_seed), person.build.age_y, person.sex
    )
    outfit = outfit_of(look, person.sex)
    if look.thickness_class is not None:
        outfit = outfit_of_class(body, outfit, face, look.thickness_class)
    return dressed(body, outfit, face)


def outfit_of(look: Look, sex: Sex) -> Outfit:
    """Return the clothes of a visit.

    Raises
    ------
    BadInputError
        If there are no such clothes.
    """
    kind = look.outfit
    if kind is not None and kind not in OUTFITS:
        raise BadInputError(f"There is no outfit {kind[:40]}.", f"Choose of: {', '.join(OUTFITS)}.")
    outfit = drawn_outfit(
        np.random.default_rng(look.seed),
        sex,
        with_coat=kind == "coat",
        with_bag=kind == "bag",
    )
    if kind in ("shorts", "skirt"):
        return replace(outfit, bottom=kind)  # type: ignore[arg-type]
    if kind == "shirt_trousers" and outfit.bottom in ("skirt", "shorts"):
        return replace(outfit, bottom="trousers")
    return outfit


def outfit_of_class(body: Body, outfit: Outfit, look: Appearance, wanted: int) -> Outfit:
    """Return clothes padded so that their silhouette is of a thickness class, if they can be.

    Clothes that are thicker already stay as they are.
    """
    bare = _area_px(naked(body))

    def class_at(padding_m: float) -> int:
        return thickness_class(
            _area_px(dressed(body, replace(outfit, padding_m=padding_m), look)), bare
        )

    if class_at(0.0) >= wanted:
        return outfit
    low, high = 0.0, _THICKEST_M
    for _ in range(_STEPS):
        middle = (low + high) / 2
        found = class_at(middle)
        if found == wanted:
            return replace(outfit, padding_m=middle)
        low, high = (middle, high) if found < wanted else (low, middle)
    return replace(outfit, padding_m=high)


def _area_px(figure: Figure) -> float:
    """Return the area of a silhouette at rest, from the front and the side together."""
    n_bones = len(figure.body.model.bones)
    bones = np.tile(np.eye(3, 4, dtype=np.float32), (1, n_bones, 1, 1))
    still = Motion(figure.body, np.zeros(1), bones, np.zeros((1, 0, 3)))
    lens, place = Lens((256, 256), 800.0), Placement(distance_m=8.0, height_m=1.0)
    return float(
        sum(
            np.count_nonzero(next(Scene(figure, camera).shots([still])).labels)
            for camera in (oblique(lens, place, angle_deg=angle) for angle in (0.0, 90.0))
        )
    )


def _station(filmed: Filmed, planned: PlannedWalk, view: ViewSpec, walk: SyntheticWalk) -> Station:
    camera = camera_of(view, walk, seed_of(planned.seed, view.name, "shake"))
    rng = np.random.default_rng(seed_of(planned.look.seed, "room"))
    backdrop = _room(camera, rng)
    wanted = frozenset(filmed.modalities)
    if view.sensors is not None:
        wanted &= set(view.sensors)
    pictures: dict[Modality, Sensor[Any]] = {}
    if {"film", "depth"} & wanted:
        # Depth is read beside colour: it never goes without.
        pictures["film"] = drawn_rgb(rng, backdrop, view.angle_deg)
    if "depth" in wanted:
        pictures["depth"] = Depth()
    return Station(view.name, camera, pictures, wanted, {"backdrop": backdrop})


def _room(camera: Camera, rng: np.random.Generator) -> Backdrop:
    place = camera.positions_m.mean(axis=0)
    along_m = camera.positions_m[:, 0]
    # A camera that goes along stays inside of the room all the way.
    length_m = max(float(np.ptp(along_m)) / 2 + 12.0, float(np.abs(along_m).max()) + 1.0)
    return furnished(drawn_backdrop(rng, (float(place[0]), float(place[1])), length_m), rng)


def furnished(backdrop: Backdrop, rng: np.random.Generator) -> Backdrop:
    """Return a room with doors, pictures and shelves on its walls.

    Bare walls are no test of a toolkit that tells by the background whether the camera stands
    still: real rooms are full of edges.
    """
    low, high = np.array(backdrop.low_m), np.array(backdrop.high_m)
    boxes = list(backdrop.boxes)
    for axis, is_high in ((0, False), (0, True), (1, False), (1, True)):
        along = 1 - axis
        for begin in np.arange(low[along] + 0.3, high[along] - 1.5, _FURNITURE_M):
            width, height = rng.uniform((0.3, 0.25), (1.1, 1.9))
            bottom = 0.0 if height > 1.2 else float(rng.uniform(0.6, 1.5))
            thickness = float(rng.uniform(0.02, 0.06))
            corner, size = np.zeros(3), np.zeros(3)
            corner[axis] = high[axis] - thickness if is_high else low[axis]
            corner[along] = begin + rng.uniform(0, _FURNITURE_M - 1.2)
            corner[2] = bottom
            size[axis], size[along], size[2] = thickness, width, height
            grey = rng.uniform(0.1, 0.9) * (1 + rng.normal(0, 0.12, 3))
            boxes.append(Box(_triple(corner), _triple(corner + size), _triple(np.clip(grey, 0, 1))))
    return replace(backdrop, boxes=tuple(boxes))


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))


def camera_of(view: ViewSpec, walk: SyntheticWalk, seed: int) -> Camera:
    """Return a camera before the middle of a walk, or one that moves along."""
    steps = walk.truth.steps
    place_m = np.array([step.heel_m for step in steps])
    contact_s = np.array([step.contact_s for step in steps])
    low, high = place_m.min(axis=0), place_m.max(axis=0)
    lens = Lens(view.size_px, view.focal_px)
    middle_m = ((low + high) / 2).tolist()
    place = Placement(
        distance_m=view.distance_m,
        height_m=view.height_m,
        tilt_deg=view.tilt_deg,
        middle_m=(0.0, 0.0) if view.follows else (middle_m[0], middle_m[1]),
    )
    if view.follows:
        path_m = _path_m(contact_s, place_m)
        camera = following(lens, place, angle_deg=view.angle_deg, time_s=contact_s, path_m=path_m)
    else:
        camera = oblique(lens, place, angle_deg=view.angle_deg)
    if view.shake_deg > 0:
        turn_deg = view.shake_deg
        camera = camera.shaken(Shake(turn_deg=turn_deg, way_m=0.02 * turn_deg, seed=seed))
    return camera


def _path_m(contact_s: NDArray[np.float64], place_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return where the walker is: between the feet."""
    if len(contact_s) < 2 or not math.isfinite(float(contact_s.sum())):
        raise BadInputError("A walk of one step cannot be followed.", "Raise course.steps.")
    before = np.concatenate([place_m[:1], place_m[:-1]])
    return np.asarray((place_m + before) / 2)
