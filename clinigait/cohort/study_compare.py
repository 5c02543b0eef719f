"""Whether groups differ, and whether the difference differs in a part of the people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from clinigait.cohort.study_models import Effect, Fitted, NotFitted, fit
from clinigait.cohort.study_multiplicity import benjamini_hochberg, holm
from clinigait.cohort.study_table import UNKNOWN, Measure, StudyTable, is_numeric, levels, numbers

#: A group or a part of one with fewer people is not compared.
LEAST_PEOPLE = 2
_NO_GROUPS = "There are no two groups with values to compare."


@dataclass(frozen=True)
class Contrast:
    """The difference of a group from the reference group in one parameter.

    Parameters
    ----------
    measure
        The parameter.
    group, reference
        The two groups; the difference is group minus reference.
    effect
        The difference, adjusted; None where it cannot be told.
    adjusted_p
        p value for the number of tests; None where there is none.
    primary
        Whether the parameter was named before: Holm's method among these, Benjamini and
        Hochberg's among the others.
    n_people, n_walks
        What the model rests on, all groups together.
    left_out
        Walks with a value that lack a covariate.
    model
        ``mixed``, ``plain``, or ``none``.
    note
        Sentence on the model, or why there is no difference; may be empty.
    """

    measure: Measure
    group: str
    reference: str
    effect: Effect | None
    adjusted_p: float | None
    primary: bool
    n_people: int
    n_walks: int
    left_out: int
    model: Literal["mixed", "plain", "none"]
    note: str


@dataclass(frozen=True)
class LevelEffect:
    """The difference of a group from the reference among the people of one level.

    Parameters
    ----------
    level, group
        Which people.
    n_people
        People of this level, in this group and in the reference group.
    effect
        The difference from the model with the interaction; None where it cannot be told.
    """

    level: str
    group: str
    n_people: tuple[int, int]
    effect: Effect | None


@dataclass(frozen=True)
class SubgroupTest:
    """Whether the difference of the groups hangs on a column: one test of the interaction.

    Parameters
    ----------
    measure, column
        The parameter, and the column of the manifest.
    p, adjusted_p
        Of the interaction as a whole, plain and for the number of tests; None without a test.
    levels
        The differences by level, from the same model.
    note
        What was left out, or why there is no test; may be empty.
    """

    measure: Measure
    column: str
    p: float | None
    adjusted_p: float | None
    levels: tuple[LevelEffect, ...]
    note: str


@dataclass(frozen=True, eq=False)
class _Design:
    """A design with the names of its columns: ``group:NAME`` of the groups."""

    rows: pd.DataFrame
    names: tuple[str, ...]
    columns: NDArray[np.float64]
    groups: tuple[str, ...]

    def fitted(self) -> Fitted:
        people, _ = pd.factorize(self.rows["subject"])
        return fit(self.rows["value"].to_numpy(float), self.columns, people.astype(np.intp))

    def unit(self, *names: str) -> NDArray[np.float64]:
        return np.isin(self.names, names).astype(np.float64)


def compare(table: StudyTable) -> tuple[Contrast, ...]:
    """Return the differences of all groups from the reference group, for all parameters.

    The model has the groups, the visits where there are several, the covariates of the plan, and
    a random intercept for the person (:func:`~clinigait.cohort.study_models.fit`). Walks that
    lack a covariate are left out and counted. Primary parameters are adjusted by Holm over all
    their comparisons, all others by Benjamini and Hochberg over theirs.
    """
    if len(table.groups) < 2:
        return ()
    found = [contrast for measure in table.measures for contrast in _contrasts(table, measure)]
    adjusted: dict[int, float | None] = {}
    for primary, adjust in ((True, holm), (False, benjamini_hochberg)):
        family = [i for i, contrast in enumerate(found) if contrast.primary is primary]
        p_values = [found[i].effect.p if found[i].effect else None for i in family]  # type: ignore[union-attr]
        adjusted |= dict(zip(family, adjust(p_values), strict=True))
    return tuple(replace(contrast, adjusted_p=adjusted[i]) for i, contrast in enumerate(found))


def subgroup_tests(table: StudyTable) -> tuple[SubgroupTest, ...]:
    """Return a test of the interaction for each parameter and column of the plan.

    Of the primary parameters, with Holm's method over all tests; where none was named, of all,
    with Benjamini and Hochberg's. A difference that is significant in one part of the people and
    not in another says nothing: the parts are held against each other (Altman & Bland 2003,
    doi 10.1136/bmj.326.7382.219).
    """
    if len(table.groups) < 2:
        return ()
    primary = table.plan.primary
    chosen = [m for m in table.measures if not primary or m.name in primary]
    found = [_subgroup(table, m, column) for column in table.plan.subgroups for m in chosen]
    adjusted = (holm if primary else benjamini_hochberg)([test.p for test in found])
    return tuple(replace(t, adjusted_p=p) for t, p in zip(found, adjusted, strict=True))


def _contrasts(table: StudyTable, measure: Measure) -> list[Contrast]:
    there = table.with_values(measure.name)
    there = there[there["group"] != UNKNOWN]
    reference = table.groups[0]
    primary = measure.name in table.plan.primary

    def contrast(group: str, design: _Design | None, note: str) -> Contrast:
        rows = there.iloc[:0] if design is None else design.rows
        return Contrast(
            measure, group, reference, None, None, primary, rows["subject"].nunique(), len(rows),
            len(there) - len(rows) if design else 0, "none", note,
        )  # fmt: skip

    try:
        design = _design(table, there, table.plan.covariates)
        fitted = design.fitted()
    except NotFitted as why:
        return [contrast(group, None, str(why)) for group in table.groups[1:]]
    found = []
    for group in table.groups[1:]:
        if group not in design.groups:
            note = f"Fewer than {LEAST_PEOPLE} people of the group have a value."
            found.append(contrast(group, None, note))
            continue
        begun = replace(contrast(group, design, fitted.note), model=fitted.kind)
        try:
            found.append(replace(begun, effect=fitted.effect(design.unit(f"group:{group}"))))
        except NotFitted as why:
            found.append(replace(begun, model="none", note=str(why)))
    return found


def _design(table: StudyTable, there: pd.DataFrame, covariates: Sequence[str]) -> _Design:
    """Return the design of the comparison; raises NotFitted where no two groups are left."""
    there, adjusted = _covariates(there, covariates)
    people = there.groupby("group")["subject"].nunique()
    groups = tuple(g for g in table.groups if people.get(g, 0) >= LEAST_PEOPLE)
    if len(groups) < 2 or groups[0] != table.groups[0]:
        raise NotFitted(_NO_GROUPS)
    kept = there["group"].isin(groups)
    there = there[kept]
    columns = {"one": np.ones(len(there))}
    columns |= {f"group:{g}": (there["group"] == g).to_numpy(float) for g in groups[1:]}
    base = dict(columns)
    for name, column in adjusted.items():
        columns[name] = column[kept.to_numpy()]
    visits = sorted(set(there["visit"]))
    with_visits = columns | {
        f"visit:{v}": (there["visit"] == v).to_numpy(float) for v in visits[1:]
    }
    # A visit that only one group has cannot be told from the group: the model does without it.
    if _rank_is_full(with_visits) or not _rank_is_full(columns):
        columns = with_visits if _rank_is_full(with_visits) else columns
    columns = {n: c for n, c in columns.items() if n in base or np.ptp(c) > 0}
    return _Design(there, tuple(columns), np.column_stack(list(columns.values())), groups)


def _rank_is_full(columns: dict[str, NDArray[np.float64]]) -> bool:
    matrix = np.column_stack(list(columns.values()))
    return bool(np.linalg.matrix_rank(matrix) == matrix.shape[1])


def _covariates(
    there: pd.DataFrame, names: Sequence[str]
) -> tuple[pd.DataFrame, dict[str, NDArray[np.float64]]]:
    """Return the rows that have all covariates, and these as columns around 0."""
    read: dict[str, pd.Series] = {}
    for name in names:
        column = there[name]
        read[name] = numbers(column) if is_numeric(column) else levels(column, name)[0]
    known = np.ones(len(there), bool)
    for column in read.values():
        known &= (column.notna() & (column != UNKNOWN)).to_numpy()
    columns: dict[str, NDArray[np.float64]] = {}
    for name, column in read.items():
        kept = column[known]
        if kept.dtype == float:
            spread = float(kept.std(ddof=0)) if len(kept) else 0.0
            columns[f"covariate:{name}"] = ((kept - kept.mean()) / (spread or 1.0)).to_numpy(float)
        else:
            for level in sorted(set(kept))[1:]:
                columns[f"covariate:{name}:{level}"] = (kept == level).to_numpy(float)
    return there[known], columns


def _subgroup(table: StudyTable, measure: Measure, column: str) -> SubgroupTest:
    there = table.with_values(measure.name)
    there = there[there["group"] != UNKNOWN]
    level, names = levels(there[column], column)
    there = there.assign(level=level)
    people = there.groupby(["level", "group"])["subject"].nunique()

    def count(name: str, group: str) -> int:
        return int(people.get((name, group), 0))

    whole = [n for n in names if all(count(n, g) >= LEAST_PEOPLE for g in table.groups)]
    dropped = [n[:30] or "?" for n in names if n not in whole]
    note = (
        f"Left out, with fewer than {LEAST_PEOPLE} people in a group: {', '.join(dropped)}."
        if dropped
        else ""
    )
    empty = tuple(
        LevelEffect(n, g, (count(n, g), count(n, table.groups[0])), None)
        for n in whole for g in table.groups[1:]
    )  # fmt: skip
    if len(whole) < 2:
        why = f"There are no two parts with {LEAST_PEOPLE} people in every group."
        return SubgroupTest(measure, column, None, None, (), why)
    try:
        design = _design(table, there[there["level"].isin(whole)],
                         [name for name in table.plan.covariates if name != column])  # fmt: skip
        design, mixed = _with_levels(design, whole)
        fitted = design.fitted()
        p = fitted.joint_p(mixed)
    except NotFitted as why_not:
        return SubgroupTest(measure, column, None, None, empty, str(why_not))
    effects = tuple(replace(e, effect=_effect(fitted, design, e)) for e in empty)
    return SubgroupTest(measure, column, p, None, effects, " ".join((note, fitted.note)).strip())


def _with_levels(design: _Design, whole: Sequence[str]) -> tuple[_Design, NDArray[np.intp]]:
    """Return a design with levels and their interaction with the groups, and where that is."""
    level = design.rows["level"]
    names, columns = list(design.names), [design.columns]
    for name in whole[1:]:
        there = (level == name).to_numpy(float)
        names.append(f"level:{name}")
        columns.append(there[:, None])
    first = len(names)
    for name in whole[1:]:
        for group in design.groups[1:]:
            there = ((level == name) & (design.rows["group"] == group)).to_numpy(float)
            names.append(f"both:{group}:{name}")
            columns.append(there[:, None])
    wider = replace(design, names=tuple(names), columns=np.hstack(columns))
    return wider, np.arange(first, len(names))


def _effect(fitted: Fitted, design: _Design, asked: LevelEffect) -> Effect | None:
    try:
        return fitted.effect(
            design.unit(f"group:{asked.group}", f"both:{asked.group}:{asked.level}")
        )
    except NotFitted:
        return None
