"""Values that hardly any walker has: flagged for a second look, never taken away."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from clinigait.core import BadInputError, Parameter, Subject
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.norms.scope import footwear_in
from clinigait.gait.norms.tables import read_table

Cohort = Literal["adult", "child", "older", "patient_slow", "running", "any"]

_ADULT_FROM_Y = 18
_OLDER_FROM_Y = 65

# By unit: what another unit would be called, and what the value would have to be multiplied by.
_SLIPS: dict[str, tuple[tuple[str, float], ...]] = {
    "m": (("cm", 1 / 100), ("mm", 1 / 1000)),
    "m/s": (("km/h", 1 / 3.6), ("cm/s", 1 / 100), ("mm/s", 1 / 1000)),
    "s": (("ms", 1 / 1000),),
    "steps/min": (("steps per second", 60.0),),
    "%": (("a fraction of 1", 100.0),),
}


@dataclass(frozen=True)
class Flag:
    """A value outside the limits of plausibility of a cohort.

    Parameters
    ----------
    name, side, value
        The parameter, as in the table of parameters.
    low, high
        The limits, in the unit of the parameter.
    cohort
        Whose limits they are.
    message
        What is odd, and the slip of units that would explain it, if one would.
    """

    name: str
    side: str
    value: float
    low: float
    high: float
    cohort: Cohort
    message: str


def cohort_of(subject: Subject) -> Cohort:
    """Return the cohort whose limits of plausibility fit a person.

    Parameters
    ----------
    subject
        The person. A text under ``condition`` that names more than footwear makes an adult
        ``patient_slow``. Where the age is not known, or a child has a condition, it is ``any``:
        the union of all walking cohorts. ``running`` is never guessed.
    """
    text = (subject.condition or "").strip()
    has_condition = bool(text) and footwear_in(text) is None
    age = subject.age_y
    if age is None or not math.isfinite(age) or (has_condition and age < _ADULT_FROM_Y):
        return "any"
    if has_condition:
        return "patient_slow"
    if age < _ADULT_FROM_Y:
        return "child"
    return "older" if age >= _OLDER_FROM_Y else "adult"


def implausible(parameters: Iterable[Parameter], cohort: Cohort) -> tuple[Flag, ...]:
    """Return a flag for every value that hardly any walker of a cohort has.

    The limits lie in ``plausibility.csv``. They are ours and wide: they are there to catch slips
    of units and failed measurements, and say nothing of health.

    Parameters
    ----------
    parameters
        The measured parameters; absent values, and names without limits, are passed over.
    cohort
        Whose limits to use, see ``cohort_of``.

    Raises
    ------
    BadInputError
        When there is no such cohort.
    """
    if cohort not in get_args(Cohort):
        known = ", ".join(get_args(Cohort))
        raise BadInputError(f"There is no cohort {cohort}.", f"Choose one of: {known}.")
    found = []
    for parameter in parameters:
        limits = _limits().get((cohort, parameter.name))
        if parameter.value is None or limits is None:
            continue
        low, high = limits
        if not low <= parameter.value <= high:
            message = _message(parameter, parameter.value, low, high, cohort)
            found.append(
                Flag(parameter.name, parameter.side, parameter.value, low, high, cohort, message)
            )
    return tuple(found)


def _message(p: Parameter, value: float, low: float, high: float, cohort: Cohort) -> str:
    title = CATALOGUE[p.name].title if p.name in CATALOGUE else p.name
    side = "" if p.side == "both" else f" ({p.side})"
    text = (
        f"{title}{side} of {value:g} {p.unit} is outside {low:g} to {high:g} {p.unit}, where "
        f"nearly all walkers of the cohort {cohort} lie."
    )
    slip = _slip(value, p.unit, low, high)
    return f"{text} It would fit if it were in {slip}: check the units." if slip else text


def _slip(value: float, unit: str, low: float, high: float) -> str | None:
    """Return the unit in which the value would be plausible, the likeliest first."""
    for other, factor in _SLIPS.get(unit, ()):
        if value != 0 and low <= value * factor <= high:
            return other
    return None


@cache
def _limits() -> dict[tuple[str, str], tuple[float, float]]:
    rows = read_table("plausibility.csv", "clinigait.gait")
    return {(r["cohort"], r["parameter"]): (float(r["low"]), float(r["high"])) for r in rows}
