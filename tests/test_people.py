"""Several people in one film: nobody is measured who is a mixture, and no face is kept."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from clinigait.core import RefusedError, Subject, Walk, WalkerRule
from clinigait.io.video import open_recording
from clinigait.perception.blur import HEAD_POINTS
from clinigait.perception.detection import EfficientDetLite2
from clinigait.perception.faces import FaceBlur
from clinigait.perception.follow import follow
from clinigait.perception.pose import BlazePose
from clinigait.perception.survey import Survey, choose_walker, survey
from clinigait.perception.track import Track
from clinigait.perception.tracking import Tracker
from clinigait.perception.walker import MIN_IDENTITY
from clinigait.perception.weights import DETECTOR, POSES
from clinigait.pipeline import assess
from support import films

RULE = WalkerRule(min_duration_s=1.0, min_travel_heights=1.0, min_steadiness=0.6)
HALF_SIZE = (884, 497)
CROWD_FILM = Path(
    os.environ.get("CLINIGAIT_CROWD_FILM", "/usr/share/doc/opencv-doc/examples/data/vtest.avi")
)
pytestmark = pytest.mark.slow


@dataclass(frozen=True, eq=False)
class Seen:
    """A film that was looked through, and the walk of the person chosen."""

    found: Survey
    walk: Walk
    clip: Path


def _survey(path: Path, weights: dict[str, Path]) -> Survey:
    detectors = [EfficientDetLite2(weights[DETECTOR], threads=1) for _ in range(2)]
    return survey(open_recording(path), detectors, RULE, lambda _: None)


def _follow(found: Survey, number: int, weights: dict[str, Path]) -> Walk:
    name = POSES["blazepose"]
    pose = BlazePose(weights[name], name, 2)
    return follow(found, number, pose, Subject(), lambda _: None).walk


def _seen(film: list, path: Path, weights: dict[str, Path], clip: Path) -> Seen:
    found = _survey(films.write_film(path, film), weights)
    return Seen(found, _follow(found, choose_walker(found, None), weights), clip)


@pytest.fixture(scope="module")
def alone(demo_clip: Path, weights, tmp_path_factory) -> Seen:
    """Return the clip at half size as it is: the truth for what is made of it."""
    return _seen(
        films.changed(demo_clip), tmp_path_factory.mktemp("alone") / "a.mp4", weights, demo_clip
    )


def _masks(walk: Walk) -> dict[float, NDArray[np.bool_]]:
    """Return the walker's silhouette in the picture by time."""
    masks = {}
    for index, time_s in enumerate(walk.time_s):
        to_image = cv2.invertAffineTransform(walk.silhouettes.affine[index])
        small = walk.silhouettes.mask(index).astype(np.uint8)
        masks[float(time_s)] = cv2.warpAffine(small, to_image, HALF_SIZE) > 0
    return masks


def _head(walk: Walk) -> NDArray[np.float64]:
    """Return (T, 2) the middle of the head, where it is seen."""
    points = [walk.layout.index(point) for point in HEAD_POINTS if point in walk.layout]
    return np.asarray(walk.keypoints[:, points].mean(axis=1))


def _detail(image: NDArray[np.uint8], at: NDArray[np.float64], reach: int) -> float:
    """Return the contrast of neighbouring pixels around a point; 0 outside of the picture."""
    x, y = (int(place) for place in at)
    patch = image[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach].astype(float)
    return float(np.abs(np.diff(patch, axis=0)).mean()) if min(patch.shape[:2]) > 4 else 0.0


def _shown(
    film: list, blur: FaceBlur, heads: dict[float, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return how much detail of the face is left, where there was some, frame by frame."""
    left = []
    for time_s, picture in film:
        head = heads.get(time_s)
        if head is None or not np.isfinite(head).all():
            continue
        image = picture.copy()
        before = _detail(image, head, 12)
        blur.apply(image, time_s)
        if before > 0:
            left.append(_detail(image, head, 12) / before)
    return np.array(left)


def test_no_face_in_any_frame(alone, demo_clip) -> None:
    film = films.changed(demo_clip)
    heads = dict(zip(map(float, alone.walk.time_s), _head(alone.walk), strict=True))
    blur = FaceBlur(alone.walk, alone.found.bystanders(1))
    left = _shown(film, blur, heads)
    assert len(left) > 100
    assert left.max() < 0.4


@pytest.mark.parametrize("lost_s", [0.5, 1.0, 2.0])
def test_a_head_that_is_lost_for_a_while_stays_hidden(lost_s: float, alone, demo_clip) -> None:
    film = films.changed(demo_clip)
    walk = alone.walk
    heads = dict(zip(map(float, walk.time_s), _head(walk), strict=True))
    points = [walk.layout.index(point) for point in HEAD_POINTS if point in walk.layout]
    lost = np.flatnonzero((walk.time_s > 3.0) & (walk.time_s < 3.0 + lost_s))
    keypoints = walk.keypoints.copy()
    keypoints[np.ix_(lost, points)] = np.nan
    blur = FaceBlur(replace(walk, keypoints=keypoints), alone.found.bystanders(1))
    left = _shown(film, blur, {float(walk.time_s[i]): heads[float(walk.time_s[i])] for i in lost})
    assert len(left) == len(lost)
    assert left.max() < 0.4


def test_a_face_that_comes_and_goes_at_the_border_is_hidden(
    alone, demo_clip, weights, tmp_path
) -> None:
    """A part of the clip, which she enters and leaves; where her head is, the whole clip tells."""
    low, high = 200, 660
    film = films.changed(demo_clip, lambda picture: np.ascontiguousarray(picture[:, low:high]))
    seen = _seen(film, tmp_path / "part.mp4", weights, demo_clip)
    heads = dict(zip(map(float, alone.walk.time_s), _head(alone.walk) - [low, 0], strict=True))
    inside = {t: head for t, head in heads.items() if 4 < head[0] < high - low - 4}
    number = int(seen.walk.provenance["person"])
    left = _shown(film, FaceBlur(seen.walk, seen.found.bystanders(number)), inside)
    assert len(left) > 60
    assert left.max() < 0.4


def _hips(walk: Walk) -> NDArray[np.float64]:
    points = [walk.layout.index("hip", side) for side in ("left", "right")]
    return np.asarray(walk.keypoints[:, points].mean(axis=1))


#: Nobody's hips are farther from where they are, in px of the clip at half size.
_ELSEWHERE_PX = 60


@pytest.mark.parametrize(
    ("shift_px", "alike", "in_front"),
    [(45, False, True), (45, True, False), (75, False, True), (75, True, False),
     (130, False, False), (130, True, True)],
)  # fmt: skip
def test_a_helper_who_walks_beside_is_never_mixed_in(
    shift_px: int, alike: bool, in_front: bool, alone, weights, tmp_path
) -> None:
    """The hips of whoever is measured are always the walker's, or always the helper's."""
    clip, masks = alone.clip, _masks(alone.walk)
    film = films.accompanied_film(clip, masks, 9, shift_px - 28, alike=alike, in_front=in_front)
    found = _survey(films.write_film(tmp_path / "film.mp4", film), weights)
    if all(person.score == 0 for person in found.people):
        with pytest.raises(RefusedError) as refused:
            choose_walker(found, None)
        assert refused.value.refused.code == "identity_uncertain"
        return
    walk = _follow(found, choose_walker(found, None), weights)
    hips = _hips(alone.walk).T
    known_s = alone.walk.time_s
    truth = np.column_stack([np.interp(walk.time_s, known_s, side) for side in hips])
    helper = np.column_stack([np.interp(walk.time_s - 0.3, known_s, side) for side in hips])
    helper[:, 0] += shift_px - 28
    known = np.isfinite([_hips(walk), truth, helper]).all(axis=(0, 2))
    if not known.any():
        return
    to_walker = np.linalg.norm(_hips(walk) - truth, axis=1)[known]
    to_helper = np.linalg.norm(_hips(walk) - helper, axis=1)[known]
    # Somebody far from both is the third person of the clip, who jumps in the background.
    shares = [
        (np.minimum(to_walker, to_helper) > _ELSEWHERE_PX).mean(),
        ((to_walker < to_helper) & (to_walker <= _ELSEWHERE_PX)).mean(),
        ((to_helper <= to_walker) & (to_helper <= _ELSEWHERE_PX)).mean(),
    ]
    assert max(shares) > 0.97


#: Times in s and places in px of the middles of people in the crowd, as told apart by eye.
CROWD = {
    "blue jacket": (
        (65.9, 713, 356),
        (68.4, 425, 288),
        (70.9, 222, 235),
        (73.4, 61, 207),
    ),
    "light blue jacket": (
        (11.8, 726, 265),
        (14.4, 505, 224),
        (17.6, 248, 198),
        (20.1, 85, 182),
    ),
    "red jacket, first": (
        (42.5, 733, 330),
        (45.0, 576, 287),
        (48.5, 397, 240),
        (51.0, 272, 220),
        (53.5, 185, 205),
        (56.0, 94, 204),
    ),
    "striped jacket": (
        (13.5, 739, 298),
        (16.0, 520, 263),
        (18.5, 338, 248),
        (21.0, 166, 219),
        (23.5, 50, 209),
        (26.0, 49, 209),
    ),
    "bald, second": (
        (46.5, 726, 374),
        (49.0, 588, 306),
        (51.5, 530, 263),
        (54.0, 451, 222),
        (57.0, 353, 186),
        (59.5, 222, 179),
        (62.0, 133, 173),
        (64.5, 137, 182),
        (69.7, 369, 211),
        (72.5, 505, 251),
        (75.0, 654, 265),
        (77.5, 623, 244),
    ),
    "bald, first": (
        (4.4, 734, 330),
        (6.9, 605, 262),
        (9.4, 591, 207),
        (11.9, 656, 167),
        (14.4, 720, 144),
        (16.9, 650, 155),
        (19.4, 534, 178),
        (22.1, 374, 198),
        (24.6, 225, 191),
        (27.1, 138, 175),
        (29.6, 182, 194),
        (32.1, 322, 208),
        (34.7, 475, 226),
        (37.2, 625, 249),
    ),
    "leather jacket, second": (
        (69.5, 739, 267),
        (72.0, 575, 244),
        (75.0, 384, 220),
        (77.5, 264, 206),
    ),
    "leather jacket, first": (
        (23.2, 727, 337),
        (25.7, 568, 294),
        (28.2, 413, 270),
        (30.7, 305, 246),
        (33.2, 314, 245),
        (35.7, 440, 288),
        (38.2, 590, 321),
    ),
    "brown jacket, second": (
        (57.4, 741, 287),
        (59.9, 589, 248),
        (62.4, 455, 209),
        (65.1, 325, 193),
        (67.8, 199, 188),
        (70.3, 214, 205),
        (73.2, 329, 236),
        (75.7, 451, 265),
        (78.2, 592, 301),
    ),
    "black coat, first": (
        (6.6, 333, 202),
        (9.1, 306, 224),
        (12.3, 549, 257),
    ),
    "black coat, second": (
        (22.2, 738, 277),
        (24.7, 583, 227),
        (27.4, 410, 200),
        (31.1, 198, 198),
        (33.6, 305, 212),
        (36.9, 498, 209),
        (39.4, 596, 175),
        (41.9, 566, 175),
        (44.4, 502, 209),
        (47.0, 555, 268),
        (49.7, 628, 318),
        (52.6, 647, 318),
        (55.1, 654, 356),
        (57.6, 647, 356),
        (60.1, 655, 356),
        (65.1, 480, 261),
        (67.6, 489, 213),
        (70.1, 529, 204),
        (75.3, 506, 209),
        (78.1, 316, 237),
    ),
    "brown jacket, first": (
        (39.3, 272, 234),
        (41.8, 305, 246),
        (44.3, 310, 246),
        (46.8, 412, 267),
        (49.3, 549, 315),
    ),
    "red and navy, second": (
        (55.2, 194, 433),
        (60.5, 516, 354),
    ),
    "brown jacket, zeroth": (
        (16.1, 450, 250),
        (19.0, 575, 291),
        (21.5, 650, 354),
        (24.0, 465, 301),
    ),
    "leather jacket, zeroth": (
        (15.7, 477, 241),
        (18.5, 640, 268),
    ),
    "red jacket, second": (
        (60.9, 18, 218),
        (63.4, 151, 198),
        (69.8, 477, 170),
        (72.3, 579, 154),
        (74.8, 667, 144),
        (77.3, 690, 163),
    ),
}
#: An observation is of a person whom it is so near to, in heights and in s.
_NEAR_HEIGHTS, _NEAR_S = 0.2, 0.16


@pytest.fixture(scope="module")
def crowd_film() -> Path:
    if not CROWD_FILM.is_file():
        pytest.skip("the film of a crowd is not here: it comes with Debian's opencv-doc")
    return CROWD_FILM


@pytest.fixture(scope="module")
def crowd_tracks(crowd_film: Path, weights) -> dict[int, list[Track]]:
    """Return the tracks in the crowd at ten looks a second, and played three times as fast."""
    detector = EfficientDetLite2(weights[DETECTOR], 2)
    trackers = {1: Tracker(), 3: Tracker()}
    for frame in open_recording(crowd_film).frames():
        boxes = detector.detect(frame.image)
        for speed, tracker in trackers.items():
            if frame.index % speed == 0:
                tracker.update(frame.time_s / speed, boxes, frame.image)
    return {speed: tracker.tracks() for speed, tracker in trackers.items()}


@pytest.mark.parametrize("speed", [1, 3])
def test_no_track_in_a_crowd_is_of_two_people(speed: int, crowd_tracks) -> None:
    """At three times the speed people go half a height from one look to the next."""
    followed = 0
    for track in crowd_tracks[speed]:
        if track.identity < MIN_IDENTITY:
            continue
        times_s, boxes = np.array(track.times_s) * speed, np.array(track.boxes)
        sure = ~track.is_unsure(np.array(track.times_s))
        middles = (boxes[:, :2] + boxes[:, 2:]) / 2
        heights = boxes[:, 3] - boxes[:, 1]
        people = {
            name
            for name, marks in CROWD.items()
            for time_s, x, y in marks
            if (
                sure
                & (np.abs(times_s - time_s) <= _NEAR_S)
                & (np.linalg.norm(middles - [x, y], axis=1) < _NEAR_HEIGHTS * heights)
            ).any()
        }
        assert len(people) <= 1, (track.start_s, track.end_s, people)
        followed += len(people)
    assert followed >= len(CROWD)


def test_a_crowd_is_refused_and_shown(crowd_film, weights, tmp_path) -> None:
    assessment = assess(crowd_film, tmp_path / "out")
    assert assessment.refusal is not None
    assert assessment.refusal.code == "frame_rate_too_low"
    pictured = [p.picture for p in assessment.perception.people if p.picture is not None]
    assert len(pictured) > 20
    assert {p.name for p in (tmp_path / "out" / "frames").iterdir()} == {
        Path(name).name for name in pictured
    }
