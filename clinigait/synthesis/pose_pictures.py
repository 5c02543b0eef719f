"""Made pictures of people with exact keypoints: crops as a pose network gets to see them.

A picture is drawn at the size of the crop at once, not cut out of a film. Everything that may
differ in the field is left to chance: who, in what, from where, under which light, before what,
hidden by what, how sharp, how noisy, how compressed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import WHOLEBODY_23
from clinigait.synthesis.backdrop import Backdrop, Box, View, drawn_backdrop, seen, seen_depth_m
from clinigait.synthesis.backgrounds import Backgrounds
from clinigait.synthesis.pose_people import MOVING_EVERY, Poser
from clinigait.synthesis.pose_views import PoseView, drawn_view
from clinigait.synthesis.rasteriser import Raster, projected, rasterise
from clinigait.synthesis.scene import Surface, placed_surface
from clinigait.synthesis.sensors.rgb import FINE, Lighting, compose
from clinigait.synthesis.shading import (
    Light,
    Sun,
    contact_map,
    figure_colours,
    light_map,
    look_of,
    mesh_of,
    room_colours,
)

#: Width and height.
SIZE_PX = (192, 256)
#: A photograph lies behind everything.
_FAR_M = 1000.0
#: A point of the body lies so deep below the skin, for 1.75 m of stature, and the skin so deep
#: below cloth, that they hide nothing. What is farther behind what is seen there is hidden by it.
#: Seen from its own side in 14 walkers, a hip lay 10 cm deep in the median, seen from the other 31.
_DEPTH_M = {
    "nose": 0.02, "eye": 0.025, "ear": 0.04, "shoulder": 0.12, "elbow": 0.07, "wrist": 0.04,
    "hip": 0.13, "knee": 0.09, "ankle": 0.05, "toe": 0.03, "small_toe": 0.03, "heel": 0.035,
}  # fmt: skip
_USUAL_STATURE_M, _CLOTH_M = 1.75, 0.02
#: What stands before a point hides it from this distance on.
_BEFORE_M = 0.08
_GAMMA = 1 / 2.2


class State(IntEnum):
    """Where a keypoint stands in a picture."""

    #: Beyond the edge of the crop or of the picture.
    OUTSIDE = 0
    #: Behind something that is not the person.
    HIDDEN = 1
    #: Behind the person's own body, clothes or walking aid.
    BEHIND_SELF = 2
    #: In plain sight.
    SEEN = 3


@dataclass(frozen=True, eq=False)
class MadePicture:
    """A crop with its truth.

    Parameters
    ----------
    crop
        (256, 192, 3) uint8, red first.
    keypoints_px
        (23, 2) float32 of ``WHOLEBODY_23``, in pixels of the crop, also where nothing is seen.
    states
        (23,) uint8 of :class:`State`.
    stature_px
        How tall the person would stand there.
    angle_deg
        From which side: 0 is in front, 180 behind, 90 and 270 beside.
    """

    crop: NDArray[np.uint8]
    keypoints_px: NDArray[np.float32]
    states: NDArray[np.uint8]
    stature_px: float
    angle_deg: float


class _Body(NamedTuple):
    """Somebody at a moment, placed."""

    poser: Poser
    moment: int
    moved_m: NDArray[np.float32]

    def surface(self, later_s: float = 0.0) -> Surface:
        """Return what there is to see, so much later."""
        one, k = self.poser, self.moment
        bones, aid = one.bones[k].copy(), one.aid_points_m[k] + self.moved_m
        bones[:, :, 3] += self.moved_m
        if later_s and self.is_moving:
            bones += np.float32(later_s) * one.bones_change[k // MOVING_EVERY]
            aid += later_s * one.aid_change_m[k // MOVING_EVERY]
        return placed_surface(one.figure, bones, aid)

    @property
    def is_moving(self) -> bool:
        """Whether it is known how the moment goes on."""
        return self.moment % MOVING_EVERY == 0


class _Stage(NamedTuple):
    """What a picture is taken of."""

    view: PoseView
    light: Light
    backdrop: Backdrop | None
    coarse: bool
    behind: NDArray[np.float32]
    people: tuple[_Body, ...]
    #: What fine samples of people's light are multiplied by, or None.
    texture: NDArray[np.float32] | None


class _Exposure(NamedTuple):
    """Light of one moment, and how near everybody is, for those who ask what is hidden."""

    light: NDArray[np.float32]
    room_m: NDArray[np.float32]
    rasters: tuple[Raster, ...]


def made_picture(
    cast: Sequence[Poser], who: int, moment: int, backgrounds: Backgrounds, seed: Sequence[int]
) -> MadePicture:
    """Make one picture: the same for the same people, backgrounds and seed.

    Parameters
    ----------
    cast
        Who is there; others may walk through the picture.
    who, moment
        Whose picture it is, and when.
    backgrounds
        What may stand behind.
    seed
        Of everything that is left to chance.
    """
    rng = np.random.default_rng(list(seed))
    main = _Body(cast[who], moment, np.zeros(3, np.float32))
    view = drawn_view(rng, main.surface().points_m[: len(main.poser.figure.points_m)], SIZE_PX)
    return taken(view, main, _others(rng, cast, view), backgrounds, rng)


def taken(
    view: PoseView,
    main: _Body,
    others: tuple[_Body, ...],
    backgrounds: Backgrounds,
    rng: np.random.Generator,
) -> MadePicture:
    """Take the picture of somebody by a camera."""
    backdrop = _room(rng, view) if rng.random() < 0.35 else None
    behind = backgrounds.drawn(rng, SIZE_PX)
    light, coarse = _drawn_light(rng, view), bool(rng.random() < 0.6)
    people, texture = (main, *others), _texture(rng, backgrounds)
    stage = _Stage(view, light, backdrop, coarse, behind, people, texture)
    first, seen_light = _exposed(rng, stage)
    patches, mask = _patches(rng, backgrounds)
    seen_light[mask] = patches[mask]
    crop = view.cut(_developed(rng, seen_light))
    pixels, distance_m = _placed(view, main)
    states = _states(view, (pixels, distance_m), first, mask, main.poser.stature_m)
    hips = [WHOLEBODY_23.index("hip", "left"), WHOLEBODY_23.index("hip", "right")]
    stature_px = view.lens.fy_px * main.poser.stature_m / float(distance_m[hips].mean())
    return MadePicture(crop, pixels.astype(np.float32), states, stature_px, view.angle_deg % 360)


def _placed(view: PoseView, main: _Body) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (K, 2) pixels of the keypoints, and (K,) how far away they are."""
    points = view.place.apply(main.poser.points_m[main.moment] + main.moved_m)
    return view.lens.project(points), np.asarray(points[:, 2])


# ---------------------------------------------------------------- what is there


def _others(rng: np.random.Generator, cast: Sequence[Poser], view: PoseView) -> tuple[_Body, ...]:
    """Let somebody walk beside, behind or before the person."""
    if rng.random() >= 0.22:
        return ()
    found = []
    across = np.array(view.place.rotation)[0] * (1, 1, 0)
    away = np.array(view.place.rotation)[2] * (1, 1, 0)
    for _ in range(int(rng.integers(1, 3))):
        one = cast[int(rng.integers(len(cast)))]
        aside = float(rng.choice([-1, 1]) * rng.uniform(0.35, 1.1))
        behind = float(rng.uniform(-0.8, 2.5))
        # Nobody stands as near as the lens.
        if view.eye_m[:2] @ view.eye_m[:2] < (1.2 - behind) ** 2 and behind < 0:
            continue
        moved = (aside * across + behind * away).astype(np.float32)
        found.append(_Body(one, int(rng.integers(len(one))), moved))
    return tuple(found)


def _room(rng: np.random.Generator, view: PoseView) -> Backdrop:
    """Draw a room around, sometimes with something low between camera and person."""
    eye = view.eye_m
    room = drawn_backdrop(rng, (float(eye[0]), float(eye[1])), float(rng.uniform(4, 9)))
    low, high = np.array(room.low_m), np.array(room.high_m)
    low[:2], high[:2] = np.minimum(low[:2], eye[:2] - 0.5), np.maximum(high[:2], eye[:2] + 0.5)
    high[2] = max(high[2], eye[2] + 0.2)
    boxes = room.boxes
    if rng.random() < 0.2:
        boxes = (*boxes, _obstacle(rng, eye))
    any_colour = rng.random() < 0.4
    return replace(
        room,
        low_m=_triple(low),
        high_m=_triple(high),
        boxes=boxes,
        wall=_triple(rng.random(3)) if any_colour else room.wall,
        floor=_triple(rng.random(3)) if any_colour else room.floor,
    )


def _looked_at(backdrop: Backdrop, view: PoseView, *, coarse: bool) -> View:
    """Return what is seen of a room; coarsely, a third of the work, its edges are soft."""
    if not coarse:
        return seen(backdrop, view.lens, view.place)
    half = view.lens.scaled_to((SIZE_PX[0] // 2, SIZE_PX[1] // 2))
    rough = seen(backdrop, half, view.place)
    albedo, points, normal = (
        np.ascontiguousarray(cv2.resize(part, SIZE_PX), np.float32)
        for part in (rough.albedo, rough.points_m, rough.normal)
    )
    return View(albedo, points, seen_depth_m(backdrop, view.lens, view.place), normal)


def _texture(rng: np.random.Generator, backgrounds: Backgrounds) -> NDArray[np.float32] | None:
    """Return what makes people's surfaces as rich as photographs, for every fine sample."""
    if rng.random() < 0.4:
        return None
    picture = backgrounds.drawn(rng, SIZE_PX)
    if rng.random() < 0.7:
        picture = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2)
    mean = picture.mean(axis=(0, 1), keepdims=True)
    strength = float(rng.uniform(0.1, 0.8))
    texture = np.asarray(((picture + 0.05) / (mean + 0.05)) ** strength, np.float32).clip(0.1, 4)
    return np.asarray(cv2.resize(texture, (FINE * SIZE_PX[0], FINE * SIZE_PX[1])), np.float32)


def _obstacle(rng: np.random.Generator, eye: NDArray[np.float64]) -> Box:
    """Return a box that hides feet and legs, on the way from the camera to the person."""
    share = float(rng.uniform(0.25, 0.6))
    middle, size = eye[:2] * share, rng.uniform((0.15, 0.15, 0.1), (0.9, 0.9, 0.9))
    low = np.array([*(middle - size[:2] / 2), 0.0])
    return Box(_triple(low), _triple(low + size), _triple(rng.random(3)))


def _triple(values: NDArray[np.float64]) -> tuple[float, float, float]:
    return (float(values[0]), float(values[1]), float(values[2]))


def _drawn_light(rng: np.random.Generator, view: PoseView) -> Light:
    strength = float(rng.uniform(0.0, 1.0))
    warm = rng.normal(0, 0.08, 3)
    return Lighting(
        azimuth_deg=view.angle_deg + float(rng.normal(0, 75)),
        elevation_deg=float(rng.uniform(15, 85)),
        strength=strength,
        ambient=float(np.clip(1.0 - strength + rng.normal(0, 0.2), 0.12, 1.1)),
        tint=_triple(1 + warm),
    ).light()


def _patches(
    rng: np.random.Generator, backgrounds: Backgrounds
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Return what is held before the lens, and where."""
    width, height = SIZE_PX
    mask = np.zeros((height, width), np.uint8)
    if rng.random() >= 0.25:
        return np.zeros((height, width, 3), np.float32), mask.astype(bool)
    for _ in range(int(rng.integers(1, 4))):
        at = rng.uniform(0, 1, 2) * SIZE_PX
        reach = rng.uniform(0.03, 0.22, 2) * SIZE_PX
        if rng.random() < 0.5:
            angle = rng.uniform(0, 2 * np.pi) + np.sort(rng.uniform(0, 2 * np.pi, 6))
            corners = at + np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach
            cv2.fillPoly(mask, [corners.astype(np.int32)], 1)
        else:
            low, high = (at - reach).astype(int), (at + reach).astype(int)
            cv2.rectangle(mask, low.tolist(), high.tolist(), 1, -1)
    return backgrounds.drawn(rng, SIZE_PX), mask.astype(bool)


# ---------------------------------------------------------------- light


def _exposed(rng: np.random.Generator, stage: _Stage) -> tuple[_Exposure, NDArray[np.float32]]:
    """Return the moment that is true, and the light of all moments of the exposure."""
    first = _exposure(stage, 0.0)
    if not stage.people[0].is_moving or rng.random() < 0.25:
        return first, first.light.copy()
    open_s = float(rng.uniform(0.005, 0.03))
    both = [_exposure(stage, share * open_s).light for share in (-0.5, 0.5)]
    return first, np.asarray((first.light + both[0] + both[1]) / 3, np.float32)


def _exposure(stage: _Stage, later_s: float) -> _Exposure:
    view = stage.view
    surfaces = [body.surface(later_s) for body in stage.people]
    sun = Sun(
        stage.light,
        light_map(surfaces[0], stage.light),
        contact_map(stage.people[0].poser.figure, surfaces[0]),
    )
    if stage.backdrop is None:
        light = stage.behind.copy()
        room_m = np.full(light.shape[:2], _FAR_M, np.float32)
    else:
        room = _looked_at(stage.backdrop, view, coarse=stage.coarse)
        light, room_m = room_colours(room, sun), room.depth_m
    fine = view.lens.scaled_to((FINE * SIZE_PX[0], FINE * SIZE_PX[1]))
    drawn = []
    for body, surface in zip(stage.people, surfaces, strict=True):
        pixels = projected(surface.points_m, fine, view.place)
        raster = rasterise(pixels, surface.faces, surface.n_closed, fine.size_px)
        figure = body.poser.figure
        mesh = mesh_of(figure, surface, pixels)
        colours = figure_colours(raster, mesh, look_of(figure).paint, sun)
        if stage.texture is not None:
            colours *= stage.texture
        drawn.append((raster, colours))
    # The nearest is drawn last; nobody walks through anybody.
    for raster, colours in sorted(drawn, key=lambda one: float(one[0].inverse_m.max())):
        compose(light, room_m, raster.inverse_m, colours, np.array(raster.box))
    return _Exposure(light, room_m, tuple(raster for raster, _ in drawn))


def _developed(rng: np.random.Generator, light: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the picture that a camera makes of light, with all its faults."""
    if rng.random() < 0.3:
        light = np.asarray(cv2.GaussianBlur(light, (0, 0), float(rng.uniform(0.3, 1.6))))
    if rng.random() < 0.08:
        light = _shaken(rng, light)
    gain = np.float32(np.exp(rng.normal(0, 0.45)))
    screen = np.clip(gain * light, 0, 1) ** np.float32(_GAMMA * np.exp(rng.normal(0, 0.15)))
    shot = rng.standard_normal(screen.shape, np.float32)
    noise = np.float32(rng.exponential(0.012)) * (np.float32(0.5) + np.sqrt(screen))
    screen = screen + noise * shot
    if rng.random() < 0.05:
        screen = np.repeat(screen.mean(axis=2, keepdims=True), 3, axis=2)
    picture = np.clip(255 * screen + 0.5, 0, 255).astype(np.uint8)
    if rng.random() < 0.35:
        picture = _small(rng, picture)
    return _compressed(rng, picture) if rng.random() < 0.6 else picture


def _shaken(rng: np.random.Generator, light: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return light smeared along a line."""
    length, angle = rng.uniform(1, 5), rng.uniform(0, np.pi)
    kernel = np.zeros((11, 11), np.float32)
    way = np.array([np.cos(angle), np.sin(angle)]) * length
    cv2.line(kernel, (5 - way).astype(int).tolist(), (5 + way).astype(int).tolist(), 1.0)
    return np.asarray(cv2.filter2D(light, -1, kernel / kernel.sum()), np.float32)


def _small(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a person who was far away: few pixels, enlarged."""
    share = float(rng.uniform(0.25, 0.8))
    small = cv2.resize(picture, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    small = _compressed(rng, np.asarray(small, np.uint8)) if rng.random() < 0.5 else small
    return np.asarray(cv2.resize(small, SIZE_PX, interpolation=cv2.INTER_LINEAR), np.uint8)


def _compressed(rng: np.random.Generator, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    quality = int(rng.integers(25, 95))
    _, content = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_COLOR), np.uint8)


# ---------------------------------------------------------------- what is seen of it


def _states(
    view: PoseView,
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    exposure: _Exposure,
    mask: NDArray[np.bool_],
    stature_m: float,
) -> NDArray[np.uint8]:
    """Return (K,) where the keypoints stand."""
    pixels, distance_m = points
    states = np.full(len(pixels), State.OUTSIDE, np.uint8)
    for k in np.flatnonzero(view.inside(pixels)):
        x, y = (int(v) for v in np.clip(np.rint(pixels[k]), 0, np.array(SIZE_PX) - 1))
        fine = tuple(int(v) for v in np.rint((pixels[k] + 0.5) * FINE - 0.5).clip(0))
        near = [_nearest_m(raster, fine) for raster in exposure.rasters]
        before = min([float(exposure.room_m[y, x]), *near[1:]])
        deep = _DEPTH_M[_kind(WHOLEBODY_23.points[k])] * stature_m / _USUAL_STATURE_M
        if mask[y, x] or before < distance_m[k] - _BEFORE_M:
            states[k] = State.HIDDEN
        elif near[0] < distance_m[k] - deep - _CLOTH_M:
            states[k] = State.BEHIND_SELF
        else:
            states[k] = State.SEEN
    return states


def _kind(point: str) -> str:
    return point.removeprefix("left_").removeprefix("right_")


def _nearest_m(raster: Raster, pixel: tuple[int, ...]) -> float:
    """Return how far away a surface is at a pixel; infinite where there is none."""
    height, width = raster.inverse_m.shape
    inverse = float(raster.inverse_m[min(pixel[1], height - 1), min(pixel[0], width - 1)])
    return 1 / inverse if inverse > 0 else np.inf
