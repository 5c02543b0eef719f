"""One person's walk, out of a film in which everybody was found."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    SIDES,
    KeypointLayout,
    Moments,
    Progress,
    SilhouetteFacts,
    Silhouettes,
    Space,
    Subject,
    Walk,
)
from clinigait.perception.pose import PoseEstimator, PoseSample
from clinigait.perception.sides import mend_sides
from clinigait.perception.silhouettes import clean
from clinigait.perception.survey import Survey
from clinigait.perception.tracking import Track

#: A point is believed from this confidence on.
_MIN_CONFIDENCE = 0.2
_MIN_POSE_SCORE = 0.5
#: Points nearer to the picture's border than this fraction of its longer side are not believed:
#: pose models place what is outside the picture just inside it, with high confidence.
_BORDER = 0.008
#: The walker is hidden where a person of about the same distance covers this much of the box.
_MAX_COVERED = 0.2
_SAME_DISTANCE = 0.7
#: So long before the first and after the last look that found a person the pose is tried.
_BEYOND_S = 0.2
#: Hips are nearer to somebody else's box by this much, in heights: more than the middle of a box
#: moves about the hips when arms and legs swing.
_CLEARLY = 0.06


@dataclass(frozen=True, eq=False)
class Followed:
    """One person's walk, and what was done to get it.

    Parameters
    ----------
    walk
        The walk, in the picture.
    swapped_frames
        In how many frames the legs' sides were mended.
    silhouettes
        How good the silhouettes are; None where there are none.
    precision
        In what the pose model multiplied.
    """

    walk: Walk
    swapped_frames: int
    silhouettes: SilhouetteFacts | None
    precision: str


def follow(
    found: Survey, number: int, pose: PoseEstimator, subject: Subject, progress: Progress
) -> Followed:
    """Estimate the pose of one person in every frame of the stay.

    Parameters
    ----------
    found
        The survey.
    number
        Number of the person.
    pose
        The pose estimator.
    subject
        What is known of the person.
    progress
        Called with the fraction of the work done.
    """
    boxes = _boxes(found, number)
    samples = _samples(found, _steady_crops(boxes, found.times_s), pose, progress)
    stay = np.flatnonzero(np.isfinite(boxes[:, 0]))
    stay = stay[[int(frame) in samples for frame in stay]]
    time_s, boxes = found.times_s[stay], boxes[stay]
    ordered = [samples[int(frame)] for frame in stay]
    keypoints = np.array([s.keypoints_px for s in ordered]).reshape(-1, len(pose.layout), 2)
    confidence = np.array([s.confidence for s in ordered]).reshape(-1, len(pose.layout))
    scores = np.array([s.score for s in ordered])
    size_px = (found.recording.width_px, found.recording.height_px)
    hidden = _hidden(boxes, time_s, found.tracks, number) | (scores < _MIN_POSE_SCORE)
    hidden |= found.tracks[number - 1].is_unsure(time_s)
    hidden |= _of_somebody_else(keypoints, pose.layout, boxes, time_s, found.bystanders(number))
    keypoints[hidden], confidence[hidden] = np.nan, 0.0
    # Sides first: a poor guess of a point still tells which leg it belongs to.
    keypoints, confidence, swapped = mend_sides(time_s, keypoints, confidence, pose.layout)
    disbelieved = _disbelieved(keypoints, confidence, size_px)
    keypoints[disbelieved], confidence[disbelieved] = np.nan, 0.0
    yaw_deg = np.array([s.body_yaw_deg for s in ordered])
    yaw_deg[hidden] = np.nan
    walk = Walk(
        time_s=time_s,
        keypoints=keypoints,
        confidence=confidence,
        layout=pose.layout,
        space=Space.IMAGE_PX,
        image_size_px=size_px,
        boxes_px=boxes,
        body_yaw_deg=yaw_deg,
        silhouettes=_silhouettes(ordered),
        subject=subject,
        provenance={"input_sha256": found.recording.sha256, "person": str(number)},
    )
    walk, quality = clean(walk)
    facts = quality.facts() if quality is not None else None
    return Followed(walk, int(swapped.sum()), facts, pose.precision)


def _boxes(found: Survey, number: int) -> NDArray[np.float64]:
    """Return (T, 4) boxes of a person, a look longer than the person was found.

    Who is in the way there may be taken for the person: then nothing is added.
    """
    track, times_s = found.tracks[number - 1], found.times_s
    boxes = track.at(times_s, beyond_s=_BEYOND_S)
    added = (times_s < track.start_s) | (times_s > track.end_s)
    for other in found.bystanders(number):
        added_here = np.flatnonzero(added & np.isfinite(boxes[:, 0]))
        others = other.at(times_s[added_here], beyond_s=_BEYOND_S)
        apart = (others[:, 0] > boxes[added_here, 2]) | (others[:, 2] < boxes[added_here, 0])
        boxes[added_here[np.isfinite(others[:, 0]) & ~apart]] = np.nan
    return boxes


def _of_somebody_else(
    keypoints: NDArray[np.float64],
    layout: KeypointLayout,
    boxes: NDArray[np.float64],
    time_s: NDArray[np.float64],
    others: Iterable[Track],
) -> NDArray[np.bool_]:
    """Frames in which the pose lies on somebody else, who is in the crop too.

    There the hips are clearly nearer to the middle of that person's box than to the own one.
    """
    hips_px = keypoints[:, [layout.index("hip", side) for side in SIDES], 0].mean(axis=1)
    height_px = boxes[:, 3] - boxes[:, 1]
    own_px = np.abs(hips_px - (boxes[:, 0] + boxes[:, 2]) / 2)
    elsewhere = np.zeros(len(boxes), bool)
    for other in others:
        box = other.at(time_s)
        other_px = np.abs(hips_px - (box[:, 0] + box[:, 2]) / 2)
        elsewhere |= own_px - other_px > _CLEARLY * height_px
    return elsewhere


def _steady_crops(boxes: NDArray[np.float64], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Boxes of slowly changing size around the person: steady crops, steady keypoints."""
    crops = np.full_like(boxes, np.nan)
    stay = np.flatnonzero(np.isfinite(boxes[:, 0]))
    if not len(stay):
        return crops
    half_window = max(1, round(0.5 / max(float(np.median(np.diff(times_s))), 1e-3)))
    size_px = boxes[stay, 2:] - boxes[stay, :2]
    padded = np.pad(size_px, ((half_window, half_window), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half_window + 1, axis=0)
    half_px = np.percentile(windows, 80, axis=2) / 2
    centre = (boxes[stay, :2] + boxes[stay, 2:]) / 2
    crops[stay] = np.column_stack([centre - half_px, centre + half_px])
    return crops


def _samples(
    found: Survey, crops: NDArray[np.float64], pose: PoseEstimator, progress: Progress
) -> dict[int, PoseSample]:
    wanted = np.flatnonzero(np.isfinite(crops[:, 0]))
    last = int(wanted[-1]) if len(wanted) else -1
    with closing(found.recording.frames_near(Moments.of_frames(found.times_s, wanted))) as frames:  # type: ignore[type-var]
        for frame in frames:
            if frame.index < len(crops) and np.isfinite(crops[frame.index, 0]):
                pose.submit(frame.index, frame.image, crops[frame.index])
                progress(frame.index / max(last, 1))
            if frame.index >= last:
                break
    return pose.results()


def _disbelieved(
    keypoints: NDArray[np.float64], confidence: NDArray[np.float64], size_px: tuple[int, int]
) -> NDArray[np.bool_]:
    margin_px = _BORDER * max(size_px)
    outside = (keypoints < margin_px) | (keypoints > np.array(size_px) - margin_px)
    return np.asarray(outside.any(axis=2) | (confidence < _MIN_CONFIDENCE))


def _hidden(
    boxes: NDArray[np.float64],
    time_s: NDArray[np.float64],
    tracks: Iterable[Track],
    number: int,
) -> NDArray[np.bool_]:
    """Frames in which another person at about the same distance overlaps the walker."""
    hidden = np.zeros(len(boxes), bool)
    height = boxes[:, 3] - boxes[:, 1]
    for other_number, track in enumerate(tracks, start=1):
        if other_number == number or not len(boxes):
            continue
        other = track.at(time_s)
        width_px = np.minimum(boxes[:, 2], other[:, 2]) - np.maximum(boxes[:, 0], other[:, 0])
        height_px = np.minimum(boxes[:, 3], other[:, 3]) - np.maximum(boxes[:, 1], other[:, 1])
        shared = np.clip(width_px, 0, None) * np.clip(height_px, 0, None)
        area = height * (boxes[:, 2] - boxes[:, 0])
        near = other[:, 3] - other[:, 1] > _SAME_DISTANCE * height
        hidden |= near & (shared > _MAX_COVERED * area)
    return hidden


def _silhouettes(samples: list[PoseSample]) -> Silhouettes | None:
    masks = [s.mask_bits for s in samples if s.mask_bits is not None]
    affines = [s.affine for s in samples if s.affine is not None]
    if not samples or len(masks) < len(samples) or len(affines) < len(samples):
        return None
    return Silhouettes(bits=np.stack(masks), width=masks[0].shape[1] * 8, affine=np.stack(affines))
