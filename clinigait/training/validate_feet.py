"""Ankles found and lifted in pictures of legs alone, against a motion suit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from clinigait.core import SIDES, Intrinsics, Recording, Side, Walk, opposite
from clinigait.core.walk import Space
from clinigait.datasets.feet_rgbd import SuitFilm, read_suit_film
from clinigait.datasets.people import chosen_people
from clinigait.perception.depth import sample_depth
from clinigait.perception.detection import EfficientDetLite2, PersonDetector
from clinigait.perception.lifting import SKIN_TO_JOINT_M
from clinigait.perception.pose import BlazePose, PoseEstimator
from clinigait.perception.sides import mend_sides
from clinigait.perception.weights import DETECTOR, POSES, require
from clinigait.training.validate import Progress, Row, Validation, summarised, written

_PERSON = "feet"
_POSE = POSES["blazepose"]
#: The box of the legs is taken for the lower part of bodies so many times as tall; the pose
#: model's own score, never the truth, decides which.
_BODIES = (1.6, 1.9, 2.2)
#: Boxes follow the person over about a second, not a stepping foot.
_STEADY_FRAMES = 31
_LEAST_SCORE, _LEAST_CONFIDENCE = 0.5, 0.2
#: Frames that follow each other err alike: intervals draw blocks of a third of a second.
_BLOCK, _DRAWS = 10, 2000


@dataclass(frozen=True, eq=False)
class FoundAnkles:
    """What the model and the depth camera say of the ankles.

    Parameters
    ----------
    places_px
        (T, 2) by side; NaN where they were not found.
    z_m
        (T,) by side, distance of the joint along the line of sight.
    """

    places_px: Mapping[Side, NDArray[np.float64]]
    z_m: Mapping[Side, NDArray[np.float64]]

    @property
    def found(self) -> NDArray[np.bool_]:
        """Frames in which both were found, with depth."""
        return np.isfinite(self.z_m["left"]) & np.isfinite(self.z_m["right"])


def validate_feet(
    root: Path, out: Path, subjects: str | None = None, progress: Progress | None = None
) -> Validation:
    """Find, lift and compare the ankles of every frame of the feet data set.

    One person and two seconds: a look at what can go wrong, not a validation of the method.

    Parameters
    ----------
    root
        Folder of the data set.
    out
        Folder for the tables and pictures.
    subjects
        There is only one person.
    progress
        Called with the number of passes over the film done and of all.

    Raises
    ------
    BadInputError
        If the data set or the folder cannot be used; nothing is left behind.
    """
    film = read_suit_film(root)
    chosen_people([_PERSON], subjects)
    detector = EfficientDetLite2(require(DETECTOR), 1)
    pose = BlazePose(require(_POSE), _POSE, 1)
    ankles = find_ankles(film.recording, detector, pose, progress or _quiet)
    camera = _camera(film.recording)
    return written(compared(film, ankles, camera), out)


def _quiet(done: int, of: int) -> None:
    del done, of


def _camera(recording: Recording) -> Intrinsics:
    size_px = (recording.width_px, recording.height_px)
    return recording.camera or Intrinsics.assumed_for(size_px)


def find_ankles(
    recording: Recording, detector: PersonDetector, pose: PoseEstimator, progress: Progress
) -> FoundAnkles:
    """Find the ankles of the one person in every frame, and their distance.

    Parameters
    ----------
    recording
        Colour with depth.
    detector, pose
        The models.
    progress
        Called with the number of passes over the film done and of all.
    """
    boxes, times_s = _boxes(recording, detector)
    tries = []
    for number, times_taller in enumerate(_BODIES):
        tries.append(_posed(recording, pose, _bodies(boxes, times_taller), times_s))
        progress(number + 1, len(_BODIES) + 1)
    walk, _ = max(tries, key=lambda found: found[1])
    samples = sample_depth(recording, walk, lambda _: None)
    progress(len(_BODIES) + 1, len(_BODIES) + 1)
    points = {side: walk.layout.index("ankle", side) for side in SIDES}
    slant = np.linalg.norm(_camera(recording).rays(walk.keypoints), axis=2)
    joints_m = samples.z_m + SKIN_TO_JOINT_M["ankle"] / slant
    return FoundAnkles(
        {side: walk.keypoints[:, point] for side, point in points.items()},
        {side: joints_m[:, point] for side, point in points.items()},
    )


def _boxes(
    recording: Recording, detector: PersonDetector
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (T, 4) the best box of every frame, NaN where nobody is found, and the times."""
    boxes, times_s = [], []
    for frame in recording.frames():
        found = detector.detect(frame.image)
        boxes.append(found[0, :4] if len(found) else np.full(4, np.nan))
        times_s.append(frame.time_s)
    return np.array(boxes).reshape(-1, 4), np.array(times_s)


def _bodies(boxes: NDArray[np.float64], times_taller: float) -> NDArray[np.float64]:
    """Return square boxes of the bodies that legs belong to, all of one size: steady crops."""
    known = np.isfinite(boxes[:, 0])
    if not known.any():
        return boxes
    # The camera moves along, the person stays where they are in the picture.
    steady = np.full_like(boxes, np.nan)
    steady[known] = median_filter(boxes[known], size=(_STEADY_FRAMES, 1), mode="nearest")
    x0, y0, x1, y1 = steady.T
    side = times_taller * np.nanmedian(y1 - y0)
    middle = (x0 + x1) / 2
    return np.column_stack([middle - side / 2, y1 - side, middle + side / 2, y1])


def _posed(
    recording: Recording,
    pose: PoseEstimator,
    boxes: NDArray[np.float64],
    times_s: NDArray[np.float64],
) -> tuple[Walk, float]:
    """Return the poses as a walk without what is not believed, and the model's mean score."""
    for frame in recording.frames():
        if np.isfinite(boxes[frame.index]).all():
            pose.submit(frame.index, frame.image, boxes[frame.index])
    samples = pose.results()
    shape = (len(times_s), len(pose.layout))
    places, confidence = np.full((*shape, 2), np.nan), np.zeros(shape)
    for index, sample in samples.items():
        believed = (sample.confidence >= _LEAST_CONFIDENCE) & (sample.score >= _LEAST_SCORE)
        places[index] = np.where(believed[:, None], sample.keypoints_px, np.nan)
        confidence[index] = np.where(believed, sample.confidence, 0.0)
    places, confidence, _ = mend_sides(times_s, places, confidence, pose.layout)
    size_px = (recording.width_px, recording.height_px)
    walk = Walk(
        times_s, places, confidence, pose.layout, Space.IMAGE_PX, image_size_px=size_px,
        boxes_px=boxes,
    )  # fmt: skip
    scores = [sample.score for sample in samples.values()]
    return walk, float(np.mean(scores)) if scores else 0.0


def compared(film: SuitFilm, ankles: FoundAnkles, camera: Intrinsics) -> Validation:
    """Hold found ankles against the suit's, which are known in the picture only.

    Lengths are those across the picture at the distance that the depth camera measured.
    """
    rows: list[Row] = []
    refusals: dict[str, str] = {}
    n_frames = min(len(ankles.found), *(len(truth) for truth in film.ankles_px.values()))
    for frame in range(n_frames):
        name = f"frame {frame:02d}"
        rows += _rows_of(name, frame, film, ankles, camera)
        if not ankles.found[frame]:
            refusals[name] = "not_found"
    result = summarised(tuple(rows), n_frames, refusals)
    return replace(result, more=_errors(film, ankles, camera, n_frames))


def _rows_of(
    name: str, frame: int, film: SuitFilm, ankles: FoundAnkles, camera: Intrinsics
) -> list[Row]:
    rows = []
    found = bool(ankles.found[frame])
    why = None if found else "the ankles were not found, or have no depth"
    apart = [
        float(np.linalg.norm(places["left"][frame] - places["right"][frame]))
        for places in (ankles.places_px, film.ankles_px)
    ]
    rows.append(_row(name, "ankles_apart_px", "both", (apart[0], apart[1]), why))
    for side in SIDES:
        z_m = np.asarray(ankles.z_m[side][frame])
        own = camera.back_project(ankles.places_px[side][frame], z_m)
        truth = camera.back_project(film.ankles_px[side][frame], z_m)
        for axis, what in enumerate(("ankle_across_m", "ankle_down_m")):
            rows.append(_row(name, what, side, (float(own[axis]), float(truth[axis])), why))
    return rows


def _row(name: str, what: str, side: str, pair: tuple[float, float], why: str | None) -> Row:
    value, reference = (None if why or not np.isfinite(v) else v for v in pair)
    if what.endswith("_px") and np.isfinite(pair[1]):
        reference = pair[1]
    return Row(name, _PERSON, what, side, value, reference, reason=why)


def _errors(
    film: SuitFilm, ankles: FoundAnkles, camera: Intrinsics, n_frames: int
) -> dict[str, object]:
    """Return the distances between found and true ankles, with intervals over blocks of time."""
    found = np.flatnonzero(ankles.found[:n_frames])
    more: dict[str, object] = {
        "camera": camera.source, "camera_assumed": camera.assumed, "focal_px": camera.fx_px,
        "frames": n_frames, "frames_found": len(found), "truth": "2-D pixels, no distance",
    }  # fmt: skip
    if not len(found):
        return more
    off = {s: (ankles.places_px[s] - film.ankles_px[s][: len(ankles.found)])[found] for s in SIDES}
    across = {
        s: (ankles.places_px[s] - film.ankles_px[opposite(s)][: len(ankles.found)])[found]
        for s in SIDES
    }
    px = np.array([np.linalg.norm(off[s], axis=1) for s in SIDES])
    exchanged_px = np.array([np.linalg.norm(across[s], axis=1) for s in SIDES])
    per_px = np.array([ankles.z_m[s][found] for s in SIDES]) / camera.fx_px
    shift = np.concatenate([off[s] for s in SIDES]).mean(axis=0)
    aligned = np.array([np.linalg.norm(off[s] - shift, axis=1) for s in SIDES])
    exchanged = exchanged_px.sum(axis=0) < px.sum(axis=0)
    more["sides_exchanged_pct"] = float(100 * exchanged.mean())
    more["shift_px"] = [float(v) for v in shift]
    for name, values in (
        ("ankle_error_px", px),
        ("ankle_error_m", px * per_px),
        ("ankle_error_shifted_px", aligned),
        ("ankle_error_shifted_m", aligned * per_px),
    ):
        more |= _with_interval(f"{name}_median", values, np.median)
        more[f"{name}_p90"] = float(np.percentile(values, 90))
    return more


def _with_interval(
    key: str, values: NDArray[np.float64], statistic: Callable[[NDArray[np.float64]], np.floating]
) -> dict[str, object]:
    """Return a statistic of (sides, frames) values with its 95 % interval by block bootstrap."""
    rng = np.random.default_rng(0)
    n_frames = values.shape[1]
    block = min(_BLOCK, n_frames)
    n_blocks = -(-n_frames // block)
    starts = rng.integers(0, n_frames - block + 1, (_DRAWS, n_blocks))
    drawn = (starts[..., None] + np.arange(block)).reshape(_DRAWS, -1)
    low, high = np.percentile([statistic(values[:, frames]) for frames in drawn], (2.5, 97.5))
    return {key: float(statistic(values)), f"{key}_ci95": [float(low), float(high)]}
