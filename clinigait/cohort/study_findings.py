"""All that a study shows, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

from clinigait.cohort.study_compare import Contrast, SubgroupTest, compare, subgroup_tests
from clinigait.cohort.study_describe import (
    Distribution,
    Flow,
    GroupCount,
    distributions,
    flow,
    group_counts,
)
from clinigait.cohort.study_retest import Retest, retest, visits_compared
from clinigait.cohort.study_table import StudyTable


@dataclass(frozen=True, eq=False)
class StudyFindings:
    """What a study shows.

    Parameters
    ----------
    flow, counts
        Walks in and out; who is in each group.
    visits
        The two visits of the retest; None where nobody came twice.
    distributions, contrasts, subgroups, retests
        Values by group, differences of groups, interactions, reliability.
    """

    flow: Flow
    counts: tuple[GroupCount, ...]
    visits: tuple[str, str] | None
    distributions: tuple[Distribution, ...]
    contrasts: tuple[Contrast, ...]
    subgroups: tuple[SubgroupTest, ...]
    retests: tuple[Retest, ...]


def findings_of(table: StudyTable) -> StudyFindings:
    """Return what a checked study shows.

    Raises
    ------
    BadInputError
        If a visit of the plan is not there, or statsmodels is not installed.
    """
    visits = visits_compared(table)
    return StudyFindings(
        flow=flow(table, visits),
        counts=group_counts(table),
        visits=visits,
        distributions=distributions(table),
        contrasts=compare(table),
        subgroups=subgroup_tests(table),
        retests=retest(table),
    )
