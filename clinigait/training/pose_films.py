"""People in films, labelled by BlazePose: real pictures for a network that learns from made ones.

BlazePose's confidence says how much a place counts. What MoveNet, which was trained apart from it,
places elsewhere is left out, and so is a person whose sides the two see exchanged. Films that judge
networks are refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BLAZEPOSE_33, COCO_17, WHOLEBODY_23, BadInputError, Progress
from clinigait.io.hashes import sha256_of
from clinigait.io.sample import JUDGING
from clinigait.io.stills import PICTURE_SUFFIXES, read_pictures
from clinigait.io.video import open_recording
from clinigait.perception.detection import EfficientDetLite2, PersonDetector
from clinigait.perception.hrnet import topdown
from clinigait.perception.movenet import MoveNet
from clinigait.perception.pose import BlazePose, PoseEstimator, PoseSample
from clinigait.perception.weights import DETECTOR, POSES, require
from clinigait.training.pose_set import PosePart

#: Changes whenever the same films give other labels.
LABELS_VERSION = 2
INPUT_SIZE_PX, PADDING = (192, 256), 1.25
#: Frames that follow each other closely teach the same.
_EVERY_S = 0.1
_LEAST_SCORE, _LEAST_PRESENT, _LEAST_HEIGHT_PX = 0.5, 0.8, 96
#: Both models have to be so sure before they can contradict each other.
_SURE = 0.3
#: Places differ from here on, in shares of the height of the box: of one point, of the median.
_FAR_POINT, _FAR_PERSON = 0.08, 0.05
_LEAST_COMPARED = 6
#: BlazePose's hips lie above the joints, by 5 % of the height on marked frames: not to be learned.
_ELSEWHERE = ("left_hip", "right_hip")


class SecondOpinion(Protocol):
    """Another pose model."""

    def points(
        self, image: NDArray[np.uint8], box: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (17, 2) places of ``COCO_17`` in image pixels, and (17,) confidences."""
        ...


@dataclass(frozen=True, eq=False)
class Labeller:
    """The models that label.

    Parameters
    ----------
    detector
        Finds people.
    pose
        Labels them; its layout is ``BLAZEPOSE_33``.
    second
        Contradicts; None where nobody does.
    """

    detector: PersonDetector
    pose: PoseEstimator
    second: SecondOpinion | None = None

    @classmethod
    def usual(cls, movenet: Path | None) -> Labeller:
        """Return BlazePose-heavy behind the usual detector, and MoveNet where its file is given.

        Raises
        ------
        BadInputError
            If weights are missing or damaged.
        """
        heavy = POSES["blazepose"]
        return cls(
            EfficientDetLite2(require(DETECTOR), threads=1),
            BlazePose(require(heavy), heavy, threads=1),
            None if movenet is None else MoveNet(movenet),
        )


class _Label(NamedTuple):
    crop: NDArray[np.uint8]
    keypoints_px: NDArray[np.float64]
    weight: NDArray[np.float64]
    visible: NDArray[np.float64]
    stature_px: float


def check_films(films: Sequence[Path]) -> None:
    """Refuse a film that is not there, and those that judge, as long as they are the same file.

    Raises
    ------
    BadInputError
        If there is one.
    """
    for film in films:
        if not film.is_file():
            raise BadInputError(f"There is no film {film.name[:80]}.", "Correct --films.")
        if sha256_of(film) in {judging.sha256 for judging in JUDGING}:
            raise BadInputError(
                f"{film.name[:80]} is one of the films that judge networks.",
                "Leave it out: what a network has learned from cannot judge it.",
            )


def labelled(
    films: Sequence[Path], labeller: Labeller, progress: Progress | None = None
) -> Iterator[PosePart]:
    """Yield the people in films, one part a film; films that show nobody add nothing.

    Parameters
    ----------
    films
        Paths; photographs will do too.
    labeller
        Who labels.
    progress
        Is told the share that is done.

    Raises
    ------
    BadInputError
        If a film cannot be read, or is one that judges.
    """
    check_films(films)
    for number, film in enumerate(films):
        labels = list(_labels(film, labeller))
        if labels:
            yield _part(labels, -1 - number)
        if progress:
            progress((number + 1) / len(films))


def _labels(film: Path, labeller: Labeller) -> Iterator[_Label]:
    for image in _images(film):
        boxes = [box[:4] for box in labeller.detector.detect(image) if _is_worth_it(box)]
        for key, box in enumerate(boxes):
            labeller.pose.submit(key, image, box)
        for key, sample in labeller.pose.results().items():
            label = _label(image, boxes[key], sample, labeller.second)
            if label is not None:
                yield label


def _images(film: Path) -> Iterator[NDArray[np.uint8]]:
    """Yield (H, W, 3) pictures of a film, or of a file of pictures, not too close to each other."""
    if film.suffix.lower() in PICTURE_SUFFIXES:
        found = read_pictures(film)
    else:
        found = ((frame.time_s, frame.image) for frame in open_recording(film).frames())
    due_s = -np.inf
    for time_s, image in found:
        if time_s >= due_s:
            # Times are rounded.
            due_s = time_s + 0.95 * _EVERY_S
            yield image


def _is_worth_it(box: NDArray[np.float64]) -> bool:
    return bool(box[4] >= _LEAST_SCORE and box[3] - box[1] >= _LEAST_HEIGHT_PX)


def _label(
    image: NDArray[np.uint8],
    box: NDArray[np.float64],
    sample: PoseSample,
    second: SecondOpinion | None,
) -> _Label | None:
    """Return a person's crop with labels; None where they are not to be believed."""
    if sample.score < _LEAST_PRESENT:
        return None
    places, sure = in_wholebody(sample.keypoints_px, sample.confidence)
    weight = np.nan_to_num(sure)
    height_px = float(box[3] - box[1])
    if second is not None:
        agreed = agreement(places, sure, second.points(image, box), height_px)
        if agreed is None:
            return None
        weight = weight * agreed
    weight[[WHOLEBODY_23.points.index(name) for name in _ELSEWHERE]] = 0.0
    view = topdown.window(box, INPUT_SIZE_PX, PADDING)
    matrix = topdown.affine(view, INPUT_SIZE_PX, "udp")
    crop = topdown.crop(image, matrix, INPUT_SIZE_PX)
    moved = places @ matrix[:, :2].T + matrix[:, 2]
    inside = ((moved >= -0.5) & (moved < np.array(INPUT_SIZE_PX) - 0.5)).all(axis=1)
    return _Label(crop, moved, weight * inside, sure, height_px * float(matrix[1, 1]))


def in_wholebody(
    points: NDArray[np.float64], confidence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ``BLAZEPOSE_33`` as ``WHOLEBODY_23``; of small toes nothing is known.

    Parameters
    ----------
    points, confidence
        (33, 2) and (33,).

    Returns
    -------
    points, confidence
        (23, 2), zero for small toes, and (23,), NaN for them.
    """
    places, sure = np.zeros((len(WHOLEBODY_23), 2)), np.full(len(WHOLEBODY_23), np.nan)
    for k, name in enumerate(WHOLEBODY_23.points):
        if name in BLAZEPOSE_33:
            own = BLAZEPOSE_33.index(name)
            places[k], sure[k] = points[own], confidence[own]
    return places, sure


def agreement(
    places: NDArray[np.float64],
    sure: NDArray[np.float64],
    second: tuple[NDArray[np.float64], NDArray[np.float64]],
    height_px: float,
) -> NDArray[np.float64] | None:
    """Return (23,) 1 where a second model does not contradict, else 0; None where all is doubtful.

    Parameters
    ----------
    places, sure
        (23, 2) and (23,) of the first.
    second
        (17, 2) and (17,) of the other, ``COCO_17``: the first points of the first.
    height_px
        Of the person's box.
    """
    n = len(COCO_17)
    other, other_sure = second
    both = (np.nan_to_num(sure[:n]) >= _SURE) & (other_sure >= _SURE)
    if np.count_nonzero(both) < _LEAST_COMPARED:
        return None
    apart = np.linalg.norm(places[:n] - other, axis=1) / height_px
    exchanged = np.linalg.norm(places[:n] - other[list(COCO_17.mirrored())], axis=1) / height_px
    # Of the legs, where an exchange does the harm.
    legs = both & np.array([name.endswith(("hip", "knee", "ankle")) for name in COCO_17.points])
    if np.median(apart[both]) > _FAR_PERSON or exchanged[legs].sum() < apart[legs].sum():
        return None
    agreed = np.ones(len(places))
    agreed[:n] = np.where(both & (apart > _FAR_POINT), 0.0, 1.0)
    return agreed


def _part(labels: Sequence[_Label], person: int) -> PosePart:
    crops, points, weight, visible, stature = zip(*labels, strict=True)
    return PosePart(
        crops=np.stack(crops),
        keypoints_px=np.stack(points).astype(np.float32),
        weight=np.stack(weight).astype(np.float32),
        visible=np.stack(visible).astype(np.float32),
        stature_px=np.array(stature, np.float32),
        person=np.full(len(labels), person, np.int64),
    )
