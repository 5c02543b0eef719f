"""Methods that find initial contacts and foot offs; two independent ones for each view.

Where the camera sees along the way:

*Velocity* gives the time. A foot swings while it moves faster than the body; its heel has landed
when its forward speed falls through 0.3 of the walking speed, and it leaves the floor when its
middle moves upwards fastest (O'Connor 2007, doi 10.1016/j.gaitpost.2006.05.016). Why 0.3: just
before contact a heel still moves at 0.6 of the walking speed (Winter 1992, 0.87 m/s at natural
cadence, doi 10.1093/ptj/72.1.45) and just after it stands; a low-pass filter without phase shift
turns such a drop into a slope that passes half its height at the true instant.

*Coordinate* (Zeni 2008, doi 10.1016/j.gaitpost.2007.07.007) confirms it: the heel is farthest
ahead of the pelvis near contact, the toe farthest behind it near foot off. It needs no fixed
camera, but a foot that is drawn back before it lands makes it early.

Feet that were measured in three dimensions show how the toe departs:

*Departure* gives the time of foot off there. A toe on the floor stands still, and one that swings
overtakes the body: it starts when its speed forward and up passes half of the walking speed.
Limits of 0.5 to 0.8 are usual (Ghoussayni 2004, doi 10.1016/j.gaitpost.2003.10.001, whose limit
Bruening & Ridge 2014, doi 10.1016/j.gaitpost.2013.08.023, made to go with the walking speed). The
start is early where the point lies on the ball of the foot, which rolls before it leaves, and late
on the tip and in slow walks, which gather speed slowly; the fastest rise of the foot's middle errs
the other way in both. So the time is half-way between them, but at most 10 ms from the start: a
rise that is farther away is another movement, like that of a hanging foot that is pulled up.
Contacts are those by velocity.

Motion capture at a high rate shows the landing itself:

*Impact* gives the time of contact there: the fall of the heel is braked hardest when it meets the
floor (Hreljac & Marshall 2000, doi 10.1016/S0021-9290(00)00014-2), looked for next to the contact
by velocity. A foot that drops lands on its toe: what counts is the fall of the lower of the two.

In a front view the way forward is not seen; every swing shows as a dip in the apparent length of
the shank, which is tilted far back then:

*Shank* gives the time by the flanks of the dip: the foot leaves the floor where the length falls
fastest, and lands a tenth of a stride after its rise has lost 0.7 of its speed. The tenth was read
from 53 frontal walks of ten people (GaitValidation) whose contacts were known in three dimensions.
*Lift* confirms it by heights: the foot rises fastest when it leaves the floor, and the knee is
highest when the thigh has swung forward to land.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.signal import find_peaks

from clinigait.core import EventKind
from clinigait.gait.foot_signals import FootSignals
from clinigait.gait.runs import finite_stretches, runs

COORDINATE, VELOCITY = "coordinate", "velocity"
DEPARTURE, IMPACT = "departure", "impact"
LIFT, SHANK = "lift", "shank"

#: A peak stands out by this fraction of the signal's range.
_PROMINENCE = 0.25
#: Two events of one kind and foot are at least this fraction of a stride apart.
MIN_SPACING = 0.4
_CONTACT_SPEED = 0.3
_SWING_SPEED = 1.3
#: A toe that goes this fast has left the floor, or is about to.
_START_SPEED = 0.5
#: The fastest rise is looked for this near to the start of the toe, and moves it at most so far.
_RISE_S = 0.06
_RISE_MOVES_S = 0.01
#: The landing lies this near to the contact by velocity.
_IMPACT_S = 0.06
#: How far the flanks of a swing, and the landing, lie from its middle: fractions of a stride.
_FLANK = 0.2
_LANDING = 0.4
#: The rise of the shank's length has ended when it is down to this share of its greatest speed.
_RISEN = 0.3
_LANDING_LAG = 0.1

Detector = Callable[[FootSignals, EventKind, float], NDArray[np.float64]]


def by_coordinate(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return event times by the coordinate method, between samples."""
    signal = signals.heel_ahead if kind is EventKind.INITIAL_CONTACT else -signals.toe_ahead
    return _peak_times(signal, signals, period_s)


def by_velocity(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return event times by the velocity method, between samples."""
    found: list[float | None] = []
    for start, end in _swings(signals.toe_speed, signals.time_s, period_s):
        if kind is EventKind.INITIAL_CONTACT:
            found.append(falls_to(signals.heel_speed, end, _CONTACT_SPEED))
        else:
            first = _before(signals, start, period_s)
            found.append(highest(signals.rise_speed, first, (start + end) // 2 + 1))
    return _times(found, signals)


def by_departure(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return contacts by velocity, foot offs by the start of the toe; between samples."""
    if kind is EventKind.INITIAL_CONTACT:
        return by_velocity(signals, kind, period_s)
    found: list[float | None] = []
    for swing, _ in _swings(signals.toe_speed, signals.time_s, period_s):
        first = _before(signals, swing, period_s)
        back = falls_to(signals.toe_pace[first : swing + 1][::-1], 0, _START_SPEED)
        found.append(None if back is None else _towards_rise(swing - back, signals))
    return _times(found, signals)


def _towards_rise(start: float, signals: FootSignals) -> float:
    """Move the start of a toe half the way to the fastest rise of its foot, but not far."""
    reach = max(2, round(_RISE_S * signals.rate_hz))
    first = max(round(start) - reach, 0)
    rise = signals.rise_speed[first : round(start) + reach + 1]
    if not np.isfinite(rise).all():
        return start
    top = int(rise.argmax())
    fastest = first + (vertex(rise, top) if 0 < top < len(rise) - 1 else top)
    furthest = _RISE_MOVES_S * signals.rate_hz
    return start + float(np.clip((fastest - start) / 2, -furthest, furthest))


def by_impact(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return contacts by the braking of the foot, foot offs by departure; between samples."""
    times_s = by_departure(signals, kind, period_s)
    if kind is EventKind.FOOT_OFF:
        return times_s
    reach = max(2, round(_IMPACT_S * signals.rate_hz))
    found: list[float | None] = []
    for time_s in times_s:
        middle = round((time_s - float(signals.time_s[0])) * signals.rate_hz)
        first = max(middle - reach, 0)
        found.append(highest(signals.braking, first, middle + reach + 1))
    return _times(found, signals)


def by_shank(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return event times by the dips of the shank's apparent length, between samples."""
    change = np.gradient(signals.shank_length)
    reach = round(_FLANK * period_s * signals.rate_hz)
    found: list[float | None] = []
    for dip in _dips(signals, period_s):
        if kind is EventKind.FOOT_OFF:
            found.append(highest(-change, max(dip - reach, 0), dip + 1))
            continue
        fastest = highest(change, dip, dip + reach + 1)
        if fastest is not None:
            level = _RISEN * float(np.interp(fastest, np.arange(len(change)), change))
            found.append(falls_to(change, int(fastest), level))
    lag_s = 0.0 if kind is EventKind.FOOT_OFF else _LANDING_LAG * period_s
    times_s = _times(found, signals) + lag_s
    return np.asarray(times_s[times_s <= signals.time_s[-1]])


def by_lift(signals: FootSignals, kind: EventKind, period_s: float) -> NDArray[np.float64]:
    """Return the fastest rise of the foot, and the highest place of the knee, around a swing."""
    stride = period_s * signals.rate_hz
    found: list[float | None] = []
    for dip in _dips(signals, period_s):
        if kind is EventKind.FOOT_OFF:
            found.append(highest(signals.rise_speed, max(dip - round(_FLANK * stride), 0), dip + 1))
        else:
            found.append(highest(signals.knee_lift, dip, dip + round(_LANDING * stride)))
    return _times(found, signals)


def _dips(signals: FootSignals, period_s: float) -> list[int]:
    """Return the samples at which the shank looks shortest, one in each swing."""
    times_s = _peak_times(-signals.shank_length, signals, period_s)
    return [round((t - float(signals.time_s[0])) * signals.rate_hz) for t in times_s]


#: The methods of a view by name: the first confirms, the last gives the time.
DETECTORS: dict[str, Detector] = {COORDINATE: by_coordinate, VELOCITY: by_velocity}
#: Guessed depths make speeds unsteady and their level side-dependent: there places give the time.
GUESSED_DETECTORS: dict[str, Detector] = {VELOCITY: by_velocity, COORDINATE: by_coordinate}
SPACE_DETECTORS: dict[str, Detector] = {COORDINATE: by_coordinate, DEPARTURE: by_departure}
CAPTURE_DETECTORS: dict[str, Detector] = {COORDINATE: by_coordinate, IMPACT: by_impact}
FRONT_DETECTORS: dict[str, Detector] = {LIFT: by_lift, SHANK: by_shank}


def _peak_times(
    signal: NDArray[np.float64], signals: FootSignals, period_s: float
) -> NDArray[np.float64]:
    finite = signal[np.isfinite(signal)]
    if len(finite) < 5:
        return np.zeros(0)
    low, high = np.percentile(finite, [5, 95])
    if high <= low:
        return np.zeros(0)
    spacing = max(1, round(MIN_SPACING * period_s * signals.rate_hz))
    found: list[float] = []
    for stretch in finite_stretches(signal):
        part = signal[stretch]
        peaks, _ = find_peaks(part, prominence=_PROMINENCE * (high - low), distance=spacing)
        found += [
            float(signals.time_s[stretch.start] + vertex(part, p) / signals.rate_hz) for p in peaks
        ]
    return np.array(found)


def _times(found: list[float | None], signals: FootSignals) -> NDArray[np.float64]:
    samples = np.array([sample for sample in found if sample is not None])
    return np.asarray(np.interp(samples, np.arange(len(signals.time_s)), signals.time_s))


def _swings(
    speed: NDArray[np.float64], time_s: NDArray[np.float64], period_s: float
) -> list[tuple[int, int]]:
    """Return first and last sample of the runs in which the toe is clearly swinging."""
    merged: list[tuple[int, int]] = []
    for run in runs(speed > _SWING_SPEED):
        if merged and time_s[run.start] - time_s[merged[-1][1]] < 0.1 * period_s:
            merged[-1] = (merged[-1][0], run.stop - 1)
        else:
            merged.append((run.start, run.stop - 1))
    return [(a, b) for a, b in merged if time_s[b] - time_s[a] >= 0.1 * period_s]


def _before(signals: FootSignals, start: int, period_s: float) -> int:
    return int(np.searchsorted(signals.time_s, signals.time_s[start] - 0.2 * period_s))


def falls_to(speed: NDArray[np.float64], start: int, level: float) -> float | None:
    """Return where a signal first falls to ``level`` after ``start``, between samples."""
    here, after = speed[start:-1], speed[start + 1 :]
    crossing = (after <= level) & (here > level)
    ends = crossing | ~np.isfinite(after)
    if not ends.any():
        return None
    index = int(ends.argmax())
    if not crossing[index]:
        return None
    return start + index + float((here[index] - level) / (here[index] - after[index]))


def highest(signal: NDArray[np.float64], first: int, stop: int) -> float | None:
    """Return where a signal peaks inside a window, between samples; None at its borders."""
    window = signal[first:stop]
    if len(window) < 3 or not np.isfinite(window).all():
        return None
    top = int(window.argmax())
    return None if top in (0, len(window) - 1) else first + vertex(window, top)


def vertex(signal: NDArray[np.float64], peak: int) -> float:
    """Position of the maximum of the parabola through a peak and its neighbours."""
    before, top, after = signal[peak - 1], signal[peak], signal[peak + 1]
    bend = before - 2 * top + after
    return float(peak + (0.5 * (before - after) / bend if bend < 0 else 0.0))
