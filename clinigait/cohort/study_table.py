"""The results of a study, checked: its walks, and a value for each walk and parameter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from clinigait.cohort.columns import PARAMETER, WALK
from clinigait.cohort.study_plan import StudyPlan
from clinigait.core import POSE_SYNTHETIC, SYNTHETIC, BadInputError
from clinigait.gait.catalogue import CATALOGUE

STATUSES: Final = ("measured", "refused", "failed")
#: Columns without which results are none.
NEEDED: Final = ("subject", "visit", "file", "status", "parameter", "side", "value")
_TEXTS: Final = (
    "subject",
    "visit",
    "file",
    "status",
    "code",
    "reason",
    "parameter",
    "side",
    "unit",
)
#: No value of a walk is as large; what is would make sums of squares overflow.
_LARGEST: Final = 1e12
_YES: Final = frozenset(("true", "1", "1.0", "yes"))
#: The group of a study without groups.
EVERYBODY: Final = "everybody"
#: A group or a covariate that is not known.
UNKNOWN: Final = ""
_BAND_EDGES_Y: Final = (40.0, 65.0, 75.0, 85.0)
#: So many groups are compared, and so many kinds of a text are adjusted for.
MOST_KINDS: Final = 20
#: A column of numbers with more values than these is cut into bands.
_MOST_LEVELS: Final = 6


@dataclass(frozen=True)
class Measure:
    """A parameter of a study.

    Parameters
    ----------
    name, title, unit
        Name in the catalogue, printed name, unit.
    decimals
        Decimal places as printed; None where the catalogue does not know it.
    sides
        ``both`` where it is one value of a walk, ``mean`` where it is the mean of left and right.
    """

    name: str
    title: str
    unit: str
    decimals: int | None
    sides: str


@dataclass(frozen=True, eq=False)
class StudyTable:
    """A checked study.

    Parameters
    ----------
    walks
        One row a walk: ``subject, visit, file, status, code, reason, group`` as text, and the
        columns of the manifest as they are.
    measures
        Parameters, in the order of the catalogue.
    values
        (walks, measures) values by name of the parameter; NaN where there is none.
    reasons
        Rows without a value of walks that were measured: ``walk, parameter, reason``.
    references
        Reference ranges that the results bring: ``low`` and ``high`` by subject and parameter;
        None where the results have no such columns.
    groups
        Groups, the reference first; people without a group are in none of them.
    visits
        Visits in order.
    columns
        Columns of the results.
    plan
        What is asked.
    synthetic
        Whether a walk is one of a synthetic walker.
    pose_synthetic
        Whether the keypoints of a walk are by a network that learned from synthetic walkers.
    """

    walks: pd.DataFrame
    measures: tuple[Measure, ...]
    values: pd.DataFrame
    reasons: pd.DataFrame
    references: pd.DataFrame | None
    groups: tuple[str, ...]
    visits: tuple[str, ...]
    columns: tuple[str, ...]
    plan: StudyPlan
    synthetic: bool
    pose_synthetic: bool

    def with_values(self, name: str) -> pd.DataFrame:
        """Return the measured walks with a column ``value`` of one parameter, none missing."""
        found = self.walks.assign(value=self.values[name])
        return found[np.isfinite(found["value"])]


def checked(results: pd.DataFrame, plan: StudyPlan) -> StudyTable:
    """Return the results as a study.

    Parameters
    ----------
    results
        One row a walk, parameter and side: what :mod:`clinigait.cohort.tables` writes.
    plan
        What is asked.

    Raises
    ------
    BadInputError
        If a column is missing, a status is unknown, a value is there twice, or the plan names
        what is not in the results.
    """
    _check_columns(results, plan)
    rows = results.reset_index(drop=True).copy()
    for name in _TEXTS:
        rows[name] = _text(rows[name]) if name in rows else UNKNOWN
    strangers = sorted(set(rows["status"]) - set(STATUSES))
    if strangers:
        raise BadInputError(
            f"The results have a status {strangers[0][:40]!r}.", f"Use {', '.join(STATUSES)}."
        )
    # Not one sum of texts: names may hold any sign.
    rows["walk"] = rows.groupby([*WALK], sort=False).ngroup()
    walks = rows.drop_duplicates("walk").set_index("walk")
    walks["group"] = _group_of(walks, plan)
    _check_kinds(walks, plan)
    kept = rows[rows["parameter"] != UNKNOWN]
    value = pd.to_numeric(kept["value"], errors="coerce").astype(float)
    usable = (value.abs() < _LARGEST) & (kept["status"] == "measured")
    kept = kept.assign(value=value.where(usable))
    _check_once(kept)
    values, measures = _by_parameter(kept, walks.index)
    _check_primary(plan.primary, measures)
    lost = kept[kept["value"].isna() & (kept["status"] == "measured")]
    return StudyTable(
        walks=walks.drop(columns=[*PARAMETER], errors="ignore"),
        measures=measures,
        values=values,
        reasons=lost[["walk", "parameter", "reason"]],
        references=_references(kept),
        groups=_groups(walks, plan),
        visits=tuple(sorted(set(walks["visit"]), key=_in_order)),
        columns=tuple(map(str, results.columns)),
        plan=plan,
        synthetic=_any(rows, SYNTHETIC),
        pose_synthetic=_any(rows, POSE_SYNTHETIC),
    )  # fmt: skip


def is_numeric(column: pd.Series[Any]) -> bool:
    """Tell whether all that is known of a column is numbers, and something is."""
    known = column[_text(column) != UNKNOWN]
    return len(known) > 0 and bool(np.isfinite(numbers(known)).all())


def numbers(column: pd.Series[Any]) -> pd.Series[float]:
    """Return a column as numbers; NaN where there is none."""
    return pd.to_numeric(column, errors="coerce").astype(float)


def levels(column: pd.Series[Any], name: str) -> tuple[pd.Series[str], tuple[str, ...]]:
    """Return a column as levels of a subgroup, and the levels in order.

    Text stays; numbers of more than six kinds become bands: ages at 40, 65, 75 and 85 years,
    others below their median and from it on.
    """
    if not is_numeric(column):
        texts = _text(column)
        return texts, tuple(sorted(set(texts) - {UNKNOWN}))
    known = numbers(column)
    if known.nunique() <= _MOST_LEVELS:
        texts = _text(column).where(known.notna(), UNKNOWN)
        return texts, tuple(sorted(set(texts) - {UNKNOWN}, key=_in_order))
    edges = _BAND_EDGES_Y if name == "age_y" else (float(known.median()),)
    names = [
        f"{'below' if i == 0 else 'from'} {edges[max(i - 1, 0)]:.4g}"
        + (f" to below {edges[i]:.4g}" if 0 < i < len(edges) else "")
        for i in range(len(edges) + 1)
    ]
    bands = pd.Series(np.searchsorted(edges, known, side="right"), known.index)
    texts = bands.map(dict(enumerate(names))).where(known.notna(), UNKNOWN)
    return texts, tuple(name for name in names if (texts == name).any())


def _text(column: pd.Series[Any]) -> pd.Series[str]:
    # Most columns of a long table say the same thing many times.
    codes, kinds = pd.factorize(column.astype(object))
    texts = np.array([*map(_storable, kinds), UNKNOWN], dtype=object)
    return pd.Series(texts[codes], column.index, dtype=object)


def _storable(cell: object) -> str:
    # File names that are no valid UTF-8 reach Python as lone surrogates, which no file can hold.
    return str(cell).encode("utf-8", "replace").decode().strip()


def _any(rows: pd.DataFrame, name: str) -> bool:
    """Tell whether a column is there and says yes of a walk."""
    return name in rows and bool(_text(rows[name]).str.lower().isin(_YES).any())


def _check_columns(results: pd.DataFrame, plan: StudyPlan) -> None:
    missing = [name for name in (*NEEDED, *plan.columns) if name not in results.columns]
    if missing:
        raise BadInputError(
            f"The results have no column {missing[0][:40]}.",
            "Name a column of the manifest, or score the cohort again.",
        )
    if results.columns.has_duplicates:
        raise BadInputError("The results have a column twice.", "Name each column once.")


def _group_of(walks: pd.DataFrame, plan: StudyPlan) -> pd.Series[str] | str:
    if plan.group is not None:
        return _text(walks[plan.group])
    named = _text(walks["group"]) if "group" in walks else None
    # Nobody asked for this column: one that holds no groups is no reason to fail.
    if named is None or named.nunique() > MOST_KINDS or (named == UNKNOWN).all():
        return EVERYBODY
    return named


def _check_kinds(walks: pd.DataFrame, plan: StudyPlan) -> None:
    for name in dict.fromkeys((*([plan.group] if plan.group else []), *plan.covariates)):
        numeric = name != plan.group and is_numeric(walks[name])
        if not numeric and _text(walks[name]).nunique() > MOST_KINDS:
            raise BadInputError(
                f"The column {name[:40]} has more than {MOST_KINDS} kinds.",
                "Name a column with fewer, or one that holds numbers only.",
            )


def _check_once(kept: pd.DataFrame) -> None:
    twice = kept[kept.duplicated(["walk", "parameter", "side"])]
    if len(twice):
        row = twice.iloc[0]
        where = "/".join(row[name][:30] for name in [*WALK])
        raise BadInputError(
            f"The results have {row['parameter'][:40]} of {where} twice.",
            "Each walk comes once: score the cohort again.",
        )


def _check_primary(primary: Sequence[str], measures: Sequence[Measure]) -> None:
    known = {measure.name for measure in measures}
    missing = [name for name in primary if name not in known]
    if missing and known:
        raise BadInputError(
            f"The results have no parameter {missing[0][:40]}.",
            "Name parameters that the protocol measures.",
        )


def _by_parameter(
    kept: pd.DataFrame, walks: pd.Index[int]
) -> tuple[pd.DataFrame, tuple[Measure, ...]]:
    """Return a value for each walk and parameter: that of both sides, or the mean of the two."""
    known = list(CATALOGUE)
    names = sorted(
        set(kept["parameter"]),
        key=lambda name: (known.index(name) if name in CATALOGUE else len(known), name),
    )
    units = kept[kept["unit"] != UNKNOWN].groupby("parameter")["unit"].first()
    parts = dict(iter(kept.groupby("parameter")))
    values, measures = {}, []
    for name in names:
        sides = parts[name].pivot(index="walk", columns="side", values="value").reindex(walks)
        whole = "both" in sides
        # The mean of one side would be another quantity than the mean of two.
        values[name] = sides["both"] if whole else sides.mean(axis=1, skipna=False)
        definition = CATALOGUE.get(name)
        measures.append(
            Measure(
                name=name,
                title=definition.title if definition else name,
                unit=str(units.get(name, definition.unit if definition else "")),
                decimals=definition.decimals if definition else None,
                sides="both" if whole else "mean",
            )
        )
    return pd.DataFrame(values, index=walks, dtype=float), tuple(measures)


def _references(kept: pd.DataFrame) -> pd.DataFrame | None:
    if not {"reference_low", "reference_high"} <= set(kept.columns):
        return None
    ranges = kept.assign(low=numbers(kept["reference_low"]), high=numbers(kept["reference_high"]))
    known = ranges.dropna(subset=["low", "high"])
    return known.groupby(["subject", "parameter"])[["low", "high"]].first()


def _groups(walks: pd.DataFrame, plan: StudyPlan) -> tuple[str, ...]:
    people = walks[walks["group"] != UNKNOWN].groupby("group")["subject"].nunique()
    names = sorted(people.index, key=_in_order)
    first = plan.reference_group
    if first is not None and first not in names:
        raise BadInputError(
            f"The results have no group {first[:40]!r}.",
            f"Choose of: {', '.join(name[:30] for name in names[:10])}.",
        )
    if first is None:
        first = max(names, key=lambda name: people[name], default=None)
    return tuple(sorted(names, key=lambda name: name != first))


def _in_order(text: str) -> tuple[int, float, str]:
    """Sort numbers as numbers, before words."""
    try:
        value = float(text)
    except ValueError:
        value = np.nan
    return (0, value, text) if np.isfinite(value) else (1, 0.0, text)
