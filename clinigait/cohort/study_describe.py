"""Who came, what was measured of whom, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinigait.cohort.columns import MEANINGS
from clinigait.cohort.study_table import (
    EVERYBODY,
    NEEDED,
    UNKNOWN,
    Measure,
    StudyTable,
    is_numeric,
    levels,
    numbers,
)
from clinigait.core import Reference, Sex, Subject
from clinigait.gait.catalogue import CATALOGUE
from clinigait.gait.norms import WalkConditions, reference_for
from clinigait.report.tables import csv_text
from clinigait.stats import wilson_interval

_SEXES: Final[dict[str, Sex]] = {"female": "female", "f": "female", "male": "male", "m": "male"}
_NO_AID: Final = frozenset((UNKNOWN, "none", "no", "false", "0"))


@dataclass(frozen=True)
class Reason:
    """Walks that went out for one reason.

    Parameters
    ----------
    status, code
        ``refused`` or ``failed``, and the short name of the reason.
    n_walks, n_people
        How many.
    example
        The sentence of one of them.
    """

    status: str
    code: str
    n_walks: int
    n_people: int
    example: str


@dataclass(frozen=True)
class Flow:
    """Walks in and out.

    Parameters
    ----------
    n_walks, n_people
        In the manifest.
    reasons
        Why walks went out, the most frequent first.
    n_measured, n_people_measured
        Walks with a measurement.
    n_without_group
        Measured walks of people whose group is not known.
    groups
        Of the groups: name, measured walks, people, people with the two visits of the retest.
    """

    n_walks: int
    n_people: int
    reasons: tuple[Reason, ...]
    n_measured: int
    n_people_measured: int
    n_without_group: int
    groups: tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True)
class GroupCount:
    """Who is in a group.

    Parameters
    ----------
    group
        Its name.
    people, visits, walks
        In the manifest.
    measured, refused, failed
        Walks by what came of them.
    covariates
        Column and text: mean and standard deviation of people, or their counts by level.
    """

    group: str
    people: int
    visits: int
    walks: int
    measured: int
    refused: int
    failed: int
    covariates: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Distribution:
    """The values of one parameter in one group; each person counts once, with the mean.

    Parameters
    ----------
    measure, group
        Of what, and of whom.
    values
        (n_people,) means of people.
    n_walks
        Walks behind them.
    lacking_walks, measured_walks
        Measured walks without a value, and all measured walks of the group.
    lacking_people
        People with a measured walk, but without any value.
    reference
        Lower and upper limit, where one range applies to every person of the group alike.
    n_referred, n_within
        People to whom some reference range applies, and those of them within it.
    """

    measure: Measure
    group: str
    values: NDArray[np.float64]
    n_walks: int
    lacking_walks: int
    measured_walks: int
    lacking_people: int
    reference: tuple[float, float] | None
    n_referred: int
    n_within: int

    @property
    def lacking_share(self) -> tuple[float, float, float] | None:
        """Share of people with a measured walk who lack the value, with 95 % interval (Wilson)."""
        people = self.lacking_people + len(self.values)
        if not people:
            return None
        share = self.lacking_people / people
        return (share, *wilson_interval(share, people))


@dataclass(frozen=True)
class Lost:
    """Who is missing: people without any measured walk beside the others, in one covariate.

    Parameters
    ----------
    column
        The covariate.
    measured, lost
        What it is among people with a measured walk, and among the rest.
    """

    column: str
    measured: str
    lost: str


def flow(table: StudyTable, visits: tuple[str, str] | None) -> Flow:
    """Return the walks in and out."""
    walks = table.walks
    out = walks[walks["status"] != "measured"]
    measured = walks[walks["status"] == "measured"]
    groups = []
    for name in table.groups:
        rows = measured[measured["group"] == name]
        both = 0
        if visits is not None:
            had = [set(rows.loc[rows["visit"] == visit, "subject"]) for visit in visits]
            both = len(had[0] & had[1])
        groups.append((name, len(rows), rows["subject"].nunique(), both))
    return Flow(
        n_walks=len(walks),
        n_people=walks["subject"].nunique(),
        reasons=_reasons(out),
        n_measured=len(measured),
        n_people_measured=measured["subject"].nunique(),
        n_without_group=int((measured["group"] == UNKNOWN).sum()),
        groups=tuple(groups),
    )


def quality_codes(table: StudyTable) -> tuple[Reason, ...]:
    """Return all codes with their counts, those of measured walks too (cautions)."""
    walks = table.walks
    found = _reasons(walks[walks["status"] != "measured"])
    if "warnings" not in walks:
        return found
    measured = walks[walks["status"] == "measured"]
    codes = measured["warnings"].dropna().map(str).str.split(";").explode().str.strip()
    warned = measured[["subject"]].join(codes.rename("code"), how="inner")
    return found + tuple(
        Reason("measured, warned", str(code), len(rows), rows["subject"].nunique(), "")
        for code, rows in sorted(warned.groupby("code"), key=lambda pair: (-len(pair[1]), pair[0]))
        if code
    )


def _reasons(walks: pd.DataFrame) -> tuple[Reason, ...]:
    found = [
        Reason(str(status), str(code), len(rows), rows["subject"].nunique(), _example(rows))
        for (status, code), rows in walks.groupby(["status", "code"], sort=True)
    ]
    return tuple(sorted(found, key=lambda r: (-r.n_walks, r.status, r.code)))


def _example(rows: pd.DataFrame) -> str:
    told = rows.loc[rows["reason"] != UNKNOWN, "reason"]
    return str(told.iloc[0]) if len(told) else ""


def group_counts(table: StudyTable) -> tuple[GroupCount, ...]:
    """Return who is in each group; people without a known group come last."""
    names = [*table.groups]
    if (table.walks["group"] == UNKNOWN).any():
        names.append(UNKNOWN)
    found = []
    for name in names:
        rows = table.walks[table.walks["group"] == name]
        status = rows["status"].value_counts()
        found.append(
            GroupCount(
                group=name,
                people=rows["subject"].nunique(),
                visits=len(rows.drop_duplicates(["subject", "visit"])),
                walks=len(rows),
                measured=int(status.get("measured", 0)),
                refused=int(status.get("refused", 0)),
                failed=int(status.get("failed", 0)),
                covariates=tuple((c, _told(rows, c, table)) for c in _columns(table)),
            )
        )
    return tuple(found)


def _columns(table: StudyTable) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*table.plan.covariates, *table.plan.subgroups)))


def _told(rows: pd.DataFrame, column: str, table: StudyTable) -> str:
    """Return a covariate of people (of their first walk) in words."""
    people = rows.drop_duplicates("subject")[column]
    if is_numeric(table.walks[column]):
        known = numbers(people).dropna()
        if not len(known):
            return "not known"
        spread = f" (SD {known.std():.3g})" if len(known) > 1 else ""
        lacking = f", {len(people) - len(known)} not known" if len(known) < len(people) else ""
        return f"mean {known.mean():.4g}{spread}{lacking}"
    texts, names = levels(people, column)
    counts = texts.value_counts()
    parts = [f"{name} {counts[name]}" for name in names[:8]]
    parts += [f"{len(names) - 8} more"] if len(names) > 8 else []
    unknown = int((texts == UNKNOWN).sum())
    return ", ".join(parts + ([f"not known {unknown}"] if unknown else [])) or "not known"


def distributions(table: StudyTable) -> tuple[Distribution, ...]:
    """Return the values of each parameter and group, with what is missing."""
    people = _people(table)
    return tuple(
        _distribution(table, measure, group, people)
        for measure in table.measures for group in table.groups
    )  # fmt: skip


def _distribution(
    table: StudyTable, measure: Measure, group: str, people: dict[str, tuple[Subject, bool | None]]
) -> Distribution:
    walks = table.walks
    measured = walks[(walks["group"] == group) & (walks["status"] == "measured")]
    there = table.with_values(measure.name)
    there = there[there["group"] == group]
    means = there.groupby("subject")["value"].mean()
    ranges = [_range_of(table, measure.name, who, people) for who in means.index]
    within = [
        r[0] <= value <= r[1] for r, value in zip(ranges, means, strict=True) if r is not None
    ]
    same = ranges[0] if ranges and all(r == ranges[0] for r in ranges) else None
    return Distribution(
        measure=measure,
        group=group,
        values=means.to_numpy(float),
        n_walks=len(there),
        lacking_walks=len(measured) - len(there),
        measured_walks=len(measured),
        lacking_people=measured["subject"].nunique() - len(means),
        reference=same,
        n_referred=len(within),
        n_within=sum(within),
    )


def _people(table: StudyTable) -> dict[str, tuple[Subject, bool | None]]:
    """Return what reference ranges ask of each person: age, sex, walking aid."""
    first = table.walks.drop_duplicates("subject").set_index("subject")
    nothing = pd.Series(np.nan, first.index)
    age_y = numbers(first.get("age_y", nothing))
    sexes = first.get("sex", nothing)
    aids = first.get("aid")
    found = {}
    for who in first.index:
        age = float(age_y[who])
        sex = _SEXES.get(str(sexes[who]).strip().lower())
        known = Subject(age_y=age if np.isfinite(age) else None, sex=sex)
        aid = None if aids is None else str(aids[who]).strip().lower() not in _NO_AID
        found[who] = (known, aid)
    return found


def _range_of(
    table: StudyTable, name: str, who: str, people: dict[str, tuple[Subject, bool | None]]
) -> tuple[float, float] | None:
    """Return the range that the results bring, or that of the catalogue where they bring none."""
    brought = table.references
    if brought is not None:
        if (who, name) not in brought.index:
            return None
        row = brought.loc[(who, name)]
        return float(row["low"]), float(row["high"])
    found = _reference(name, *people[who], table.plan.conditions)
    return None if found is None else (found.low, found.high)


@cache
def _reference(
    name: str, subject: Subject, aid: bool | None, conditions: WalkConditions
) -> Reference | None:
    asked = conditions if aid is None else _with_aid(conditions, aid)
    return reference_for(name, subject, asked)


def _with_aid(conditions: WalkConditions, aid: bool) -> WalkConditions:
    return WalkConditions(
        conditions.pace, conditions.start, aid, conditions.footwear, conditions.surface
    )


def why_missing(table: StudyTable, most: int = 40) -> tuple[tuple[str, str, int, int], ...]:
    """Return why measured walks lack values: parameter, reason, walks, people."""
    if not len(table.reasons):
        return ()
    rows = table.reasons.drop_duplicates()
    rows = rows.assign(subject=table.walks["subject"].reindex(rows["walk"]).to_numpy())
    counted = rows.groupby(["parameter", "reason"]).agg(
        walks=("walk", "nunique"), people=("subject", "nunique")
    )
    counted = counted.reset_index().sort_values(
        ["walks", "parameter", "reason"], ascending=[False, True, True]
    )
    return tuple(
        (str(row.parameter), str(row.reason), int(row.walks), int(row.people))
        for row in counted.head(most).itertuples()
    )


def who_is_missing(table: StudyTable) -> tuple[Lost, ...]:
    """Return how people without any measured walk differ from the others, by covariate."""
    walks = table.walks
    kept = set(walks.loc[walks["status"] == "measured", "subject"])
    there = walks["subject"].isin(kept)
    if there.all():
        return ()
    groups = ("group",) if len(table.groups) > 1 else ()
    return tuple(
        Lost(column, _told(walks[there], column, table), _told(walks[~there], column, table))
        for column in dict.fromkeys((*groups, *_columns(table)))
    )


def dictionary(table: StudyTable) -> tuple[tuple[str, str, str, str, str, str, str], ...]:
    """Return the data dictionary: name, kind, title, definition, unit, view, source."""
    there = (*table.columns, *NEEDED)
    ours = {name: what for name, what in MEANINGS.items() if name in there}
    rows = [(n, "column", n, what, "", "", "clinigait") for n, what in ours.items()]
    skipped = {*ours, *(["group"] if table.groups == (EVERYBODY,) else [])}
    for name in table.walks.columns:
        if name not in skipped:
            kind = "numbers" if is_numeric(table.walks[name]) else "text"
            what = f"Of the manifest; {kind}."
            rows.append((str(name), "column", str(name), what, "", "", "manifest"))
    rows += [_entry(measure) for measure in table.measures]
    return tuple(rows)


def _entry(measure: Measure) -> tuple[str, str, str, str, str, str, str]:
    found = CATALOGUE.get(measure.name)
    if found is None:
        what = "Not in the catalogue of this version."
        return measure.name, "parameter", measure.title, what, measure.unit, "", ""
    sides = " In the summary: the mean of left and right." if measure.sides == "mean" else ""
    return (
        measure.name, "parameter", found.title, found.definition + sides, measure.unit,
        found.view, found.source,
    )  # fmt: skip


def dictionary_csv(table: StudyTable) -> str:
    """Return the data dictionary as CSV."""
    head = ("name", "kind", "title", "definition", "unit", "view", "source")
    rows: list[tuple[Any, ...]] = list(dictionary(table))
    return csv_text(head, rows)
