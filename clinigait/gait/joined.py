"""Several recordings of one person joined: one clock, one scene, one table of strides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from clinigait.core import KeypointLayout, RefusedError, Scale, Space, Stride, Walk
from clinigait.gait.filtering import EvenWalk
from clinigait.gait.kinematics import Angles, Cycles, stride_angles
from clinigait.gait.scene import Scene
from clinigait.gait.view import Viewed
from clinigait.gait.walked import WalkedBouts, near_sides

#: Samples of two clocks that lie so near to each other, as a share of their distance, are one.
_SAME_SAMPLE = 1e-6


def joined(passes: Sequence[WalkedBouts]) -> WalkedBouts:
    """Join the bouts of several recordings of one person.

    Strides are numbered through. Where a side view shows recordings in both directions, each
    leg's angles come from those in which it was the near one. All that reads bouts may read the
    result: ``scene`` holds all recordings on one even clock (the slowest of theirs), without a
    point between them, and ``parts`` and ``angles`` are cut from it, bout by bout.

    Parameters
    ----------
    passes
        One recording each, at least one, in order of time and not overlapping.

    Returns
    -------
    WalkedBouts
        A single recording comes back as it is.

    Raises
    ------
    RefusedError
        If the recordings differ in space, view, surface, picture size, points or scale.
    """
    if len(passes) == 1:
        return passes[0]
    scene = joined_scene([one.scene for one in passes])
    bouts = tuple(chain.from_iterable(one.bouts for one in passes))
    parts = tuple(scene.oriented(bout) for bout in bouts)
    strides, cycles = _numbered_through(passes)
    return _near_legs_only(
        WalkedBouts(
            scene=scene,
            bouts=bouts,
            parts=parts,
            angles=tuple(Angles(part) for part in parts),
            events=tuple(chain.from_iterable(one.events for one in passes)),
            strides=strides,
            cycles=cycles,
        )
    )


def _numbered_through(
    passes: Sequence[WalkedBouts],
) -> tuple[tuple[Stride, ...], dict[int, Cycles]]:
    strides: list[Stride] = []
    cycles: dict[int, Cycles] = {}
    for one in passes:
        for stride in one.strides:
            number = len(strides) + 1
            strides.append(replace(stride, number=number))
            if stride.number in one.cycles:
                cycles[number] = one.cycles[stride.number]
    return tuple(strides), cycles


def _near_legs_only(walked: WalkedBouts) -> WalkedBouts:
    """Take out the angles of strides of a far leg that other bouts show as the near one."""
    near = near_sides(walked)
    if near is None:
        return walked
    cycles: dict[int, Cycles] = dict(walked.cycles)
    strides = {stride.number: stride for stride in walked.strides}
    for index, side in enumerate(near):
        for stride in walked.of_bout(index):
            if stride.side != side:
                strides[stride.number] = _without_angles(stride, walked.cycles)
                cycles[stride.number] = {}
    return replace(walked, strides=tuple(strides.values()), cycles=cycles)


def _without_angles(stride: Stride, cycles: Mapping[int, Cycles]) -> Stride:
    angles = stride_angles(cycles.get(stride.number, {}), stride)
    kept = {name: value for name, value in stride.values.items() if name not in angles}
    return replace(stride, values=kept)


def joined_scene(scenes: Sequence[Scene]) -> Scene:
    """Join the scenes of several recordings.

    Parameters
    ----------
    scenes
        At least one, in order of time and not overlapping.

    Returns
    -------
    Scene
        In the axes of the first. The clock is that of the slowest, from the first sample of all
        to the last; points are NaN between the recordings, and interpolated where a recording's
        own samples lie off the clock. Body height and scale run on through the gaps as a line.

    Raises
    ------
    RefusedError
        If the scenes differ in space, view, surface, picture size, points or scale.
    """
    _refuse_mixed(scenes)
    even = _joined_even(scenes)
    times_s = np.concatenate([s.even.time_s for s in scenes])
    return replace(
        scenes[0],
        walk=_joined_walk(scenes),
        even=even,
        view=_joined_view(scenes),
        height=np.interp(even.time_s, times_s, np.concatenate([s.height for s in scenes])),
        scale=_joined_scale(scenes),
        per_unit=np.interp(even.time_s, times_s, np.concatenate([s.per_unit for s in scenes])),
    )


def _space_name(scene: Scene) -> str:
    walk = scene.walk
    return "picture" if walk.space is Space.IMAGE_PX else f"{walk.space} {walk.depth}"


def _points_name(scene: Scene) -> str:
    return f"{scene.even.layout.name} {'with' if scene.has_feet else 'without'} feet"


#: What must be alike in all recordings: code of the refusal, what it is called, where it stands.
_ALIKE: tuple[tuple[str, str, Callable[[Scene], object]], ...] = (
    ("mixed_spaces", "kinds of space", _space_name),
    ("mixed_views", "views", lambda s: s.view.name),
    ("mixed_surfaces", "surfaces", lambda s: s.surface),
    ("mixed_pictures", "sizes of the picture", lambda s: s.walk.image_size_px),
    ("mixed_points", "sets of points", _points_name),
    ("mixed_scales", "scales", lambda s: f"{s.scale.source} ({s.scale.unit})"),
)


def _refuse_mixed(scenes: Sequence[Scene]) -> None:
    for code, title, kind_of in _ALIKE:
        kinds = list(dict.fromkeys(str(kind_of(scene)) for scene in scenes))
        if len(kinds) > 1:
            raise RefusedError(
                code,
                f"The recordings have different {title}: {', '.join(kinds)}.",
                "Put together only what was recorded alike; assess the others on their own.",
            )


def _joined_view(scenes: Sequence[Scene]) -> Viewed:
    """Return the view: the mean angle, and the near side if it is the same throughout."""
    near = {scene.view.near_side for scene in scenes}
    angle_deg = float(np.mean([scene.view.angle_deg for scene in scenes]))
    return Viewed(scenes[0].view.name, angle_deg, near.pop() if len(near) == 1 else None)


def _joined_scale(scenes: Sequence[Scene]) -> Scale:
    """Return the scale: the usual size, and the largest uncertainty.

    Its error is that of one body height or one known length: more recordings do not lessen it.
    """
    return replace(
        scenes[0].scale,
        px_per_unit=float(np.median([scene.scale.px_per_unit for scene in scenes])),
        relative_uncertainty=max(scene.scale.relative_uncertainty for scene in scenes),
    )


def _joined_layout(scenes: Sequence[Scene]) -> KeypointLayout:
    """Return all points that a recording has."""
    names = dict.fromkeys(chain.from_iterable(scene.even.layout.points for scene in scenes))
    return KeypointLayout(scenes[0].even.layout.name, tuple(names))


def _turned(points: NDArray[np.float64], scene: Scene, first: Scene) -> NDArray[np.float64]:
    """Turn (T, K, D) points so that they have in the first scene's axes what they have in theirs.

    Cameras that are tilted differently see one floor.
    """
    if np.array_equal(scene.axes, first.axes):
        return points
    return np.asarray(points @ scene.axes.T @ first.axes)


def _joined_walk(scenes: Sequence[Scene]) -> Walk:
    """Return the walks one after the other; silhouettes are left out."""
    layout, walks = _joined_layout(scenes), [scene.walk for scene in scenes]
    n_frames = sum(map(len, walks))
    keypoints = np.full((n_frames, len(layout), walks[0].keypoints.shape[2]), np.nan)
    confidence = np.zeros((n_frames, len(layout)))
    done = 0
    for scene, walk in zip(scenes, walks, strict=True):
        own = [layout.index(name) for name in walk.layout.points]
        keypoints[done : done + len(walk), own] = _turned(walk.keypoints, scene, scenes[0])
        confidence[done : done + len(walk), own] = walk.confidence
        done += len(walk)
    return replace(
        walks[0],
        time_s=np.concatenate([walk.time_s for walk in walks]),
        keypoints=keypoints,
        confidence=confidence,
        layout=layout,
        boxes_px=_stacked([walk.boxes_px for walk in walks]),
        body_yaw_deg=_stacked([walk.body_yaw_deg for walk in walks]),
        silhouettes=None,
    )


def _stacked(parts: Sequence[NDArray[np.float64] | None]) -> NDArray[np.float64] | None:
    known = [part for part in parts if part is not None]
    return np.concatenate(known) if len(known) == len(parts) else None


def _joined_even(scenes: Sequence[Scene]) -> EvenWalk:
    """Return all recordings on one even clock."""
    layout = _joined_layout(scenes)
    rate_hz = min(scene.even.rate_hz for scene in scenes)
    start_s = float(scenes[0].even.time_s[0])
    span_s = float(scenes[-1].even.time_s[-1]) - start_s
    time_s = start_s + np.arange(int(span_s * rate_hz + _SAME_SAMPLE) + 1) / rate_hz
    points = np.full((len(time_s), len(layout), scenes[0].even.points.shape[2]), np.nan)
    confidence = np.zeros(points.shape[:2])
    for scene in scenes:
        even = scene.even
        inside = slice(
            *np.searchsorted(time_s, even.time_s[[0, -1]] + np.array([-1, 1]) * 1e-9).tolist()
        )
        own = [layout.index(name) for name in even.layout.points]
        place = (time_s[inside] - even.time_s[0]) * even.rate_hz
        found = between_samples(even.points, place)
        points[inside, own] = _turned(found, scene, scenes[0])
        nearest = np.clip(np.rint(place).astype(int), 0, len(even.time_s) - 1)
        known = np.isfinite(found[:, :, 0])
        confidence[inside, own] = np.where(known, even.confidence[nearest], 0.0)
    return EvenWalk(time_s, rate_hz, points, confidence, layout)


def between_samples(
    samples: NDArray[np.float64], place: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Interpolate samples by Catmull-Rom cubics; those that are hit come back as they are.

    Parameters
    ----------
    samples
        (T, …) evenly spaced samples, at least two; NaN in gaps.
    place
        (N,) places between them, counted in samples from 0 to T - 1.

    Returns
    -------
    ndarray
        (N, …) values; NaN between two samples of which one is unknown.
    """
    whole = np.rint(place)
    place = np.where(np.abs(place - whole) < _SAME_SAMPLE, whole, place)
    last = len(samples) - 1
    lower = np.clip(np.floor(place).astype(int), 0, last)
    upper = np.minimum(lower + 1, last)
    share = (place - lower).reshape(-1, *[1] * (samples.ndim - 1))
    start, end = samples[lower], samples[upper]
    before, after = samples[np.maximum(lower - 1, 0)], samples[np.minimum(upper + 1, last)]
    # Next to a gap and at the ends the line goes on as it is.
    has_before = np.isfinite(before) & (lower > 0).reshape(share.shape)
    has_after = np.isfinite(after) & (upper < last).reshape(share.shape)
    slope_start = np.where(has_before, (end - before) / 2, end - start)
    slope_end = np.where(has_after, (after - start) / 2, end - start)
    square, cube = share**2, share**3
    cubic = (
        (2 * cube - 3 * square + 1) * start
        + (cube - 2 * square + share) * slope_start
        + (3 * square - 2 * cube) * end
        + (cube - square) * slope_end
    )
    return np.asarray(np.where(share == 0, start, cubic))
