"""How alike left and right are: indices of two values, and the phasing of their contacts.

Every function here and in the modules beside it that may find nothing to say returns its result
or an :class:`Absent` with the reason; never infinity, never NaN, never 0 for unknown. A caller
asks ``isinstance(found, Absent)``. What cannot be right whatever the walk was, such as a negative
uncertainty, is a :class:`~clinigait.core.BadInputError`.

All indices have the same sign: positive when the right side is the larger one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from clinigait.core import BadInputError, Side, opposite

#: Sizes up to this count as zero: a microsecond, a micrometre, a millionth of a degree.
NEARLY_ZERO = 1e-6
#: A first-order error is no longer right when it is a larger share of the values than this.
_MAX_RELATIVE_ERROR = 1 / 3
#: A cycle that lasts more or less than these shares of the median one has lost or gained a contact.
_USUAL_CYCLE = (0.67, 1.5)
_FEWEST_CYCLES = 3


@dataclass(frozen=True)
class Absent:
    """A value that cannot be had.

    ``reason`` is one clause that says why, in the words of a report.
    """

    reason: str


@dataclass(frozen=True)
class PhaseCoordination:
    """How accurately and how steadily the two legs step in antiphase.

    Parameters
    ----------
    index_pct, standard_uncertainty_pct
        The phase coordination index: the sum of the next two; 0 is perfect. Its uncertainty comes
        from leaving out one cycle after the other.
    accuracy_pct
        Mean distance of the phase from 180 degrees, in percent of 180 degrees.
    consistency_pct
        Coefficient of variation of the phase.
    mean_phase_deg, n
        Mean phase, 180 being perfect, and the number of cycles used.
    reference
        The leg whose contacts bound the cycles: the one with the longer swing.
    """

    index_pct: float
    standard_uncertainty_pct: float
    accuracy_pct: float
    consistency_pct: float
    mean_phase_deg: float
    n: int
    reference: Side


def symmetry_index_pct(
    left: float, right: float, *, smallest: float = NEARLY_ZERO
) -> float | Absent:
    """Return the symmetry index 100 (R - L) / (0.5 (R + L)).

    From -200 to 200 %; 0 is symmetric. Source: Robinson, Herzog and Nigg 1987; Herzog 1989,
    doi 10.1249/00005768-198902000-00020.

    Parameters
    ----------
    left, right
        The two values, in the same unit, of the same sign.
    smallest
        Size in that unit up to which a value counts as zero.

    Returns
    -------
    float or Absent
        Absent where a value is missing, both are zero, or they have opposite signs.
    """
    problem = _unusable(left, right, smallest)
    if problem is not None:
        return problem
    largest = max(abs(left), abs(right))
    left, right = (v / largest if abs(v) > smallest else 0.0 for v in (left, right))
    if np.sign(left) * np.sign(right) < 0:
        return Absent("the sides have opposite signs, so their mean is no measure of size")
    return 200 * (right - left) / (right + left)


def symmetry_angle_pct(
    left: float, right: float, *, smallest: float = NEARLY_ZERO
) -> float | Absent:
    """Return the symmetry angle 100 (45° - arctan(L / R)) / 90°, which needs no reference side.

    180° are taken off the bracket where it exceeds 90°. From -100 to 100 %: 0 is symmetric, 50 %
    means that the left side is zero, 100 % that the sides are equal and opposite. Source:
    Zifchock 2008, doi 10.1016/j.gaitpost.2007.08.006.

    Parameters
    ----------
    left, right
        The two values, in the same unit.
    smallest
        Size in that unit up to which both together count as zero.

    Returns
    -------
    float or Absent
        Absent where a value is missing or both are zero.
    """
    problem = _unusable(left, right, smallest)
    if problem is not None:
        return problem
    if right < 0:
        left, right = -left, -right
    angle_deg = 45 - float(np.degrees(np.arctan2(left, right)))
    if angle_deg > 90:
        angle_deg -= 180
    # Against a right side of zero the arctangent has two limits; both mean -50 %.
    return -50.0 if right == 0 else 100 * angle_deg / 90


def log_ratio_pct(
    left: float, right: float, *, signed: bool = False, smallest: float = NEARLY_ZERO
) -> float | Absent:
    """Return the logarithmic asymmetry 100 |ln(shorter / longer)|.

    0 is symmetric; near it the value is the percent difference of the sides. Source: Plotnik 2005,
    doi 10.1002/ana.20452, there for swing times.

    Parameters
    ----------
    left, right
        The two values, in the same unit, above zero.
    signed
        Return 100 ln(R / L) instead, positive when the right value is the larger.
    smallest
        Size in that unit up to which a value counts as zero.

    Returns
    -------
    float or Absent
        Absent where a value is missing, zero or negative.
    """
    problem = _unusable(left, right, smallest)
    if problem is None and min(left, right) <= smallest:
        problem = Absent("a side is zero or negative, so the sides have no ratio")
    if problem is not None:
        return problem
    ratio_pct = 100 * float(np.log(right) - np.log(left))
    return ratio_pct if signed else abs(ratio_pct)


def symmetry_index_uncertainty_pct(
    left: float, right: float, left_error: float, right_error: float
) -> float | Absent:
    """Return the standard uncertainty of :func:`symmetry_index_pct`, to first order.

    Parameters
    ----------
    left, right
        The two values.
    left_error, right_error
        Their standard uncertainties, independent. A wrong scale, which both share, cancels.

    Returns
    -------
    float or Absent
        Absent where the index is, or where the errors exceed a third of the values.

    Raises
    ------
    BadInputError
        If an uncertainty is negative or not finite.
    """
    index = symmetry_index_pct(left, right)
    if isinstance(index, Absent):
        return index
    both = abs(left + right)
    if _is_too_uncertain(np.hypot(left_error, right_error), both, left_error, right_error):
        return _TOO_UNCERTAIN
    return float(400 * np.hypot(left / both * right_error, right / both * left_error) / both)


def symmetry_angle_uncertainty_pct(
    left: float, right: float, left_error: float, right_error: float
) -> float | Absent:
    """Return the standard uncertainty of :func:`symmetry_angle_pct`, to first order.

    Parameters, exceptions and absence are those of :func:`symmetry_index_uncertainty_pct`.
    """
    angle = symmetry_angle_pct(left, right)
    if isinstance(angle, Absent):
        return angle
    size = float(np.hypot(left, right))
    if _is_too_uncertain(max(left_error, right_error), size, left_error, right_error):
        return _TOO_UNCERTAIN
    turn = np.hypot(right / size * left_error, left / size * right_error) / size
    return float(100 * np.degrees(turn) / 90)


def log_ratio_uncertainty_pct(
    left: float, right: float, left_error: float, right_error: float
) -> float | Absent:
    """Return the standard uncertainty of the signed :func:`log_ratio_pct`, to first order.

    Parameters, exceptions and absence are those of :func:`symmetry_index_uncertainty_pct`.
    """
    ratio = log_ratio_pct(left, right)
    if isinstance(ratio, Absent):
        return ratio
    relative = left_error / left, right_error / right
    if _is_too_uncertain(max(relative), 1.0, left_error, right_error):
        return _TOO_UNCERTAIN
    return float(100 * np.hypot(*relative))


_TOO_UNCERTAIN = Absent("the values are too uncertain to compare: errors of a third and more")


def _is_too_uncertain(error: float, size: float, left_error: float, right_error: float) -> bool:
    if not (0 <= left_error < np.inf and 0 <= right_error < np.inf):
        raise BadInputError(
            "A standard uncertainty is negative or not a number.", "Give 0 or more for both sides."
        )
    return bool(error > _MAX_RELATIVE_ERROR * size)


def _unusable(left: float, right: float, smallest: float) -> Absent | None:
    if not (np.isfinite(left) and np.isfinite(right)):
        return Absent("a side has no value")
    if max(abs(left), abs(right)) <= smallest:
        return Absent("both sides are zero or nearly so")
    return None


def phase_coordination_index_pct(
    left_contacts_s: ArrayLike,
    right_contacts_s: ArrayLike,
    left_swing_s: ArrayLike,
    right_swing_s: ArrayLike,
) -> PhaseCoordination | Absent:
    """Return the phase coordination index of a walk.

    The phase of a step is φ_i = 360° (t_S,i - t_L,i) / (t_L,i+1 - t_L,i): where, in a cycle of the
    leg L with the longer mean swing, the contact of the other leg S falls. The index adds the mean
    of abs(φ - 180°) in percent of 180° and the coefficient of variation of φ. Source: Plotnik
    2007, doi 10.1007/s00221-007-0955-7.

    A cycle is used when exactly one contact of the other leg lies within it and it lasts 0.67 to
    1.5 times the median cycle: missed and doubled contacts, turns and pauses fall out this way.
    Errors of the contacts make every index larger: see :func:`phase_coordination_floor_pct`.

    Parameters
    ----------
    left_contacts_s, right_contacts_s, left_swing_s, right_swing_s
        Initial contacts of each leg, in any order, and its swing times; not-a-numbers are left
        out. With equal mean swings the left leg is the reference.

    Returns
    -------
    PhaseCoordination or Absent
        Absent with fewer than three cycles, or where no swing time of a leg is known.
    """
    swing_s = {"left": _finite(left_swing_s), "right": _finite(right_swing_s)}
    contact_s = {"left": _finite(left_contacts_s), "right": _finite(right_contacts_s)}
    for side, known_s in swing_s.items():
        if not len(known_s):
            return Absent(f"no swing time of the {side} leg is known")
    reference: Side = "left" if swing_s["left"].mean() >= swing_s["right"].mean() else "right"
    phase_deg = _phases_deg(contact_s[reference], contact_s[opposite(reference)])
    n = len(phase_deg)
    if n < _FEWEST_CYCLES:
        return Absent(f"{n} cycles with one contact of each leg are too few: three are needed")
    distance, mean = np.abs(phase_deg - 180), float(phase_deg.mean())
    accuracy = float(100 * distance.mean() / 180)
    # A phase lies strictly between 0 and 360 degrees, so no mean of it is zero.
    consistency = float(100 * phase_deg.std(ddof=1) / mean)
    return PhaseCoordination(
        index_pct=accuracy + consistency,
        standard_uncertainty_pct=_jackknife_error(phase_deg, distance),
        accuracy_pct=accuracy,
        consistency_pct=consistency,
        mean_phase_deg=mean,
        n=n,
        reference=reference,
    )


def phase_coordination_floor_pct(stride_time_s: float, contact_error_s: float) -> float:
    """Return the phase coordination index that a perfect walker would seem to have.

    Independent normal errors of a cycle's three contacts give its phase a standard deviation of
    360° sqrt(1.5) σ / T: at 30 frames/s, where rounding to frames alone is an error of 9.6 ms, and
    with cycles of 1.1 s an index of 3.9 %. Own derivation.

    Parameters
    ----------
    stride_time_s, contact_error_s
        Mean cycle T, and standard uncertainty σ of one contact.

    Raises
    ------
    BadInputError
        If the cycle is not above zero, or the error below it.
    """
    if not (stride_time_s > 0 and contact_error_s >= 0):
        raise BadInputError("A stride time or an error is impossible.", "Give both in seconds.")
    spread_deg = 360 * np.sqrt(1.5) * contact_error_s / stride_time_s
    return float(100 * spread_deg / 180 * (1 + np.sqrt(2 / np.pi)))


def _phases_deg(
    reference_s: NDArray[np.float64], other_s: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the phase of every usable cycle of the reference leg."""
    reference_s, other_s = np.unique(reference_s), np.unique(other_s)
    if len(reference_s) < 2 or not len(other_s):
        return np.empty(0)
    start_s, cycle_s = reference_s[:-1], np.diff(reference_s)
    first = np.searchsorted(other_s, start_s, side="right")
    n_within = np.searchsorted(other_s, reference_s[1:], side="left") - first
    usual_s = np.median(cycle_s)
    low, high = _USUAL_CYCLE
    used = (n_within == 1) & (cycle_s >= low * usual_s) & (cycle_s <= high * usual_s)
    within_s = other_s[first[used]]
    return np.asarray(360 * (within_s - start_s[used]) / cycle_s[used])


def _jackknife_error(phase_deg: NDArray[np.float64], distance: NDArray[np.float64]) -> float:
    """Return the standard error of the index from what it is without each cycle in turn."""
    n, residual = len(phase_deg), phase_deg - phase_deg.mean()
    means = (phase_deg.sum() - phase_deg) / (n - 1)
    squares = np.maximum((residual**2).sum() - residual**2 * n / (n - 1), 0.0)
    distances = (distance.sum() - distance) / (n - 1)
    indices = 100 * distances / 180 + 100 * np.sqrt(squares / (n - 2)) / means
    return float(np.sqrt((n - 1) * indices.var()))


def _finite(values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64).ravel()
    return array[np.isfinite(array)]
