"""Choosing another person of a film."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.places import go
from clinigait.apps.dashboard.review.shown import Shown, say_plain
from clinigait.apps.dashboard.session import current, plain, telling
from clinigait.clinic.review import OpenedPass, choose_person
from clinigait.core import PerceptionFacts, PersonSeen
from clinigait.report.text import span_s


def people(shown: Shown) -> None:
    """Show everybody who was followed; who may change something can have another one measured."""
    for one in shown.opened.passes:
        seen = one.assessment.perception
        if seen is not None and len(seen.people) >= 2:
            _in_recording(shown, one, seen)
    job = st.session_state.get("person_job")
    if job is not None:
        st.session_state.pop("person_job")
        go("visit", visit=shown.opened.version.visit_id)


def _in_recording(shown: Shown, one: OpenedPass, seen: PerceptionFacts) -> None:
    say = shown.say
    title = say("results_people", count=len(seen.people))
    if len(shown.opened.passes) > 1:
        title = f"{say('results_recording')} {one.number} · {title}"
    with st.expander(title):
        say_plain(seen.walker_rule)
        for person in seen.people:
            _person(shown, one, person, measured=person.number == seen.walker)


def _person(shown: Shown, one: OpenedPass, person: PersonSeen, *, measured: bool) -> None:
    say = shown.say
    folder = f"pass-{one.number}/" if len(shown.opened.passes) > 1 else ""
    with st.container(horizontal=True, vertical_alignment="center", border=True):
        picture = shown.opened.files.get(f"{folder}{person.picture}")
        if picture is not None:
            st.image(picture.read_bytes(), width=96)
        mark = f" · **{plain(say('results_measured'))}**" if measured else ""
        span = plain(span_s(person.start_s, person.end_s, 1))
        st.markdown(f"{plain(say('results_person', number=person.number))}: {span}{mark}")
        if shown.session.may("change") and shown.opened.newest and not measured:
            st.button(
                say("results_measure_person"),
                key=f"person-{one.number}-{person.number}",
                on_click=_choose,
                args=(shown, person.number, one.number),
            )


def _choose(shown: Shown, number: int, pass_number: int) -> None:
    session = current("change")
    with telling(session):
        job = choose_person(session.store, session.account, shown.opened, number, pass_number)
    st.session_state["person_job"] = job
