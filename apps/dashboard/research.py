"""Measurements for research: offered, made when they are asked for, by who is still signed in."""

from __future__ import annotations

from functools import partial

import streamlit as st

from clinigait.apps.dashboard.session import Session
from clinigait.clinic import research
from clinigait.core import RefusedError
from clinigait.store import sign_ins


def offer(session: Session, patient_id: str | None = None) -> None:
    """Offer the export of one patient, or of all whom the user sees.

    Parameters
    ----------
    session
        Who looks.
    patient_id
        Of whom; None for all.
    """
    if not session.may("export"):
        return
    with st.expander(session.say("research"), icon=":material/science:"):
        st.markdown(session.say("research_help"))
        st.download_button(
            session.say("research_one" if patient_id else "research_all"),
            data=partial(_made, session, patient_id),
            file_name="clinigait-research.zip",
            mime="application/zip",
            on_click="ignore",
            icon=":material/download:",
        )


def _made(session: Session, patient_id: str | None) -> bytes:
    """Return the archive to somebody who is still signed in; the gate looks at the rights."""
    account = sign_ins.who(session.store, session.token)
    if account is None or account.id != session.account.id:
        raise RefusedError("signed_out", "You are signed out.", "Sign in again.")
    return research.export(session.store, account, [patient_id] if patient_id else None).content
