"""From a recording to the walk of one person in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    BadInputError,
    PerceptionFacts,
    PersonSeen,
    Progress,
    Recording,
    RecordingFacts,
    RefusedError,
    Silhouettes,
    Space,
    Subject,
    Walk,
    WalkerRule,
)
from clinigait.perception.detection import PersonDetector
from clinigait.perception.pose import PoseEstimator, PoseSample
from clinigait.perception.sides import mend_sides
from clinigait.perception.tracking import Track, Tracker
from clinigait.perception.walker import RULE, people_seen

#: People are looked for this often; between the looks their boxes are interpolated.
SURVEY_INTERVAL_S = 0.1
#: Pictures are the same where no pixel of this grid differs by more than coding leaves behind:
#: up to 16 grey levels where repeated, from 100 where a person walks, in films tried.
_SAMPLED = 8
_SAME_GREY = 30
#: A point is believed from this confidence on.
_MIN_CONFIDENCE = 0.2
_MIN_POSE_SCORE = 0.5
#: Points nearer to the picture's border than this fraction of its longer side are not believed:
#: pose models place what is outside the picture just inside it, with high confidence.
_BORDER = 0.008
#: The walker is hidden where a person of about the same distance covers this much of the box.
_MAX_COVERED = 0.2
_SAME_DISTANCE = 0.7


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over the film found: who is where, and how the film runs.

    Parameters
    ----------
    recording
        The film.
    times_s
        (T,) presentation times of all frames.
    tracks, people
        Everybody who was followed, best walker first, and what is said of them.
    glimpses
        People, or what looked like them, who were seen too briefly to be followed.
    repeated
        (T,) frames that only repeat the picture before: a slower film in a faster container.
    camera_motion_px
        Median shift of the background between two looks; None where it was not measured.
    """

    recording: Recording
    times_s: NDArray[np.float64]
    tracks: tuple[Track, ...]
    people: tuple[PersonSeen, ...]
    glimpses: tuple[Track, ...]
    repeated: NDArray[np.bool_]
    camera_motion_px: float | None

    def bystanders(self, number: int) -> tuple[Track, ...]:
        """Return everybody but person ``number``, for what is kept to hide them."""
        others = tuple(t for i, t in enumerate(self.tracks, start=1) if i != number)
        return others + self.glimpses

    def facts(self) -> RecordingFacts:
        """Return what was filmed, by the decoded frames and their timestamps."""
        recording = self.recording
        interval_s = np.diff(self.times_s)
        median_s = float(np.median(interval_s)) if len(interval_s) else 0.0
        mean_s = float(np.mean(interval_s)) if len(interval_s) else 0.0
        spread_s = (
            float(np.percentile(interval_s, 95) - np.percentile(interval_s, 5)) if median_s else 0.0
        )
        return RecordingFacts(
            file_name=recording.path.name,
            sha256=recording.sha256,
            width_px=recording.width_px,
            height_px=recording.height_px,
            native_width_px=recording.native_width_px,
            native_height_px=recording.native_height_px,
            rotation_deg=recording.rotation_deg,
            mirrored=recording.mirrored,
            codec=recording.codec,
            n_frames=len(self.times_s),
            duration_s=float(self.times_s[-1] - self.times_s[0]) + mean_s,
            rate_hz=1 / mean_s if mean_s else 0.0,
            variable_rate=spread_s > 0.1 * median_s,
            camera_motion_px=self.camera_motion_px,
        )


def survey(
    recording: Recording, detector: PersonDetector, rule: WalkerRule, progress: Progress
) -> Survey:
    """Look for people ten times a second and follow them through the film.

    Raises
    ------
    BadInputError
        If the film has no frame.
    """
    tracker = Tracker()
    background = _Background()
    times_s: list[float] = []
    repeated: list[bool] = []
    last = np.zeros(0, np.int16)
    next_look_s = -np.inf
    for frame in recording.frames():
        times_s.append(frame.time_s)
        sample = frame.image[::_SAMPLED, ::_SAMPLED].astype(np.int16)
        repeated.append(len(times_s) > 1 and bool(np.abs(sample - last).max() <= _SAME_GREY))
        last = sample
        if frame.time_s < next_look_s:
            continue
        next_look_s = frame.time_s + SURVEY_INTERVAL_S * 0.95
        tracker.update(frame.time_s, detector.detect(frame.image), frame.image)
        background.update(frame.image)
        if recording.duration_hint_s:
            progress(min((frame.time_s - times_s[0]) / recording.duration_hint_s, 1.0))
    if not times_s:
        raise BadInputError("The video holds no picture.", "Film again, or export the video anew.")
    size_px = (recording.width_px, recording.height_px)
    tracks, people = people_seen(tracker.tracks(), size_px, rule)
    return Survey(
        recording=recording,
        times_s=np.array(times_s),
        tracks=tuple(tracks),
        people=tuple(people),
        glimpses=tuple(tracker.glimpses()),
        repeated=np.array(repeated),
        camera_motion_px=background.median_shift_px,
    )


def choose_walker(found: Survey, person: int | None) -> int:
    """Return the number of the person to measure: the rule's first, or the one asked for.

    Raises
    ------
    RefusedError
        If there is nobody, or nobody who walks.
    BadInputError
        If the asked number does not exist.
    """
    if not found.people:
        raise RefusedError(
            "no_person",
            "No person was found in the video.",
            "Film the whole body from the side in good light, a third of the picture high.",
        )
    if person is not None:
        if not 1 <= person <= len(found.people):
            raise BadInputError(
                f"There is no person {person} in the video: {len(found.people)} were followed.",
                f"Give a number from 1 to {len(found.people)}.",
            )
        return person
    if found.people[0].score == 0:
        raise RefusedError(
            "nobody_walks",
            f"Nobody walks through the picture ({len(found.people)} seen, none far and steadily).",
            "Film a person who walks at least three strides past a camera that stands still.",
        )
    return 1


def follow(
    found: Survey, number: int, pose: PoseEstimator, subject: Subject, progress: Progress
) -> tuple[Walk, int]:
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

    Returns
    -------
    walk, swapped
        The walk, and in how many frames the legs' sides were mended.
    """
    boxes = found.tracks[number - 1].at(found.times_s)
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
    return walk, int(swapped.sum())


def perception_facts(
    found: Survey,
    walker: int | None,
    *,
    chosen_by_user: bool,
    models: tuple[str, str],
    weights: dict[str, str],
    swapped: int = 0,
) -> PerceptionFacts:
    """Return how the person was found, for the assessment."""
    return PerceptionFacts(
        detector=models[0],
        pose=models[1],
        weights=weights,
        people=found.people,
        walker=walker,
        walker_rule=RULE,
        chosen_by="user" if chosen_by_user else "rule",
        swapped_frames=swapped,
    )


class _Background:
    """Measures how far the background moves between looks: a hand-held or panning camera."""

    _WIDTH_PX = 320

    def __init__(self) -> None:
        self._last: NDArray[np.float32] | None = None
        self._shifts_px: list[float] = []

    def update(self, image: NDArray[np.uint8]) -> None:
        scale = self._WIDTH_PX / image.shape[1]
        size = (self._WIDTH_PX, max(8, round(image.shape[0] * scale)))
        small = cv2.cvtColor(
            cv2.resize(image, size, interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY
        ).astype(np.float32)
        if self._last is not None:
            window = cv2.createHanningWindow(size, cv2.CV_32F)
            (dx, dy), _ = cv2.phaseCorrelate(self._last, small, window)
            self._shifts_px.append(float(np.hypot(dx, dy)) / scale)
        self._last = small

    @property
    def median_shift_px(self) -> float | None:
        return float(np.median(self._shifts_px)) if self._shifts_px else None


def _steady_crops(boxes: NDArray[np.float64], times_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Square boxes of slowly changing size around the person: steady crops, steady keypoints."""
    crops = np.full_like(boxes, np.nan)
    stay = np.flatnonzero(np.isfinite(boxes[:, 0]))
    if not len(stay):
        return crops
    half_window = max(1, round(0.5 / max(float(np.median(np.diff(times_s))), 1e-3)))
    side_px = np.maximum(boxes[stay, 2] - boxes[stay, 0], boxes[stay, 3] - boxes[stay, 1])
    padded = np.pad(side_px, half_window, mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * half_window + 1)
    half_px = np.percentile(windows, 80, axis=1) / 2
    centre = (boxes[stay, :2] + boxes[stay, 2:]) / 2
    crops[stay] = np.column_stack([centre - half_px[:, None], centre + half_px[:, None]])
    return crops


def _samples(
    found: Survey, crops: NDArray[np.float64], pose: PoseEstimator, progress: Progress
) -> dict[int, PoseSample]:
    wanted = np.flatnonzero(np.isfinite(crops[:, 0]))
    last = int(wanted[-1]) if len(wanted) else -1
    for frame in found.recording.frames():
        if frame.index > last:
            break
        if frame.index < len(crops) and np.isfinite(crops[frame.index, 0]):
            pose.submit(frame.index, frame.image, crops[frame.index])
            progress(frame.index / max(last, 1))
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
    if not samples:
        return None
    return Silhouettes(
        bits=np.stack([sample.mask_bits for sample in samples]),
        width=samples[0].mask_bits.shape[1] * 8,
        affine=np.stack([sample.affine for sample in samples]),
    )
