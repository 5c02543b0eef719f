"""One's own account: the password."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.session import current, telling
from clinigait.clinic import administering
from clinigait.core import BadInputError


def show() -> None:
    """Show the page."""
    session = current("any")
    st.title(session.say("page_account"))
    st.subheader(session.say("change_password"))
    with st.form("own_password"):
        old = st.text_input(
            session.say("old_password"), type="password", autocomplete="current-password"
        )
        new = st.text_input(
            session.say("new_password"), type="password", autocomplete="new-password"
        )
        again = st.text_input(session.say("again"), type="password", autocomplete="new-password")
        wanted = st.form_submit_button(session.say("change_password"), type="primary")
    st.caption(session.say("change_password_help"))
    if wanted:
        with telling(session):
            _check_same(new, again)
            administering.change_own_password(session.store, session.account, old, new)
        st.rerun()


def _check_same(new: str, again: str) -> None:
    if new != again:
        raise BadInputError("The two passwords differ.", "Type the same one twice.")


show()
