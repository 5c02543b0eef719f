"""How the mass of a body moves: centres of its segments and their accelerations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline

from clinigait.core import Sex
from clinigait.gait.filtering import MIN_STRETCH_S, EvenPoints
from clinigait.gait.loads.segments import Segment, segments_of
from clinigait.gait.runs import runs

Array = NDArray[np.float64]
GRAVITY_MPS2 = 9.81
#: A spline that can be differentiated twice without a kink.
_DEGREE = 5


@dataclass(frozen=True, eq=False)
class MovedBody:
    """A body in movement, T times, S segments; the axes are those of its points, the last one up.

    Parameters
    ----------
    points
        The joints, in metres.
    segments
        The segments on them.
    mass
        (S,) shares of the body's mass.
    centre_m
        (T, S, 3) centres of mass.
    push_npkg
        (T, S, 3) what a segment's movement asks for, gravity and all: m (a - g), in N for each kg
        of the body. NaN where a point is missing, or too near to gaps for two derivatives.
    """

    points: EvenPoints
    segments: tuple[Segment, ...]
    mass: Array
    centre_m: Array
    push_npkg: Array

    @property
    def centre_of_mass_m(self) -> Array:
        """(T, 3) centre of mass of the whole body."""
        return np.asarray(np.einsum("s,tsd->td", self.mass, self.centre_m))

    @property
    def floor_npkg(self) -> Array:
        """(T, 3) all that the floor has to push with: the body's mass times (a - g), per kg."""
        return np.asarray(self.push_npkg.sum(axis=1))

    def numbers(self, names: frozenset[str]) -> list[int]:
        """Return the places of segments by name."""
        return [index for index, own in enumerate(self.segments) if own.name in names]


def moved_body(points: EvenPoints, sex: Sex | None = None) -> MovedBody:
    """Return how the mass of a body moves.

    The points have been through the 6 Hz filter of :mod:`clinigait.gait.filtering`: without it
    the second derivative is noise. Nothing is bridged here: where a point is unknown, so is every
    load.

    Parameters
    ----------
    points
        (T, K, 3) filtered points in metres in axes that do not turn, the third one up.
    sex
        Whose table of masses; None takes the mean of both.

    Raises
    ------
    KeyError
        If a hip, a knee or an ankle is not in the layout.
    """
    segments = segments_of(points.layout, sex)
    mass = np.array([own.inertia.mass for own in segments])
    centre_m = np.einsum("sk,tkd->tsd", np.stack([own.centre for own in segments]), points.points)
    flat = centre_m.reshape(len(centre_m), -1)
    found = acceleration(flat, points.rate_hz).reshape(centre_m.shape)
    found[..., 2] += GRAVITY_MPS2
    return MovedBody(points, segments, mass, centre_m, mass[:, None] * found)


def acceleration(signal: Array, rate_hz: float) -> Array:
    """Return the second derivative of (T, N) samples, by a spline of degree 5.

    Each run of times at which all N are known is taken by itself; shorter runs than 0.4 s, and
    what is unknown, give NaN.
    """
    found = np.full_like(signal, np.nan)
    for part in runs(np.isfinite(signal).all(axis=1)):
        length = part.stop - part.start
        if length > _DEGREE and (length - 1) / rate_hz >= MIN_STRETCH_S - 1e-9:
            time_s = np.arange(length) / rate_hz
            spline = make_interp_spline(time_s, signal[part], k=_DEGREE)
            found[part] = spline.derivative(2)(time_s)
    return found
