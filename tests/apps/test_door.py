"""The door, the way in, and the routes: without Streamlit behind them."""

from __future__ import annotations

import hashlib
import re
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyotp
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from clinigait.apps.dashboard import session
from clinigait.apps.dashboard.door import Door
from clinigait.apps.dashboard.films import Films
from clinigait.apps.dashboard.places import PLACES
from clinigait.apps.dashboard.routes import WayIn
from clinigait.apps.dashboard.settings import Settings
from clinigait.apps.dashboard.setup import Setup
from clinigait.apps.dashboard.uploads import Uploads, facts_of
from clinigait.clinic import patients, probing, recordings, visits
from clinigait.core import BadInputError
from clinigait.store import accounts, audit, sign_ins, totp
from clinigait.store.tables import AuditEntry
from support.clinics import HOSTILE, PASSWORD, case, user
from support.films import write_film


@cache
def film_bytes():
    """Return a film of a few small frames."""
    frames = [(n / 30, np.full((64, 64, 3), 20 * n, np.uint8)) for n in range(6)]
    with TemporaryDirectory() as folder:
        return write_film(Path(folder) / "film.mp4", frames).read_bytes()


BASE = "http://localhost:8501"
OWN = {"Origin": BASE}


@pytest.fixture
def settings(tmp_path):
    return Settings(tmp_path)


@pytest.fixture
def setup(store):
    return Setup(store)


def clients(store, settings, setup, peer="127.0.0.1", base=BASE):
    """Return a browser, with a page behind the door that says who got in."""

    def page(request):
        return PlainTextResponse("a page")

    app = Starlette(
        routes=[
            *WayIn(store, settings, setup).routes(),
            *Uploads(store).routes(),
            *Films(store).routes(),
            Route("/{path:path}", page, methods=["GET", "POST", "PUT", "DELETE"]),
        ],
        middleware=[Middleware(Door, store=store, settings=settings)],
    )
    return TestClient(app, base_url=base, follow_redirects=False, client=(peer, 5))


@pytest.fixture
def browser(store, settings, setup):
    user(store, "boss", "admin")
    return clients(store, settings, setup)


def enter(browser, name="doctor", **more):
    form = {"name": name, "password": PASSWORD, **more}
    return browser.post("/sign-in", data=form, headers=OWN)


def test_every_page_leads_to_the_way_in(browser):
    for path in ("/", *(f"/{place.name}" for place in PLACES)):
        answer = browser.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")


@pytest.mark.parametrize(
    "path",
    ["/media/x.png", "/_stcore/host-config", f"/film/{'0' * 32}", "/_stcore/stream",
     "/_stcore/bidi-components/x"],
)  # fmt: skip
def test_nothing_else_is_given_to_those_who_are_not_signed_in(browser, path):
    assert browser.get(path).status_code == 401


@pytest.mark.parametrize(
    "path",
    ["/_stcore/upload_file/a/b", "/_stcore/metrics", "/_stcore/agent/interact", "/component/x",
     "/oauth2callback", "/auth/login", "/app/static/x", "/etc/passwd", "/static", "/users/x",
     "/_stcore/script-health-check"],
)  # fmt: skip
def test_what_no_page_needs_of_streamlit_is_not_there(browser, store, path):
    user(store, "doctor")
    enter(browser)
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert browser.request(method, path, headers=OWN).status_code == 404


def test_signing_in_and_out(browser, store):
    user(store, "doctor")
    answer = enter(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert PASSWORD not in cookie
    assert browser.get("/").text == "a page"
    token = browser.cookies[session.COOKIE]
    assert browser.post("/sign-out", headers=OWN).status_code == 303
    assert sign_ins.who(store, token) is None
    browser.cookies.set(session.COOKIE, token)
    assert browser.get("/").status_code == 303


def test_a_new_sign_in_has_a_new_token_and_ends_the_old_one(browser, store):
    user(store, "doctor")
    enter(browser)
    first = browser.cookies[session.COOKIE]
    enter(browser)
    assert browser.cookies[session.COOKIE] != first
    assert sign_ins.who(store, first) is None


def test_wrong_names_and_passwords_look_the_same(browser, store):
    user(store, "doctor")
    answers = [
        browser.post("/sign-in", data={"name": name, "password": password}, headers=OWN)
        for name, password in (("doctor", "wrong"), ("nobody", PASSWORD), ("", ""))
    ]
    assert {answer.status_code for answer in answers} == {403}
    told = {re.search(r'class="bad"[^>]*>([^<]*)', answer.text).group(1) for answer in answers}
    assert len(told) == 1
    assert not browser.cookies


def test_after_five_wrong_passwords_the_right_one_waits(browser, store, clock):
    user(store, "doctor")
    for _ in range(6):
        browser.post("/sign-in", data={"name": "doctor", "password": "wrong"}, headers=OWN)
    assert enter(browser).status_code == 403
    clock.turn(3600)
    assert enter(browser).status_code == 303


def test_a_second_factor_is_asked_for(browser, store, clock):
    doctor = user(store, "doctor")
    with store.writing() as db:
        codes = pyotp.TOTP(totp.begin(db, doctor.id).secret)
        assert totp.confirm(db, doctor.id, codes.at(clock.ms // 1000))
    clock.turn(60)
    assert enter(browser).status_code == 403
    assert enter(browser, code=codes.at(clock.ms // 1000)).status_code == 303


def test_where_the_key_of_second_factors_is_lost_the_right_password_tells(browser, store, clock):
    doctor = user(store, "doctor")
    with store.writing() as db:
        codes = pyotp.TOTP(totp.begin(db, doctor.id).secret)
        assert totp.confirm(db, doctor.id, codes.at(clock.ms // 1000))
    store.key_file.unlink()
    clock.turn(60)
    code = codes.at(clock.ms // 1000)
    assert "key of the second factors" not in enter(browser, password="wrong", code=code).text  # noqa: S106
    answer = enter(browser, code=code)
    assert answer.status_code == 403
    assert "The key of the second factors is missing." in answer.text


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_forms_are_only_wrong(browser, text):
    answer = browser.post(
        "/sign-in", data={"name": text, "password": text, "code": text, "to": text}, headers=OWN
    )
    assert answer.status_code == 403
    assert "<script>alert" not in answer.text


def test_a_form_without_end_is_not_read(browser):
    answer = browser.post("/sign-in", content=b"name=" + b"x" * 10**6, headers=OWN)
    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("to", "led"),
    [
        (f"/visit?visit={'a' * 32}", f"/visit?visit={'a' * 32}"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/visit?visit=<script>", "/"),
        ("/visit\r\nSet-Cookie: a=b", "/"),
    ],
)
def test_the_way_back_leads_to_pages_of_ours_only(browser, store, to, led):
    user(store, "doctor")
    assert enter(browser, to=to).headers["location"] == led


def test_another_site_can_ask_for_nothing_that_changes(browser, store):
    user(store, "doctor")
    enter(browser)
    for origin in ("http://evil.example", "null", "http://localhost:9999", ""):
        for path in ("/sign-in", "/sign-out", "/welcome", f"/upload/{'0' * 32}"):
            answer = browser.request(
                "PUT" if "upload" in path else "POST", path, headers={"Origin": origin}
            )
            assert answer.status_code == 403, (origin, path)
    assert browser.post("/sign-out").status_code == 403  # without any origin
    assert browser.get("/").text == "a page"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "", "a@localhost:1"])
def test_a_wrong_name_of_the_server_is_refused(browser, host):
    answer = browser.get("/sign-in", headers={"Host": host})
    assert answer.status_code == (400 if host != "a@localhost:1" else 200)


def test_every_answer_carries_the_headers(browser):
    for path in ("/", "/sign-in", "/nowhere", "/static/x.js", "/health"):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "'unsafe-eval'" not in policy
        assert "'unsafe-inline'" not in policy.split("style-src")[0]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["x-frame-options"] == "DENY"
        assert ("no-store" in headers.get("cache-control", "")) == (not path.startswith("/static/"))


# ---------------------------------------------------------------- the first administrator


def test_the_first_administrator_needs_the_code_of_the_terminal(store, settings, setup):
    browser = clients(store, settings, setup)
    assert browser.get("/sign-in").headers["location"] == "/welcome"
    form = {"setup": "AAAAA-AAAAA-AAAAA-AAAAA", "name": "boss", "password": PASSWORD,
            "again": PASSWORD}  # fmt: skip
    assert browser.post("/welcome", data=form, headers=OWN).status_code == 400
    good = form | {"setup": setup.code.lower()}
    assert browser.post("/welcome", data=good | {"again": "x"}, headers=OWN).status_code == 400
    weak = {"password": "password1234", "again": "password1234"}
    assert browser.post("/welcome", data=good | weak, headers=OWN).status_code == 400
    assert setup.is_open()
    assert browser.post("/welcome", data=good, headers=OWN).status_code == 303
    assert browser.get("/").text == "a page"
    with store.reading() as db:
        assert [(one.name, one.role) for one in accounts.listed(db)] == [("boss", "admin")]


def test_the_code_is_good_once(store, settings, setup):
    browser = clients(store, settings, setup)
    form = {"setup": setup.code, "password": PASSWORD, "again": PASSWORD}
    browser.post("/welcome", data=form | {"name": "boss"}, headers=OWN)
    assert browser.post("/welcome", data=form | {"name": "evil"}, headers=OWN).status_code == 400
    assert browser.get("/welcome").headers["location"] == "/sign-in"
    assert Setup(store).code != setup.code


# ---------------------------------------------------------------- TLS and proxies


def test_over_tls_the_cookie_is_the_host_s_alone(store, tmp_path, setup):
    user(store, "boss", "admin")
    user(store, "doctor")
    pem = tmp_path / "a.pem"
    pem.write_text("pem")
    settings = Settings(tmp_path, certificate=pem, key=pem)
    browser = clients(store, settings, setup, base="https://localhost:8501")
    answer = browser.post(
        "/sign-in", data={"name": "doctor", "password": PASSWORD},
        headers={"Origin": "https://localhost:8501"},
    )  # fmt: skip
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-clinigait_sign_in=")
    assert "Secure" in cookie
    assert "strict-transport-security" in answer.headers


def test_behind_a_proxy_only_the_proxy_may_ask(store, tmp_path, setup):
    settings = Settings(tmp_path, host="10.0.0.2", proxy="10.0.0.1", names=("gait.example",))
    base = "http://gait.example"
    assert clients(store, settings, setup, "10.9.9.9", base).get("/health").status_code == 403
    proxied = clients(store, settings, setup, "10.0.0.1", base)
    assert proxied.get("/health", headers={"X-Forwarded-Proto": "https"}).status_code == 200
    assert proxied.get("/health", headers={"X-Forwarded-Proto": "http"}).status_code == 403


def test_an_address_that_tries_names_waits(store, tmp_path, setup):
    user(store, "boss", "admin")
    user(store, "doctor")
    settings = Settings(tmp_path, host="10.0.0.2", proxy="10.0.0.1", names=("gait.example",))
    browser = clients(store, settings, setup, "10.0.0.1", "http://gait.example")

    def try_as(name, address, password):
        headers = {"Origin": "http://gait.example", "X-Forwarded-For": f"6.6.6.6, {address}"}
        form = {"name": name, "password": password}
        return browser.post("/sign-in", data=form, headers=headers).status_code

    for n in range(40):
        assert try_as(f"user{n}", "10.7.7.7", "wrong") == 403
    assert try_as("doctor", "10.7.7.7", PASSWORD) == 403
    assert try_as("doctor", "10.8.8.8", PASSWORD) == 303


# ---------------------------------------------------------------- uploads and films


@pytest.fixture
def doctor(store):
    return user(store, "doctor")


@pytest.fixture
def visit(store, doctor):
    patient = patients.add(store, doctor, "K-1")
    return patients.add_visit(store, doctor, patient, date(2026, 11, 2), {})


def put(browser, visit, content, facts='{"view": "side"}', token=None):
    mine = session.request_token(browser.cookies.get(session.COOKIE, ""))
    headers = {**OWN, "X-Clinigait-Request": token or mine, "X-Clinigait-Facts": facts}
    return browser.put(f"/upload/{visit}", content=content, headers=headers)


def test_a_film_is_kept_with_what_is_said_of_it(browser, store, doctor, visit):
    enter(browser)
    facts = '{"view": "side", "aid": "one stick", "footwear": ""}'
    answer = put(browser, visit, film_bytes(), facts)
    assert answer.status_code == 201, answer.text
    row = visits.page(store, doctor, visit).recordings[0]
    assert row.id == answer.json()["recording"]
    assert (row.facts["view"], row.facts["aid"]) == ("side", "one stick")
    assert "footwear" not in row.facts


def test_an_upload_needs_the_token_of_the_page(browser, store, doctor, visit):
    enter(browser)
    other = session.request_token("another")
    assert put(browser, visit, film_bytes(), token=other).status_code == 403
    assert not visits.page(store, doctor, visit).recordings


@pytest.mark.parametrize("content", [b"", b"MZ\x90\x00 no film", b"<html></html>" * 100])
def test_what_is_no_film_is_not_kept(browser, store, doctor, visit, content, monkeypatch):
    monkeypatch.setattr(recordings, "probed", probing.probed)  # other tests take any bytes
    enter(browser)
    answer = put(browser, visit, content)
    assert answer.status_code == 422
    assert answer.json()["told"]
    assert not visits.page(store, doctor, visit).recordings
    assert not [p for p in (store.folder / "files").rglob("*") if p.is_file()]


def test_an_upload_to_another_s_visit_looks_like_none(browser, store, doctor):
    other = case(store, "another", "K-2")
    enter(browser)
    answers = [put(browser, one, film_bytes()) for one in (other.visit, "f" * 32)]
    assert {answer.status_code for answer in answers} == {403}
    assert answers[0].json() == answers[1].json()


@pytest.mark.parametrize("role", ["viewer", "admin", "auditor"])
def test_no_other_role_uploads(browser, store, visit, role):
    user(store, "other one", role, all_patients=True)
    enter(browser, "other one")
    assert put(browser, visit, film_bytes()).status_code == 403


@pytest.mark.parametrize(
    "facts", ["", "[]", '{"view": "above"}', '{"name": "x"}', '{"view": ["side"]}', "nul", "{"]
)
def test_only_known_words_are_said_of_a_film(facts):
    with pytest.raises(BadInputError):
        facts_of(facts)


def test_a_film_is_given_in_ranges_to_whoever_may_see_it(browser, store, doctor, visit):
    from clinigait.clinic import results
    from support.assessments import assessed

    content = film_bytes()
    with store.files.receiving([content], 10**7) as film, store.writing() as db:
        files = {"film.webm": store.files.keep(db, film)}
        one = results.keep(db, visit, assessed(1, with_curves=False), files, doctor.id)
    enter(browser)
    whole = browser.get(f"/film/{one}")
    assert (whole.status_code, whole.content) == (200, content)
    assert whole.headers["content-type"] == "video/webm"
    part = browser.get(f"/film/{one}", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, content[10:20])
    assert browser.get(f"/film/{one}?pass=2").status_code == 404
    assert browser.get(f"/film/{'0' * 32}").status_code == 404
    with store.reading() as db:
        seen = db.query(AuditEntry).filter_by(action="view", object_id=one).count()
    assert seen == 1  # one link for all pieces
    assert audit.check(store) == []
    user(store, "another")
    enter(browser, "another")
    assert browser.get(f"/film/{one}").status_code == 404


def test_faces_are_shown_to_who_may_change_the_visit_and_that_is_audited(
    browser, store, doctor, visit
):
    from clinigait.clinic import results
    from support.assessments import assessed

    content = film_bytes()
    recordings.add(store, doctor, visit, [content], {})
    with store.writing() as db:
        one = results.keep(db, visit, assessed(1, with_curves=False), {}, doctor.id)
    as_filmed = f"/film/{one}?faces={hashlib.sha256(content).hexdigest()}"
    enter(browser)
    for _ in range(2):
        assert browser.get(as_filmed).content == content
    assert browser.get(f"/film/{one}?faces={'0' * 64}").status_code == 404
    with store.reading() as db:
        seen = [row.detail for row in db.query(AuditEntry).filter_by(action="view", object_id=one)]
    assert [detail for detail in seen if "shown" in detail] == seen
    assert len(seen) >= 1
    user(store, "watcher", "viewer", all_patients=True)
    enter(browser, "watcher")
    assert browser.get(as_filmed).status_code == 404


def test_no_route_writes_outside_the_data_folder(tmp_path: Path, store, browser, doctor, visit):
    enter(browser)
    put(browser, visit, film_bytes())
    assert {path.name for path in tmp_path.iterdir()} <= {"data"}
