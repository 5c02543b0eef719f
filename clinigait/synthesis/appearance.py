"""Skin, face and hair."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Sex
from clinigait.representations.body_parts import PARTS
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.figure import surfaces

Colour = tuple[float, float, float]
HairStyle = Literal["bald", "crop", "short", "receding", "long", "bun"]

#: From light to dark, as screens show them.
_SKIN_TONES = (
    (0.93, 0.79, 0.71), (0.87, 0.70, 0.58), (0.76, 0.57, 0.44),
    (0.58, 0.40, 0.29), (0.40, 0.26, 0.19), (0.28, 0.18, 0.13),
)  # fmt: skip
_HAIR_COLOURS: tuple[Colour, ...] = (
    (0.08, 0.07, 0.06), (0.16, 0.11, 0.08), (0.30, 0.20, 0.13), (0.52, 0.38, 0.22),
    (0.45, 0.22, 0.12),
)  # fmt: skip
_GREY: Colour = (0.72, 0.71, 0.69)
_EYES: tuple[Colour, ...] = ((0.20, 0.12, 0.07), (0.25, 0.35, 0.45), (0.28, 0.32, 0.18))
_WHITE_OF_EYE = (0.86, 0.84, 0.82)
_STYLES: dict[Sex, tuple[HairStyle, ...]] = {
    "male": ("crop", "short", "short", "receding", "bald"),
    "female": ("short", "long", "long", "bun", "bun"),
}
#: Thickness of the hair on the scalp.
_THICKNESS_M: dict[HairStyle, float] = {
    "bald": 0.0, "crop": 0.004, "short": 0.014, "receding": 0.010, "long": 0.014, "bun": 0.009,
}  # fmt: skip
#: The hair line as heights over the eyes, in heights of the head's top over the eyes, for places
#: before and behind the eyes in the same unit: nape, behind the ear, over the ear, temple, brow.
_LINE_X = (-1.7, -1.15, -0.85, -0.62, -0.40, -0.25, 0.0, 0.3)
_LINE_Z = (-0.62, -0.50, -0.20, 0.22, 0.22, 0.50, 0.62, 0.66)


@dataclass(frozen=True)
class Appearance:
    """How skin, face and hair look; colours are red, green and blue as screens show them, 0 to 1.

    Parameters
    ----------
    skin, hair, eyes
        Colours.
    style
        Of the hair.
    beard
        How much of one, 0 to 1.
    """

    skin: Colour = (0.80, 0.62, 0.50)
    hair: Colour = (0.16, 0.11, 0.08)
    eyes: Colour = (0.20, 0.12, 0.07)
    style: HairStyle = "short"
    beard: float = 0.0

    @property
    def hair_thickness_m(self) -> float:
        """Of the hair that lies on the head."""
        return _THICKNESS_M[self.style]


def drawn_appearance(rng: np.random.Generator, age_y: float, sex: Sex) -> Appearance:
    """Draw a look; hair turns grey from 35 to 75 years."""
    tone = rng.uniform(0, len(_SKIN_TONES) - 1)
    skin = _mixed_tones(tone)
    # Dark skin goes with dark hair.
    n_hair = len(_HAIR_COLOURS) if tone < 2 else 2
    hair = _HAIR_COLOURS[int(rng.integers(n_hair))]
    grey = float(np.clip(rng.normal((age_y - 35) / 40, 0.2), 0, 1))
    style = _STYLES[sex][int(rng.integers(len(_STYLES[sex])))]
    if age_y < 30 and style in ("bald", "receding"):
        style = "short"
    beard = float(rng.uniform(0.3, 0.9)) if sex == "male" and rng.random() < 0.3 else 0.0
    eyes = _EYES[int(rng.integers(len(_EYES))) if tone < 2 else 0]
    return Appearance(skin, _mixed(hair, _GREY, grey), eyes, style, beard if age_y >= 18 else 0.0)


def _mixed(one: Colour, other: Colour, share: float) -> Colour:
    r, g, b = (float(a + share * (z - a)) for a, z in zip(one, other, strict=True))
    return (r, g, b)


def _mixed_tones(tone: float) -> Colour:
    low = min(int(tone), len(_SKIN_TONES) - 2)
    return _mixed(_SKIN_TONES[low], _SKIN_TONES[low + 1], tone - low)


def hair_field(body: Body, style: HairStyle) -> NDArray[np.float32]:
    """Return (V,) float32 m: how far above the hair line points of the head lie."""
    eye = (body.head_m("eye.L") + body.head_m("eye.R")) / 2
    top = float(body.points_m[:, 2].max()) - eye[2]
    x = (body.points_m[:, 0] - eye[0]) / top
    z = (body.points_m[:, 2] - eye[2]) / top
    line_z = np.array(_LINE_Z)
    if style == "receding":
        line_z[-3:] += (0.25, 0.45, 0.6)
    field = (z - np.interp(x, _LINE_X, line_z)) * top
    # Ears stick out below the hair.
    is_ear = (np.abs(body.points_m[:, 1]) > 0.69 * top) & (z < 0.35) & (x > -1.2)
    field[is_ear | (body.part_of_point != PARTS.index("head")) | (surfaces(body) > 0)] = -1
    if style == "bald":
        field[:] = -1
    return np.asarray(field, np.float32)


def skin_colours(body: Body, look: Appearance) -> NDArray[np.float32]:
    """Return (V, 3) float32 colours: skin with lips, brows, beard, and eyes."""
    points = body.points_m.astype(np.float64)
    surface = surfaces(body)
    colours = np.tile(np.array(look.skin), (len(points), 1))
    top = float(points[:, 2].max()) - body.head_m("eye.L")[2]
    on_head = (body.part_of_point == PARTS.index("head")) & (surface == 0)
    mouth = _mouth_m(body, surface)
    for name, side in (("eye.L", 1.0), ("eye.R", -1.0)):
        eye = body.head_m(name)
        off = (points - eye) / top
        brow = on_head & (off[:, 0] > 0) & (np.abs(off[:, 1] - 0.03 * side) < 0.17)
        brow &= np.abs(off[:, 2] - 0.17) < 0.045
        colours[brow] = 0.35 * colours[brow] + 0.65 * np.array(look.hair)
        ball = (surface > 0) & (np.abs(off[:, 1]) < 0.2) & (np.abs(off[:, 2]) < 0.2)
        colours[ball] = _WHITE_OF_EYE
        width = float(np.ptp(points[ball, 1]))
        centre = (points[ball].max(axis=0) + points[ball].min(axis=0)) / 2
        iris = np.linalg.norm((points - centre)[:, 1:], axis=1) < 0.26 * width
        colours[ball & iris & (points[:, 0] > centre[0])] = look.eyes
    off = (points - mouth) / top
    lips = on_head & (np.abs(off[:, 1]) < 0.2) & (np.abs(off[:, 2]) < 0.075) & (off[:, 0] > -0.12)
    jaw = on_head & (off[:, 2] < 0.2) & (off[:, 2] > -0.42) & (off[:, 0] > -0.75) & ~lips
    colours[jaw] = (1 - 0.7 * look.beard) * colours[jaw] + 0.7 * look.beard * np.array(look.hair)
    colours[lips] = 0.72 * colours[lips] + 0.28 * np.array([0.55, 0.15, 0.17])
    return np.asarray(colours, np.float32)


def _mouth_m(body: Body, surface: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return (3,) the middle of the lips: before the tip of the tongue."""
    points = body.points_m.astype(np.float64)
    eye = body.head_m("eye.L")
    tongue = (surface > 0) & (points[:, 2] < eye[2] - 0.2 * (points[:, 2].max() - eye[2]))
    height = float(points[tongue, 2].mean())
    front = points[(np.abs(points[:, 1]) < 0.02) & (np.abs(points[:, 2] - height) < 0.01)]
    return np.array([front[:, 0].max(), 0.0, height])
