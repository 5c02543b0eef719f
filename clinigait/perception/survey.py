"""Who is where in a film, and how the film runs: one pass over it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import (
    BadInputError,
    PersonSeen,
    Progress,
    Recording,
    RecordingFacts,
    RefusedError,
    WalkerRule,
)
from clinigait.perception.camera_motion import CameraMotion
from clinigait.perception.detection import PersonDetector
from clinigait.perception.lookout import Look, Lookout
from clinigait.perception.tracking import Track, Tracker
from clinigait.perception.walker import MIN_IDENTITY, doubt, people_seen

#: People are looked for, and the background is compared, this often; between the looks the boxes
#: are interpolated. Looking half as often where nobody is near was tried: of the demonstration clip
#: slowed 2.2 times it left too few strides.
SURVEY_INTERVAL_S = 0.1
#: A look is due a little before the interval is over: times of frames are rounded.
_DUE = 0.95
#: Pictures are the same where no pixel of a glance differs by more than coding leaves behind:
#: up to 16 grey levels where repeated, from 100 where a person walks, in films tried.
_SAME_GREY = 30


def look_interval_s(rate_hz: float | None) -> float:
    """Return the time between two looks at a film: whole frames make up the interval.

    ``rate_hz`` is the film's frame rate; None takes the interval that is aimed at.
    """
    if not rate_hz:
        return SURVEY_INTERVAL_S
    frames = max(1, math.ceil(_DUE * SURVEY_INTERVAL_S * rate_hz - 1e-6))
    return frames / rate_hz


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
    rule
        What a walker must at least do.
    glimpses
        People, or what looked like them, who were seen too briefly to be followed.
    repeated
        (T,) frames that only repeat the picture before: a slower film in a faster container.
    camera_motion_px
        Median shift of the background between two looks; None where it is not known.
    """

    recording: Recording
    times_s: NDArray[np.float64]
    tracks: tuple[Track, ...]
    people: tuple[PersonSeen, ...]
    rule: WalkerRule
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
            start_s=float(self.times_s[0]) if len(self.times_s) else 0.0,
            repeated_s=tuple(map(float, self.times_s[self.repeated])),
        )


def survey(
    recording: Recording,
    detectors: Sequence[PersonDetector],
    rule: WalkerRule,
    progress: Progress,
) -> Survey:
    """Look for people ten times a second and follow them through the film.

    Parameters
    ----------
    recording
        The film.
    detectors
        Detectors that run side by side, while the film is decoded further.
    rule
        What a walker must at least do.
    progress
        Called with the fraction of the work done.

    Raises
    ------
    BadInputError
        If the film has no frame.
    """
    tracker = Tracker()
    motion = CameraMotion()
    times_s: list[float] = []
    repeated: list[bool] = []
    last = np.zeros(0, np.int16)
    with Lookout(detectors) as lookout:
        for glance in recording.glances(_DUE * SURVEY_INTERVAL_S):
            times_s.append(glance.time_s)
            pixels = glance.pixels.astype(np.int16)
            repeated.append(len(times_s) > 1 and bool(np.abs(pixels - last).max() <= _SAME_GREY))
            last = pixels
            if glance.frame is None:
                continue
            _take_in(tracker, motion, lookout.look(glance.frame))
            if recording.duration_hint_s:
                progress(min((glance.time_s - times_s[0]) / recording.duration_hint_s, 1.0))
        _take_in(tracker, motion, lookout.rest())
    if not times_s:
        raise BadInputError("The video holds no picture.", "Film again, or export the video anew.")
    size_px = (recording.width_px, recording.height_px)
    tracks, people = people_seen(tracker.tracks(), size_px, rule)
    return Survey(
        recording=recording,
        times_s=np.array(times_s),
        tracks=tuple(tracks),
        people=tuple(people),
        rule=rule,
        glimpses=tuple(tracker.glimpses()),
        repeated=np.array(repeated),
        camera_motion_px=motion.median_shift_px,
    )


def _take_in(tracker: Tracker, motion: CameraMotion, looks: Iterable[Look]) -> None:
    for look in looks:
        tracker.update(look.frame.time_s, look.boxes, look.frame.image)
        motion.update(look.frame.image, look.boxes)


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
        asked = found.people[person - 1]
        uncertain = doubt([asked], found.rule) if asked.identity < MIN_IDENTITY else None
        if uncertain is not None:
            raise uncertain
        return person
    walkers = [p.number for p in found.people if p.score > 0]
    if not walkers:
        raise doubt(found.people, found.rule) or RefusedError(
            "nobody_walks",
            f"Nobody walks through the picture ({len(found.people)} seen, none far and steadily).",
            "Film a person who walks at least three strides past a camera that stands still.",
        )
    return walkers[0]
