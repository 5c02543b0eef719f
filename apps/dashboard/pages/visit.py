"""Place of a page that is on its way."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.session import current


def show() -> None:
    """Show the page."""
    session = current("see")
    st.title(session.say("page_visit"))


show()
