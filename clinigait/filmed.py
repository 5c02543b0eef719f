"""The film's part of the road: from a recording to the measured walk of one person."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import cv2

from clinigait.core import (
    BadInputError,
    Intrinsics,
    Measurement,
    PerceptionFacts,
    Progress,
    Protocol,
    QualityCheck,
    Recording,
    RecordingFacts,
    RefusedError,
    Walk,
    marked,
)
from clinigait.gait import quality
from clinigait.gait.depth_quality import depth_checks
from clinigait.gait.measure import FilmFacts, measure
from clinigait.gait.stature import KnownLength
from clinigait.perception.depth import sample_depth
from clinigait.perception.estimators import Models
from clinigait.perception.follow import Followed, follow
from clinigait.perception.lifting import lift
from clinigait.perception.lookout import LOOKS_AHEAD
from clinigait.perception.portraits import portrayed
from clinigait.perception.pose import PoseEstimator
from clinigait.perception.survey import (
    Survey,
    choose_walker,
    look_interval_s,
    survey,
)
from clinigait.perception.walker import RULE, told_by_doubt
from clinigait.request import Request, StageProgress, Stopwatch

#: Another walker whose score comes this near is named in a warning.
_RIVAL_SCORE = 0.5
_LOOKING = "Looking for people"
_FOLLOWING = "Following the walker"
_LIFTING = "Reading the depth"
_MEASURING = "Measuring"
#: What writes the documents takes two seconds to import.
_WRITERS = ("clinigait.report.pdf", "clinigait.report.fhir", "fhir.resources.R4B.bundle")


@dataclass(frozen=True, eq=False)
class Measured:
    """What a film gave.

    Parameters
    ----------
    found
        Who is in it.
    walk
        One person's walk: in the picture, or in the camera's space where depth was filmed.
    measurement
        What was measured of it.
    """

    found: Survey
    walk: Walk
    measurement: Measurement


class FilmRoad:
    """The work on one film; what is known so far can be asked for at any time.

    Parameters
    ----------
    folder
        Folder of the assessment, for the pictures of the people.
    recording
        The film.
    protocol
        What to do with it.
    request
        What is asked.
    progress
        Called while the work goes on.
    stopwatch
        Takes the time of every stage.

    Attributes
    ----------
    facts, perception
        What was filmed and who was found; None before it is known.
    followed
        Everybody who was found, and the walk of the person; None before somebody was followed.
    """

    def __init__(
        self,
        folder: Path,
        recording: Recording,
        protocol: Protocol,
        request: Request,
        progress: StageProgress,
        stopwatch: Stopwatch,
    ) -> None:
        self.facts: RecordingFacts | None = None
        self.perception: PerceptionFacts | None = None
        self.followed: tuple[Survey, Walk] | None = None
        self._folder = folder
        self._recording = recording
        self._protocol = protocol
        self._request = request
        self._progress = progress
        self._stopwatch = stopwatch
        self._models = request.networks or Models.chosen(request.pose, flip_test=request.flip_test)

    def measured(self) -> Measured:
        """Go the road.

        Raises
        ------
        RefusedError
            If no honest measurement can be made of the film.
        BadInputError
            If the film or an argument cannot be used.
        """
        cv2.setNumThreads(self._request.threads)
        with ThreadPoolExecutor(1, "ahead") as ahead:
            # What the next stages need is made ready while this one waits for the film.
            loading = ahead.submit(self._models.estimator, self._request.threads)
            found, facts = self._look(loading)
            for module in _WRITERS if self._request.documents else ():
                ahead.submit(import_module, module)
            with self._stage(_FOLLOWING) as tell:
                number = choose_walker(found, self._request.person)
                followed = follow(found, number, loading.result(), self._request.subject, tell)
                self.perception = self._seen(found, number, followed)
        walk = followed.walk
        if self._recording.synthetic:
            walk = replace(walk, provenance=marked(walk.provenance))
        if self._recording.has_depth:
            with self._stage(_LIFTING) as tell:
                walk, facts = _lifted(self._recording, walk, facts, tell)
                self.facts = facts
        self.followed = found, walk
        with self._stage(_MEASURING):
            film = film_of(facts, walk, self.perception)
            known_length = _in_analysed_pixels(self._request.known_length, self._recording)
            try:
                measurement = measure(walk, self._protocol, film, known_length)
            except RefusedError as error:
                raise told_by_doubt(found.people[number - 1], error) from error
        return Measured(found, walk, measurement)

    def _stage(self, name: str) -> AbstractContextManager[Progress]:
        return self._stopwatch.stage(name, self._progress)

    def _look(self, pose: Future[PoseEstimator]) -> tuple[Survey, RecordingFacts]:
        """Find everybody and take their pictures: also who is refused can be chosen from them."""
        with self._stage(_LOOKING) as tell:
            # No more of them than ever work at a time.
            threads = min(self._request.threads, LOOKS_AHEAD + 1)
            detectors = self._models.detectors(threads)
            found = survey(self._recording, detectors, self._protocol.walker, tell)
            found = portrayed(found, self._folder, pose.result())
            self.facts = facts = found.facts()
            self.perception = self._seen(found)
            limits = self._protocol.limits
            quality.raise_refusal(quality.of_the_film(facts.duration_s, facts.rate_hz, limits))
        return found, facts

    def _seen(
        self, found: Survey, walker: int | None = None, followed: Followed | None = None
    ) -> PerceptionFacts:
        """Return how the person was found, for the assessment."""
        facts = PerceptionFacts(
            detector=self._models.detector,
            pose=self._models.pose,
            pose_synthetic=self._models.pose_is_synthetic,
            weights=self._models.sha256(),
            people=found.people,
            walker=walker,
            walker_rule=RULE,
            chosen_by="rule" if self._request.person is None else "user",
        )
        if followed is None:
            return facts
        return replace(
            facts,
            swapped_frames=followed.swapped_frames,
            silhouettes=followed.silhouettes,
            silhouettes_by=self._models.silhouettes,
            precision=followed.precision,
            flip_test=self._models.flip_test,
        )


def film_of(
    recording: RecordingFacts, walk: Walk, perception: PerceptionFacts | None = None
) -> FilmFacts:
    """Return what is known of a recording's quality, of a film or a file of keypoints.

    Parameters
    ----------
    recording
        What was filmed.
    walk
        The walk that was found in it.
    perception
        Who else was found in it; None where nobody looked.
    """
    shift_px = recording.camera_motion_px
    notes = _people_notes(perception)
    if recording.mirrored:
        notes.append(
            quality.warning(
                "Mirror image",
                "mirrored_film",
                "The film asks to be shown as a mirror image: left and right may be exchanged.",
                "Compare with the person; film with the rear camera, or switch mirroring off.",
            )
        )
    if "axes" in walk.provenance:
        notes.append(
            quality.warning(
                "Axes of the file",
                "mirrored_axes",
                "In the file the left side lies to the right: its axes were mirrored.",
                "Check that the names of the sides are right; if they are exchanged, so are "
                "the results.",
            )
        )
    shift_pxps = None if shift_px is None else shift_px / look_interval_s(recording.rate_hz)
    if recording.depth is not None:
        notes += depth_checks(recording.depth, shift_pxps)
    return FilmFacts(
        camera_shift_pxps=shift_pxps,
        variable_rate=recording.variable_rate,
        repeated_s=recording.repeated_s,
        notes=tuple(notes),
        from_film=recording.source == "film",
    )


def _lifted(
    recording: Recording, walk: Walk, facts: RecordingFacts, progress: Progress
) -> tuple[Walk, RecordingFacts]:
    """Bring a walk in the picture to the camera's space, by one more pass over the recording."""
    camera = recording.camera or Intrinsics.assumed_for((recording.width_px, recording.height_px))
    lifted, depth = lift(walk, sample_depth(recording, walk, progress), camera)
    return lifted, replace(facts, depth=depth)


def _in_analysed_pixels(known: KnownLength | None, recording: Recording) -> KnownLength | None:
    """Bring points of the video's own frames to the frames that were analysed."""
    if known is None:
        return None
    size = (recording.native_width_px, recording.native_height_px)
    for point in (known.start_px, known.end_px):
        if not all(0 <= place <= side for place, side in zip(point, size, strict=True)):
            raise BadInputError(
                f"The known length leaves the picture, which is {size[0]} x {size[1]} pixels.",
                "Mark two points in the picture.",
            )
    scale = recording.width_px / recording.native_width_px
    start, end = ((scale * point[0], scale * point[1]) for point in (known.start_px, known.end_px))
    return KnownLength(known.length_m, start, end)


def _people_notes(perception: PerceptionFacts | None) -> list[QualityCheck]:
    """Warn of others who walk in the film, and of doubt who is who."""
    if perception is None or perception.walker is None:
        return []
    number, notes = perception.walker, []
    walker = perception.people[number - 1]
    if any(walker.cut):
        notes.append(
            quality.warning(
                "Identity",
                "identity_uncertain",
                f"Only from {walker.start_s:.1f} to {walker.end_s:.1f} s is it sure who person "
                f"{number} is: the rest was left out.",
                "Check the pictures; film one person alone.",
            )
        )
    rivals = [
        p.number
        for p in perception.people
        if p.number != number and p.score > _RIVAL_SCORE * max(walker.score, 1e-9)
    ]
    if rivals:
        listed = ", ".join(str(n) for n in rivals)
        notes.append(
            quality.warning(
                "Several walkers",
                "several_walkers",
                f"Person {number} was measured, but person {listed} walks through the view too.",
                "Check the pictures; choose another person with --person.",
            )
        )
    return notes
