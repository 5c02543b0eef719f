"""Light or dark: Streamlit's page asks for the user's own choice before its code starts."""

from __future__ import annotations

from importlib.resources import files

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from clinigait.apps.dashboard.appearance import KEY, SCRIPT, Looks
from clinigait.apps.dashboard.door import Door
from clinigait.apps.dashboard.session import COOKIE
from clinigait.apps.dashboard.settings import Settings
from clinigait.clinic import own_account
from clinigait.store import sign_ins
from support.clinics import PASSWORD, user


@pytest.fixture
def browser(store, tmp_path):
    door = Middleware(Door, store=store, settings=Settings(tmp_path))
    app = Starlette(routes=Looks(store).routes(), middleware=[door])
    with TestClient(app, base_url="http://localhost:8501", follow_redirects=False) as client:
        yield client


def test_every_page_asks_first_and_nobody_else_is_told(browser, store):
    assert browser.get(SCRIPT).status_code == 401
    assert browser.get("/account").status_code == 303
    user(store, "doctor")
    browser.cookies.set(COOKIE, sign_ins.sign_in(store, "doctor", PASSWORD).token)
    for path in ("/", "/account"):
        page = browser.get(path)
        assert page.status_code == 200
        assert page.text.index(SCRIPT) < page.text.index('type="module"')
        assert page.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("chosen", "kept", "scheme"),
    [
        ("dark", "setItem", "'dark'"),
        ("light", "setItem", "'light'"),
        ("system", "removeItem", "'light dark'"),
    ],
)
def test_the_choice_goes_with_the_user(browser, store, chosen, kept, scheme):
    doctor, other = user(store, "doctor"), user(store, "other")
    assert own_account.appearance(store, doctor) == "system"
    own_account.choose_appearance(store, doctor, chosen)
    assert own_account.appearance(store, other) == "system"
    browser.cookies.set(COOKIE, sign_ins.sign_in(store, "doctor", PASSWORD).token)
    answer = browser.get(SCRIPT)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cache-control"] == "no-store"
    assert kept in answer.text
    assert scheme in answer.text


def test_streamlit_still_looks_there():
    """Its code is packed, but the name under which it keeps a theme is a text in it."""
    name, path, version = KEY.strip("`").partition("${window.location.pathname}")
    scripts = (files("streamlit") / "static" / "static" / "js").iterdir()
    texts = [script.read_text("utf-8") for script in scripts if script.name.startswith("utils.")]
    found = [text for text in texts if f"`{name}{path}`" in text]
    assert found
    assert "CACHED_THEME_VERSION" in found[0]
    assert version == "-v2"
    assert "=2," in found[0].partition(f"`{name}{path}`")[0][-12:]
