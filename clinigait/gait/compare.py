"""Two assessments of one person held against each other: two visits, or two conditions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import stdtrit

from clinigait.core import Assessment, BadInputError, Measurement, Parameter
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.norms import Change as MeaningfulChange
from clinigait.gait.norms import meaningful_change
from clinigait.gait.set_up import one_scale, one_set_up, same_rate
from clinigait.gait.values import ReportedSide
from clinigait.stats import Change

MORE, WITHIN = "more than measurement error", "within measurement error"
#: Name of the protocol whose walks are held against walks without a second task.
DUAL_TASK = "dual_task"

#: Walks without a second task that a dual task may be held against.
_SINGLE_TASKS = ("walk_sagittal", "walk_spatial")
#: What hangs on the scale: by unit, and what has another unit.
_UNITS_OF_LENGTH = ("m", "BH")
_OTHER_LENGTHS = ("speed_normalised", "course_time_s")
#: What has a zero from which a percentage can be taken: by group, and by ending.
_WITH_ZERO = ("pace", "rhythm", "phase", "variability", "task")
_RANGES = ("_rom_deg", "arm_swing_deg")
#: Correlation, between two recordings with one set-up, of the error that all strides of a
#: recording share. Model, view and person are the same; the camera is put up again, clothes and
#: light are others. With 0.75 the error of a knee angle, 5.6 degrees, has a part of 2.8 degrees
#: that comes anew in each recording: about what Augustine 2025 (doi 10.7717/peerj.18613) found
#: between sessions, below 3 degrees, and below 3.5 with other clothes. For the rest by inference.
_SHARED = 0.75
#: Degrees of freedom that a mean of n strides has beyond n: see ``stats.mean_interval``.
_MORE_FREEDOM = 3


@dataclass(frozen=True)
class Comparison:
    """One parameter of one side in two assessments.

    Parameters
    ----------
    name, side, unit
        As in the assessments.
    first, second
        The two values; None where there is none.
    change
        Second minus first with its 95 % interval and the minimal detectable change: the distance
        from the difference to the end of the interval towards zero. Without numbers where the two
        cannot be compared.
    errors_shared
        Whether part of the measurement error is taken to be the same in both, so that it leaves
        the difference. Else each has its own.
    reason
        Why the two cannot be compared; None where they can.
    meaningful
        Published changes that matter, smallest first, each with its population and source.
    dual_task_cost_pct
        ``100 (single - dual) / single``; positive where the value is lower under the dual task,
        negative where it is higher. For speed and length a positive cost is a loss, for times and
        variability a negative one. None where the second walk is no dual task, or where the
        parameter has no true zero.
    """

    name: str
    side: ReportedSide
    unit: str
    first: float | None
    second: float | None
    change: Change
    errors_shared: bool
    reason: str | None
    meaningful: tuple[MeaningfulChange, ...] = ()
    dual_task_cost_pct: float | None = None

    @property
    def verdict(self) -> str:
        """The outcome in words."""
        if self.reason is not None:
            return f"cannot be compared: {self.reason}"
        return MORE if self.change.is_real else WITHIN

    @property
    def reached(self) -> MeaningfulChange | None:
        """The largest published change that a difference beyond the error reaches, if any."""
        if not self.change.is_real or self.change.difference is None:
            return None
        size = abs(self.change.difference)
        return next((known for known in reversed(self.meaningful) if size >= known.value), None)


def compare(first: Assessment, second: Assessment) -> tuple[Comparison, ...]:
    """Compare two assessments of one person, parameter by parameter.

    The distances of both values from the ends of their intervals add in quadrature (Zou & Donner
    2008, doi 10.1002/sim.3095), less what their errors have in common where both recordings have
    one set-up: the same program, pose model, camera, place of the camera and near side; for
    lengths also a scale whose error is the person's own. The spread of the strides is never
    common. Interval and minimal detectable change know the error of measurement and the spread
    within a recording; how a person varies from walk to walk and from day to day is not in them:
    of 95 pairs of successive walks (GaitValidation, ten people) a third differed in cadence by
    more than that, and 5 % of all parameters. Each row stands for itself: of twenty parameters
    that did not change, one is expected to differ by chance.

    Parameters
    ----------
    first, second
        Two visits, or two conditions: without and with a brace, off and on medication, single and
        dual task.

    Returns
    -------
    tuple of Comparison
        One a parameter and side, in the order of the first assessment.

    Raises
    ------
    BadInputError
        If one of them was refused, or if they are of different people.
    """
    before, after = _measurement(first, "first"), _measurement(second, "second")
    _check_one_person(first, second)
    why_none = _why_nothing_compares(first, second)
    cost_wanted = second.protocol.name == DUAL_TASK != first.protocol.name
    set_up_is_same, scale_is_same = one_set_up(first, second), one_scale(first, second)
    firsts, seconds = _by_key(before), _by_key(after)
    rows = []
    for key in dict.fromkeys((*firsts, *seconds)):
        one, other = firsts.get(key), seconds.get(key)
        known = one or other
        if known is None:
            continue
        reason = why_none or _why_not(one, other, before, after)
        shared = set_up_is_same and (scale_is_same or not _is_length(known))
        rows.append(_row(known, one, other, reason, shared=shared, cost_wanted=cost_wanted))
    return tuple(rows)


def _measurement(assessment: Assessment, which: str) -> Measurement:
    if assessment.measurement is None:
        raise BadInputError(
            f"The {which} assessment was refused: it has nothing to compare.",
            "Choose two assessments that have a measurement.",
        )
    return assessment.measurement


def _check_one_person(first: Assessment, second: Assessment) -> None:
    codes = {first.subject.code, second.subject.code} - {None}
    if len(codes) > 1:
        raise BadInputError(
            "The assessments are of different people: their codes differ.",
            "Choose two assessments of one person.",
        )


def _by_key(measurement: Measurement) -> dict[tuple[str, str], Parameter]:
    return {(p.name, p.side): p for p in measurement.parameters}


def _row(
    known: Parameter,
    one: Parameter | None,
    other: Parameter | None,
    reason: str | None,
    *,
    shared: bool,
    cost_wanted: bool,
) -> Comparison:
    first, second = (p.value if p is not None else None for p in (one, other))
    change, cost_pct = Change(None, None, None, None, None), None
    if reason is None and one is not None and other is not None:
        change = change_between(one, other, shared=shared)
        cost_pct = _dual_task_cost_pct(one, other) if cost_wanted else None
        if change.is_real is None:
            reason = "the error of one of them is not known"
    return Comparison(
        name=known.name,
        side=known.side,
        unit=known.unit,
        first=first,
        second=second,
        change=change,
        errors_shared=shared and reason is None,
        reason=reason,
        meaningful=meaningful_change(known.name),
        dual_task_cost_pct=cost_pct,
    )


def change_between(first: Parameter, second: Parameter, *, shared: bool) -> Change:
    """Return the difference of two values with its 95 % interval.

    Parameters
    ----------
    first, second
        Two parameters with a value.
    shared
        Whether the error that all strides of a recording share is partly the same in both.

    Returns
    -------
    Change
        Second minus first. Without an interval of both, only the difference is known.
    """
    if first.value is None or second.value is None:
        raise ValueError(f"{first.name} has no value to compare")
    difference = second.value - first.value
    if first.low is None or first.high is None or second.low is None or second.high is None:
        return Change(difference, None, None, None, None)
    common = _systematic_half_width(first) * _systematic_half_width(second)
    less = 2 * _SHARED * common if shared else 0.0
    below, above = (
        math.sqrt(max(mine**2 + others**2 - less, 0.0))
        for mine, others in (
            (second.value - second.low, first.high - first.value),
            (second.high - second.value, first.value - first.low),
        )
    )
    minimal = max(below, above) if difference == 0 else below if difference > 0 else above
    is_real = abs(difference) > minimal
    return Change(difference, difference - below, difference + above, minimal, is_real)


def _systematic_half_width(parameter: Parameter) -> float:
    """Return the part of an interval that the spread of the strides does not explain."""
    if parameter.low is None or parameter.high is None or parameter.sd is None or parameter.n < 2:
        return 0.0
    half = (parameter.high - parameter.low) / 2
    random = float(stdtrit(parameter.n + _MORE_FREEDOM, 0.975)) * parameter.sd
    return math.sqrt(max(half**2 - random**2 / parameter.n, 0.0))


def _dual_task_cost_pct(single: Parameter, dual: Parameter) -> float | None:
    """Return the cost of a second task, by the usual definition.

    Montero-Odasso 2017, doi 10.1001/jamaneurol.2017.0643. Most angles, indices of symmetry and
    correlations have no zero from which a percentage could be taken.
    """
    definition = CATALOGUE.get(single.name)
    has_zero = definition is not None and definition.group in _WITH_ZERO
    if not has_zero and not single.name.endswith(_RANGES):
        return None
    if single.value is None or dual.value is None or single.value <= 0:
        return None
    return 100 * (single.value - dual.value) / single.value


def _why_nothing_compares(first: Assessment, second: Assessment) -> str | None:
    """Return why no parameter can be compared; None where some may."""
    protocols = [assessment.protocol for assessment in (first, second)]
    names = [f"{protocol.name} {protocol.version}" for protocol in protocols]
    others = [protocol.name for protocol in protocols if protocol.name != DUAL_TASK]
    is_dual_task = len(others) == 1 and others[0] in _SINGLE_TASKS
    if names[0] != names[1] and not is_dual_task:
        return f"different protocols ({names[0]} and {names[1]})"
    views = [a.measurement.view for a in (first, second) if a.measurement is not None]
    if len(set(views)) > 1:
        return f"different views ({views[0]} and {views[1]})"
    return None


def _is_length(parameter: Parameter) -> bool:
    return parameter.unit.startswith(_UNITS_OF_LENGTH) or parameter.name in _OTHER_LENGTHS


def _why_not(
    one: Parameter | None, other: Parameter | None, before: Measurement, after: Measurement
) -> str | None:
    """Return why one parameter cannot be compared; None where it can."""
    missing = _why_missing(one, other)
    if missing is not None or one is None or other is None:
        return missing
    if one.unit != other.unit:
        return f"different units ({one.unit} and {other.unit})"
    sources = [m.scale.source if m.scale is not None else "none" for m in (before, after)]
    if _is_length(one) and sources[0] != sources[1]:
        return f"different scales ({sources[0]} and {sources[1]})"
    definition = CATALOGUE.get(one.name)
    is_variability = definition is not None and definition.group == "variability"
    if is_variability and not same_rate(before.rate_hz, after.rate_hz):
        return (
            f"different frame rates ({before.rate_hz:.0f} and {after.rate_hz:.0f} Hz) "
            "set different floors"
        )
    return None


def _why_missing(one: Parameter | None, other: Parameter | None) -> str | None:
    if one is None or other is None:
        return f"only the {'second' if one is None else 'first'} reports it"
    absent = [p.value is None for p in (one, other)]
    if all(absent):
        return f"neither has a value ({one.reason})"
    if any(absent):
        which, found = ("first", one) if absent[0] else ("second", other)
        return f"the {which} has no value ({found.reason})"
    return None
