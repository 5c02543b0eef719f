"""Where the people are in one picture."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.perception.litert import interpreter_of

_COCO_PERSON = 0
_INPUT_PX = 448


class PersonDetector(Protocol):
    """Finds people in a picture."""

    @property
    def name(self) -> str:
        """Name of the model, as printed in the report."""
        ...

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return (N, 5) boxes x0, y0, x1, y1 in image pixels and their score in 0..1."""
        ...


class EfficientDetLite2:
    """EfficientDet-Lite2, trained on COCO, run by LiteRT.

    The picture is fitted into the square input with its proportions kept: stretched, as the
    model's usual examples do, it misses the walker of the demonstration clip in one sampled
    frame of four that it finds so.

    Parameters
    ----------
    weights
        The ``.tflite`` file.
    threads
        CPU threads of the interpreter.
    min_score
        Boxes that score less are left out. Low on purpose: the tracker starts nobody on a doubtful
        box, but it follows on with it somebody who is partly hidden.
    """

    name = "EfficientDet-Lite2"

    def __init__(self, weights: Path, threads: int, min_score: float = 0.12) -> None:
        self._min_score = min_score
        self._interpreter = interpreter_of(weights, threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._outputs = [detail["index"] for detail in self._interpreter.get_output_details()]

    def detect(self, image: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Return (N, 5) boxes x0, y0, x1, y1 in image pixels and their score, best first."""
        scale = _INPUT_PX / max(image.shape[:2])
        self._interpreter.set_tensor(self._input, _letterboxed(image, scale)[None])
        self._interpreter.invoke()
        corners, classes, scores = (
            self._interpreter.get_tensor(index)[0] for index in self._outputs[:3]
        )
        is_person = (classes.round() == _COCO_PERSON) & (scores >= self._min_score)
        boxes = corners[is_person][:, [1, 0, 3, 2]].astype(np.float64) * _INPUT_PX / scale
        found = np.column_stack([boxes, scores[is_person]])
        return _without_nested(found[np.argsort(-found[:, 4])])


def _letterboxed(image: NDArray[np.uint8], scale: float) -> NDArray[np.uint8]:
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    canvas = np.zeros((_INPUT_PX, _INPUT_PX, 3), np.uint8)
    canvas[:height, :width] = cv2.resize(image, (width, height), interpolation=interpolation)
    return canvas


def _without_nested(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Drop boxes that lie mostly inside a better one: parts of a person found twice."""
    kept: list[NDArray[np.float64]] = []
    for box in boxes:
        if all(_shared_area(box, other) < 0.8 * _area(box) for other in kept):
            kept.append(box)
    return np.array(kept).reshape(-1, 5)


def _area(box: NDArray[np.float64]) -> float:
    return float(max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0))


def _shared_area(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    return float(max(width, 0.0) * max(height, 0.0))


def covered(box: NDArray[np.float64], others: list[NDArray[np.float64]]) -> float:
    """Return the largest share of a box that one of the others covers, 0 to 1."""
    area = max(_area(box), 1.0)
    return max((_shared_area(box, other) / area for other in others), default=0.0)


def overlap(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Return the intersection over union of two boxes (x0, y0, x1, y1, …)."""
    shared = _shared_area(a, b)
    union = _area(a) + _area(b) - shared
    return shared / union if union > 0 else 0.0
