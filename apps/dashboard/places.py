"""The pages, who may see each, and links between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NoReturn

import streamlit as st

from clinigait.clinic.access import Right


@dataclass(frozen=True)
class Place:
    """A page.

    Parameters
    ----------
    name
        Of its file and in its address; ``page_NAME`` is its title among the texts.
    right
        What it takes to see it; ``any`` for everybody who is signed in.
    icon
        In the menu.
    listed
        Whether it stands in the menu; others are reached from the patient.
    """

    name: str
    right: Right | Literal["any"]
    icon: str
    listed: bool = True

    @property
    def path(self) -> str:
        """Its file, as Streamlit wants it.

        Not in a folder ``pages``: whoever opened such a page first would get it without the frame.
        """
        return f"screens/{self.name}.py"


#: In the order of the menu; the first that a role may see is where it begins.
PLACES = (
    Place("patients", "see", ":material/group:"),
    Place("patient", "see", ":material/person:", listed=False),
    Place("visit", "see", ":material/event:", listed=False),
    Place("results", "see", ":material/monitoring:", listed=False),
    Place("compare", "see", ":material/compare_arrows:", listed=False),
    Place("course", "see", ":material/timeline:", listed=False),
    Place("users", "administer", ":material/manage_accounts:"),
    Place("audit", "audit", ":material/verified_user:"),
    Place("account", "any", ":material/key:"),
)


def go(name: str, **ids: str) -> NoReturn:
    """Open another page, with ids in its address: ``go("visit", visit=...)``."""
    st.switch_page(_of(name).path, query_params=ids)


def link(name: str, label: str, icon: str | None = None, **ids: str) -> None:
    """Show a link to another page; letters of Markdown in the label are the caller's care."""
    st.page_link(_of(name).path, label=label, icon=icon, query_params=ids)


def asked(key: str) -> str:
    """Return an id of the page's address; empty where there is none. The gate looks at it."""
    return st.query_params.get(key, "")


def _of(name: str) -> Place:
    return next(place for place in PLACES if place.name == name)
