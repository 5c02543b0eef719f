"""The audit log: read and verified by an auditor."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from typing import get_args

import streamlit as st

from clinigait.apps.dashboard.session import Session, current, telling
from clinigait.apps.dashboard.words import moment
from clinigait.clinic import auditing
from clinigait.clinic.audit_fhir import audit_events
from clinigait.clinic.auditing import Link
from clinigait.store.audit import Action

_ROWS = 100
_MOST_TOLD = 20
_DAY_MS = 24 * 3600 * 1000


def show() -> None:
    """Show the page."""
    session = current("audit")
    st.title(session.say("page_audit"))
    st.markdown(session.say("audit_intro"))
    if st.button(session.say("verify"), icon=":material/verified_user:", type="primary"):
        _verify(session)
    _export(session)
    before = st.session_state.get("audit_before")
    action = st.selectbox(
        session.say("audit_action"),
        [None, *sorted(get_args(Action))],
        format_func=lambda one: one or session.say("audit_all"),
        on_change=_from_the_newest,
    )
    with telling(session):
        links = auditing.listing(
            session.store, session.account, action=action, before=before, limit=_ROWS
        )
    _table(session, links)
    with st.container(horizontal=True):
        st.button(session.say("audit_newest"), on_click=_from_the_newest, disabled=before is None)
        st.button(
            session.say("audit_older"),
            on_click=_older,
            args=(links[-1].number if links else None,),
            disabled=len(links) < _ROWS,
        )


def _verify(session: Session) -> None:
    with telling(session):
        faults = auditing.verify(session.store, session.account)
    if not faults:
        st.success(session.say("audit_whole"), icon=":material/check_circle:")
        return
    st.error(session.say("audit_broken", number=len(faults)), icon=":material/error:")
    for fault in faults[:_MOST_TOLD]:
        st.text(f"{fault.number}: {fault.what}")


def _export(session: Session) -> None:
    with st.expander(session.say("audit_export"), icon=":material/download:"):
        today = datetime.now().astimezone().date()
        first, last = today - timedelta(days=30), today
        days = st.date_input(session.say("audit_days"), value=(first, last), max_value=today)
        if len(days) != 2:
            return
        st.download_button(
            session.say("audit_export_button"),
            data=partial(_events, *days),
            file_name=f"audit-{days[0]}-{days[1]}.ndjson",
            mime="application/fhir+ndjson",
            on_click="ignore",
        )


def _events(first: date, last: date) -> bytes:
    session = current("audit")
    midnight = [datetime.combine(day, time.min).astimezone() for day in (first, last)]
    from_ms, to_ms = (round(moment.timestamp() * 1000) for moment in midnight)
    lines = audit_events(session.store, session.account, from_ms, to_ms + _DAY_MS)
    return "".join(f"{line}\n" for line in lines).encode()


def _table(session: Session, links: list[Link]) -> None:
    columns = ("number", "when", "who", "what", "about", "id", "detail")
    rows = [
        (
            link.number,
            moment(link.at_ms),
            link.user or "–",
            link.action,
            link.kind or "",
            link.object_id or "",
            " ".join(f"{key}={value}" for key, value in link.detail.items()),
        )
        for link in links
    ]
    titles = [session.say(f"audit_{name}") for name in columns]
    table = {title: [row[n] for row in rows] for n, title in enumerate(titles)}
    st.dataframe(table, hide_index=True, width="stretch", height=560)


def _from_the_newest() -> None:
    st.session_state["audit_before"] = None


def _older(number: int | None) -> None:
    st.session_state["audit_before"] = number


show()
