"""An export for research: measurements of patients, without who they are and when it was.

What goes out is listed here, column by column; all else stays. Pseudonyms and shifts of the dates
are drawn anew for every export and kept nowhere, so that two exports cannot be laid over one
another and nobody, we neither, can lead a row back to a patient.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import math
import secrets
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from clinigait.clinic.access import Target, acting, seen_by
from clinigait.clinic.scales import scored
from clinigait.core import SYNTHETIC_COLUMNS, BadInputError
from clinigait.gait.catalogue import CATALOGUE
from clinigait.report.tables import Cell, csv_text
from clinigait.store import Store, audit
from clinigait.store.accounts import Account
from clinigait.store.tables import Patient, Signature, StoredAssessment, Visit

#: From this age on, in years, all are one group.
OLDEST_Y = 90
#: A patient's dates go back by one number of days, from 1 to this: intervals stay.
LONGEST_SHIFT_DAYS = 1095
_SIDES = frozenset({"left", "right"})
_SEXES = frozenset({"female", "male"})
_UNITS = frozenset(definition.unit for definition in CATALOGUE.values())
_PERSON = ("person", "visit", "day")
_VISIT_COLUMNS = (
    *_PERSON, "status", "refusal", *SYNTHETIC_COLUMNS, "events_reviewed", "signed", "age_y", "sex",
    "height_m", "mass_kg",
)  # fmt: skip
_MEASURED_COLUMNS = (*_PERSON, "parameter", "side", "value", "unit", "n", "low", "high")
_SCALE_COLUMNS = (*_PERSON, "scale", "score", "unit")
_DETAIL: Mapping[str, str | int] = {"form": "research"}


@dataclass
class _Tables:
    """Rows of the three tables."""

    visits: list[list[Cell]] = field(default_factory=list)
    measured: list[list[Cell]] = field(default_factory=list)
    scales: list[list[Cell]] = field(default_factory=list)


@dataclass(frozen=True)
class Exported:
    """An export: a ZIP archive, and of how many it tells."""

    content: bytes
    patients: int
    visits: int


def export(
    store: Store, account: Account | None, patient_ids: Sequence[str] | None = None
) -> Exported:
    """Return measurements of patients for research; every patient in it is audited first.

    Parameters
    ----------
    store
        Where.
    account
        Who exports; None for the command line, whose user has the data anyway.
    patient_ids
        Of whom; None for all whom the user sees.

    Raises
    ------
    BadInputError
        If there is nobody to export.
    RefusedError
        If the user may not, or somebody is not among the user's.
    """
    ids = _permitted(store, account, patient_ids)
    if not ids:
        raise BadInputError("There are no patients to export.", "Add visits with results first.")
    key = secrets.token_bytes(32)
    people = {hmac.new(key, one.encode(), hashlib.sha256).hexdigest()[:16]: one for one in ids}
    tables = _Tables()
    with store.reading() as db:
        for person in sorted(people):  # in an order that tells nothing of who came when
            _add_person(db, people[person], f"P-{person}", tables)
    readme = files("clinigait.clinic").joinpath("research.md").read_text(encoding="utf-8")
    counts = {"patients": len(people), "visits": len(tables.visits)}
    members = {
        "README.txt": readme.format(**counts),
        "visits.csv": csv_text(_VISIT_COLUMNS, tables.visits),
        "measurements.csv": csv_text(_MEASURED_COLUMNS, tables.measured),
        "scales.csv": csv_text(_SCALE_COLUMNS, tables.scales),
    }
    return Exported(_packed(members), **counts)


def _permitted(
    store: Store, account: Account | None, patient_ids: Sequence[str] | None
) -> list[str]:
    """Return ids that may be exported, each of them audited."""
    if account is None:
        with store.writing() as db:
            known = list(db.scalars(select(Patient.id)))
            ids = known if patient_ids is None else [one for one in patient_ids if one in known]
            for one in ids:
                audit.record(db, None, "export", "patient", one, _DETAIL)
        return ids
    if patient_ids is None:
        with acting(store, account, "export", "list", detail=_DETAIL) as db:
            ids = list(db.scalars(select(Patient.id).where(seen_by(db, account))))
            for one in ids:
                audit.record(db, account.id, "export", "patient", one, _DETAIL)
        return ids
    for one in patient_ids:
        with acting(store, account, "export", "export", Target("patient", one), _DETAIL):
            pass
    return list(patient_ids)


def _add_person(db: Session, patient_id: str, person: str, tables: _Tables) -> None:
    shift_days = 1 + secrets.randbelow(LONGEST_SHIFT_DAYS)
    visits = select(Visit).where(Visit.patient_id == patient_id)
    ordered = db.scalars(visits.order_by(Visit.day, Visit.created_ms)).all()
    for number, visit in enumerate(ordered, 1):
        day = date.fromordinal(max(1, date.fromisoformat(visit.day).toordinal() - shift_days))
        head: list[Cell] = [person, number, day.isoformat()]
        newest = (
            select(StoredAssessment.content, Signature.id)
            .outerjoin(Signature, Signature.assessment_id == StoredAssessment.id)
            .where(StoredAssessment.visit_id == visit.id)
            .order_by(StoredAssessment.version.desc())
        )
        row = db.execute(newest.limit(1)).first()
        content: dict[str, Any] = {} if row is None else json.loads(row[0])
        signed = row is not None and row[1] is not None
        tables.visits.append([*head, *_visit(visit.facts, content, signed=signed)])
        tables.measured += [[*head, *cells] for cells in _measured(content)]
        tables.scales += [
            [*head, score.key, score.value, score.unit] for score in scored(visit.facts)
        ]


def _visit(facts: Mapping[str, Any], content: dict[str, Any], *, signed: bool) -> list[Cell]:
    """Return what is told of a visit: numbers, and words of closed lists only."""
    subject = {**facts, **{k: v for k, v in _part(content, "subject").items() if v is not None}}
    refusal = str(content.get("code") or "")
    age_y = _number(subject.get("age_y"))
    old = age_y is not None and age_y >= OLDEST_Y
    return [
        "none" if not content else "refused" if refusal else "measured",
        refusal if refusal.isidentifier() else "",
        bool(_part(content, "provenance").get("synthetic")),
        bool(_part(content, "perception").get("pose_synthetic")),
        bool(_part(content, "review")),
        signed,
        None if age_y is None else f"{OLDEST_Y}+" if old else int(age_y),
        subject.get("sex") if subject.get("sex") in _SEXES else None,
        _rounded(subject.get("height_m"), 2),
        _rounded(subject.get("mass_kg"), 0),
    ]


def _measured(content: dict[str, Any]) -> list[list[Cell]]:
    """Return the parameters that the catalogue knows; no text of the assessment goes out."""
    rows: list[list[Cell]] = []
    for found in _part(content, "measurement").get("parameters") or []:
        definition = CATALOGUE.get(found.get("name"))
        if definition is None:
            continue
        side = found.get("side") if found.get("side") in _SIDES else None
        n = found.get("n")
        rows.append([
            definition.name, side, _number(found.get("value")), _unit(found.get("unit")),
            n if isinstance(n, int) else None, _number(found.get("low")),
            _number(found.get("high")),
        ])  # fmt: skip
    return rows


def _unit(unit: object) -> str | None:
    return str(unit) if unit in _UNITS else None


def _part(content: dict[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: object) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None  # type: ignore[arg-type]


def _rounded(value: object, digits: int) -> float | None:
    number = _number(value)
    return None if number is None else round(number, digits)


def _packed(members: Mapping[str, str]) -> bytes:
    """Pack texts without the time at which, or the system on which it is done."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            member = zipfile.ZipInfo(name)  # of 1980
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, text.encode("utf-8"))
    return content.getvalue()
