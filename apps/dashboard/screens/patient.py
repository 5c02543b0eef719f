"""A patient: visits with their results, and a new visit."""

from __future__ import annotations

from datetime import date

import streamlit as st

from clinigait.apps.dashboard import progress, research
from clinigait.apps.dashboard.facts import brief
from clinigait.apps.dashboard.places import asked, go, link
from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.clinic import patients, sample, visits
from clinigait.clinic.patients import PatientPage, VisitRow
from clinigait.clinic.visits import VersionRow

#: What is true of a person at the next visit too.
_LASTING = ("height_m", "sex")
#: Of so many visits without results it is shown how far they are.
_WATCHED = 3


def show() -> None:
    """Show the page."""
    session = current("see")
    with telling(session):
        page = patients.page(session.store, session.account, asked("patient"))
        versions = visits.versions_of(session.store, session.account, page.id)
    link("patients", session.say("back_to_patients"), ":material/arrow_back:")
    st.title(plain(page.code))
    if page.code.startswith(sample.SAMPLE_CODE):
        st.badge(session.say("synthetic"), icon=":material/science:", color="orange")
    newest: dict[str, VersionRow] = {}
    for version in versions:
        newest.setdefault(version.visit_id, version)
    with st.container(horizontal=True):
        if session.may("change"):
            with st.popover(session.say("add_visit"), icon=":material/add:"):
                _add(session, page)
        if len(newest) > 1:
            link("course", session.say("see_course"), ":material/timeline:", patient=page.id)
            link(
                "compare", session.say("see_compare"), ":material/compare_arrows:", patient=page.id
            )
    if not page.visits:
        st.info(session.say("no_visit_yet"), icon=":material/event:")
    for visit in page.visits:
        _visit(session, visit, newest.get(visit.id))
    for visit in [one for one in page.visits if one.id not in newest][:_WATCHED]:
        progress.show(session, visit.id)
    if newest:
        research.offer(session, page.id)


def _visit(session: Session, visit: VisitRow, newest: VersionRow | None) -> None:
    with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
        label = session.say("visit_of", day=visit.day)
        link("visit", label, ":material/event:", visit=visit.id)
        st.text(brief(session, visit.facts), width="content")
        st.space("stretch")
        if newest is None:
            st.caption(session.say("no_result_yet"), width="content")
            return
        if newest.is_signed:
            st.badge(session.say("signed"), icon=":material/verified:", color="green")
        link("results", session.say("see_results"), ":material/monitoring:", assessment=newest.id)


def _add(session: Session, page: PatientPage) -> None:
    with st.form("add_visit", border=False):
        day = st.date_input(session.say("day"), value="today", max_value="today")
        added = st.form_submit_button(session.say("add"), type="primary")
    if added and isinstance(day, date):
        last = page.visits[0].facts if page.visits else {}
        facts = {name: last[name] for name in _LASTING if name in last}
        with telling(session):
            visit_id = patients.add_visit(session.store, session.account, page.id, day, facts)
        go("visit", visit=visit_id)


show()
