"""Which networks an assessment runs, and how they are put together."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, KeypointLayout
from clinigait.perception.detection import EfficientDetLite2, PersonDetector
from clinigait.perception.hrnet.card import read_card
from clinigait.perception.hrnet.estimator import HrnetPose
from clinigait.perception.pose import BlazePose, PoseEstimator, PoseSample
from clinigait.perception.runtime import Precision
from clinigait.perception.weights import (
    DETECTOR,
    POSES,
    is_hrnet,
    pose_weights,
    require,
    sha256_of_weights,
)

#: What gives silhouettes, and the turn of the body, where the pose model does not.
_BODY = POSES["blazepose"]
#: Of the pictures that a network saw, more than this share was made: the report says so.
_MOSTLY = 0.5


@dataclass(frozen=True)
class Models:
    """The networks of one assessment, their files checked.

    Parameters
    ----------
    pose
        Name of the weights that give the keypoints.
    silhouettes
        Name of the weights that give silhouettes and the turn of the body.
    files
        File of every one of the weights, by name.
    flip_test
        Whether an HRNet sees every crop and its mirror image.
    """

    pose: str
    silhouettes: str
    files: dict[str, Path]
    flip_test: bool = False

    @classmethod
    def chosen(cls, choice: str | None, *, flip_test: bool = False) -> Self:
        """Return the models behind a choice of ``--pose``; None takes the best that are here.

        Raises
        ------
        BadInputError
            If there is no such choice, weights are missing or damaged, or a flip test is asked of
            a model that has none.
        """
        pose = pose_weights(choice)
        if flip_test and not is_hrnet(pose):
            raise BadInputError(
                f"{pose} has no flip test.", "Leave --flip-test away, or choose --pose hrnet."
            )
        silhouettes = _BODY if is_hrnet(pose) else pose
        needed = dict.fromkeys((DETECTOR, pose, silhouettes))
        return cls(pose, silhouettes, {name: require(name) for name in needed}, flip_test)

    @property
    def detector(self) -> str:
        """Name of the person detector."""
        return EfficientDetLite2.name

    @property
    def pose_is_synthetic(self) -> bool:
        """Whether the keypoints' model learned from made people, nearly or altogether."""
        if not is_hrnet(self.pose):
            return False
        learning = read_card(self.files[self.pose], check_hash=False).learning
        return learning is not None and learning.synthetic_share > _MOSTLY

    def sha256(self) -> dict[str, str]:
        """Return the hash of every file by the name of the weights."""
        return {name: sha256_of_weights(name) for name in self.files}

    def detectors(self, threads: int) -> list[PersonDetector]:
        """Return a detector for every thread."""
        return [EfficientDetLite2(self.files[DETECTOR], threads=1) for _ in range(threads)]

    def estimator(self, threads: int) -> PoseEstimator:
        """Load what finds keypoints and silhouette of one person."""
        if not is_hrnet(self.pose):
            return BlazePose(self.files[self.pose], self.pose, threads)
        body = BlazePose(self.files[self.silhouettes], self.silhouettes, threads)
        keypoints = HrnetPose(self.files[self.pose], threads, flip_test=self.flip_test)
        return WithSilhouettes(keypoints, body)


@dataclass(frozen=True)
class KeptModels(Models):
    """Models that are loaded when first wanted, and kept for the films that follow."""

    _detectors: dict[int, list[PersonDetector]] = field(default_factory=dict)
    _estimators: dict[int, PoseEstimator] = field(default_factory=dict)

    def detectors(self, threads: int) -> list[PersonDetector]:
        """Return a detector for every thread."""
        if threads not in self._detectors:
            self._detectors[threads] = super().detectors(threads)
        return self._detectors[threads]

    def estimator(self, threads: int) -> PoseEstimator:
        """Return what finds keypoints and silhouette of one person."""
        if threads not in self._estimators:
            self._estimators[threads] = super().estimator(threads)
        return self._estimators[threads]


class WithSilhouettes:
    """Keypoints of one model; silhouette, turn of the body and presence of another.

    Parameters
    ----------
    keypoints
        Gives the keypoints.
    body
        Gives the rest, and says whether there is a person in the crop at all.
    """

    def __init__(self, keypoints: PoseEstimator, body: PoseEstimator) -> None:
        self._keypoints = keypoints
        self._body = body

    @property
    def name(self) -> str:
        """Name of the model that gives the keypoints."""
        return self._keypoints.name

    @property
    def layout(self) -> KeypointLayout:
        """Names of the keypoints."""
        return self._keypoints.layout

    @property
    def precision(self) -> Precision:
        """In what the model that gives the keypoints multiplies."""
        return self._keypoints.precision

    def submit(self, key: int, image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
        """Hand in one person's box (x0, y0, x1, y1) in one RGB picture."""
        self._keypoints.submit(key, image, box)
        self._body.submit(key, image, box)

    def results(self) -> dict[int, PoseSample]:
        """Wait for everything that was handed in; return it by key and forget it."""
        bodies = self._body.results()
        return {
            key: replace(
                bodies[key], keypoints_px=sample.keypoints_px, confidence=sample.confidence
            )
            for key, sample in self._keypoints.results().items()
        }
