"""Choosing another person of the film."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.places import go
from clinigait.apps.dashboard.review.shown import Shown, say_plain
from clinigait.apps.dashboard.session import current, plain, telling
from clinigait.clinic.review import choose_person
from clinigait.report.text import span_s


def people(shown: Shown) -> None:
    """Show everybody who was followed; who may change something can have another one measured."""
    seen, say = shown.assessment.perception, shown.say
    if seen is None or len(seen.people) < 2:
        return
    may = shown.session.may("change") and shown.opened.newest
    with st.expander(say("results_people", count=len(seen.people))):
        say_plain(seen.walker_rule)
        for person in seen.people:
            measured = person.number == seen.walker
            with st.container(horizontal=True, vertical_alignment="center", border=True):
                picture = shown.opened.files.get(person.picture or "")
                if picture is not None:
                    st.image(picture.read_bytes(), width=96)
                mark = f" · **{plain(say('results_measured'))}**" if measured else ""
                span = plain(span_s(person.start_s, person.end_s, 1))
                st.markdown(f"{plain(say('results_person', number=person.number))}: {span}{mark}")
                if may and not measured:
                    st.button(
                        say("results_measure_person"),
                        key=f"person-{person.number}",
                        on_click=_choose,
                        args=(shown, person.number),
                    )
    job = st.session_state.get("person_job")
    if job is not None:
        st.session_state.pop("person_job")
        go("visit", visit=shown.opened.version.visit_id)


def _choose(shown: Shown, number: int) -> None:
    session = current("change")
    with telling(session):
        job = choose_person(session.store, session.account, shown.opened, number)
    st.session_state["person_job"] = job
