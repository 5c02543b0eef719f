"""Results that are taken out: by an address that stays good, made and audited at the asking."""

from __future__ import annotations

from urllib.parse import unquote

import pytest

pytest.importorskip("streamlit", reason="the extra `clinic` is not installed")
pytest.importorskip("clinigait.apps", reason="clinigait.apps is not linked or installed")

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from clinigait.apps.dashboard.door import Door
from clinigait.apps.dashboard.downloads import FORMS, Downloads, address
from clinigait.apps.dashboard.session import COOKIE
from clinigait.apps.dashboard.settings import Settings
from clinigait.clinic import documents, signing
from clinigait.clinic.review import opened
from clinigait.store import Store, accounts, sign_ins
from clinigait.store.tables import AuditEntry
from support.clinics import PASSWORD, user
from support.reviewing import Visit


def browser(store: Store, name: str | None = "doctor") -> TestClient:
    """Return a browser in which somebody, or nobody, is signed in."""
    settings = Settings(store.folder)
    app = Starlette(
        routes=Downloads(store).routes(),
        middleware=[Middleware(Door, store=store, settings=settings)],
    )
    cookies = {} if name is None else {COOKIE: sign_ins.sign_in(store, name, PASSWORD).token}
    return TestClient(app, base_url="http://localhost:8501", cookies=cookies)


def n_exports(store: Store) -> int:
    with store.reading() as db:
        return db.query(AuditEntry).filter_by(action="export").count()


def test_every_form_is_made_when_asked_for_and_audited(case: tuple[Store, Visit]) -> None:
    store, made = case
    asking = browser(store)
    begins = {"pdf": b"%PDF", "fhir": b"{", "dicom": bytes(128) + b"DICM", "csv": b""}
    for form, (ending, kind) in FORMS.items():
        answer = asking.get(address(made.assessment, form, "en", "letter"))
        assert answer.status_code == 200
        assert answer.content.startswith(begins[form])
        assert len(answer.content) > 500
        assert answer.headers["content-type"].startswith(kind)
        name = unquote(answer.headers["content-disposition"])
        assert name == f"attachment; filename*=UTF-8''P-7_2026-11-02_v1.{ending}"
    assert n_exports(store) == len(FORMS)


def test_what_was_signed_is_given_byte_for_byte_by_the_address_of_before(
    case: tuple[Store, Visit],
) -> None:
    store, made = case
    asking, pdf = browser(store), address(made.assessment, "pdf", "zh", "letter")
    found = opened(store, made.doctor, made.assessment)
    signature = documents.sign(store, made.doctor, found, "en", "a4", "")
    answer = asking.get(pdf)
    assert answer.content == signing.report(store, made.doctor, signature)


def test_only_who_may_takes_out_and_only_as_long_as_signed_in(case: tuple[Store, Visit]) -> None:
    store, made = case
    csv = address(made.assessment, "csv", "zh", "a4")
    user(store, "looker", "viewer", all_patients=True)
    user(store, "stranger")
    for name, said in (("looker", "您的角色没有此权限"), ("stranger", "您的患者中没有此记录")):
        answer = browser(store, name).get(csv)
        assert answer.status_code == 403
        assert said in answer.text
    assert browser(store, None).get(csv).status_code == 401
    asking = browser(store)
    sign_ins.sign_out(store, asking.cookies[COOKIE])
    assert asking.get(csv).status_code == 401
    asking = browser(store)
    user(store, "boss", "admin")
    with store.writing() as db:
        accounts.change(db, made.doctor.id, role="auditor")
    assert asking.get(csv).status_code in {401, 403}
    assert n_exports(store) == 0


@pytest.mark.parametrize(
    "path",
    ["/download/{0}/exe?page=a4", "/download/{0}/pdf", "/download/{0}/pdf?page=a0",
     "/download/{0}/../pdf?page=a4", "/download/x/pdf?page=a4"],
)  # fmt: skip
def test_what_is_no_form_is_not_there(case: tuple[Store, Visit], path: str) -> None:
    store, made = case
    assert browser(store).get(path.format(made.assessment)).status_code == 404
    assert n_exports(store) == 0


def test_looking_whether_it_is_there_takes_nothing_out(case: tuple[Store, Visit]) -> None:
    store, made = case
    assert browser(store).head(address(made.assessment, "csv", "en", "a4")).status_code == 404
    assert n_exports(store) == 0
