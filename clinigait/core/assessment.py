"""Assessment: all that one visit gave, the one thing that report, dashboard and store read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from clinigait.core.finding import Finding
from clinigait.core.layout import Side
from clinigait.core.measurement import Measurement
from clinigait.core.narration import Narration
from clinigait.core.prediction import Prediction
from clinigait.core.refusal import Refused
from clinigait.core.review import Review, Score
from clinigait.core.walk import Subject

SCHEMA_VERSION = "1.0"


@dataclass(frozen=True)
class DepthFacts:
    """What a recording with depth tells of its depth.

    Parameters
    ----------
    camera
        Where the camera's numbers come from, in words.
    camera_assumed
        Whether the focal length was assumed: then the lengths across the picture hang on it.
    focal_px
        Focal length in pixels of the analysed frames.
    frames_pct
        Frames of the walk that come with depth.
    measured_pct
        Keypoints of legs and pelvis that the camera measured the distance of.
    filled_pct
        Those whose distance comes from their neighbours in time or in the body: hidden ones.
    distance_m
        Median distance of the person.
    red_over_blue
        Red over blue of the skin in the colour; None where it is not known.
    """

    camera: str
    camera_assumed: bool
    focal_px: float
    frames_pct: float
    measured_pct: float
    filled_pct: float
    distance_m: float
    red_over_blue: float | None = None


@dataclass(frozen=True)
class RecordingFacts:
    """What was filmed.

    Parameters
    ----------
    file_name, sha256
        Name and hash of the input.
    source
        A film, or keypoints that were found elsewhere.
    layout
        Name of the layout of such keypoints; None for a film. Then all that only a film has is
        None as well.
    width_px, height_px
        Size of the upright frames as analysed.
    native_width_px, native_height_px
        Size of the upright frames in the file.
    rotation_deg, mirrored
        What was undone to bring the frames upright.
    codec
        Video codec.
    n_frames, duration_s, rate_hz
        Counted from the decoded frames and their presentation timestamps.
    variable_rate
        Whether the time between frames varies.
    camera_motion_px
        Median shift of the background from frame to frame; None where it was not measured.
    depth
        Of recordings with depth; None for all others.
    start_s
        Presentation time of the first frame.
    repeated_s
        Times of frames that only repeat the picture before.
    """

    file_name: str
    sha256: str
    n_frames: int
    duration_s: float
    rate_hz: float
    variable_rate: bool
    width_px: int | None = None
    height_px: int | None = None
    native_width_px: int | None = None
    native_height_px: int | None = None
    rotation_deg: int | None = None
    mirrored: bool | None = None
    codec: str | None = None
    camera_motion_px: float | None = None
    source: Literal["film", "keypoints"] = "film"
    layout: str | None = None
    depth: DepthFacts | None = None
    start_s: float = 0.0
    repeated_s: tuple[float, ...] = ()


@dataclass(frozen=True)
class PersonSeen:
    """One person that was followed through the film.

    Parameters
    ----------
    number
        Number of the person, from 1, in the order of way, steadiness and size: what ``--person``
        takes. It depends on the film and this version alone, not on protocol or options.
    start_s, end_s
        When the person was first and last seen.
    height_px
        Median height of the person in the picture.
    travel_heights
        Longest way in one direction, in body heights.
    steadiness
        Net way over way walked, 0 to 1.
    score
        Value of the walker rule; 0 where the person does not qualify.
    box_px
        The person's box (x0, y0, x1, y1) in the middle of the stay.
    identity
        Probability, 0 to 1, that all that was followed under this number is one person.
    cut
        Whether following begins, and whether it ends, where it was no longer sure who is who.
    picture
        A small picture, face blurred: its path relative to the assessment's folder. None where
        there is none.
    """

    number: int
    start_s: float
    end_s: float
    height_px: float
    travel_heights: float
    steadiness: float
    score: float
    box_px: tuple[float, float, float, float]
    identity: float = 1.0
    cut: tuple[bool, bool] = (False, False)
    picture: str | None = None


@dataclass(frozen=True)
class SilhouetteFacts:
    """How good the walker's silhouettes are: for what learns from them, not for the numbers.

    Parameters
    ----------
    score
        Median score of the frames, 0 to 1.
    usable_pct
        Share of the frames whose silhouette can be used.
    cut_pct
        Share of the frames in which the border of the picture or of the crop cuts the body.
    mended_frames
        Frames in which a fault was mended from the frames before and after.
    aid_pct
        Share of the judged frames in which a walking aid was seen; None where too few could be
        judged.
    aid
        Whether that share is large enough to speak of a walking aid.
    aid_side
        Hand that holds it; None where that is not clear, or there is none.
    """

    score: float
    usable_pct: float
    cut_pct: float
    mended_frames: int
    aid_pct: float | None = None
    aid: bool = False
    aid_side: Side | None = None


@dataclass(frozen=True)
class PerceptionFacts:
    """How the person was found and measured in the film.

    Parameters
    ----------
    detector, pose
        Names of the models.
    weights
        SHA-256 of every weight file by name.
    people
        Everybody who was followed.
    walker
        Number of the person who was measured; None where nobody was.
    walker_rule
        The rule of choice, in words.
    chosen_by
        Whether the rule or the user (``--person``) chose.
    swapped_frames
        Frames in which left and right legs were exchanged back.
    precision
        In what the pose model multiplied: ``f32`` or ``bf16``.
    flip_test
        Whether the pose model saw every crop and its mirror image.
    pose_synthetic
        Whether the pose model learned from made people, nearly or altogether.
    silhouettes_by
        Name of the model that gave the silhouettes; None where there are none.
    silhouettes
        Quality of the silhouettes; None where there are none.
    """

    detector: str
    pose: str
    weights: dict[str, str]
    people: tuple[PersonSeen, ...]
    walker: int | None
    walker_rule: str
    chosen_by: Literal["rule", "user"]
    swapped_frames: int = 0
    precision: str = "f32"
    flip_test: bool = False
    pose_synthetic: bool = False
    silhouettes_by: str | None = None
    silhouettes: SilhouetteFacts | None = None


@dataclass(frozen=True)
class ProtocolFacts:
    """Which protocol was followed."""

    name: str
    version: str
    title: str
    sha256: str


@dataclass(frozen=True)
class Provenance:
    """What made the assessment, so that it can be made again.

    Parameters
    ----------
    created_at
        Time of making, ISO 8601 with offset.
    clinigait_version, python_version
        Versions of the program and of Python.
    packages
        Versions of the packages that shape the numbers.
    synthetic
        Whether a synthetic walker was assessed, not a person.
    """

    created_at: str
    clinigait_version: str
    python_version: str
    packages: dict[str, str]
    synthetic: bool = False


@dataclass(frozen=True)
class StoredFrame:
    """A picture that was kept for the report, faces blurred.

    Parameters
    ----------
    file
        Path relative to the assessment's folder.
    time_s
        When it was filmed.
    caption
        What it shows.
    """

    file: str
    time_s: float
    caption: str


@dataclass(frozen=True)
class Assessment:
    """One assessed recording.

    Parameters
    ----------
    status
        ``assessed``, or ``refused`` where no honest measurement could be made.
    subject, protocol, provenance
        Who, by which protocol, made by what.
    recording, perception
        What was filmed and who was found; None where it did not come so far.
    measurement
        What was measured; None where refused.
    predictions
        What models say beside it, by the protocol.
    findings
        What all this says, most important first; empty in files of older versions.
    narration
        The findings in sentences, as the protocol asks; None in files of older versions.
    review
        Who reviewed the events, and what was corrected; None where nobody did.
    scores
        Scales that the clinician scored at the visit.
    code, message, remedy
        Why not, as in :class:`Refused`; None where assessed.
    frames
        Pictures for the report.
    schema_version
        Version of this structure.
    """

    status: Literal["assessed", "refused"]
    subject: Subject
    protocol: ProtocolFacts
    provenance: Provenance
    recording: RecordingFacts | None = None
    perception: PerceptionFacts | None = None
    measurement: Measurement | None = None
    code: str | None = None
    message: str | None = None
    remedy: str | None = None
    frames: tuple[StoredFrame, ...] = field(default_factory=tuple)
    predictions: tuple[Prediction, ...] = ()
    findings: tuple[Finding, ...] = ()
    narration: Narration | None = None
    review: Review | None = None
    scores: tuple[Score, ...] = ()
    schema_version: str = SCHEMA_VERSION

    def __post_init__(self) -> None:
        if (self.status == "assessed") != (self.measurement is not None):
            raise ValueError("an assessment has a measurement, a refused one has none")
        if (self.status == "refused") != (self.refusal is not None):
            raise ValueError("a refused assessment says why, an assessed one has nothing to say")
        ids = [finding.id for finding in self.findings]
        if len(set(ids)) < len(ids):
            raise ValueError("two findings have the same id")

    def answered_before(self, said: Prediction) -> int:
        """Return how many corrections were made that an answer of a model does not know.

        Such an answer belongs to the walk as it was before them.
        """
        corrections = self.review.corrections if self.review is not None else ()
        return max(0, len(corrections) - said.corrections)

    @property
    def synthetic(self) -> bool:
        """Whether a synthetic walker was assessed, not a person."""
        return self.provenance.synthetic

    @property
    def pose_synthetic(self) -> bool:
        """Whether the keypoints are by a network that learned from synthetic walkers."""
        return self.perception is not None and self.perception.pose_synthetic

    @property
    def refusal(self) -> Refused | None:
        """Why there is no measurement; None where there is one."""
        if self.code is None or self.message is None or self.remedy is None:
            return None
        return Refused(self.code, self.message, self.remedy)
