"""Arms and trunk against the legs: relative phase, arm swing, trunk sway, cycle by cycle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.gait.regularity import over_strides
from clinigait.gait.symmetry import NEARLY_ZERO, Absent, symmetry_angle_pct

#: Points a cycle is resampled to: enough for the first harmonic and for its extremes.
_N_POINTS = 100
#: A segment that swings less than this is not told from the error of its angle (our choice; the
#: error of a single arm angle from video is larger, but most of it is shared by a whole walk).
LEAST_SWING_DEG = 3.0
#: Mean length of the phase arrows below which they have no common direction (our choice).
_LEAST_AGREEMENT = 0.5


@dataclass(frozen=True)
class RelativePhase:
    """By how much of a cycle one segment leads another.

    Parameters
    ----------
    mean_deg
        Circular mean over the cycles, above -180 to 180: 0 is in phase, 180 in antiphase, positive
        where the first segment leads.
    spread_deg
        Circular standard deviation over the cycles, sqrt(-2 ln R); None for one cycle.
    standard_uncertainty_deg
        The same by the root of the number of cycles.
    agreement
        Mean resultant length R: 1 where all cycles have the same phase.
    n
        Number of cycles used.
    """

    mean_deg: float
    spread_deg: float | None
    standard_uncertainty_deg: float | None
    agreement: float
    n: int


@dataclass(frozen=True, eq=False)
class Excursion:
    """How far an angle swings in a cycle.

    Parameters
    ----------
    cycles_deg
        (n,) largest less smallest angle of each cycle.
    mean_deg, sd_deg, standard_uncertainty_deg
        Mean, standard deviation, and uncertainty of the mean from the spread of the cycles; the
        latter two None for one cycle.
    rms_deg
        Root mean square about the mean of each cycle, averaged over the cycles: less moved by
        single points than the excursion.
    offset_deg
        Mean angle.
    n
        Number of cycles seen throughout.
    """

    cycles_deg: NDArray[np.float64]
    mean_deg: float
    sd_deg: float | None
    standard_uncertainty_deg: float | None
    rms_deg: float
    offset_deg: float
    n: int


def relative_phase_deg(
    first_deg: ArrayLike,
    second_deg: ArrayLike,
    rate_hz: float,
    strides_s: ArrayLike,
    *,
    least_swing_deg: float = LEAST_SWING_DEG,
    start_s: float = 0.0,
) -> RelativePhase | Absent:
    """Return the relative phase of two segments, for example arm and thigh, at stride frequency.

    In each cycle the phase of the first harmonic of the one, by the discrete Fourier transform,
    less that of the other. In usual walking an arm swings with the thigh of the other side (near
    0 degrees) and against that of its own side (near 180). Circular statistics: Fisher 1993,
    doi 10.1017/CBO9780511564345.

    Parameters
    ----------
    first_deg, second_deg, rate_hz
        (T,) angles, forward positive, NaN in gaps, and their rate.
    strides_s
        (N, 2) start and end of every cycle.
    least_swing_deg
        Least excursion of both segments, peak to peak, in the first harmonic; cycles with less are
        left out.
    start_s
        Time of the first sample.

    Returns
    -------
    RelativePhase or Absent
        Absent where no cycle is seen throughout with both segments swinging, or where the phases
        of the cycles have no common direction.

    Raises
    ------
    BadInputError
        If signals, rate or strides are not of that kind.
    """
    tables = [
        over_strides(angle, rate_hz, strides_s, n_points=_N_POINTS, start_s=start_s)
        for angle in (first_deg, second_deg)
    ]
    harmonic = np.array([2 * np.fft.fft(table, axis=1)[:, 1] / _N_POINTS for table in tables])
    seen = np.isfinite(harmonic).all(axis=0)
    if not seen.any():
        return Absent("no cycle of both segments is seen throughout")
    used = seen & (2 * np.abs(harmonic) >= max(least_swing_deg, NEARLY_ZERO)).all(axis=0)
    if not used.any():
        return Absent(f"a segment swings less than {least_swing_deg:.0f} degrees: it has no phase")
    first, second = harmonic[:, used] / np.abs(harmonic[:, used])
    return _circular(first * second.conj())


def _circular(arrows: NDArray[np.complex128]) -> RelativePhase | Absent:
    n = len(arrows)
    mean = arrows.mean()
    agreement = min(float(np.abs(mean)), 1.0)
    if agreement < _LEAST_AGREEMENT:
        return Absent("the segments keep no steady phase from cycle to cycle")
    mean_deg = float(np.degrees(np.angle(mean)))
    mean_deg = 180.0 if mean_deg <= -180 else mean_deg
    spread_deg = float(np.degrees(np.sqrt(-2 * np.log(agreement)))) if n > 1 else None
    error_deg = spread_deg / float(np.sqrt(n)) if spread_deg is not None else None
    return RelativePhase(mean_deg, spread_deg, error_deg, agreement, n)


def excursion_deg(
    angle_deg: ArrayLike, rate_hz: float, strides_s: ArrayLike, *, start_s: float = 0.0
) -> Excursion | Absent:
    """Return how far an angle swings, peak to peak, in each cycle.

    Of the angle of an arm against the trunk this is the arm swing amplitude, of the angle of the
    trunk against the vertical the trunk sway: forwards and back in the side view, sideways in the
    front view. Noise adds to a peak-to-peak value: filter the angle as for any joint curve.

    Parameters
    ----------
    angle_deg, rate_hz
        (T,) angles, NaN in gaps, and their rate.
    strides_s
        (N, 2) start and end of every cycle.
    start_s
        Time of the first sample.

    Returns
    -------
    Excursion or Absent
        Absent where no cycle is seen throughout.

    Raises
    ------
    BadInputError
        If signal, rate or strides are not of that kind.
    """
    table = over_strides(angle_deg, rate_hz, strides_s, n_points=_N_POINTS, start_s=start_s)
    table = table[np.isfinite(table[:, 0])]
    n = len(table)
    if not n:
        return Absent("no cycle of the angle is seen throughout")
    cycles = np.ptp(table, axis=1)
    sd = float(cycles.std(ddof=1)) if n > 1 else None
    return Excursion(
        cycles_deg=cycles,
        mean_deg=float(cycles.mean()),
        sd_deg=sd,
        standard_uncertainty_deg=sd / float(np.sqrt(n)) if sd is not None else None,
        rms_deg=float(table.std(axis=1).mean()),
        offset_deg=float(table.mean()),
        n=n,
    )


def arm_swing_asymmetry_pct(
    left_deg: float, right_deg: float, *, least_swing_deg: float = LEAST_SWING_DEG
) -> float | Absent:
    """Return the symmetry angle of the arm swing amplitudes, positive when the right swings more.

    0 is symmetric, 50 % and -50 % mean that one arm does not swing. Source: Lewek 2010,
    doi 10.1016/j.gaitpost.2009.10.013, where the size of it, from the path of the wrist, was
    5.1 ± 4.0 % in eight healthy people and 13.9 ± 7.9 % in twelve with early Parkinson's disease.
    Its uncertainty: :func:`clinigait.gait.symmetry.symmetry_angle_uncertainty_pct`.

    Parameters
    ----------
    left_deg, right_deg
        Mean amplitudes.
    least_swing_deg
        Where neither arm swings so far, their ratio is one of errors.

    Returns
    -------
    float or Absent
        In percent. Absent where an amplitude is missing or negative, or neither arm swings.
    """
    if not (left_deg >= 0 and right_deg >= 0):
        return Absent("an arm has no amplitude")
    if max(left_deg, right_deg) < least_swing_deg:
        return Absent(f"neither arm swings by {least_swing_deg:.0f} degrees: nothing to compare")
    return symmetry_angle_pct(left_deg, right_deg)
