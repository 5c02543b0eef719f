"""The audit log as FHIR R4 AuditEvents, for an archive of audit messages (IHE ATNA)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select

from clinigait.clinic.access import acting
from clinigait.store import Store
from clinigait.store.accounts import Account
from clinigait.store.tables import AuditEntry

_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://terminology.hl7.org/CodeSystem/audit-event-type"
#: Type of the event by our action; all others are of a patient's record.
_TYPES = {
    **dict.fromkeys(("login", "logout", "failed_login", "locked"), "User Authentication"),
    **dict.fromkeys(("export", "backup"), "Export"),
    **dict.fromkeys(("user_change", "scope", "break_glass", "denied"), "Security Alert"),
    **dict.fromkeys(("anchor", "verify", "restore", "retention"), "Audit Log Used"),
}
_CODES = {
    "User Authentication": "110114",
    "Export": "110106",
    "Security Alert": "110113",
    "Audit Log Used": "110101",
    "Patient Record": "110110",
}
#: What was done with the object, as FHIR has it: create, read, update, delete, execute.
_DONE = {"create": "C", "view": "R", "list": "R", "export": "R", "edit": "U", "erase": "D"}
_FAILED = {"failed_login", "locked", "denied", "job_failed"}


def audit_events(store: Store, account: Account, from_ms: int, to_ms: int) -> Iterator[str]:
    """Give the links of the audit chain of some time as AuditEvents, one JSON text a line.

    Parameters
    ----------
    store, account
        Where; who asks: an auditor, and that is audited.
    from_ms, to_ms
        From when, and until just before when, in milliseconds since 1970.

    Raises
    ------
    RefusedError
        If the user is no auditor.
    """
    with acting(store, account, "audit", "export", detail={"form": "AuditEvent"}) as db:
        found = (
            select(AuditEntry)
            .where(AuditEntry.at_ms >= from_ms, AuditEntry.at_ms < to_ms)
            .order_by(AuditEntry.number)
        )
        entries = [_event(entry) for entry in db.scalars(found)]
    return (json.dumps(entry, sort_keys=True) for entry in entries)


def _event(entry: AuditEntry) -> dict[str, Any]:
    kind = _TYPES.get(entry.action, "Patient Record")
    at = datetime.fromtimestamp(entry.at_ms / 1000, UTC).isoformat(timespec="milliseconds")
    who = {"identifier": {"value": entry.user_id}} if entry.user_id else {"display": "system"}
    found: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": entry.hash[:64],
        "type": {"system": _DICOM, "code": _CODES[kind], "display": kind},
        "subtype": [{"system": "urn:clinigait:audit", "code": entry.action}],
        "action": _DONE.get(entry.action, "E"),
        "recorded": at,
        "outcome": "4" if entry.action in _FAILED else "0",
        "agent": [{"who": who, "requestor": True}],
        "source": {
            "observer": {"display": "clinigait"},
            "type": [{"system": _REST, "code": "rest"}],
        },
        "entity": [
            {
                "what": {"identifier": {"value": str(entry.number)}},
                "description": "link of the audit chain",
                "detail": [
                    {"type": "previous", "valueString": entry.previous_hash},
                    {"type": "hash", "valueString": entry.hash},
                    {"type": "detail", "valueString": entry.detail},
                ],
            }
        ],
    }
    if entry.object_id:
        what = {"identifier": {"value": entry.object_id}, "display": entry.kind or "object"}
        found["entity"].append({"what": what})
    return found
