"""The body as rigid segments: what share of its mass each has, and where its centre lies.

The table (``segments.csv``) is that of de Leva 1996, table 4, with the trunk from the middle of the
shoulder joints to that of the hips and the shank between its joint centres: mass in per cent of the
body's, the centre in per cent of the way from the first end to the second, radii of gyration in
per cent of that length (doi 10.1016/0021-9290(95)00178-6). Young adults were measured for it.

A segment whose ends are not measured moves with the nearest measured point towards the pelvis: a
walk of which only pelvis and legs are known carries trunk, head and arms at the middle of its hips.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from clinigait.core import SIDES, KeypointLayout, Sex, Side
from clinigait.gait.norms.tables import read_table

Array = NDArray[np.float64]
SOURCE = "de Leva 1996, doi 10.1016/0021-9290(95)00178-6"
_SEXES: tuple[Sex, ...] = ("female", "male")
#: Which points of layouts stand for an end, the best first; several count as their middle.
_HEAD = (("left_ear", "right_ear"), ("head",), ("nose",))
_TOE = (("toe", "small_toe"), ("toe",), ("foot",))


@dataclass(frozen=True)
class Inertia:
    """One segment of the table, as shares instead of per cent.

    Parameters
    ----------
    mass
        Share of the body's mass.
    centre
        Place of its centre on the way from its first end to its second.
    radius
        Radius of gyration across its long axis, over its length: the mean of the two radii, which
        differ by 4 % in the legs and cannot be told apart in two points.
    """

    mass: float
    centre: float
    radius: float


@dataclass(frozen=True, eq=False)
class Segment:
    """A segment on the points of a layout, of K points.

    Parameters
    ----------
    name
        ``trunk``, ``left_thigh`` and so on.
    inertia
        Its row of the table.
    near, far
        (K,) weights whose sum over the points is an end; both the same where it has no length.
    centre
        (K,) weights of its centre of mass.
    """

    name: str
    inertia: Inertia
    near: Array
    far: Array
    centre: Array


def place_of(weights: Array, points: Array) -> Array:
    """Return (T, D) the sum of (T, K, D) points by (K,) weights; others need not be known."""
    used = np.flatnonzero(weights)
    return np.asarray(np.einsum("k,tkd->td", weights[used], points[:, used]))


@cache
def percent_of(name: str, sex: Sex) -> tuple[float, float]:
    """Return the mass of a segment and the place of its centre on its way, in %."""
    row = next(r for r in _table() if (r["segment"], r["sex"]) == (name, sex))
    return float(row["mass_pct"]), float(row["centre_pct"])


@cache
def inertia_of(name: str, sex: Sex | None) -> Inertia:
    """Return a row of the table; without a sex the mean of women and men.

    The masses of all segments together are 1.
    """
    sexes = _SEXES if sex is None else (sex,)
    rows = [r for r in _table() if r["segment"] == name and r["sex"] in sexes]
    mass, centre, sagittal, transverse = (
        float(np.mean([float(row[column]) for row in rows])) / 100
        for column in (
            "mass_pct", "centre_pct", "radius_sagittal_pct", "radius_transverse_pct"
        )
    )  # fmt: skip
    whole = sum(
        float(row["mass_pct"]) * (1 if row["segment"] in ("head", "trunk") else 2)
        for row in _table()
        if row["sex"] in sexes
    )
    return Inertia(mass * 100 * len(sexes) / whole, centre, (sagittal + transverse) / 2)


def segments_of(layout: KeypointLayout, sex: Sex | None = None) -> tuple[Segment, ...]:
    """Return all segments of a body on the points of a layout.

    Parameters
    ----------
    layout
        Layout with hips, knees and ankles; whatever else it has is used.
    sex
        Whose table; None takes the mean of both.

    Raises
    ------
    KeyError
        If a hip, a knee or an ankle is not in the layout.
    """
    points = _Points(layout)
    hips = points.middle([f"{side}_hip" for side in SIDES])
    shoulders = points.first([("left_shoulder", "right_shoulder"), ("thorax",), ("neck",)])
    top = hips if shoulders is None else shoulders
    head = points.first(_HEAD)
    found = [
        _segment("trunk", "trunk", sex, top, hips),
        _at("head", "head", sex, top if head is None else head),
    ]
    for side in SIDES:
        found += [*_arm(points, side, sex, top), *_leg(points, side, sex)]
    return tuple(found)


def _arm(points: _Points, side: Side, sex: Sex | None, trunk: Array) -> list[Segment]:
    places, nearest = [], trunk
    for joint in ("shoulder", "elbow", "wrist"):
        own = points.first([(f"{side}_{joint}",)])
        nearest = nearest if own is None else own
        places.append(nearest)
    shoulder, elbow, wrist = places
    hand = points.first([(f"{side}_hand",)])
    return [
        _segment("upper_arm", f"{side}_upper_arm", sex, shoulder, elbow),
        _segment("forearm", f"{side}_forearm", sex, elbow, wrist),
        _at("hand", f"{side}_hand", sex, wrist if hand is None else hand),
    ]


def _leg(points: _Points, side: Side, sex: Sex | None) -> list[Segment]:
    hip, knee, ankle = (points.middle([f"{side}_{j}"]) for j in ("hip", "knee", "ankle"))
    heel = points.first([(f"{side}_heel",)])
    toe = points.first([tuple(f"{side}_{p}" for p in names) for names in _TOE])
    if heel is not None and toe is not None:
        foot = _segment("foot", f"{side}_foot", sex, heel, toe)
    else:  # the centre lies half-way from the ankle to the forefoot
        foot = _at("foot", f"{side}_foot", sex, ankle if toe is None else (ankle + toe) / 2)
    return [
        _segment("thigh", f"{side}_thigh", sex, hip, knee),
        _segment("shank", f"{side}_shank", sex, knee, ankle),
        foot,
    ]


def _segment(kind: str, name: str, sex: Sex | None, near: Array, far: Array) -> Segment:
    inertia = inertia_of(kind, sex)
    return Segment(name, inertia, near, far, near + inertia.centre * (far - near))


def _at(kind: str, name: str, sex: Sex | None, place: Array) -> Segment:
    return Segment(name, inertia_of(kind, sex), place, place, place)


class _Points:
    """Points of a layout as weights."""

    def __init__(self, layout: KeypointLayout) -> None:
        self._layout = layout

    def middle(self, names: Sequence[str]) -> Array:
        weights = np.zeros(len(self._layout))
        for name in names:
            weights[self._layout.index(name)] += 1 / len(names)
        return weights

    def first(self, choices: Sequence[Sequence[str]]) -> Array | None:
        for names in choices:
            if all(name in self._layout for name in names):
                return self.middle(names)
        return None


def _table() -> Sequence[dict[str, str]]:
    return [dict(row) for row in read_table("segments.csv", "clinigait.gait.loads")]
