"""What a model sees of a walk: silhouettes, skeletons, body parts, sketches and posture."""

from clinigait.representations.body_parts import (
    GROUPS,
    PARTS,
    BodyParts,
    body_parts,
    label_parts,
)
from clinigait.representations.posture import (
    MEASURES,
    PAIRS,
    Posture,
    PostureFrames,
    PostureRange,
    posture_frames,
)
from clinigait.representations.silhouettes import (
    AlignedSilhouettes,
    align,
    align_picture,
    cut,
)
from clinigait.representations.skeleton_maps import SkeletonMaps, skeleton_maps
from clinigait.representations.sketch import Sketches, each_sketch, sketch, sketches

__all__ = [
    "GROUPS",
    "MEASURES",
    "PAIRS",
    "PARTS",
    "AlignedSilhouettes",
    "BodyParts",
    "Posture",
    "PostureFrames",
    "PostureRange",
    "SkeletonMaps",
    "Sketches",
    "align",
    "align_picture",
    "body_parts",
    "cut",
    "each_sketch",
    "label_parts",
    "posture_frames",
    "skeleton_maps",
    "sketch",
    "sketches",
]
