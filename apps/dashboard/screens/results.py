"""The results of a visit: quality, film and numbers, correction, signature, downloads."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.places import asked
from clinigait.apps.dashboard.review.angles import angles
from clinigait.apps.dashboard.review.asking import asked_again
from clinigait.apps.dashboard.review.draft import restore
from clinigait.apps.dashboard.review.filing import filing
from clinigait.apps.dashboard.review.head import head, nothing_chosen, quality, refused, tiles
from clinigait.apps.dashboard.review.models import models
from clinigait.apps.dashboard.review.numbers import asymmetry, parameters
from clinigait.apps.dashboard.review.person import people
from clinigait.apps.dashboard.review.shown import shown
from clinigait.apps.dashboard.review.told import findings
from clinigait.apps.dashboard.review.watch import watch
from clinigait.apps.dashboard.session import current
from clinigait.clinic.review import can_be_mended


def show() -> None:
    """Show the page."""
    session = current("see")
    assessment_id = asked("assessment")
    if not assessment_id:
        st.title(session.say("page_results"))
        nothing_chosen(session)
        return
    page = shown(session, assessment_id)
    if session.may("change") and page.opened.newest:
        restore(session, page.opened)
    head(page)
    asked_again(page)
    measurement = page.assessment.measurement
    if measurement is None:
        refused(page)
        if can_be_mended(page.opened):
            st.subheader(session.say("results_mend"))
            watch(page)
        people(page)
        filing(page)
        return
    quality(page, measurement)
    tiles(page, measurement)
    st.subheader(session.say("results_watch"))
    watch(page)
    people(page)
    names = ("findings", "numbers", "angles", "asymmetry", "models")
    tabs = st.tabs([session.say(f"results_tab_{name}") for name in names])
    with tabs[0]:
        findings(page)
    with tabs[1]:
        parameters(page, measurement)
    with tabs[2]:
        angles(page, measurement)
    with tabs[3]:
        asymmetry(page, measurement)
    with tabs[4]:
        models(page)
    filing(page)


show()
