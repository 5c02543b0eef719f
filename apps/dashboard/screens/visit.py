"""A visit: what is known, films, what is to be assessed, how that stands, and what came of it."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard import facts, progress, uploads
from clinigait.apps.dashboard.places import asked, go, link
from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.apps.dashboard.words import moment
from clinigait.clinic import assessing, patients, visits
from clinigait.clinic.assessing import Choices
from clinigait.clinic.visits import RecordingRow, VisitPage
from clinigait.io.protocol import load_protocol, shipped_protocols

_POSES = (None, "hrnet", "hrnet-compact", "blazepose")


def show() -> None:
    """Show the page."""
    session = current("see")
    with telling(session):
        page = visits.page(session.store, session.account, asked("visit"))
    link("patient", plain(page.patient_code), ":material/arrow_back:", patient=page.patient_id)
    st.title(session.say("visit_of", day=page.day))
    progress.show(session, page.id)
    _results(session, page)
    if not session.may("change"):
        st.text(facts.brief(session, page.facts))
        _list(session, page)
        return
    _facts(session, page)
    st.subheader(session.say("films"))
    _upload(session, page)
    _list(session, page)
    if any(row.size_bytes is not None for row in page.recordings):
        st.subheader(session.say("assess"))
        _order(session, page)


def _results(session: Session, page: VisitPage) -> None:
    for version in page.versions[:1]:
        with st.container(border=True), st.container(horizontal=True, vertical_alignment="center"):
            label = session.say("see_results_of", number=version.number)
            link("results", label, ":material/monitoring:", assessment=version.id)
            st.caption(moment(version.created_ms), width="content")
            if version.is_signed:
                st.badge(session.say("signed"), icon=":material/verified:", color="green")
    if len(page.versions) > 1:
        with st.expander(session.say("earlier_versions")):
            for version in page.versions[1:]:
                signed = f" · {session.say('signed')}" if version.is_signed else ""
                label = session.say("version_of", number=version.number)
                label = f"{label} · {moment(version.created_ms)}{signed}"
                link("results", plain(label), assessment=version.id)
            link("compare", session.say("see_compare"), patient=page.patient_id)


def _facts(session: Session, page: VisitPage) -> None:
    said = facts.brief(session, page.facts)
    title = session.say("facts")
    label = f"{title} · {plain(said)}" if said else f"{title} · {session.say('facts_missing')}"
    with st.expander(label, icon=":material/edit_note:", expanded=not said), telling(session):
        new = facts.asked_for(session, page.facts, f"facts_{page.id}")
        if new is not None:
            patients.change_facts(session.store, session.account, page.id, new)
            st.rerun()


def _upload(session: Session, page: VisitPage) -> None:
    # The language is part of the keys: what is chosen keeps the words that it was drawn with.
    with st.container(horizontal=True):
        view = st.selectbox(
            session.say("view"), uploads.VIEWS,
            format_func=lambda one: session.say(f"view_{one}"), width=220,
            key=f"view_{session.language}", help=session.say("view_help"),
        )  # fmt: skip
        aid = st.selectbox(
            session.say("aid"), uploads.AIDS, format_func=lambda one: _said(session, one),
            width=220, key=f"aid_{session.language}",
        )  # fmt: skip
        footwear = st.selectbox(
            session.say("footwear"), uploads.FOOTWEAR,
            format_func=lambda one: _said(session, one), width=220,
            key=f"footwear_{session.language}",
        )  # fmt: skip
    uploads.show(session, page.id, {"view": view, "aid": aid, "footwear": footwear})


def _said(session: Session, word: str) -> str:
    return session.say(f"said_{word.replace(' ', '_') or 'nothing'}")


def _list(session: Session, page: VisitPage) -> None:
    if not page.recordings:
        st.info(session.say("no_film_yet"), icon=":material/videocam:")
    for number, row in enumerate(page.recordings, 1):
        st.markdown(_line(session, row, number))


def _line(session: Session, row: RecordingRow, number: int) -> str:
    parts = [f"**{session.say('film_of', number=number)}**"]
    if row.facts.get("view") in uploads.VIEWS:
        parts.append(session.say(f"view_{row.facts['view']}"))
    known = (*uploads.AIDS, *uploads.FOOTWEAR)
    words = [row.facts.get(name) for name in ("aid", "footwear")]
    parts += [_said(session, word) for word in words if word and word in known]
    if row.size_bytes is None:
        parts.append(session.say("film_removed"))
    else:
        parts.append(f"{row.size_bytes / 1e6:.1f} MB")
    parts.append(moment(row.created_ms))
    return " · ".join(parts)


def _order(session: Session, page: VisitPage) -> None:
    numbers = {row.id: n for n, row in enumerate(page.recordings, 1) if row.size_bytes is not None}
    with st.form("order", border=False):
        chosen = st.pills(
            session.say("which_films"),
            list(numbers),
            selection_mode="multi",
            default=list(numbers)[-1:],
            format_func=lambda one: session.say("film_of", number=numbers[one]),
            help=session.say("which_films_help"),
            key=f"films_{page.id}_{len(numbers)}",
        )
        protocol = st.selectbox(
            session.say("protocol"),
            [None, *_protocols()],
            format_func=lambda one: session.say(f"protocol_{one or 'usual'}"),
        )
        with st.expander(session.say("options")):
            pose = st.selectbox(
                session.say("pose"),
                _POSES,
                format_func=lambda one: session.say(f"pose_{(one or 'best').replace('-', '_')}"),
            )
            person = st.number_input(
                session.say("person"),
                min_value=1,
                max_value=99,
                value=None,
                help=session.say("person_help"),
            )
        wanted = st.form_submit_button(
            session.say("assess_button"), type="primary", icon=":material/play_arrow:"
        )
    if wanted:
        asking = current("change")
        choices = Choices(protocol=protocol, person=person, pose=pose)
        with telling(asking):
            assessing.order(asking.store, asking.account, page.id, chosen, choices)
        go("visit", visit=page.id)


@st.cache_data(show_spinner=False)
def _protocols() -> list[str]:
    names = shipped_protocols()
    return [name for name in names if load_protocol(name).kind == "clinical"]


show()
