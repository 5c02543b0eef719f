"""A patient over the visits: every parameter with what is more than measurement error."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from clinigait.apps.dashboard.places import asked, link
from clinigait.apps.dashboard.review.changes import last_change, trend_figure
from clinigait.apps.dashboard.review.head import nothing_chosen, say_synthetic
from clinigait.apps.dashboard.review.numbers import PLOT_CONFIG
from clinigait.apps.dashboard.review.shown import Printed, printed_in
from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.clinic import patients
from clinigait.clinic.course import CoursePoint, Trend, over_visits
from clinigait.report.values import TILES
from clinigait.report.wording import wording


def show() -> None:
    """Show the page."""
    session = current("see")
    patient_id = asked("patient")
    if not patient_id:
        st.title(session.say("page_course"))
        nothing_chosen(session)
        return
    with telling(session):
        patient = patients.page(session.store, session.account, patient_id)
        every = over_visits(session.store, session.account, patient_id)
    trends = [trend for trend in every if any(p.value is not None for p in trend.points)]
    st.title(f"{plain(patient.code)} · {session.say('page_course')}")
    link("patient", session.say("course_to_patient"), ":material/arrow_back:", patient=patient_id)
    if not trends:
        st.info(session.say("course_nothing"))
        return
    printed = printed_in(session.language)
    _visits(session, trends[0].points)
    _figures(session, printed, trends)
    _table(session, printed, trends)


def _visits(session: Session, points: Sequence[CoursePoint]) -> None:
    """Show the visits, each a way to its results."""
    say_synthetic(points, wording(session.language))
    with st.container(horizontal=True):
        for point in points:
            sign = " ✓" if point.signed else ""
            link("results", f"{plain(point.day)}{sign}", ":material/monitoring:",
                 assessment=point.assessment_id)  # fmt: skip
    if len(points) < 2:
        st.info(session.say("course_one_visit"))
    else:
        newest, before = points[-1].assessment_id, points[-2].assessment_id
        link("compare", session.say("course_compare_last"), ":material/compare_arrows:",
             first=before, second=newest)  # fmt: skip
    st.caption(session.say("course_signed_mark"))


def _figures(session: Session, printed: Printed, trends: Sequence[Trend]) -> None:
    """Show the chosen parameters over time."""
    names = list(dict.fromkeys(trend.name for trend in trends))
    usual = [next((n for n in choice if n in names), None) for choice in TILES]
    picked = st.multiselect(
        session.say("course_parameters"),
        names,
        default=[name for name in usual if name is not None][:4],
        format_func=printed.title,
        key="course_names",
    )
    for start in range(0, len(picked), 2):
        for column, name in zip(st.columns(2), picked[start : start + 2], strict=False):
            sides = [trend for trend in trends if trend.name == name]
            both = [trend for trend in sides if trend.side == "both"]
            sided = [trend for trend in sides if trend.side != "both"]
            with column:
                figure = trend_figure(session, printed, sided or both)
                st.plotly_chart(figure, key=f"course-{name}", config=PLOT_CONFIG)
    st.caption(session.say("course_note"))


def _table(session: Session, printed: Printed, trends: Sequence[Trend]) -> None:
    st.subheader(session.say("course_last_change"))
    st.dataframe(
        [last_change(printed, trend) for trend in trends], hide_index=True, width="stretch"
    )
    st.caption(plain(printed.words.changes_note))


show()
