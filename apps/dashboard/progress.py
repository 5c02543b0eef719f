"""How the orders of a visit stand: read from the database, so that it survives everything."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.apps.dashboard.words import moment, sentence
from clinigait.clinic import recordings, visits
from clinigait.clinic.visits import JobRow

_EVERY_S = 2.0
_UNDER_WAY = frozenset({"queued", "running"})
_SHOWN = 3


def show(session: Session, visit_id: str) -> None:
    """Show the orders of a visit; while one is under way, anew every two seconds."""
    with telling(session):
        rows = visits.orders(session.store, session.account, visit_id)
    if _is_under_way(rows):
        _watch(visit_id)
    else:
        _list(session, rows)


@st.fragment(run_every=_EVERY_S)
def _watch(visit_id: str) -> None:
    session = current("see", by_hand=False)
    with telling(session):
        rows = visits.orders(session.store, session.account, visit_id)
    if not _is_under_way(rows):
        st.rerun()  # the page shows what came of it
    _list(session, rows)


def _is_under_way(rows: tuple[JobRow, ...]) -> bool:
    return any(row.state.status in _UNDER_WAY for row in rows)


def _list(session: Session, rows: tuple[JobRow, ...]) -> None:
    for row in rows[:_SHOWN]:
        if row.state.status in _UNDER_WAY:
            _under_way(session, row)
    for row in rows[:1]:
        if row.state.status == "failed":
            reasons = "  \n".join(_reason(session, one) for one in row.state.reasons)
            st.error(f"{session.say('job_failed')}  \n{reasons}", icon=":material/error:")
        elif row.state.status == "cancelled":
            when = moment(row.finished_ms or row.created_ms)
            st.info(session.say("job_cancelled", when=when), icon=":material/cancel:")


def _under_way(session: Session, row: JobRow) -> None:
    with st.container(border=True):
        stage = _stage(session, row)
        st.progress(min(max(row.state.progress, 0.0), 1.0), text=stage)
        for reason in row.state.reasons:
            st.caption(f"{session.say('tried_again')} {_reason(session, reason)}")
        if session.may("change"):
            st.button(
                session.say("cancel"),
                icon=":material/cancel:",
                key=f"cancel_{row.id}",
                on_click=_cancel,
                args=(row.id,),
            )


def _stage(session: Session, row: JobRow) -> str:
    if row.state.status == "queued":
        return session.say("job_queued")
    name = sentence(row.state.stage, session.language) or session.say("job_running")
    return f"{name} · {100 * row.state.progress:.0f} %"


def _reason(session: Session, reason: str) -> str:
    return plain(sentence(reason, session.language))


def _cancel(job_id: str) -> None:
    session = current("change")
    with telling(session):
        recordings.cancel(session.store, session.account, job_id)
