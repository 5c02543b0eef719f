"""A small picture of everybody who was followed, face blurred."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.perception.blur import HEAD_POINTS, blur_disc, pixelate
from clinigait.perception.detection import covered
from clinigait.perception.pose import PoseEstimator

#: Height of a stored picture, and how much of the surroundings it shows, in box heights.
_HEIGHT_PX = 160
_MARGIN = 0.08
#: An album holds a picture for every so many seconds at first, and never more than so many.
_SLOT_S = 0.5
_MAX_PICTURES = 16
#: A picture is exchanged for one that is better by so much.
_BETTER = 1.15
#: Where a head is by the box alone: rows from and to, in heights of the box.
_HEAD_ROWS = (-0.08, 0.24)
_HEAD_RADIUS = 0.12
_MIN_POSE_SCORE = 0.5
#: Nobody looks through more pictures than that.
MAX_PICTURED = 40


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture of a person, others hidden, the face not yet.

    Parameters
    ----------
    time_s
        When it was filmed.
    jpeg
        The picture, coded; kept in memory only.
    box
        The person's box in it.
    quality
        How well the person is seen; the more the better.
    """

    time_s: float
    jpeg: bytes
    box: NDArray[np.float64]
    quality: float


class Album:
    """The best pictures of one person, spread over the stay, in little memory."""

    def __init__(self) -> None:
        self._slot_s = _SLOT_S
        self._by_slot: dict[int, Picture] = {}

    def __len__(self) -> int:
        return len(self._by_slot)

    def offer(
        self,
        time_s: float,
        image: NDArray[np.uint8],
        box: NDArray[np.float64],
        others: Sequence[NDArray[np.float64]],
    ) -> None:
        """Keep a picture of the person if it is the best so far of this time.

        Parameters
        ----------
        time_s
            When it was filmed.
        image
            The whole RGB picture.
        box
            The person's x0, y0, x1, y1 and score.
        others
            Boxes of everybody else, who are hidden.
        """
        slot = int(time_s / self._slot_s)
        quality = _quality(image.shape, box, others)
        kept = self._by_slot.get(slot)
        if quality <= 0 or (kept is not None and quality < _BETTER * kept.quality):
            return
        self._by_slot[slot] = _cut_out(time_s, image, box, others, quality)
        while len(self._by_slot) > _MAX_PICTURES:
            self._thin_out()

    def best(self, start_s: float, end_s: float) -> Picture | None:
        """Return the best picture of a stretch of time; None where there is none."""
        within = [p for p in self._by_slot.values() if start_s <= p.time_s <= end_s]
        return max(within, key=lambda picture: picture.quality, default=None)

    def with_pictures_of(self, other: Album, from_s: float) -> Album:
        """Return an album that has the other's pictures from a time on."""
        both = Album()
        both._slot_s = max(self._slot_s, other._slot_s)
        pictures = [p for p in self._by_slot.values() if p.time_s < from_s]
        pictures += [p for p in other._by_slot.values() if p.time_s >= from_s]
        both._keep(pictures)
        return both

    def clear(self) -> None:
        """Forget all pictures."""
        self._by_slot.clear()

    def _thin_out(self) -> None:
        self._slot_s *= 2
        self._keep(list(self._by_slot.values()))

    def _keep(self, pictures: list[Picture]) -> None:
        """Keep the best picture of every slot."""
        self._by_slot = {
            int(picture.time_s / self._slot_s): picture
            for picture in sorted(pictures, key=lambda p: p.quality)
        }


def _quality(
    shape: tuple[int, ...], box: NDArray[np.float64], others: Sequence[NDArray[np.float64]]
) -> float:
    """Height in pixels, less where others cover the person, the border cuts or doubt is."""
    height, width = shape[:2]
    x0, y0, x1, y1 = box[:4]
    inside = (min(x1, width) - max(x0, 0)) * (min(y1, height) - max(y0, 0))
    if inside <= 0:
        return 0.0
    edge = 0.01 * max(height, width)
    cut = x0 < edge or y0 < edge or x1 > width - edge or y1 > height - edge
    free = 1 - covered(box, list(others))
    return float((y1 - y0) * (0.1 + free) * (0.5 if cut else 1.0) * box[4])


def _cut_out(
    time_s: float,
    image: NDArray[np.uint8],
    box: NDArray[np.float64],
    others: Sequence[NDArray[np.float64]],
    quality: float,
) -> Picture:
    """Cut the person out, with the surroundings and everybody else's heads in blocks."""
    height, width = image.shape[:2]
    margin = _MARGIN * (box[3] - box[1])
    left, top = max(int(box[0] - margin), 0), max(int(box[1] - margin), 0)
    right, bottom = min(int(box[2] + margin) + 1, width), min(int(box[3] + margin) + 1, height)
    scale = min(_HEIGHT_PX / (bottom - top), _HEIGHT_PX / (right - left), 1.0)
    size = max(round((right - left) * scale), 2), max(round((bottom - top) * scale), 2)
    crop = np.asarray(
        cv2.resize(image[top:bottom, left:right], size, interpolation=cv2.INTER_AREA), np.uint8
    )
    placed = (box[:4] - [left, top, left, top]) * scale
    for other in others:
        pixelate(crop, _head_rows((other[:4] - [left, top, left, top]) * scale))
    hidden = crop.copy()
    pixelate(hidden, np.array([0, 0, *size], np.float64))
    x0, y0, x1, y1 = np.clip(placed, 0, [*size, *size]).astype(int)
    hidden[y0:y1, x0:x1] = crop[y0:y1, x0:x1]
    return Picture(time_s, _encoded(hidden), placed, quality)


def _head_rows(box: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the part of a person's box that holds the head, generously."""
    x0, y0, x1, y1 = box
    height = y1 - y0
    low, high = _HEAD_ROWS
    return np.array([x0 - 0.05 * height, y0 + low * height, x1 + 0.05 * height, y0 + high * height])


def write_thumbnails(
    folder: Path, pictures: Mapping[int, Picture | None], pose: PoseEstimator | None
) -> dict[int, str]:
    """Write ``frames/person-N.jpg`` of the people by number, faces blurred.

    The head is hidden where the pose estimator finds it and, whatever it finds, where the box
    says that it is.

    Parameters
    ----------
    folder
        Folder of the assessment.
    pictures
        A picture by the person's number; nothing is written where there is none.
    pose
        Finds the heads; without one the box has to do.

    Returns
    -------
    dict
        Paths relative to ``folder`` by number.
    """
    shown = {number: picture for number, picture in pictures.items() if picture is not None}
    images = {number: _decoded(picture.jpeg) for number, picture in shown.items()}
    heads = _heads(shown, images, pose)
    written = {}
    for number, picture in shown.items():
        image = images[number]
        for point in heads.get(number, np.zeros((0, 2))):
            blur_disc(image, point, _HEAD_RADIUS * (picture.box[3] - picture.box[1]))
        pixelate(image, _head_rows(picture.box))
        name = f"frames/person-{number}.jpg"
        (folder / "frames").mkdir(exist_ok=True)
        (folder / name).write_bytes(_encoded(image))
        written[number] = name
    return written


def _heads(
    shown: Mapping[int, Picture],
    images: Mapping[int, NDArray[np.uint8]],
    pose: PoseEstimator | None,
) -> dict[int, NDArray[np.float64]]:
    """Return (N, 2) points of the head by the person's number, where there are any."""
    if pose is None:
        return {}
    for number, picture in shown.items():
        pose.submit(number, images[number], picture.box)
    points = [pose.layout.index(point) for point in HEAD_POINTS if point in pose.layout]
    found = {
        number: sample.keypoints_px[points]
        for number, sample in pose.results().items()
        if sample.score >= _MIN_POSE_SCORE
    }
    return {number: head[np.isfinite(head).all(axis=1)] for number, head in found.items()}


def _encoded(image: NDArray[np.uint8]) -> bytes:
    ok, jpeg = cv2.imencode(
        ".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88]
    )
    if not ok:
        raise RuntimeError("the picture could not be encoded")
    return jpeg.tobytes()


def _decoded(jpeg: bytes) -> NDArray[np.uint8]:
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise RuntimeError("the picture could not be decoded")
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB), np.uint8)
