"""How a foot rolls over the floor: for every pitch, where its ankle is, without sliding.

A foot on the floor has one freedom, its pitch: the toes bend as far as they can to stay flat. For
each pitch the lowest point of the skinned sole gives the height of the ankle, and the wish that
the points near the floor stay where they are gives its way forward. Both are tabulated once per
body, so a frame costs a look-up, and the sole neither sinks nor floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Side
from clinigait.synthesis.bodies import Body
from clinigait.synthesis.rotations import Array, about
from clinigait.synthesis.skeleton import joint

#: Pitch is positive with the heel up. Steps of the table in degrees.
_STEP_DEG = 0.25
PITCH_LIMITS_DEG = (-45.0, 95.0)
#: The toes give way up to this angle.
_TOE_BEND_DEG = 42.0
#: Points this near to the floor carry the foot; the nearer, the more. Found as the width at which
#: no point below 2 mm slides 5 mm on four bodies of 1.22 to 1.90 m.
_CARRYING_M = 0.004
_SOLE_M = 0.05


@dataclass(frozen=True, eq=False)
class Roll:
    """The table of one foot.

    Parameters
    ----------
    pitch_deg
        (N,) pitches.
    ankle_m
        (N, 3) ankle against the place of the foot: forward and to the left of where the heel is
        when the foot lies flat, and above the floor.
    heel_m
        (3,) ankle to heel with the foot flat, as at rest: forward, left, up.
    toe_m
        Forward distance from the heel to the front of the toes.
    stiff_m
        (N,) height of the ankle over the floor if the toes did not bend.
    """

    pitch_deg: Array
    ankle_m: Array
    heel_m: Array
    toe_m: float
    stiff_m: Array

    def ankle(self, pitch_deg: Array) -> Array:
        """Return (..., 3) ankle places for pitches."""
        return self._looked_up(self.ankle_m, pitch_deg)

    def lowest(self, pitch_deg: Array, bent_share: Array) -> Array:
        """Return (...,) heights of the ankle at which the sole just touches the floor.

        ``bent_share`` is 1 with the toes bent as on the floor, 0 with straight ones.
        """
        bent = self._looked_up(self.ankle_m[:, 2:], pitch_deg)[..., 0]
        stiff = self._looked_up(self.stiff_m[:, None], pitch_deg)[..., 0]
        return np.asarray(bent_share * bent + (1 - bent_share) * stiff)

    def _looked_up(self, table: Array, pitch_deg: Array) -> Array:
        place = (pitch_deg - self.pitch_deg[0]) / _STEP_DEG
        place = np.clip(place, 0, len(self.pitch_deg) - 1.001)
        below = place.astype(int)
        share = (place - below)[..., None]
        return np.asarray(table[below] * (1 - share) + table[below + 1] * share)


def toe_bend_deg(pitch_deg: Array) -> Array:
    """Return how far the toes are bent up while the foot carries: they stay flat while they can."""
    raised = np.maximum(pitch_deg, 0.0)
    # Equal to the pitch at first, then ever less, up to the limit: no corner.
    return np.asarray(_TOE_BEND_DEG * np.tanh((raised / _TOE_BEND_DEG) ** 3) ** (1 / 3))


def foot_turns(pitch_deg: Array, bend_deg: Array) -> tuple[Array, Array]:
    """Return (..., 3, 3) turns of foot and toes with the foot pointing along x."""
    return about(1, np.radians(pitch_deg)), about(1, np.radians(pitch_deg - bend_deg))


def rolling(body: Body, side: Side, yaw_rest_rad: float) -> Roll:
    """Tabulate the rolling of one foot.

    Parameters
    ----------
    body
        Whose foot.
    side
        Which.
    yaw_rest_rad
        Turn of the foot at rest, from x towards y; it is taken out.
    """
    pitch = np.arange(PITCH_LIMITS_DEG[0], PITCH_LIMITS_DEG[1] + _STEP_DEG, _STEP_DEG)
    sole = _sole(body, side)
    ankle_rest = body.head_m(joint("ankle", side))
    straight = about(2, np.array(-yaw_rest_rad))
    rest = (ankle_rest, straight)
    points = _posed(sole, rest, pitch, toe_bend_deg(pitch))
    stiff = -_posed(sole, rest, pitch, np.zeros_like(pitch))[:, :, 2].min(axis=1)
    heights = -points[:, :, 2].min(axis=1)
    gaps = points[:, :, 2] + heights[:, None]
    ways = _ways(points[:, :, :2], gaps)
    flat = int(np.argmin(np.abs(pitch)))
    heel = points[flat, np.argmin(points[flat, :, 0])]
    ankle = np.column_stack([ways - ways[flat] - heel[:2], heights])
    toe_m = float(np.ptp(points[flat, :, 0]))
    return Roll(pitch, ankle, np.array([heel[0], heel[1], -heights[flat]]), toe_m, stiff)


def sole_points(body: Body, side: Side) -> NDArray[np.intp]:
    """Return the numbers of the points of the skin that can touch the floor."""
    letter = "L" if side == "left" else "R"
    model = body.model
    bones = np.array(
        [b.startswith(("foot", "toe")) and b.endswith(f".{letter}") for b in model.bones]
    )
    share = (model.skin_weights * bones[model.skin_bones]).sum(axis=1)
    return np.flatnonzero((share > 0.999) & (body.points_m[:, 2] < _SOLE_M))


@dataclass(frozen=True, eq=False)
class _Sole:
    """The (S, 3) points that can touch the floor, and what moves them.

    ``on_foot`` is the (S,) weight of the foot; ``bases_m`` are the (5, 3) places at which the toes
    bend and ``on_toe`` the (5, S) weights of all bones behind each: they turn as one.
    """

    points_m: Array
    on_foot: Array
    bases_m: Array
    on_toe: Array


def _sole(body: Body, side: Side) -> _Sole:
    letter = "L" if side == "left" else "R"
    model, numbers = body.model, sole_points(body, side)
    bones, weights = model.skin_bones[numbers], model.skin_weights[numbers].astype(np.float64)

    def weight(start: str) -> Array:
        wanted = np.array([b.startswith(start) and b.endswith(letter) for b in model.bones])
        return np.asarray((weights * wanted[bones]).sum(axis=1))

    toes = [f"toe{n}" for n in range(1, 6)]
    return _Sole(
        body.points_m[numbers].astype(np.float64),
        weight("foot"),
        np.array([body.head_m(f"{toe}-1.{letter}") for toe in toes]),
        np.array([weight(toe) for toe in toes]),
    )


def _posed(sole: _Sole, rest: tuple[Array, Array], pitch_deg: Array, bend_deg: Array) -> Array:
    """Return (N, S, 3) places of the sole against the ankle, for every pitch."""
    ankle, straight = rest
    foot, toes = foot_turns(pitch_deg, bend_deg)
    foot, toes = (foot @ straight).transpose(0, 2, 1), (toes @ straight).transpose(0, 2, 1)
    posed = sole.on_foot[:, None] * ((sole.points_m - ankle) @ foot)
    posed += sole.on_toe.sum(axis=0)[:, None] * (sole.points_m @ toes)
    # A toe turns about its base, which goes with the foot.
    bases = (sole.bases_m - ankle) @ foot - sole.bases_m @ toes
    posed += np.einsum("bs,nbk->nsk", sole.on_toe, bases, optimize=True)
    return np.asarray(posed)


def _ways(points: Array, gaps: Array) -> Array:
    """Return (N, 2) ways of the ankle that keep the points near the floor in their places."""
    moved = np.diff(points, axis=0)
    gap = (gaps[1:] + gaps[:-1]) / 2
    carrying = np.exp(-((gap / _CARRYING_M) ** 2) * 2)
    step = -(moved * carrying[:, :, None]).sum(axis=1) / carrying.sum(axis=1)[:, None]
    return np.vstack([np.zeros(2), np.cumsum(step, axis=0)])
