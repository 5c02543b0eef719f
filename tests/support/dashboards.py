"""Pages of the dashboard as Streamlit's own test runs them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from clinigait.apps.dashboard import session
from clinigait.store import Store, sign_ins
from clinigait.store.accounts import Account
from clinigait.store.tables import ROLES
from support.clinics import PASSWORD, Case, case, user

MAIN = Path(str(files("clinigait.apps.dashboard") / "main.py"))
PAGES = (
    "patients",
    "patient",
    "visit",
    "results",
    "compare",
    "course",
    "users",
    "audit",
    "account",
)

#: Opens a page as a user, with ids in its address and in a language.
Opener = Callable[..., AppTest]


@pytest.fixture
def people(store: Store) -> dict[str, Account]:
    """Return a user of every role; the clinician's patient is :func:`support.clinics.case`."""
    return {role: user(store, f"the {role}", role) for role in ROLES}


@pytest.fixture
def at(store: Store, monkeypatch: pytest.MonkeyPatch) -> Opener:
    session.serve(store)

    def opened(
        account: Account | None, page: str = "", language: str = "en", **ids: str
    ) -> AppTest:
        seen = {"clinigait_language": language}
        if account is not None:
            signed_in = sign_ins.sign_in(store, account.name, PASSWORD)
            assert signed_in is not None
            seen[session.COOKIE] = signed_in.token
        monkeypatch.setattr(session, "cookies", lambda: seen)
        test = AppTest.from_file(str(MAIN), default_timeout=60)
        for key, value in ids.items():
            test.query_params[key] = value
        if page and account is not None:
            test.run()
            test.switch_page(f"screens/{page}.py")
            for key, value in ids.items():
                test.query_params[key] = value
        return test.run()

    return opened


def said(test: AppTest) -> str:
    """Return everything that a page says, in one text."""
    kinds = ("title", "subheader", "markdown", "text", "caption", "info", "warning", "error",
             "success", "badge")  # fmt: skip
    return "\n".join(
        str(element.value) for kind in kinds for element in getattr(test, kind, ())
    ) + "\n".join(str(link.label) for link in test.get("page_link"))


__all__ = ["MAIN", "PAGES", "Case", "at", "case", "people", "said"]
