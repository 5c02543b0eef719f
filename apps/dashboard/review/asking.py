"""Models that are asked about a corrected walk: how that stands, and on to their answers."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.places import go
from clinigait.apps.dashboard.review.draft import draft_of
from clinigait.apps.dashboard.review.shown import Shown, forget
from clinigait.apps.dashboard.session import current, plain, telling
from clinigait.apps.dashboard.words import sentence
from clinigait.clinic import asking, results
from clinigait.store.jobs import State

_EVERY_S = 2.0
_UNDER_WAY = frozenset({"queued", "running"})
#: The version that somebody looked at while its models were being asked.
_AWAITED = "awaited"


def asked_again(shown: Shown) -> None:
    """Show how the asking stands; once the models have answered, open the version that says so."""
    stands = _stands(shown)
    if stands is None:
        return
    if is_under_way(stands):
        st.session_state[_AWAITED] = shown.id
        _watch(shown)
        return
    awaited = st.session_state.pop(_AWAITED, None) == shown.id
    if stands.status == "failed":
        reasons = " ".join(sentence(one, shown.session.language) for one in stands.reasons)
        st.warning(f"{shown.say('results_not_asked')} {plain(reasons)}")
    elif draft_of(shown.id).corrections:
        st.info(shown.say("results_asked"), icon=":material/psychology:")
    elif awaited:
        session = shown.session
        visit_id = shown.opened.version.visit_id
        with telling(session):
            newest = results.versions(session.store, session.account, visit_id)[0][1]
        if newest != shown.id:
            forget()
            go("results", assessment=newest)


def under_way(shown: Shown) -> bool:
    """Tell whether the models of this version are being asked."""
    stands = _stands(shown)
    return stands is not None and is_under_way(stands)


def is_under_way(stands: State) -> bool:
    """Tell whether an order waits or is worked on."""
    return stands.status in _UNDER_WAY


def _stands(shown: Shown) -> State | None:
    session = current("see", by_hand=False)
    if shown.assessment.review is None:
        return None
    with telling(session):
        return asking.state(session.store, session.account, shown.id)


@st.fragment(run_every=_EVERY_S)
def _watch(shown: Shown) -> None:
    stands = _stands(shown)
    if stands is None or not is_under_way(stands):
        st.rerun()
    st.info(shown.say("results_asking"), icon=":material/psychology:")
    if stands.status == "running":
        stage = sentence(stands.stage, shown.session.language)
        share = min(max(stands.progress, 0.0), 1.0)
        text = shown.say("results_asking_share", stage=stage, share=f"{100 * share:.0f}")
        st.progress(share, text=text)
