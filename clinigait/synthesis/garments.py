"""Clothes: shells over the surface of the body, and simple garments that hang from it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

from clinigait.core import BadInputError, Sex, Side
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis import worn_pieces
from clinigait.synthesis.appearance import Appearance, Colour, hair_field, skin_colours
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.figure import (
    BAG,
    BOTTOM,
    COAT,
    HAIR,
    N_FIELDS,
    SHOES,
    TOP,
    Coat,
    Figure,
    Material,
    Pattern,
    Piece,
    figure_of,
    surfaces,
)
from clinigait.synthesis.skinning import normals

BottomKind = Literal["tight_trousers", "trousers", "loose_trousers", "shorts", "skirt", "none"]
TopKind = Literal["t_shirt", "shirt", "jumper", "none"]
CoatKind = Literal["none", "jacket", "coat", "long_coat"]
BagKind = Literal["none", "backpack", "shoulder_bag"]

#: Least distance of cloth from the body, so that skin never shows through.
_LEAST_M = 0.003
#: Cloth comes to its thickness within this distance of its hem, or so many thicknesses.
_HEM_M, _HEM_SLOPE = 0.012, 1.3
#: The tails of a coat lie on its upper part, as at a seam.
_SEAM_M = 0.008
#: Trousers lie nearer to the body than what hangs from the shoulders.
_SMOOTHING_STEPS = (12, 50)
#: Of a jacket, from the hip to the ankle.
_JACKET_LENGTH = 0.13
_CLASS_WIDTH, _N_CLASSES = 0.15, 10
_AID = Material(colour=(0.45, 0.45, 0.47))


@dataclass(frozen=True)
class Outfit:
    """What is worn.

    Parameters
    ----------
    top, bottom, coat, bag
        Kinds.
    has_shoes
        Whether shoes are worn.
    bag_side
        Where a shoulder bag hangs.
    top_thickness_m, bottom_thickness_m, coat_thickness_m
        Mean distance of the cloth from the body; trousers and skirts widen below.
    padding_m
        Added to all of them: what makes an outfit of a higher thickness class.
    skirt_length, coat_length
        From the hip, 0, to the ankle, 1; the length of a jacket is its own.
    flare
        How much skirts and coats widen, in m of radius for a m of length.
    materials
        Colours of shoes, bottom, top, coat and bag.
    """

    top: TopKind = "shirt"
    bottom: BottomKind = "trousers"
    coat: CoatKind = "none"
    bag: BagKind = "none"
    has_shoes: bool = True
    bag_side: Side = "left"
    top_thickness_m: float = 0.012
    bottom_thickness_m: float = 0.012
    coat_thickness_m: float = 0.03
    padding_m: float = 0.0
    skirt_length: float = 0.55
    coat_length: float = 0.45
    flare: float = 0.12
    materials: tuple[Material, Material, Material, Material, Material] = (
        Material(colour=(0.12, 0.11, 0.10)),
        Material(colour=(0.17, 0.20, 0.30), folds=0.5),
        Material(colour=(0.55, 0.60, 0.66), folds=0.6),
        Material(colour=(0.25, 0.22, 0.20), folds=0.4),
        Material(colour=(0.35, 0.16, 0.12)),
    )

    def __post_init__(self) -> None:
        thick = (
            self.top_thickness_m, self.bottom_thickness_m, self.coat_thickness_m, self.padding_m,
        )  # fmt: skip
        if not all(0 <= value <= 0.3 for value in thick):
            raise BadInputError(
                "Clothes are 0 to 0.3 m thick.", "Give top, bottom, coat and padding in metres."
            )
        shares = (self.skirt_length, self.coat_length)
        if not (all(0 < value <= 1 for value in shares) and 0 <= self.flare <= 1):
            raise BadInputError(
                "Skirts and coats have a length above 0 up to 1, and a flare of 0 to 1.",
                "Correct skirt_length, coat_length or flare.",
            )


def thickness_class(dressed_area: float, naked_area: float) -> int:
    """Return the thickness class of clothes, 0 to 9.

    It is the area by which the dressed silhouette exceeds the naked one, divided by the naked
    area, in ten bins that are 15 % wide; the last one holds everything above (protocol THK of
    BarbieGait, arXiv 2604.12221).

    Parameters
    ----------
    dressed_area, naked_area
        Of the silhouettes in the same pose and picture, in pixels.
    """
    if not naked_area > 0:
        raise ValueError("a naked silhouette has an area")
    share = (dressed_area - naked_area) / naked_area
    # A hair above the edge of a bin belongs to it: 1.15 / 1 - 1 is less than 0.15 in floats.
    return int(np.clip(np.floor(share / _CLASS_WIDTH + 1e-9), 0, _N_CLASSES - 1))


def dressed(body: Body, outfit: Outfit, look: Appearance) -> Figure:
    """Return a body in its clothes."""
    fields = _fields(body, outfit, look)
    surface = _covered(body, fields, _thickness_m(body, outfit, look))
    shoes, bottom, top, coat, bag = outfit.materials
    skin = Material(colour=look.skin)
    hair = Material(colour=look.hair, folds=0.9)
    cover = Coat(
        surface_m=surface,
        albedo=skin_colours(body, look),
        fields=fields,
        materials=(skin, hair, shoes, bottom, top, coat, bag, _AID),
    )
    return figure_of(body, cover, tuple(_pieces(body, outfit, look)))


def _pieces(body: Body, outfit: Outfit, look: Appearance) -> list[Piece]:
    pieces = []
    if outfit.bottom == "skirt":
        pieces.append(
            worn_pieces.skirt(
                body,
                outfit.skirt_length,
                outfit.flare,
                outfit.bottom_thickness_m + outfit.padding_m,
                layer=BOTTOM,
            )
        )
    if outfit.coat != "none":
        length = {
            "jacket": _JACKET_LENGTH,
            "coat": outfit.coat_length,
            "long_coat": max(outfit.coat_length, 0.65),
        }[outfit.coat]
        below = outfit.bottom_thickness_m if outfit.bottom == "skirt" else 0.0
        inner = max(below, outfit.top_thickness_m if outfit.top != "none" else 0.0)
        pieces.append(
            worn_pieces.skirt(
                body,
                length,
                0.0 if outfit.coat == "jacket" else outfit.flare,
                inner + outfit.coat_thickness_m + outfit.padding_m + _SEAM_M,
                layer=COAT,
            )
        )
    if outfit.has_shoes:
        pieces += [worn_pieces.shoe(body, side, layer=SHOES) for side in ("left", "right")]
    thick_m = _torso_thickness_m(outfit)
    if outfit.bag == "backpack":
        pieces.append(worn_pieces.backpack(body, thick_m, layer=BAG))
    elif outfit.bag == "shoulder_bag":
        pieces.append(worn_pieces.shoulder_bag(body, outfit.bag_side, thick_m, layer=BAG))
    if look.style == "long":
        pieces.append(worn_pieces.long_hair(body, layer=HAIR))
    elif look.style == "bun":
        pieces.append(worn_pieces.bun(body, layer=HAIR))
    return pieces


def _torso_thickness_m(outfit: Outfit) -> float:
    top = outfit.top_thickness_m if outfit.top != "none" else 0.0
    coat = outfit.coat_thickness_m if outfit.coat != "none" else 0.0
    return top + coat + outfit.padding_m


# ---------------------------------------------------------------- where cloth lies


def _fields(body: Body, outfit: Outfit, look: Appearance) -> NDArray[np.float32]:
    """(V, N_FIELDS) how far inside of each material the body's points lie."""
    fields = np.full((len(body.points_m), N_FIELDS), -1, np.float32)
    fields[:, HAIR - 1] = hair_field(body, look.style)
    if outfit.has_shoes:
        fields[:, SHOES - 1] = _shoe_field(body)
    if outfit.bottom != "none":
        fields[:, BOTTOM - 1] = _bottom_field(body, outfit)
    if outfit.top != "none":
        sleeve = 0.42 if outfit.top == "t_shirt" else 0.97
        fields[:, TOP - 1] = _top_field(
            body, sleeve, hem=0.105 if outfit.bottom == "skirt" else 0.035
        )
    if outfit.coat != "none":
        fields[:, COAT - 1] = _top_field(body, 0.985, hem=0.03)
        if outfit.coat in ("coat", "long_coat"):
            # The thighs below the tails: where they come through, they have the coat's colour.
            fields[:, COAT - 1] = np.maximum(
                fields[:, COAT - 1], _leg_field(body, outfit.coat_length * 0.8)
            )
    if outfit.bag == "backpack":
        fields[:, BAG - 1] = _strap_field(body)
    fields[surfaces(body) > 0] = -1
    return fields


def _is(body: Body, *names: str) -> NDArray[np.bool_]:
    numbers = [number for number, part in enumerate(PARTS) if part.endswith(names)]
    return np.isin(body.part_of_point, numbers)


def _along_arm(body: Body) -> NDArray[np.float64]:
    """(V,) way from the shoulder in shares of that to the wrist; 0 for what is not of an arm."""
    share = np.zeros(len(body.points_m))
    is_arm = _is(body, "upper_arm", "forearm", "hand")
    for side, sign in (("L", 1.0), ("R", -1.0)):
        shoulder, elbow, wrist = (
            body.head_m(f"{name}.{side}") for name in ("upperarm01", "lowerarm01", "wrist")
        )
        upper, lower = np.linalg.norm(elbow - shoulder), np.linalg.norm(wrist - elbow)
        points = body.points_m.astype(np.float64)
        first = (points - shoulder) @ (elbow - shoulder) / upper
        second = (points - elbow) @ (wrist - elbow) / lower
        # Across the bisector of the elbow the one way goes over into the other.
        bisector = (wrist - elbow) / lower + (elbow - shoulder) / upper
        beyond = (points - elbow) @ bisector > 0
        way = np.where(beyond, upper + np.maximum(second, 0), np.minimum(first, upper))
        mine = is_arm & (np.sign(points[:, 1]) == sign)
        share[mine] = np.maximum(way[mine], 0) / (upper + lower)
    return share


def _arm_length_m(body: Body) -> float:
    names = ("upperarm01.L", "lowerarm01.L", "wrist.L")
    shoulder, elbow, wrist = (body.head_m(name) for name in names)
    return float(np.linalg.norm(elbow - shoulder) + np.linalg.norm(wrist - elbow))


def _crotch_m(body: Body) -> float:
    """Return the height of the crotch: the lowest point of the skin on the midline."""
    on_middle = np.abs(body.points_m[:, 1]) < 0.008
    return float(body.points_m[on_middle, 2].min())


def _top_field(body: Body, sleeve: float, hem: float) -> NDArray[np.float64]:
    """(V,) inside of a shirt; the hem lies above the crotch by a share of the stature."""
    x, z = body.points_m[:, 0], body.points_m[:, 2]
    neck = body.head_m("neck01")
    stature = body.build.stature_m
    below_neck = neck[2] - 0.004 * stature - 0.45 * (x - neck[0]) - z
    above_hem = z - (_crotch_m(body) + hem * stature)
    field = np.minimum(below_neck, above_hem)
    is_arm = _is(body, "upper_arm", "forearm", "hand")
    in_sleeve = (sleeve - _along_arm(body)) * _arm_length_m(body)
    field = np.where(is_arm, in_sleeve, field)
    return np.asarray(field, np.float64)


def _leg_field(body: Body, length: float) -> NDArray[np.float64]:
    """(V,) inside of trousers from the waist down to a share of the leg."""
    z = body.points_m[:, 2]
    hip, ankle = body.head_m("upperleg01.L")[2], body.head_m("foot.L")[2]
    waist = hip + 0.055 * body.build.stature_m
    hem = hip + length * (ankle - hip)
    field = np.minimum(waist - z, z - hem)
    field[_is(body, "upper_arm", "forearm", "hand")] = -1
    return np.asarray(field, np.float64)


def _bottom_field(body: Body, outfit: Outfit) -> NDArray[np.float64]:
    if outfit.bottom == "skirt":
        return _leg_field(body, 0.85 * outfit.skirt_length)
    return _leg_field(body, 0.42 if outfit.bottom == "shorts" else 0.975)


def _shoe_field(body: Body) -> NDArray[np.float64]:
    field = body.head_m("foot.L")[2] + 0.004 * body.build.stature_m - body.points_m[:, 2]
    return np.where(_is(body, "foot", "shank"), field, -1).astype(np.float64)


def _strap_field(body: Body) -> NDArray[np.float64]:
    """(V,) inside of the straps of a backpack."""
    shoulder = body.head_m("upperarm01.L")
    middle = 0.52 * shoulder[1]
    across = 0.022 - np.abs(np.abs(body.points_m[:, 1]) - middle)
    above = body.points_m[:, 2] - (shoulder[2] - 0.12 * body.build.stature_m)
    return np.where(_is(body, "torso"), np.minimum(across, above), -1).astype(np.float64)


# ---------------------------------------------------------------- how thick it lies


def _thickness_m(body: Body, outfit: Outfit, look: Appearance) -> NDArray[np.float64]:
    """(V, N_FIELDS) thickness of each material, as if it were everywhere."""
    n = len(body.points_m)
    thick = np.zeros((n, N_FIELDS))
    thick[:, HAIR - 1] = look.hair_thickness_m
    thick[:, SHOES - 1] = _LEAST_M
    thick[:, BOTTOM - 1] = outfit.padding_m + _bottom_thickness_m(body, outfit)
    thick[:, TOP - 1] = outfit.padding_m + outfit.top_thickness_m
    inner = outfit.top_thickness_m if outfit.top != "none" else 0.0
    is_leg = _is(body, "thigh", "shank")
    thick[:, COAT - 1] = outfit.padding_m + inner + outfit.coat_thickness_m
    # Below the tails the legs keep to what they have.
    thick[is_leg, COAT - 1] = 0.5 * outfit.coat_thickness_m
    thick[:, BAG - 1] = _torso_thickness_m(outfit) + 0.012
    if outfit.bottom == "skirt":
        thick[:, BOTTOM - 1] = np.minimum(thick[:, BOTTOM - 1], 0.008)
    return thick


def _bottom_thickness_m(body: Body, outfit: Outfit) -> NDArray[np.float64]:
    """(V,) of trousers: loose ones stand away from the shanks."""
    looser = {"loose_trousers": 2.6, "trousers": 1.4, "shorts": 1.8}.get(outfit.bottom, 0.6)
    hip, ankle = body.head_m("upperleg01.L")[2], body.head_m("foot.L")[2]
    down = np.clip((hip - body.points_m[:, 2]) / (hip - ankle), 0, 1)
    return np.asarray(outfit.bottom_thickness_m * (1 + (looser - 1) * np.minimum(2 * down, 1)))


def _covered(
    body: Body, fields: NDArray[np.float32], thick_m: NDArray[np.float64]
) -> NDArray[np.float32]:
    """(V, 3) the surface with what lies on it: never inside of the body."""
    faces = body.model.faces
    own = body.points_m.astype(np.float64)
    smooth, smoother = _smoothed(own, faces)
    out = normals(np.ascontiguousarray(smooth, np.float32), faces).astype(np.float64)
    spans = [np.einsum("ij,ij->i", surface - own, out) for surface in (smooth, smoother)]
    height = np.zeros(len(own))
    for layer in range(N_FIELDS):
        # Thick cloth gets thin over a longer way, or single points of its hem stick out.
        hem_m = np.maximum(_HEM_M, _HEM_SLOPE * thick_m[:, layer])
        ramp = np.clip(fields[:, layer] / hem_m, 0, 1)
        ramp = ramp * ramp * (3 - 2 * ramp)
        # Cloth spans hollows; hair and shoes follow the skin.
        span = np.maximum(spans[layer >= TOP - 1], 0) if layer >= BOTTOM - 1 else 0.0
        height = np.maximum(height, ramp * np.maximum(span + thick_m[:, layer], _LEAST_M))
    moved = own + height[:, None] * out
    # Nothing changes what touches the floor.
    moved[:, 2] = np.where(own[:, 2] < 0.02, own[:, 2], moved[:, 2])
    return np.ascontiguousarray(moved, np.float32)


def _smoothed(
    points: NDArray[np.float64], faces: NDArray[np.int32]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the points after few and after many steps towards their neighbours' mean."""
    n = len(points)
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    both = np.concatenate([edges, edges[:, ::-1]])
    near = coo_array((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(n, n)).tocsr()
    near.data[:] = 1.0
    count = np.maximum(near.sum(axis=1), 1)[:, None]
    few, many = _SMOOTHING_STEPS
    smooth = points
    for step in range(many):
        points = 0.5 * points + 0.5 * (near @ points) / count
        if step + 1 == few:
            smooth = points
    return smooth, points


# ---------------------------------------------------------------- outfits by chance

_CLOTH: tuple[Colour, ...] = (
    (0.10, 0.10, 0.11), (0.16, 0.19, 0.28), (0.22, 0.30, 0.45), (0.35, 0.36, 0.38),
    (0.55, 0.45, 0.33), (0.42, 0.29, 0.20), (0.62, 0.63, 0.64), (0.20, 0.34, 0.24),
    (0.50, 0.15, 0.16), (0.86, 0.85, 0.82), (0.66, 0.52, 0.20), (0.45, 0.30, 0.45),
    (0.30, 0.48, 0.55), (0.72, 0.45, 0.42),
)  # fmt: skip
#: Trousers, coats and shoes come in the first so many colours.
_N_SOBER = 8
_PATTERNS: tuple[Pattern, ...] = ("plain", "plain", "plain", "stripes", "checks", "speckles")


def _drawn_material(rng: np.random.Generator, n_patterns: int, n_colours: int) -> Material:
    one, two = (np.array(_CLOTH[int(k)]) for k in rng.integers(n_colours, size=2))
    shade = rng.uniform(0.85, 1.15)
    r, g, b = (float(v) for v in np.clip(one * shade, 0.02, 0.95))
    r2, g2, b2 = (float(v) for v in two)
    return Material(
        colour=(r, g, b),
        second=(r2, g2, b2),
        pattern=_PATTERNS[int(rng.integers(n_patterns))],
        scale_m=float(rng.uniform(0.015, 0.06)),
        folds=float(rng.uniform(0.3, 0.9)),
    )


def drawn_outfit(
    rng: np.random.Generator, sex: Sex, *, with_coat: bool = False, with_bag: bool = False
) -> Outfit:
    """Draw clothes: the same generator gives the same clothes."""
    bottoms: tuple[BottomKind, ...] = ("tight_trousers", "trousers", "trousers", "loose_trousers")
    if sex == "female":
        bottoms = (*bottoms, "skirt", "skirt")
    tops: tuple[TopKind, ...] = ("t_shirt", "shirt", "shirt", "jumper")
    coats: tuple[CoatKind, ...] = ("jacket", "coat", "long_coat")
    bags: tuple[BagKind, ...] = ("backpack", "shoulder_bag")
    bottom, top = bottoms[int(rng.integers(len(bottoms)))], tops[int(rng.integers(len(tops)))]
    outfit = Outfit(
        top=top,
        bottom=bottom,
        coat=coats[int(rng.integers(len(coats)))] if with_coat else "none",
        bag=bags[int(rng.integers(len(bags)))] if with_bag else "none",
        bag_side="left" if rng.random() < 0.5 else "right",
        top_thickness_m=float(
            rng.uniform(0.02, 0.035) if top == "jumper" else rng.uniform(0.006, 0.02)
        ),
        bottom_thickness_m=float(rng.uniform(0.006, 0.016)),
        coat_thickness_m=float(rng.uniform(0.02, 0.045)),
        skirt_length=float(rng.uniform(0.4, 0.85)),
        coat_length=float(rng.uniform(0.3, 0.6)),
        flare=float(rng.uniform(0.05, 0.3)),
    )
    every = len(_CLOTH)
    materials = (
        replace(_drawn_material(rng, 1, _N_SOBER), folds=0.0),
        _drawn_material(rng, 2, _N_SOBER),
        _drawn_material(rng, len(_PATTERNS), every),
        _drawn_material(rng, 3, _N_SOBER),
        replace(_drawn_material(rng, 1, every), folds=0.1),
    )
    return replace(outfit, materials=materials)
