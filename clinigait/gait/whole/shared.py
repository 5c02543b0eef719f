"""What several parameters of a walk as a whole share, each computed once a walk."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from clinigait.core import SIDES, Parameter, Side
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.filtering import CUTOFF_GUESSED_HZ, CUTOFF_HZ
from clinigait.gait.regularity import Regularity, step_regularity
from clinigait.gait.symmetry import Absent
from clinigait.gait.values import ReportedSide, values_of
from clinigait.gait.variability import Variability, stride_variability
from clinigait.gait.walked import WalkedBouts
from clinigait.stats import Interval

FORWARD, LEFT, UP = range(3)
NO_SCALE = Absent("no scale was known: give the body height or a known length")
NO_WIDTHS = Absent("one camera at the side cannot see it: film from the front")
NO_LENGTHS = Absent("one camera in front cannot see it: film from the side")
_NOT_SEEN = Absent("the points that it needs are not seen for whole strides")
_USUAL_HEIGHT_M = 1.7
#: Leaving out one of fewer strides than this makes intervals of any size.
_FEW_FOR_JACKKNIFE = 10


class WholeWalk:
    """The used strides and the movement of one walk.

    Parameters
    ----------
    walked
        The bouts of the walk. They are not kept: only their parts are.
    """

    def __init__(self, walked: WalkedBouts) -> None:
        self.scene, self.bouts, self.parts = walked.scene, walked.bouts, walked.parts
        self.angles, self.events, self.cycles = walked.angles, walked.events, walked.cycles
        self.used = walked.used
        self._values: dict[tuple[str, ReportedSide], NDArray[np.float64]] = {}
        self._spreads: dict[str, Variability | Absent] = {}

    def values(self, name: str, side: ReportedSide = "both") -> NDArray[np.float64]:
        """Return the (N,) values of a per-stride parameter over the used strides."""
        key = (name, side)
        if key not in self._values:
            self._values[key] = values_of(name, side, self.used)
        return self._values[key]

    def spread(self, name: str) -> Variability | Absent:
        """Return how much a per-stride parameter varies within the sides."""
        if name not in self._spreads:
            groups = [self.values(name, side) for side in SIDES]
            few = len(self.values(name)) < _FEW_FOR_JACKKNIFE
            found = stride_variability(groups, method="chi-square" if few else "jackknife")
            if isinstance(found, Variability) and not _has_intervals(found):
                found = stride_variability(groups, method="chi-square")
            self._spreads[name] = found
        return self._spreads[name]

    def length_name(self, base: str) -> str:
        """Return a length's name in metres, or in body heights where no scale is known."""
        return f"{base}_m" if self.scene.scale.unit == "m" else f"{base}_bh"

    @cached_property
    def stride_time_s(self) -> float:
        """Mean stride time."""
        return float(self.values("stride_time_s").mean())

    @cached_property
    def event_error_s(self) -> float:
        """Standard uncertainty of one event: the median of all of them."""
        return float(np.median([event.uncertainty_s for event in self.events]))

    @cached_property
    def regularity(self) -> Regularity | Absent:
        """Step and stride regularity of the vertical movement of the pelvis."""
        rate_hz = self.scene.even.rate_hz
        return step_regularity(self.pelvis(UP), rate_hz, self.stride_time_s, kind="position")

    @property
    def max_hz(self) -> float:
        """Cut-off of the low-pass filter that the points have been through."""
        return CUTOFF_GUESSED_HZ if self.scene.is_guessed else CUTOFF_HZ

    @cached_property
    def sees_forward(self) -> bool:
        """Whether positions along the way are known."""
        return any(part.sees_forward for part in self.parts)

    @cached_property
    def sees_left(self) -> bool:
        """Whether positions across the way are known."""
        return any(part.sees_left for part in self.parts)

    @property
    def start_s(self) -> float:
        """Time of the first sample of :meth:`pelvis` and :meth:`angle`."""
        return float(self.scene.even.time_s[0])

    def bounds_s(self, side: Side) -> NDArray[np.float64]:
        """Return the (N, 2) start and end of every used stride of a side."""
        bounds = [(s.start_s, s.end_s) for s in self.used if s.side == side]
        return np.array(bounds).reshape(-1, 2)

    def pelvis(self, axis: int) -> NDArray[np.float64]:
        """Return (T,) positions of the pelvis on the even clock of the whole record.

        Lengths as reported, up to a constant factor; NaN outside of the bouts. ``axis`` is one of
        :data:`FORWARD`, :data:`LEFT` and :data:`UP`.
        """
        even = self.scene.even
        signal = np.full(len(even.time_s), np.nan)
        for bout, part in zip(self.bouts, self.parts, strict=True):
            size = 1.0 if self.scene.is_frontal else part.per_unit
            signal[even.between(bout.start_s, bout.end_s)] = part.middle("hip")[:, axis] / size
        return signal

    def angle(self, name: str, side: Side) -> NDArray[np.float64]:
        """Return (T,) an angle on the even clock of the whole record; NaN where it is not seen."""
        even = self.scene.even
        signal = np.full(len(even.time_s), np.nan)
        for bout, angles in zip(self.bouts, self.angles, strict=True):
            values = angles.of(name, side)
            if values is not None:
                signal[even.between(bout.start_s, bout.end_s)] = values
        return signal

    def in_lengths(self, metres: float) -> float:
        """Return a usual error in m in the unit of the reported lengths."""
        return metres if self.scene.scale.unit == "m" else metres / _USUAL_HEIGHT_M


def _has_intervals(found: Variability) -> bool:
    intervals = [found.sd] if isinstance(found.cv_pct, Absent) else [found.sd, found.cv_pct]
    return all(interval.low is not None for interval in intervals)


_KNOWN: WeakKeyDictionary[WalkedBouts, WholeWalk] = WeakKeyDictionary()


def whole_walk(walked: WalkedBouts) -> WholeWalk:
    """Return what the parameters of a walk share, kept as long as the walk is."""
    if walked not in _KNOWN:
        _KNOWN[walked] = WholeWalk(walked)
    return _KNOWN[walked]


def absent(name: str, why: Absent) -> Parameter:
    """Return a parameter of the whole walk that cannot be had."""
    return Parameter(name, "both", None, CATALOGUE[name].unit, 0, reason=why.reason)


def had(
    name: str,
    value: float,
    bounds: tuple[float, float],
    n: int,
    cautions: Iterable[str] = (),
) -> Parameter:
    """Return a parameter of the whole walk with its interval and what to mind."""
    low, high = bounds
    reason = "; ".join(cautions) or None
    return Parameter(name, "both", value, CATALOGUE[name].unit, n, low, high, reason=reason)


def around(value: float, half: float, least: float = -np.inf) -> tuple[float, float]:
    """Return the bounds at a distance from a value, none below the least possible one."""
    return max(value - half, min(least, value)), value + half


def half_width(standard_error: float, freedom: int) -> float:
    """Return half of the 95 % interval of a mean by Student's t."""
    return float(stdtrit(freedom, 0.975)) * standard_error


def half_of(mean: Interval) -> float:
    """Return half of an interval that lies evenly around its value."""
    return mean.high - mean.value if mean.high is not None else 0.0


def why_no_length(walk: WholeWalk, *, metric: bool) -> Absent:
    """Return why no stride has a length along the way."""
    if not walk.sees_forward:
        return NO_LENGTHS
    return NO_SCALE if metric and walk.scene.scale.unit != "m" else _NOT_SEEN


def why_no_width(walk: WholeWalk, *, metric: bool) -> Absent:
    """Return why no stride has a width across the way."""
    if not walk.sees_left:
        return NO_WIDTHS
    return NO_SCALE if metric and walk.scene.scale.unit != "m" else _NOT_SEEN
