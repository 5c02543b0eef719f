"""Signing and taking out: the report is signed once, amended with a reason, never changed."""

from __future__ import annotations

import streamlit as st

from clinigait.apps.dashboard.downloads import FORMS, PAGES, address
from clinigait.apps.dashboard.places import go
from clinigait.apps.dashboard.review.asking import under_way
from clinigait.apps.dashboard.review.draft import draft_of
from clinigait.apps.dashboard.review.head import moment, signature_of
from clinigait.apps.dashboard.review.shown import Shown, forget
from clinigait.apps.dashboard.session import Session, current, plain, telling
from clinigait.apps.dashboard.words import LANGUAGES
from clinigait.clinic import documents
from clinigait.store import accounts, totp

_LONGEST_REASON = 500


def filing(shown: Shown) -> None:
    """Show how the report is printed, sign-off, and what can be taken out."""
    st.subheader(shown.say("results_file_title"))
    with st.container(horizontal=True):
        languages = list(LANGUAGES)
        language = st.selectbox(
            shown.say("results_report_language"), languages,
            index=languages.index(shown.session.language), format_func=LANGUAGES.__getitem__,
            key="report_language", width=220,
        )  # fmt: skip
        page = st.selectbox(
            shown.say("results_paper"), list(PAGES), format_func=PAGES.__getitem__,
            key="report_paper", width=220,
        )  # fmt: skip
    if draft_of(shown.id).corrections:
        st.warning(shown.say("results_keep_first"))
        return
    if shown.session.may("sign"):
        sign_off(shown, language, page)
    if shown.session.may("export"):
        downloads(shown, language, page)


def sign_off(shown: Shown, language: str, page: str) -> None:
    """Sign the newest version, with the password asked again."""
    kept, say = shown.opened, shown.say
    if kept.sign_off is not None:
        when = moment(kept.sign_off.at)
        st.success(
            plain(say("results_signed", name=kept.sign_off.by, when=when)),
            icon=":material/verified:",
        )
        st.caption(say("results_amend_how"))
        return
    if not kept.newest or shown.assessment.measurement is None:
        return
    earlier = signature_of(shown)
    if shown.assessment.review is None:
        st.info(say("results_not_reviewed"), icon=":material/visibility:")
    if under_way(shown):
        st.info(say("results_sign_asking"), icon=":material/psychology:")
    with st.form("sign", border=True):
        st.markdown(say("results_sign_meaning"))
        reason = ""
        if earlier is not None:
            st.warning(say("results_amends"))
            reason = st.text_input(
                say("results_amend_reason"), max_chars=_LONGEST_REASON, key="reason"
            )
        password = st.text_input(
            say("results_password_again", name=shown.session.account.name),
            type="password", autocomplete="current-password", key="sign_password",
        )  # fmt: skip
        code = ""
        if _has_second_factor(shown.session):
            code = st.text_input(say("results_code"), autocomplete="one-time-code", key="sign_code")
        signed = st.form_submit_button(
            say("results_amend" if earlier is not None else "results_sign"),
            type="primary", icon=":material/signature:",
        )  # fmt: skip
    if signed:
        session = current("sign")
        if accounts.prove(session.store, session.account.name, password, code) != session.account:
            st.error(say("results_wrong_password"))
            return
        _sign(session, shown, reason, language, page)


def _has_second_factor(session: Session) -> bool:
    with session.store.reading() as db:
        return totp.is_on(db, session.account.id)


def _sign(session: Session, shown: Shown, reason: str, language: str, page: str) -> None:
    with telling(session):
        documents.sign(session.store, session.account, shown.opened, language, page, reason.strip())
    forget()
    go("results", assessment=shown.id)


def downloads(shown: Shown, language: str, page: str) -> None:
    """Offer every form of the results; each is made, and audited, when it is asked for."""
    say = shown.say
    with st.container(horizontal=True):
        for form in FORMS:
            if form == "csv" and shown.assessment.measurement is None:
                continue
            st.link_button(
                say(f"results_download_{form}"),
                address(shown.id, form, language, page),
                icon=":material/download:",
            )
    st.caption(say("results_download_help"))
