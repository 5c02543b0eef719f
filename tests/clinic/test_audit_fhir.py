"""The audit log as FHIR: every link, valid, for auditors only."""

import json

import pytest

from clinigait.clinic import patients
from clinigait.clinic.audit_fhir import audit_events
from clinigait.core import RefusedError
from clinigait.store import Store, audit, sign_ins
from clinigait.store.tables import AuditEntry
from support.clinics import case, user


def test_every_link_is_an_event_that_fhir_takes(store: Store, clock) -> None:
    auditevent = pytest.importorskip("fhir.resources.R4B.auditevent")
    made = case(store)
    sign_ins.sign_in(store, "doctor", "wrong")
    patients.page(store, made.doctor, made.patient)
    auditor = user(store, "auditor", "auditor")
    lines = list(audit_events(store, auditor, 0, clock.ms + 1))
    with store.reading() as db:
        entries = db.query(AuditEntry).order_by(AuditEntry.number).all()
    events = [json.loads(line) for line in lines]
    assert [event["subtype"][0]["code"] for event in events] == [e.action for e in entries]
    for event in events:
        auditevent.AuditEvent.model_validate(event)
    outcomes = {event["subtype"][0]["code"]: event["outcome"] for event in events}
    assert (outcomes["failed_login"], outcomes["view"]) == ("4", "0")
    assert "P-001" not in "".join(lines)
    assert audit.check(store) == []
    assert list(audit_events(store, auditor, clock.ms + 1, clock.ms + 2)) == []
    with pytest.raises(RefusedError):
        audit_events(store, made.doctor, 0, 1)
