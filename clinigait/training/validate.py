"""Agreement of measured walks with sensors: errors, bias, limits and correlation, by person."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError, EventKind, Measurement, Protocol, RefusedError, Walk
from clinigait.datasets import gait_validation
from clinigait.gait.measure import measure
from clinigait.io.output import workplace
from clinigait.io.protocol import load_protocol
from clinigait.stats import (
    Agreement,
    Estimate,
    RepeatedLimits,
    agreement,
    limits_of_agreement_repeated,
)
from clinigait.training.bland_altman import bland_altman_png

AGREEMENT, METRICS = "agreement.csv", "metrics.json"
OUTPUTS = (METRICS, AGREEMENT, "bland_altman/*.png")
COLUMNS = (
    "trial",
    "subject",
    "parameter",
    "side",
    "value",
    "reference",
    "low",
    "high",
    "reason",
)
#: A person whose mean difference lies so many robust standard deviations from the middle one is
#: reported apart as well: there sensor or video had a fault.
_OUTLYING = 5.0
_FEWEST_PEOPLE = 5
#: Spreadsheets take a text that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_EVENTS = tuple(kind.value for kind in EventKind)
#: Parameters that are also reported without outlying people.
_OUTLIER_PARAMETER = "speed_mps"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Row:
    """One value of one walk against its reference; either may be missing.

    Parameters
    ----------
    trial, subject, parameter, side
        What it is.
    value, low, high
        The measured value and its 95 % interval.
    reference
        What the sensors say.
    reason
        Why there is no value.
    """

    trial: str
    subject: str
    parameter: str
    side: str
    value: float | None
    reference: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Validation:
    """The outcome of a validation.

    Parameters
    ----------
    rows
        All values with their references.
    agreements
        Agreement by parameter and side, where there is a pair.
    limits
        Limits of agreement that know that people walked more than once.
    walks, assessed
        Number of walks, and of those that gave a measurement.
    refusals
        Code of the refusal by trial.
    outliers
        People whose speed differs from the sensors' as no one else's.
    apart
        Agreement without the outliers, for speed and lengths.
    more
        What else a data set gives, by the name in ``metrics.json``.
    lines
        What else is said of it.
    """

    rows: tuple[Row, ...]
    agreements: Mapping[tuple[str, str], Agreement]
    limits: Mapping[tuple[str, str], RepeatedLimits]
    walks: int
    assessed: int
    refusals: Mapping[str, str]
    outliers: tuple[str, ...] = ()
    apart: Mapping[tuple[str, str], Agreement] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def of(self, parameter: str, side: str) -> list[Row]:
        """Return the rows of one parameter and side."""
        return [r for r in self.rows if (r.parameter, r.side) == (parameter, side)]


def validate_gait(
    root: Path, out: Path, subjects: str | None = None, progress: Progress | None = None
) -> Validation:
    """Measure the walks of the GaitValidation data set and hold them against its sensors.

    Parameters
    ----------
    root
        The data set.
    out
        Folder for ``agreement.csv``, ``metrics.json`` and the Bland-Altman pictures.
    subjects
        People to keep; None for all.
    progress
        Called with the number of walks done and of all.

    Raises
    ------
    BadInputError
        If the data set or the folder cannot be used; nothing is left behind.
    """
    trials = gait_validation.trials(root, subjects)
    protocol = load_protocol("gait_validation")
    rows: list[Row] = []
    refusals: dict[str, str] = {}
    for number, trial in enumerate(trials):
        found, refused = _rows_of(trial, protocol)
        rows += found
        if refused:
            refusals[trial.name] = refused
        if progress is not None:
            progress(number + 1, len(trials))
    return written(summarised(tuple(rows), len(trials), refusals), out)


def written(result: Validation, out: Path) -> Validation:
    """Write tables and pictures of a validation into a folder, all or none; return it."""
    with workplace(out, OUTPUTS, METRICS) as folder:
        (folder / AGREEMENT).write_text(agreement_csv(result.rows), encoding="utf-8")
        pictures = folder / "bland_altman"
        pictures.mkdir()
        for (name, side), found in result.agreements.items():
            pairs = result.of(name, side)
            path = pictures / f"{name}_{side}.png"
            bland_altman_png(*columns(pairs), found, result.limits[name, side], path)
        text = json.dumps(metrics(result), indent=1)
        (folder / METRICS).write_text(f"{text}\n", encoding="utf-8")
    return result


def _rows_of(trial: gait_validation.Trial, protocol: Protocol) -> tuple[list[Row], str | None]:
    """Measure one walk; a walk or a report that cannot be used still gives its rows."""
    measurement, refused, reason = _measured(lambda: gait_validation.read_trial(trial), protocol)
    try:
        references = gait_validation.references(gait_validation.read_report(trial))
    except BadInputError:
        references = gait_validation.references({})
    rows = []
    for (name, side), reference in references.items():
        value, low, high = value_of(measurement, name, side)
        known = float(reference) if np.isfinite(reference) else None
        why = reason if value is None else None
        rows.append(Row(trial.name, trial.subject, name, side, value, known, low, high, why))
    return rows, refused


def _measured(
    read: Callable[[], Walk], protocol: Protocol
) -> tuple[Measurement | None, str | None, str | None]:
    try:
        return measure(read(), protocol), None, None
    except RefusedError as error:
        return None, error.refused.code, error.refused.message
    except BadInputError as error:
        return None, "unreadable", error.message


def value_of(
    measurement: Measurement | None, name: str, side: str
) -> tuple[float | None, float | None, float | None]:
    """Return a value with its interval; of both sides the mean where it is given per side only."""
    if measurement is None:
        return None, None, None
    found = measurement.parameter(name, side)
    if found is not None:
        return found.value, found.low, found.high
    pair = [measurement.parameter(name, s) for s in ("left", "right")]
    values = [p.value for p in pair if p is not None and p.value is not None]
    if side == "both" and len(values) == len(pair):
        return float(np.mean(values)), None, None
    return None, None, None


def columns(
    rows: Iterable[Row],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]:
    """Return value, reference and person of rows; NaN where one is missing."""
    rows = list(rows)
    value = np.array([np.nan if r.value is None else r.value for r in rows])
    reference = np.array([np.nan if r.reference is None else r.reference for r in rows])
    return value, reference, np.array([r.subject for r in rows])


def summarised(rows: tuple[Row, ...], walks: int, refusals: Mapping[str, str]) -> Validation:
    """Compute the agreement of every parameter and side."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        groups.setdefault((row.parameter, row.side), []).append(row)
    agreements = {key: agreement(*columns(own)) for key, own in groups.items() if _has_pair(own)}
    outliers = outlying_people(groups.get((_OUTLIER_PARAMETER, "both"), []))
    apart = {
        key: agreement(*columns(r for r in own if r.subject not in outliers))
        for key, own in groups.items()
        if outliers
        and key in agreements
        and key[0].endswith(("_m", "_mps"))
        and _has_pair([r for r in own if r.subject not in outliers])
    }
    limits = {key: _limits(groups[key]) for key in agreements}
    return Validation(
        rows, agreements, limits, walks, walks - len(refusals), dict(refusals), outliers, apart
    )


def _limits(rows: Iterable[Row]) -> RepeatedLimits:
    value, reference, people = columns(rows)
    return limits_of_agreement_repeated(value - reference, people)


def _has_pair(rows: list[Row]) -> bool:
    return any(r.value is not None and r.reference is not None for r in rows)


def outlying_people(rows: Iterable[Row]) -> tuple[str, ...]:
    """Return the people whose mean difference stands far outside those of all others."""
    by_person: dict[str, list[float]] = {}
    for row in rows:
        if row.value is not None and row.reference is not None:
            by_person.setdefault(row.subject, []).append(row.value - row.reference)
    if len(by_person) < _FEWEST_PEOPLE:
        return ()
    means = {person: float(np.mean(values)) for person, values in by_person.items()}
    middle = float(np.median(list(means.values())))
    spread = 1.4826 * float(np.median([abs(m - middle) for m in means.values()]))
    return tuple(p for p, m in sorted(means.items()) if abs(m - middle) > _OUTLYING * spread > 0)


def agreement_csv(rows: Iterable[Row]) -> str:
    """Return the table of all values and references; an empty cell is missing."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([table_cell(getattr(row, name)) for name in COLUMNS])
    return text.getvalue()


def table_cell(value: str | float | None) -> str:
    """Return a value as it stands in a table: nothing where it is missing, never a formula."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return f"'{value}" if value.startswith(_FORMULA) else value


def metrics(result: Validation) -> dict[str, object]:
    """Return the flat table of all statistics, each with its 95 % interval, and per person."""
    flat: dict[str, object] = {
        "walks": result.walks,
        "assessed": result.assessed,
        "assessed_share": result.assessed / result.walks,
        "people": len({row.subject for row in result.rows}),
        "refusals": dict(result.refusals),
        **result.more,
    }
    for (name, side), found in result.agreements.items():
        flat |= _statistics(f"{name}_{side}", found)
        flat |= _limits_of(f"{name}_{side}", result.limits[name, side])
        flat[f"{name}_{side}_interval_coverage"] = coverage(result.of(name, side))
    flat["outliers"] = list(result.outliers)
    for (name, side), found in result.apart.items():
        flat |= _statistics(f"{name}_{side}_without_outliers", found)
    flat["per_subject"] = _per_subject(result.rows)
    return flat


def _statistics(key: str, found: Agreement) -> dict[str, object]:
    named: dict[str, Estimate] = {
        "mae": found.mae,
        "bias": found.bias,
        "r": found.pearson_r,
        "icc21": found.icc21,
    }
    flat: dict[str, object] = {f"{key}_n": found.n, f"{key}_missing": found.missing}
    if key.startswith(_EVENTS):  # times on a clock always go together
        named = {name: named[name] for name in ("mae", "bias")}
    for name, estimate in named.items():
        flat[f"{key}_{name}"] = estimate.value
        flat[f"{key}_{name}_ci95"] = [estimate.low, estimate.high]
    return flat


def coverage(rows: Iterable[Row]) -> float | None:
    """Return the share of references that lie in the value's 95 % interval; None without any."""
    inside = [
        r.low <= r.reference <= r.high
        for r in rows
        if r.low is not None and r.high is not None and r.reference is not None
    ]
    return float(np.mean(inside)) if inside else None


def _limits_of(key: str, limits: RepeatedLimits) -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, estimate in (("loa_low", limits.low), ("loa_high", limits.high)):
        flat[f"{key}_{name}"] = estimate.value
        flat[f"{key}_{name}_ci95"] = [estimate.low, estimate.high]
    return flat


def _per_subject(rows: Iterable[Row]) -> dict[str, dict[str, float | int]]:
    found: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        if row.value is not None and row.reference is not None:
            own = found.setdefault(row.subject, {})
            own.setdefault(f"{row.parameter}_{row.side}", []).append(row.value - row.reference)
    return {
        person: {
            f"{name}_{what}": value
            for name, d in own.items()
            for what, value in (
                ("n", len(d)),
                ("mae", float(np.abs(d).mean())),
                ("bias", float(np.mean(d))),
            )
        }
        for person, own in sorted(found.items())
    }
