"""How well two visits of unchanged people agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from clinigait.cohort.study_table import UNKNOWN, Measure, StudyTable
from clinigait.core import BadInputError
from clinigait.stats import (
    icc_agreement,
    icc_interval,
    minimal_detectable_change,
    standard_error_of_measurement,
)

#: With fewer people nothing is said of reliability.
LEAST_PEOPLE = 3
_LEVEL = 0.95


@dataclass(frozen=True)
class Retest:
    """How well two visits of the same people agree in one parameter.

    Parameters
    ----------
    measure, group
        The parameter; the group, or None for all people together.
    n_people
        People with a value at both visits.
    icc, low, high
        ICC(2,1), which McGraw and Wong call ICC(A,1), with 95 % interval; None where it cannot
        be told.
    sem, mdc
        Standard error of measurement and minimal detectable change (95 %), in the unit.
    shift, shift_low, shift_high
        Mean change from the first to the second visit, with 95 % interval.
    """

    measure: Measure
    group: str | None
    n_people: int
    icc: float | None = None
    low: float | None = None
    high: float | None = None
    sem: float | None = None
    mdc: float | None = None
    shift: float | None = None
    shift_low: float | None = None
    shift_high: float | None = None


def visits_compared(table: StudyTable) -> tuple[str, str] | None:
    """Return the two visits that are held against each other; None where there are no two.

    Raises
    ------
    BadInputError
        If the plan names a visit that nobody had.
    """
    asked = table.plan.retest_visits
    for name in asked or ():
        if name not in table.visits:
            raise BadInputError(
                f"The results have no visit {name[:40]!r}.", "Name visits of the manifest."
            )
    if asked is not None:
        return asked
    return (table.visits[0], table.visits[1]) if len(table.visits) > 1 else None


def retest(table: StudyTable) -> tuple[Retest, ...]:
    """Return the agreement of two visits: all people together, and each group by itself.

    Of a visit the mean of its walks counts. People who differ much make any ICC high (Weir 2005,
    doi 10.1519/15184.1): groups that differ are therefore looked at by themselves as well.
    """
    visits = visits_compared(table)
    if visits is None:
        return ()
    groups: list[str | None] = [None]
    groups += list(table.groups) if len(table.groups) > 1 else []
    return tuple(
        _of(table, measure, group, visits) for measure in table.measures for group in groups
    )


def _of(table: StudyTable, measure: Measure, group: str | None, visits: tuple[str, str]) -> Retest:
    there = table.with_values(measure.name)
    there = there[(there["subject"] != UNKNOWN) & there["visit"].isin(visits)]
    if group is not None:
        there = there[there["group"] == group]
    means = there.pivot_table(index="subject", columns="visit", values="value", aggfunc="mean")
    pairs = means.reindex(columns=list(visits)).dropna().to_numpy(float)
    n = len(pairs)
    if n < LEAST_PEOPLE:
        return Retest(measure, group, n)
    first, second = pairs.T
    value = float(icc_agreement(pairs))
    low, high = icc_interval(pairs, "2,1", _LEVEL)
    sem = standard_error_of_measurement(first, second)
    change = second - first
    half = float(t.ppf((1 + _LEVEL) / 2, n - 1) * change.std(ddof=1) / np.sqrt(n))
    shift = float(change.mean())
    return Retest(
        measure=measure,
        group=group,
        n_people=n,
        icc=value if np.isfinite(value) else None,
        low=low,
        high=high,
        sem=sem,
        mdc=None if sem is None else minimal_detectable_change(sem),
        shift=shift,
        shift_low=shift - half,
        shift_high=shift + half,
    )
