"""The frame around every page: menu, who is signed in, language, signing out."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard import leaving
from clinigait.apps.dashboard.icon import ICON
from clinigait.apps.dashboard.places import PLACES, go
from clinigait.apps.dashboard.session import Session, current, plain
from clinigait.apps.dashboard.words import LANGUAGES
from clinigait.store import sign_ins


def show() -> None:
    """Show the frame, and in it the page that is asked for."""
    st.set_page_config(page_title="clinigait", page_icon=ICON, layout="wide")
    session = current("any")
    allowed = [place for place in PLACES if place.right == "any" or session.may(place.right)]
    pages = [
        st.Page(
            place.path,
            title=session.say(f"page_{place.name}"),
            icon=place.icon,
            url_path=place.name,
            visibility="visible" if place.listed else "hidden",
        )
        for place in allowed
    ]
    # A page of its own, for Streamlit hides the address of the one where it begins.
    begin = st.Page(
        lambda: go(allowed[0].name), title="clinigait", url_path="begin", default=True,
        visibility="hidden",
    )  # fmt: skip
    page = st.navigation([begin, *pages])
    with st.sidebar:
        _user(session)
    page.run()


def _user(session: Session) -> None:
    role = session.say(f"role_{session.account.role}")
    st.markdown(f"**{plain(session.account.name)}** · {role}")
    chosen = st.selectbox(
        session.say("language"),
        list(LANGUAGES),
        index=list(LANGUAGES).index(session.language),
        format_func=LANGUAGES.__getitem__,
        key="chosen_language",
        on_change=_choose_language,
    )
    leaving.keep_language(chosen)
    st.button(
        session.say("sign_out"), icon=":material/logout:", on_click=_sign_out, width="stretch"
    )
    st.caption(session.say("not_a_device"))


def _choose_language() -> None:
    st.session_state["language"] = st.session_state["chosen_language"]


def _sign_out() -> None:
    session = current("any")
    sign_ins.sign_out(session.store, session.token)
    st.session_state.clear()
