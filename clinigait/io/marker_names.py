"""Names of markers: the common marker sets, as data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from clinigait.core import Side

#: Names of the places on either side of the body, in lower case, without side and separators.
#: Among them are Plug-in Gait, Helen Hayes and Cleveland, CAST and IOR, the OpenSim example
#: models, OpenCap, Pose2Sim and clinigait's own names.
SIDED: Mapping[str, tuple[str, ...]] = {
    "asis": ("asi", "asis", "ias", "fwt"),
    "psis": ("psi", "psis", "ips", "bwt"),
    "hip_joint": ("hjc", "hipjc", "hipjoint", "hipjointcenter", "hipjointcentre", "hipcenter"),
    "hip": ("hip",),
    "trochanter": ("gt", "gtr", "gtro", "ftc", "troc", "trochanter", "greatertrochanter"),
    "knee_joint": ("kjc", "kneejc", "kneejoint", "kneejointcenter", "kneejointcentre"),
    "knee_lateral": (
        *("kne", "knee", "kneelat", "kneelateral", "latknee", "lateralknee", "le", "lfc", "fle"),
        *("lepi", "lateralepicondyle", "femurlateralepicondyle"),
    ),
    "knee_medial": (
        *("knem", "kneem", "kneemed", "kneemedial", "medknee", "medialknee", "mkne", "mknee"),
        *("me", "mfc", "fme", "mepi", "medialepicondyle", "femurmedialepicondyle"),
    ),
    "ankle_joint": ("ajc", "anklejc", "anklejoint", "anklejointcenter", "anklejointcentre"),
    "ankle_lateral": (
        *("ank", "ankle", "anklelat", "anklelateral", "latankle", "lateralankle", "lm", "lmal"),
        *("fal", "latmal", "lateralmalleolus", "malleoluslateral"),
    ),
    "ankle_medial": (
        *("ankm", "ankmed", "anklem", "anklemed", "anklemedial", "medank", "medankle", "mank"),
        *("medialankle", "mankle", "mm", "mmal", "tam", "medmal", "medialmalleolus"),
        *("malleolusmedial",),
    ),
    "heel": ("hee", "heel", "ca", "cal", "calc", "calcaneus", "fcc"),
    "toe_tip": ("bigtoe", "toetip", "tiptoe", "hallux", "hlx", "footindex"),
    "toe": ("toe", "mt2", "mth2", "met2", "2mt", "fm2", "sm", "metatarsal2", "2meta"),
    "first_metatarsal": ("mt1", "mth1", "met1", "1mt", "fm1", "fm", "toemed", "metatarsal1"),
    "fifth_metatarsal": (
        *("mt5", "mth5", "met5", "5mt", "fm5", "vm", "toelat", "metatarsal5", "5meta"),
    ),
    "small_toe": ("smalltoe", "littletoe"),
    "foot": ("foot",),
    "shoulder": (
        *("sho", "shoulder", "sjc", "shoulderjc", "shoulderjoint", "acr", "acromion", "acromium"),
        *("sae",),
    ),
    "elbow_joint": ("ejc", "elbowjc", "elbowjoint"),
    "elbow_lateral": (
        "elb",
        "elbow",
        "elblat",
        "elbowlat",
        "elbowlateral",
        "hle",
        "lelb",
        "lelbow",
    ),
    "elbow_medial": ("elbm", "elbmed", "elbowmed", "elbowmedial", "hme", "melb", "melbow"),
    "wrist": ("wri", "wrist", "wjc", "wristjc", "wristjoint"),
    "wrist_thumb": ("wra", "rsp", "wristrad", "wristradius", "wristlateral"),
    "wrist_finger": ("wrb", "usp", "wristuln", "wristulna", "wristmedial"),
    "head_front": ("fhd", "headfront", "fronthead"),
    "head_back": ("bhd", "headback", "backhead"),
}

#: Names of the places in the middle of the body.
MIDLINE: Mapping[str, tuple[str, ...]] = {
    "nose": ("nose",),
    "head": ("head", "headcenter", "headcentre"),
    "head_top": ("headtop", "tophead"),
    "neck": ("neck",),
    "c7": ("c7",),
    "clavicle": ("clav", "clavicle", "ij", "jugularnotch", "suprasternal", "suprasternale"),
    "sacrum": ("sac", "sacr", "sacral", "sacrum", "vsac", "vsacral", "midpsis"),
    "pelvis": ("pelvis", "hip", "midhip", "hipmid", "root", "pelvisorigin"),
}

#: Every point of the layout ``markers22`` by its recipes, best first: the mean of the places
#: named. In a point of one side, places without a side are of that side. The pelvis is half-way
#: between the middles of the front and the back spines, so the sacrum counts twice.
RECIPES: Mapping[str, tuple[tuple[str, ...], ...]] = {
    "nose": (("nose",),),
    "head": (
        ("head",),
        ("left_head_front", "right_head_front", "left_head_back", "right_head_back"),
        ("left_head_front", "right_head_front"),
        ("head_top",),
    ),
    "neck": (("neck",), ("c7", "clavicle"), ("c7",)),
    "pelvis": (
        ("left_asis", "right_asis", "left_psis", "right_psis"),
        ("left_asis", "right_asis", "sacrum", "sacrum"),
        ("pelvis",),
        ("left_hip_joint", "right_hip_joint"),
        ("left_hip", "right_hip"),
        ("left_asis", "right_asis"),
        ("left_trochanter", "right_trochanter"),
    ),
    "shoulder": (("shoulder",),),
    "elbow": (("elbow_joint",), ("elbow_lateral", "elbow_medial"), ("elbow_lateral",)),
    "wrist": (("wrist",), ("wrist_thumb", "wrist_finger"), ("wrist_thumb",)),
    "hip": (("hip_joint",), ("regressed_hip",), ("hip",), ("trochanter",)),
    "knee": (("knee_joint",), ("knee_lateral", "knee_medial"), ("knee_lateral",)),
    "ankle": (("ankle_joint",), ("ankle_lateral", "ankle_medial"), ("ankle_lateral",)),
    "heel": (("heel",),),
    "toe": (
        ("toe_tip",),
        ("toe",),
        ("first_metatarsal", "fifth_metatarsal"),
        ("first_metatarsal",),
        ("foot",),
    ),
    "small_toe": (("small_toe",), ("fifth_metatarsal",)),
}

_SIDES: Mapping[str, Side] = {"l": "left", "left": "left", "r": "right", "right": "right"}
#: Where the side stands in a name. A letter at the end needs a separator or a change of case
#: before it: "heel" is not the "hee" of the left side.
_PATTERNS = (
    re.compile(r"(?P<side>left|right)(?P<base>.+)", re.IGNORECASE),
    re.compile(r"(?P<base>.+?)(?P<side>left|right)", re.IGNORECASE),
    re.compile(r"(?P<side>[LlRr])(?P<base>.+)"),
    re.compile(r"(?P<base>.+)[\W_]+(?P<side>[LlRr])"),
    re.compile(r"(?P<base>.*[a-z0-9])(?P<side>[LR])"),
)
_DECORATION = re.compile(r"^V[_.](?=[LR][._])|[_.](study|static)$", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\W_]+")

_SIDED_BY_NAME = {name: place for place, names in SIDED.items() for name in names}
_MIDLINE_BY_NAME = {name: place for place, names in MIDLINE.items() for name in names}


def place_of(label: str) -> str | None:
    """Return the place that a marker's label names, None where it is none of ours.

    Upper and lower case, separators, a subject's name before a colon, and what programs add to
    the names of virtual markers do not matter.

    Examples
    --------
    >>> place_of("Anna:LASI"), place_of("R.Knee.Medial"), place_of("V.Sacral"), place_of("XYZ")
    ('left_asis', 'right_knee_medial', 'sacrum', None)
    """
    label = _DECORATION.sub("", label.rsplit(":", 1)[-1].strip())
    middle = _MIDLINE_BY_NAME.get(_plain(label))
    if middle is not None:
        return middle
    return next((f"{side}_{place}" for side, place in _sided(label)), None)


def _sided(label: str) -> Iterator[tuple[Side, str]]:
    """Give side and place for every way to read the label that leads to a known place."""
    for pattern in _PATTERNS:
        match = pattern.fullmatch(label)
        place = _SIDED_BY_NAME.get(_plain(match["base"])) if match else None
        if match and place is not None:
            yield _SIDES[match["side"].lower()], place


def _plain(name: str) -> str:
    return _SEPARATORS.sub("", name).lower()
