"""Joint curves of children at five speeds, for a comparison at matched speed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError
from clinigait.gait.norms.tables import read_table

_GRAVITY_MPS2 = 9.81
_AGES_Y = (4, 18)
_POPULATION = "typically developing children, 4-17 y, marker-based 3-D motion capture"
_SOURCE = "Schwartz 2008, J Biomech 41(8):1639-1650, doi 10.1016/j.jbiomech.2008.03.015"
_MARKERLESS = (
    "The curve comes from skin markers and a 3-D body model: keypoints of a film define the same "
    "joint differently, which shifts a whole curve by several degrees."
)
_HIP = (
    "The hip angle is measured against the pelvis and contains its forward tilt; an angle "
    "against the trunk line does not."
)


@dataclass(frozen=True, eq=False)
class CurveReference:
    """Mean and spread of a joint angle over the gait cycle at one class of speed.

    Parameters
    ----------
    curve
        Name of the curve: flexion, dorsiflexion and forward tilt are positive.
    speed_class
        ``very_slow``, ``slow``, ``free``, ``fast`` or ``very_fast``.
    cycle_pct
        (51,) 0 to 100 % of the gait cycle from initial contact, every 2 %.
    mean, sd
        (51,) mean and standard deviation between the children in deg.
    shape_only
        True where the person is not 4 to 17 years old or the age is not known: the shape may be
        looked at beside the person's, but it is no reference.
    caution
        What to mind in the comparison.
    population, source
        Who was measured, and the citation.
    """

    curve: str
    speed_class: str
    cycle_pct: NDArray[np.float64]
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    shape_only: bool
    caution: str
    population: str
    source: str


@dataclass(frozen=True, eq=False)
class _Band:
    speed_class: str
    speed_max: float
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]


def normalised_speed(speed_mps: float, leg_length_m: float) -> float:
    """Return the walking speed without a unit: v / sqrt(g l), the root of the Froude number.

    Parameters
    ----------
    speed_mps
        Walking speed in m/s.
    leg_length_m
        Leg length in m, measured on the person.

    Returns
    -------
    float
        About 0.42 in comfortable walking of adults (Hof 1996, doi 10.1016/0966-6362(95)01057-2).

    Raises
    ------
    BadInputError
        When the speed is negative or the leg length is not positive.
    """
    if not (math.isfinite(speed_mps) and speed_mps >= 0):
        raise BadInputError(f"A speed of {speed_mps} m/s is impossible.", "Give it in m/s.")
    if not (math.isfinite(leg_length_m) and leg_length_m > 0):
        raise BadInputError(f"A leg length of {leg_length_m} m is impossible.", "Give it in m.")
    return speed_mps / math.sqrt(_GRAVITY_MPS2 * leg_length_m)


def curve_reference(
    curve: str, speed_nondimensional: float, age_y: float | None = None
) -> CurveReference:
    """Return the joint curve of children who walked at the same normalised speed.

    The classes are parted at 0.227, 0.363, 0.500 and 0.636 (mean of free walking -3, -1, +1 and
    +3 standard deviations; the limits are taken from works that use the data, not re-read in
    the paper).

    Parameters
    ----------
    curve
        ``pelvis_anterior_tilt_deg``, ``hip_flexion_deg``, ``knee_flexion_deg`` or
        ``ankle_dorsiflexion_deg``.
    speed_nondimensional
        Normalised speed, see ``normalised_speed``.
    age_y
        Age of the person in years; None where it is not known.

    Raises
    ------
    BadInputError
        When there is no such curve or the speed is impossible.
    """
    bands = _bands().get(curve)
    if bands is None:
        known = ", ".join(_bands())
        raise BadInputError(f"There is no reference curve {curve}.", f"Choose one of: {known}.")
    if not (math.isfinite(speed_nondimensional) and speed_nondimensional >= 0):
        message = f"A normalised speed of {speed_nondimensional} is impossible."
        raise BadInputError(message, "Divide the speed by the root of g times leg length.")
    band = next(b for b in bands if speed_nondimensional < b.speed_max)
    return CurveReference(
        curve=curve,
        speed_class=band.speed_class,
        cycle_pct=_fixed(np.arange(0.0, 101.0, 2.0)),
        mean=band.mean,
        sd=band.sd,
        shape_only=age_y is None or not _AGES_Y[0] <= age_y < _AGES_Y[1],
        caution=f"{_MARKERLESS} {_HIP}" if curve == "hip_flexion_deg" else _MARKERLESS,
        population=_POPULATION,
        source=_SOURCE,
    )


def speed_matched_curve(
    curve: str, speed_nondimensional: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard deviation of a joint curve at a normalised speed.

    For children of 4 to 17 years this is a reference; for all others it is a comparison of
    shape, and has to be called so. ``curve_reference`` says which.

    Parameters
    ----------
    curve, speed_nondimensional
        As for ``curve_reference``.

    Returns
    -------
    tuple of arrays
        Two times (51,) in deg, 0 to 100 % of the cycle every 2 %.

    Raises
    ------
    BadInputError
        As ``curve_reference``.
    """
    found = curve_reference(curve, speed_nondimensional)
    return found.mean, found.sd


@cache
def _bands() -> dict[str, tuple[_Band, ...]]:
    rows = {(r["curve"], r["speed_class"], r["statistic"]): r for r in read_table("curves.csv")}
    found: dict[str, tuple[_Band, ...]] = {}
    for (curve, speed_class, statistic), row in rows.items():
        if statistic == "mean":
            band = _Band(
                speed_class,
                float(row["speed_max"] or math.inf),
                _points(row),
                _points(rows[curve, speed_class, "sd"]),
            )
            found[curve] = (*found.get(curve, ()), band)
    return {curve: tuple(sorted(b, key=lambda b: b.speed_max)) for curve, b in found.items()}


def _points(row: Mapping[str, str]) -> NDArray[np.float64]:
    return _fixed(np.array([float(row[str(percent)]) for percent in range(0, 101, 2)]))


def _fixed(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the array locked: it is shared by all who ask."""
    values.setflags(write=False)
    return values
