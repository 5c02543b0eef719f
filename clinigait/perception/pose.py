"""Keypoints and silhouette of one person, picture by picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import BLAZEPOSE_33, KeypointLayout, Silhouettes
from clinigait.perception.runtime import Precision, openvino

_INPUT_PX = 256
#: The crop is this much larger than the person's box, as the model was trained.
_CROP_MARGIN = 1.25


@dataclass(frozen=True, eq=False)
class PoseSample:
    """What the model saw of one person in one picture.

    Parameters
    ----------
    keypoints_px
        (K, 2) positions in image pixels.
    confidence
        (K,) in 0..1.
    score
        0..1 that there is a person in the crop at all.
    body_yaw_deg
        Turn of the shoulder and hip line out of the line of sight: 0 in a side view, 90 in a
        front or back view; NaN where the model does not say.
    mask_bits
        (256, 32) uint8, the silhouette packed as in :class:`clinigait.core.Silhouettes`; None
        where the model gives none.
    affine
        (2, 3) matrix that takes image pixels to mask pixels; None where there is no mask.
    """

    keypoints_px: NDArray[np.float64]
    confidence: NDArray[np.float64]
    score: float
    body_yaw_deg: float = math.nan
    mask_bits: NDArray[np.uint8] | None = None
    affine: NDArray[np.float64] | None = None


class PoseEstimator(Protocol):
    """Estimates poses, several at a time, in the background."""

    @property
    def name(self) -> str:
        """Name of the model, as printed in the report."""
        ...

    @property
    def layout(self) -> KeypointLayout:
        """Names of the keypoints."""
        ...

    @property
    def precision(self) -> Precision:
        """In what the model that gives the keypoints multiplies."""
        ...

    def submit(self, key: int, image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
        """Hand in one person's box in one picture; may wait for a free worker."""
        ...

    def results(self) -> dict[int, PoseSample]:
        """Wait for everything that was handed in; return it by key and forget it."""
        ...


class BlazePose:
    """BlazePose (full or heavy), run by OpenVINO in single precision.

    Requests run side by side, one thread each: on two cores that gives 67 poses a second
    against 57 with one request on both threads and 45 with batches of four (heavy model).
    Single precision is asked for by name: the runtime's default of bfloat16 on processors that
    have it moves feet by pixels.

    Parameters
    ----------
    weights
        The ``.tflite`` file.
    name
        Name of the variant.
    threads
        Number of requests that run side by side.
    """

    layout = BLAZEPOSE_33
    precision: Precision = "f32"

    def __init__(self, weights: Path, name: str, threads: int) -> None:
        ov = openvino()
        self.name = name
        model = ov.Core().compile_model(
            str(weights),
            "CPU",
            {
                "INFERENCE_PRECISION_HINT": "f32",
                "INFERENCE_NUM_THREADS": str(threads),
                "NUM_STREAMS": str(threads),
            },
        )
        # As many again wait their turn, so that no core waits for the next picture.
        self._queue: Any = ov.AsyncInferQueue(model, 2 * threads)
        # A bound method would hold this object, and with it the model, for ever: the queue's
        # reference to its callback is not seen by Python's collector.
        self._queue.set_callback(_collect)
        self._done: dict[int, PoseSample] = {}

    def submit(self, key: int, image: NDArray[np.uint8], box: NDArray[np.float64]) -> None:
        """Hand in one person's box (x0, y0, x1, y1) in one RGB picture."""
        affine = crop_affine(box)
        crop = cv2.warpAffine(
            image,
            affine,
            (_INPUT_PX, _INPUT_PX),
            flags=cv2.INTER_LINEAR if affine[0, 0] > 0.5 else cv2.INTER_AREA,
        )
        tensor = crop[None].astype(np.float32) / 255
        self._queue.start_async({0: tensor}, (self._done, key, affine))

    def results(self) -> dict[int, PoseSample]:
        """Wait for everything that was handed in; return it by key and forget it."""
        self._queue.wait_all()
        done, self._done = self._done, {}
        return done


def _collect(request: Any, job: tuple[dict[int, PoseSample], int, NDArray[np.float64]]) -> None:  # noqa: ANN401
    done, key, affine = job
    outputs = [request.get_output_tensor(i).data.copy() for i in (0, 1, 2, 4)]
    done[key] = _decoded(*outputs, affine=affine)


def crop_affine(box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the (2, 3) matrix from image pixels to the model's square crop of a box."""
    x0, y0, x1, y1 = box
    side_px = _CROP_MARGIN * max(x1 - x0, y1 - y0)
    scale = _INPUT_PX / side_px
    centre = np.array([x0 + x1, y0 + y1]) / 2
    offset = _INPUT_PX / 2 - scale * centre
    return np.array([[scale, 0.0, offset[0]], [0.0, scale, offset[1]]])


def _decoded(
    landmarks: NDArray[np.float32],
    person_score: NDArray[np.float32],
    mask_logits: NDArray[np.float32],
    world: NDArray[np.float32],
    *,
    affine: NDArray[np.float64],
) -> PoseSample:
    n_points = len(BLAZEPOSE_33)
    table = landmarks.reshape(-1, 5)[:n_points].astype(np.float64)
    positions = (table[:, :2] - affine[:, 2]) / affine[0, 0]
    visible, present = _sigmoid(table[:, 3]), _sigmoid(table[:, 4])
    mask = mask_logits.reshape(_INPUT_PX, _INPUT_PX) > 0
    return PoseSample(
        keypoints_px=positions,
        confidence=np.minimum(visible, present),
        score=float(person_score.ravel()[0]),
        body_yaw_deg=_body_yaw_deg(world.reshape(-1, 3)[:n_points].astype(np.float64)),
        mask_bits=Silhouettes.pack(mask),
        affine=affine,
    )


def _sigmoid(logit: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -50, 50))))


def _body_yaw_deg(world: NDArray[np.float64]) -> float:
    """Turn of shoulders and hips together from their 3-D landmarks (x right, z away)."""
    across = np.zeros(3)
    for point in ("shoulder", "hip"):
        left = BLAZEPOSE_33.index(point, "left")
        right = BLAZEPOSE_33.index(point, "right")
        across += world[left] - world[right]
    return float(np.degrees(np.arctan2(abs(across[0]), abs(across[2]))))
