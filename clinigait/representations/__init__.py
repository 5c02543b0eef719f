"""What a model sees of a walk: silhouettes, skeletons, body parts, sketches and posture."""

from clinigait.representations.body_parts import (
    GROUPS,
    PARTS,
    BodyParts,
    body_parts,
    label_parts,
)
from clinigait.representations.gait_angles import (
    CHANNELS,
    MIRROR_ORDER,
    MIRROR_SIGN,
    GaitAngles,
    gait_angles,
)
from clinigait.representations.posture import (
    MEASURES,
    PAIRS,
    Posture,
    PostureFrames,
    posture_frames,
)
from clinigait.representations.silhouettes import (
    AlignedSilhouettes,
    align,
    align_picture,
    cut,
)
from clinigait.representations.skeleton_maps import SkeletonMaps, skeleton_maps
from clinigait.representations.skeletons import (
    BODY_17,
    PARENTS,
    Skeleton,
    mirrored_joints,
    skeleton,
)
from clinigait.representations.sketch import Sketches, each_sketch, sketch, sketches

__all__ = [
    "BODY_17",
    "CHANNELS",
    "GROUPS",
    "MEASURES",
    "MIRROR_ORDER",
    "MIRROR_SIGN",
    "PAIRS",
    "PARENTS",
    "PARTS",
    "AlignedSilhouettes",
    "BodyParts",
    "GaitAngles",
    "Posture",
    "PostureFrames",
    "Skeleton",
    "SkeletonMaps",
    "Sketches",
    "align",
    "align_picture",
    "body_parts",
    "cut",
    "each_sketch",
    "gait_angles",
    "label_parts",
    "mirrored_joints",
    "posture_frames",
    "skeleton",
    "skeleton_maps",
    "sketch",
    "sketches",
]
