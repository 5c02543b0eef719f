"""Skeleton and events drawn into a picture."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, Event, EventKind, Side, Walk

#: Left blue, right red, as in the joint curves of the report (RGB).
COLOURS: dict[Side, tuple[int, int, int]] = {"left": (40, 110, 220), "right": (214, 45, 50)}
_WHITE = (255, 255, 255)
#: Bones of a drawn skeleton, on either side.
LIMBS = (
    ("shoulder", "elbow"),
    ("elbow", "wrist"),
    ("shoulder", "hip"),
    ("hip", "knee"),
    ("knee", "ankle"),
    ("ankle", "heel"),
    ("heel", "toe"),
    ("ankle", "toe"),
)
_ACROSS = ("shoulder", "hip")
#: An event stays written in the overlay for this long.
_EVENT_SHOWN_S = 0.25
_EVENT_WORDS = {EventKind.INITIAL_CONTACT: "contact", EventKind.FOOT_OFF: "foot off"}


def draw_skeleton(
    image: NDArray[np.uint8],
    walk: Walk,
    frame: int,
    *,
    far_side: Side | None = None,
    width: int | None = None,
) -> None:
    """Draw one frame's believed keypoints into the picture, the far side first."""
    width = width or max(2, round(image.shape[0] / 300))
    order: tuple[Side, ...] = SIDES if far_side != "right" else ("right", "left")
    points = walk.keypoints[frame]
    for name in _ACROSS:
        if f"left_{name}" not in walk.layout:
            continue
        pair = [points[walk.layout.index(name, side)] for side in SIDES]
        _line(image, pair[0], pair[1], _WHITE, width)
    for side in order:
        for first, second in LIMBS:
            if f"{side}_{first}" in walk.layout and f"{side}_{second}" in walk.layout:
                ends = (walk.layout.index(first, side), walk.layout.index(second, side))
                _line(image, points[ends[0]], points[ends[1]], COLOURS[side], width)


def draw_caption(image: NDArray[np.uint8], lines: list[tuple[str, tuple[int, int, int]]]) -> None:
    """Write lines of text, each in its colour, into the upper left corner on a dark ground."""
    size = image.shape[0] / 900
    step = round(34 * size)
    if not lines:
        return
    widest = max(cv2.getTextSize(t, cv2.FONT_HERSHEY_SIMPLEX, size, 1)[0][0] for t, _ in lines)
    corner = image[: step * len(lines) + round(14 * size), : widest + round(28 * size)]
    corner[:] = (corner * 0.35).astype(np.uint8)
    for row, (text, colour) in enumerate(lines, start=1):
        origin = (round(12 * size), step * row - round(4 * size))
        bright = tuple(int(c + (255 - c) * 0.35) for c in colour)
        cv2.putText(
            image, text, origin, cv2.FONT_HERSHEY_SIMPLEX, size, bright, max(1, round(2 * size)),
            cv2.LINE_AA,
        )  # fmt: skip


#: Stands in every picture of a synthetic walker.
SYNTHETIC_LINE = ("synthetic walker, not a patient", _WHITE)


def event_lines(events: tuple[Event, ...], time_s: float) -> list[tuple[str, tuple[int, int, int]]]:
    """Return the time and what just happened, as lines for :func:`draw_caption`."""
    lines = [(f"{time_s:.2f} s", _WHITE)]
    recent = [e for e in events if 0 <= time_s - e.time_s < _EVENT_SHOWN_S]
    return lines + [(f"{e.side} {_EVENT_WORDS[e.kind]}", COLOURS[e.side]) for e in recent]


def _line(
    image: NDArray[np.uint8],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    colour: tuple[int, int, int],
    width: int,
) -> None:
    if not (np.isfinite(start).all() and np.isfinite(end).all()):
        return
    ends = [(round(float(p[0])), round(float(p[1]))) for p in (start, end)]
    cv2.line(image, ends[0], ends[1], colour, width, cv2.LINE_AA)
    for end_px in ends:
        cv2.circle(image, end_px, width + 1, colour, -1, cv2.LINE_AA)
