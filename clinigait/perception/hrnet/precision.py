"""Whether bfloat16 is good enough for a network: measured on people, on this very processor.

Processors that multiply in bfloat16 run HRNet twice as fast with it, but its numbers keep three
digits only. Whether the keypoints suffer depends on the weights and on how the runtime uses the
processor, so both are run on the same crops of real people when the weights are fetched, and the
verdict is kept beside the network. Without a verdict, or on another processor, nothing but single
precision is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from clinigait.io.fetch import is_valid, path_of
from clinigait.io.output import replace_file
from clinigait.io.sample import DEMO_CLIP
from clinigait.io.video import open_recording
from clinigait.perception.hrnet.card import Card
from clinigait.perception.hrnet.network import BELIEVED, cut, decoded, in_crop, picture_network
from clinigait.perception.runtime import (
    OpenVinoNetwork,
    Precision,
    cpu_has_bf16,
    cpu_name,
)

#: No believed point may move by as much as this, in pixels of the crop.
MOST_ERROR_PX = 0.5
#: Fewer points say too little.
_LEAST_POINTS = 200
_EVERY_NTH_FRAME = 8
_MIN_PERSON_SCORE = 0.5


class Verdict(BaseModel):
    """What was found about bfloat16.

    Parameters
    ----------
    cpu
        Name of the processor that it holds for.
    onnx_sha256
        The network that it holds for.
    bf16
        Whether bfloat16 may be used.
    reason
        Why, in a sentence.
    n_points
        Number of believed points that were compared.
    median_px, max_px
        How far they moved, in pixels of the crop; None where nothing was compared.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    cpu: str
    onnx_sha256: str
    bf16: bool
    reason: str
    n_points: Annotated[int, Field(ge=0)] = 0
    median_px: float | None = None
    max_px: float | None = None


def usable_precision(onnx: Path, card: Card) -> Precision:
    """Return ``bf16`` where that was found good enough for this network here, else ``f32``."""
    verdict = read_verdict(onnx)
    fits = verdict is not None and verdict.bf16 and verdict.onnx_sha256 == card.onnx_sha256
    here = fits and verdict is not None and verdict.cpu == cpu_name() and cpu_has_bf16()
    return "bf16" if here else "f32"


def read_verdict(onnx: Path) -> Verdict | None:
    """Return the verdict beside a network; None where there is none that can be read."""
    try:
        return Verdict.model_validate_json(_verdict_of(onnx).read_bytes())
    except (OSError, ValidationError):
        return None


def judge(onnx: Path, card: Card) -> Verdict:
    """Compare bfloat16 with single precision on people, and keep the verdict beside the network.

    People come from the demonstration clip, found by the default detector; where one of the two
    is not on this machine, nothing is compared and bfloat16 is not used.

    Raises
    ------
    BadInputError
        If the verdict cannot be written.
    """
    verdict = _judged(onnx, card)
    replace_file(_verdict_of(onnx), verdict.model_dump_json(indent=2).encode())
    return verdict


def moved_px(
    single: NDArray[np.float32], half: NDArray[np.float32], card: Card
) -> NDArray[np.float64]:
    """Return how far each believed point moves, in pixels of the crop.

    Parameters
    ----------
    single, half
        (N, K, H, W) heatmaps of the same crops in single precision and in bfloat16.

    Returns
    -------
    ndarray
        (M,) distances; infinite where a point was lost.
    """
    points, score = decoded(single, card)
    others, _ = decoded(half, card)
    distance = np.linalg.norm(in_crop(points, card) - in_crop(others, card), axis=-1)
    return np.asarray(np.nan_to_num(distance[score >= BELIEVED], nan=np.inf), np.float64)


def _judged(onnx: Path, card: Card) -> Verdict:
    def no(reason: str) -> Verdict:
        return Verdict(cpu=cpu_name(), onnx_sha256=card.onnx_sha256, bf16=False, reason=reason)

    if not cpu_has_bf16():
        return no("this processor does not multiply in bfloat16")
    crops = list(_people(card))
    if not crops:
        return no("not compared: the demonstration clip or the detector is not on this machine")
    singles, halves = (maps_of(onnx, card, crops, precision) for precision in ("f32", "bf16"))
    return verdict_on(moved_px(singles, halves, card), cpu_name(), card.onnx_sha256)


def verdict_on(distances_px: NDArray[np.float64], cpu: str, onnx_sha256: str) -> Verdict:
    """Return the verdict on how far points moved."""
    n_points = len(distances_px)
    if n_points < _LEAST_POINTS:
        reason = f"only {n_points} points could be compared"
        return Verdict(
            cpu=cpu, onnx_sha256=onnx_sha256, bf16=False, reason=reason, n_points=n_points
        )
    median_px, max_px = float(np.median(distances_px)), float(distances_px.max())
    good = max_px < MOST_ERROR_PX
    return Verdict(
        cpu=cpu,
        onnx_sha256=onnx_sha256,
        bf16=good,
        reason=(
            f"{n_points} points of people move by {median_px:.3f} px of the crop in the median and "
            f"{max_px:.3f} px at most, {'less' if good else 'not less'} than {MOST_ERROR_PX:g}"
        ),
        n_points=n_points,
        median_px=median_px if np.isfinite(median_px) else None,
        max_px=max_px if np.isfinite(max_px) else None,
    )


def maps_of(
    onnx: Path, card: Card, crops: Iterable[NDArray[np.uint8]], precision: Precision
) -> NDArray[np.float32]:
    """Return the (N, K, H, W) heatmaps of (1, H, W, 3) crops, as the runtime computes them."""
    network = OpenVinoNetwork(picture_network(onnx, card), threads=1, precision=precision)
    found: list[NDArray[np.float32]] = []
    for one in crops:
        network.start(one, found.append)
    network.wait()
    return np.concatenate(found)


def _people(card: Card) -> Iterator[NDArray[np.uint8]]:
    """Yield crops of the people in the demonstration clip, if clip and detector are here."""
    # Not at the top: weights.py knows the detector and HRNet's files, and LiteRT takes a moment.
    from clinigait.perception.detection import EfficientDetLite2  # noqa: PLC0415
    from clinigait.perception.weights import DETECTOR, WEIGHTS  # noqa: PLC0415

    clip, detector = path_of(DEMO_CLIP), path_of(WEIGHTS[DETECTOR])
    if not (clip and detector and is_valid(DEMO_CLIP) and is_valid(WEIGHTS[DETECTOR])):
        return
    finds = EfficientDetLite2(detector, threads=1)
    for frame in open_recording(clip).frames():
        if frame.index % _EVERY_NTH_FRAME == 0:
            for box in finds.detect(frame.image):
                if box[4] >= _MIN_PERSON_SCORE:
                    yield cut(frame.image, box[:4], card)[0]


def _verdict_of(onnx: Path) -> Path:
    return onnx.with_suffix(".precision.json")
