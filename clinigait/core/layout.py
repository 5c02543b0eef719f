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

#: OpenPose BODY_25: ``neck`` lies between the shoulders, ``toe`` is the big toe.
BODY_25 = KeypointLayout(
    "body25",
    (
        *("nose", "neck"),
        *("right_shoulder", "right_elbow", "right_wrist"),
        *("left_shoulder", "left_elbow", "left_wrist"),
        "pelvis",
        *("right_hip", "right_knee", "right_ankle"),
        *("left_hip", "left_knee", "left_ankle"),
        *("right_eye", "left_eye", "right_ear", "left_ear"),
        *("left_toe", "left_small_toe", "left_heel"),
        *("right_toe", "right_small_toe", "right_heel"),
    ),
)

#: Halpe, 26 body and foot points: its ``head`` is the top of the head, ``toe`` is the big toe.
HALPE_26 = KeypointLayout(
    "halpe26",
    (*COCO_17.points, "head_top", "neck", "pelvis", *_pairs("toe", "small_toe", "heel")),
)

#: Kinect v2, 25 joints: ``foot`` is one point near the forefoot; heels and toes are not seen.
KINECT_25 = KeypointLayout(
    "kinect25",
    (
        *("pelvis", "spine", "neck", "head"),
        *("left_shoulder", "left_elbow", "left_wrist", "left_hand"),
        *("right_shoulder", "right_elbow", "right_wrist", "right_hand"),
        *("left_hip", "left_knee", "left_ankle", "left_foot"),
        *("right_hip", "right_knee", "right_ankle", "right_foot"),
        *("thorax", "left_hand_tip", "left_thumb", "right_hand_tip", "right_thumb"),
    ),
)

#: The 17 joints of MPI-INF-3DHP in its own order, as 3-D lifting models give them: no feet.
MPI_17 = KeypointLayout(
    "mpi17",
    (
        *("head_top", "thorax"),
        *("right_shoulder", "right_elbow", "right_wrist"),
        *("left_shoulder", "left_elbow", "left_wrist"),
        *("right_hip", "right_knee", "right_ankle"),
        *("left_hip", "left_knee", "left_ankle"),
        *("pelvis", "spine", "head"),
    ),
)

#: The 17 joints of Human3.6M, as 3-D lifting models give them: no feet.
H36M_17 = KeypointLayout(
    "h36m17",
    (
        "pelvis",
        *("right_hip", "right_knee", "right_ankle"),
        *("left_hip", "left_knee", "left_ankle"),
        *("spine", "thorax", "neck", "head"),
        *("left_shoulder", "left_elbow", "left_wrist"),
        *("right_shoulder", "right_elbow", "right_wrist"),
    ),
)

#: What gait analysis takes from a set of skin markers: joint centres, heels and toes
#: (``toe`` is the forefoot marker where there is none on the tip).
MARKERS_22 = KeypointLayout(
    "markers22",
    (
        *("nose", "head", "neck", "pelvis"),
        *_pairs("shoulder", "elbow", "wrist"),
        *_pairs("hip", "knee", "ankle", "heel", "toe", "small_toe"),
    ),
)

LAYOUTS = {
    layout.name: layout
    for layout in (
        BLAZEPOSE_33,
        COCO_17,
        WHOLEBODY_23,
        BODY_25,
        HALPE_26,
        KINECT_25,
        MPI_17,
        H36M_17,
        MARKERS_22,
    )
}
