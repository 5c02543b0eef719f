"""The list of patients: searched by code, opened, added."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard import research
from clinigait.apps.dashboard.places import go, link
from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.clinic import patients, sample
from clinigait.clinic.patients import PatientRow

_ROWS = 25


def show() -> None:
    """Show the page."""
    session = current("see")
    st.title(session.say("page_patients"))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        search = st.text_input(
            session.say("search"),
            key="search",
            max_chars=patients.LONGEST_CODE,
            placeholder=session.say("search_hint"),
            on_change=_begin_anew,
        )
        if session.may("change"):
            with st.popover(session.say("add_patient"), icon=":material/person_add:"):
                _add(session)
    first = st.session_state.setdefault("patients_first", 0)
    with telling(session):
        rows = patients.listing(session.store, session.account, search, _ROWS + 1, first)
    if rows:
        _table(session, rows[:_ROWS])
        _turn(session, first, more=len(rows) > _ROWS)
    else:
        _nobody(session, search)
    if session.may("change"):
        _emergency(session)
    if rows:
        research.offer(session)


def _begin_anew() -> None:
    st.session_state["patients_first"] = 0


def _table(session: Session, rows: list[PatientRow]) -> None:
    with st.container(border=True):
        for row in rows:
            with st.container(horizontal=True, vertical_alignment="center"):
                link("patient", plain(row.code), ":material/person:", patient=row.id)
                st.space("stretch")
                visits = session.say("visits_of", number=row.visits)
                last = session.say("last_visit", day=row.last_day) if row.last_day else ""
                st.caption(f"{visits} {last}", width="content")


def _turn(session: Session, first: int, *, more: bool) -> None:
    if not first and not more:
        return
    with st.container(horizontal=True):
        st.button(
            session.say("earlier_rows"),
            disabled=not first,
            icon=":material/chevron_left:",
            on_click=_turn_to,
            args=(max(0, first - _ROWS),),
        )
        st.button(
            session.say("later_rows"),
            disabled=not more,
            icon=":material/chevron_right:",
            on_click=_turn_to,
            args=(first + _ROWS,),
        )


def _turn_to(first: int) -> None:
    st.session_state["patients_first"] = first


def _add(session: Session) -> None:
    with st.form("add_patient", border=False):
        code = st.text_input(
            session.say("patient_code"),
            max_chars=patients.LONGEST_CODE,
            help=session.say("patient_code_help"),
        )
        added = st.form_submit_button(session.say("add"), type="primary")
    if added:
        with telling(session):
            patient_id = patients.add(session.store, session.account, code)
        go("patient", patient=patient_id)


def _nobody(session: Session, search: str) -> None:
    if search.strip():
        st.info(session.say("nobody_found"), icon=":material/search_off:")
        return
    st.info(session.say("nobody_yet"), icon=":material/group:")
    if session.may("change") and st.button(
        session.say("add_sample"), icon=":material/science:", help=session.say("add_sample_help")
    ):
        with telling(session):
            patient_id = sample.add_sample_patient(session.store, session.account)
        go("patient", patient=patient_id)


def _emergency(session: Session) -> None:
    with (
        st.expander(session.say("emergency"), icon=":material/emergency:"),
        st.form("emergency", border=False),
    ):
        st.markdown(session.say("emergency_help"))
        code = st.text_input(
            session.say("patient_code"), key="emergency_code", max_chars=patients.LONGEST_CODE
        )
        reason = st.text_input(session.say("emergency_reason"), max_chars=500)
        wanted = st.form_submit_button(session.say("emergency_see"))
    if wanted:
        with telling(session):
            patient_id = patients.break_glass(session.store, session.account, code, reason)
        go("patient", patient=patient_id)


show()
