"""One's own account: how pages look, password and second factor."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard import leaving
from clinigait.apps.dashboard.session import Session, current, telling
from clinigait.clinic import own_account
from clinigait.core import BadInputError
from clinigait.store.tables import APPEARANCES
from clinigait.store.totp import Enrolment

_KEY = "enrolment"


def show() -> None:
    """Show the page."""
    session = current("any")
    st.title(session.say("page_account"))
    second = own_account.has_second_factor(session.store, session.account)
    _appearance(session)
    _password(session, second=second)
    st.subheader(session.say("second_factor"))
    if second:
        st.session_state.pop(_KEY, None)
        st.success(session.say("second_factor_on"), icon=":material/lock:")
    else:
        _second_factor(session)


def _appearance(session: Session) -> None:
    kept = own_account.appearance(session.store, session.account)
    chosen = st.segmented_control(
        session.say("appearance"),
        APPEARANCES,
        default=kept,
        format_func=lambda one: session.say(f"appearance_{one}"),
        help=session.say("appearance_help"),
        key="appearance",
    )
    if chosen is not None and chosen != kept:
        own_account.choose_appearance(session.store, session.account, chosen)
        leaving.load_anew()  # Streamlit takes a theme when it starts


def _password(session: Session, *, second: bool) -> None:
    st.subheader(session.say("change_password"))
    with st.form("own_password"):
        old = st.text_input(
            session.say("old_password"), type="password", autocomplete="current-password"
        )
        code = st.text_input(session.say("six_digits"), max_chars=16, key="c") if second else ""
        new = st.text_input(
            session.say("new_password"), type="password", autocomplete="new-password"
        )
        again = st.text_input(session.say("again"), type="password", autocomplete="new-password")
        wanted = st.form_submit_button(session.say("change_password"), type="primary")
    st.caption(session.say("change_password_help"))
    if wanted:
        with telling(session):
            _check_same(new, again)
            own_account.change_password(session.store, session.account, old, new, code)
        st.rerun()


def _second_factor(session: Session) -> None:
    """Show the secret once, until a code of it was seen."""
    st.markdown(session.say("second_factor_help"))
    made: Enrolment | None = st.session_state.get(_KEY)
    if made is None:
        if st.button(session.say("second_factor_begin"), icon=":material/smartphone:"):
            with telling(session):
                made = own_account.begin_second_factor(session.store, session.account)
            st.session_state[_KEY] = made
            st.rerun()
        return
    st.markdown(session.say("second_factor_secret"))
    st.code(made.secret, language=None)
    with st.form("second_factor", border=False):
        code = st.text_input(session.say("six_digits"), max_chars=16)
        confirmed = st.form_submit_button(session.say("second_factor_confirm"), type="primary")
    if confirmed:
        with telling(session):
            own_account.confirm_second_factor(session.store, session.account, code)
        st.rerun()


def _check_same(new: str, again: str) -> None:
    if new != again:
        raise BadInputError("The two passwords differ.", "Type the same one twice.")


show()
