"""Keypoint layouts: which point sits at which index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


def opposite(side: Side) -> Side:
    """Return the other side of the body."""
    return "right" if side == "left" else "left"


@dataclass(frozen=True)
class KeypointLayout:
    """An ordered list of named body points.

    Parameters
    ----------
    name
        Name of the layout, for example ``blazepose33``.
    points
        Point names in index order; a paired point starts with ``left_`` or ``right_``
        (the person's own left and right).
    """

    name: str
    points: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(set(self.points)) != len(self.points):
            raise ValueError(f"layout {self.name} names a point twice")

    def __len__(self) -> int:
        return len(self.points)

    def __contains__(self, point: str) -> bool:
        return point in self.points

    def index(self, point: str, side: Side | None = None) -> int:
        """Return the index of ``point``, or of ``{side}_{point}`` where a side is given.

        Raises
        ------
        KeyError
            If the layout has no such point.
        """
        full_name = point if side is None else f"{side}_{point}"
        try:
            return self.points.index(full_name)
        except ValueError:
            raise KeyError(f"layout {self.name} has no point {full_name}") from None

    def mirrored(self) -> tuple[int, ...]:
        """Return the index of every point's partner on the other side (itself if unpaired)."""
        return tuple(self.points.index(_other_side(name)) for name in self.points)


def _other_side(point: str) -> str:
    if point.startswith("left_"):
        return "right_" + point.removeprefix("left_")
    if point.startswith("right_"):
        return "left_" + point.removeprefix("right_")
    return point


def _pairs(*points: str) -> tuple[str, ...]:
    return tuple(f"{side}_{point}" for point in points for side in SIDES)


#: MediaPipe Pose: 33 landmarks with heels and toes (``toe`` is its ``foot_index``, the tip).
BLAZEPOSE_33 = KeypointLayout(
    "blazepose33",
    (
        "nose",
        *("left_eye_inner", "left_eye", "left_eye_outer"),
        *("right_eye_inner", "right_eye", "right_eye_outer"),
        *_pairs("ear", "mouth", "shoulder", "elbow", "wrist", "pinky", "index", "thumb"),
        *_pairs("hip", "knee", "ankle", "heel", "toe"),
    ),
)

#: COCO, 17 body points: no feet.
COCO_17 = KeypointLayout(
    "coco17",
    ("nose", *_pairs("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")),
)

#: COCO-WholeBody, the first 23 points: body and feet (``toe`` is the big toe).
WHOLEBODY_23 = KeypointLayout(
    "wholebody23",
    (
        *COCO_17.points,
        *("left_toe", "left_small_toe", "left_heel"),
        *("right_toe", "right_small_toe", "right_heel"),
    ),
)

LAYOUTS = {layout.name: layout for layout in (BLAZEPOSE_33, COCO_17, WHOLEBODY_23)}
