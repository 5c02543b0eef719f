"""Pages of the dashboard, run without a browser by Streamlit's own means."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import streamlit as st
from streamlit.testing.v1 import AppTest

from clinigait.apps.dashboard import session
from clinigait.store import Store, sign_ins
from clinigait.store.accounts import Account
from support.clinics import PASSWORD

PAGES = Path(__file__).parents[2] / "apps" / "dashboard" / "screens"
_TIMEOUT_S = 120


@contextmanager
def signed_in(store: Store, account: Account, language: str = "en") -> Iterator[list[Any]]:
    """Let pages run as somebody; give the list of the pages that they lead to."""
    token = sign_ins.sign_in(store, account.name, PASSWORD).token
    seen = {session.COOKIE: token, session.LANGUAGE_COOKIE: language}
    gone: list[Any] = []

    def switch(page: Any, *, query_params: Any = None) -> None:
        gone.append((Path(str(page)).stem, dict(query_params or {})))
        st.stop()

    session.serve(store)
    with (
        mock.patch.object(session, "cookies", return_value=seen),
        mock.patch.object(st, "page_link"),
        mock.patch.object(st, "switch_page", switch),
    ):
        yield gone


def page(name: str, **ids: str) -> AppTest:
    """Run a page."""
    shown = AppTest.from_file(str(PAGES / f"{name}.py"), default_timeout=_TIMEOUT_S)
    for key, value in ids.items():
        shown.query_params[key] = value
    return shown.run()


def texts(shown: AppTest) -> str:
    """Return all that a page says, in its order as far as one kind of element goes."""
    kinds = (shown.title, shown.markdown, shown.caption, shown.warning, shown.error, shown.info)
    return "\n".join(str(one.value) for kind in kinds for one in kind)
