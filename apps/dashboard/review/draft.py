"""Corrections that are not kept yet: asked for in the viewer, computed at once, held as a draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import streamlit as st
from pydantic import TypeAdapter, ValidationError

from clinigait.apps.dashboard.session import Session, current, telling
from clinigait.apps.dashboard.viewer import Asked
from clinigait.apps.dashboard.words import sentence
from clinigait.clinic import drafts
from clinigait.clinic.review import Correction, Opened, SwapLegs, recomputed, unmeasured
from clinigait.core import Assessment, BadInputError, Refused, RefusedError
from clinigait.report.phrases import say as in_chinese

_CORRECTIONS: TypeAdapter[tuple[Correction, ...]] = TypeAdapter(tuple[Correction, ...])


@dataclass(frozen=True, eq=False)
class Draft:
    """Corrections of a version that somebody tries out.

    Parameters
    ----------
    assessment_id
        Of which version.
    serial
        Number of the last request of the viewer.
    corrections
        In the order in which they were made.
    assessment
        What comes of them; None for none.
    refused
        Why the last request was not taken, in the user's language; empty where it was.
    still
        Why the walk, which was refused, is refused with these corrections too; empty where it can
        be measured.
    restored_ms
        When it was made, where it was there before this page: milliseconds since 1970.
    """

    assessment_id: str
    serial: int = 0
    corrections: tuple[Correction, ...] = ()
    assessment: Assessment | None = None
    refused: str = ""
    still: str = ""
    restored_ms: int | None = None


def draft_of(assessment_id: str) -> Draft:
    """Return the draft of a version; an empty one where there is none."""
    kept = st.session_state.get("draft")
    if isinstance(kept, Draft) and kept.assessment_id == assessment_id:
        return kept
    return Draft(assessment_id)


def restore(session: Session, opened: Opened) -> None:
    """Take up the draft that somebody left behind on a version, once a page."""
    if st.session_state.get("draft_sought") == opened.version.id:
        return
    st.session_state["draft_sought"] = opened.version.id
    with telling(session):
        kept = drafts.load(session.store, session.account, opened.version.id)
    if kept is not None:
        said = {"serial": 0, "edits": kept.corrections}
        draft = tried(session, opened, Draft(opened.version.id), said)
        st.session_state["draft"] = replace(draft, restored_ms=kept.saved_ms)


def save(session: Session, draft: Draft) -> None:
    """Keep the draft in the store: a page that is loaded anew has it again."""
    corrections = plain_data(draft.corrections)
    with telling(session):
        drafts.save(session.store, session.account, draft.assessment_id, corrections)


def discard() -> None:
    """Drop the draft; the viewer is answered anew."""
    kept = st.session_state.get("draft")
    if isinstance(kept, Draft):
        st.session_state["draft"] = Draft(kept.assessment_id, kept.serial + 1)
        save(current("change"), st.session_state["draft"])


def tried(session: Session, opened: Opened, draft: Draft, said: object) -> Draft:
    """Return the draft after a request of the viewer; what cannot be is told, not taken."""
    asked = Asked.of(said)
    if asked is None:
        return draft
    answered = replace(draft, serial=asked.serial, refused="", still="", restored_ms=None)
    try:
        corrections = _parsed(asked.edits)
        if not corrections:
            return replace(answered, corrections=(), assessment=None)
        try:
            assessment = recomputed(opened, corrections, by=session.account.name)
        except RefusedError as error:
            told = _told(error.refused, session.language)
            if opened.assessment.measurement is not None:
                return replace(answered, refused=told)
            unmeasured(opened, corrections)  # what cannot be is told here
            return replace(answered, corrections=corrections, assessment=None, still=told)
    except BadInputError as error:
        return replace(answered, refused=_told(error, session.language))
    return replace(answered, corrections=corrections, assessment=assessment)


def _told(why: BadInputError | Refused, language: str) -> str:
    return f"{in_language(why.message, language)} {in_language(why.remedy, language)}"


def in_language(text: str, language: str) -> str:
    """Return what the clinic's logic or a measurement says, in a language."""
    told = sentence(text, language)
    return in_chinese(told) if language == "zh" else told


def plain_data(corrections: Sequence[Correction]) -> list[dict[str, Any]]:
    """Return corrections as the viewer takes them."""
    data: list[dict[str, Any]] = _CORRECTIONS.dump_python(tuple(corrections), mode="json")
    return data


def swaps_of(assessment: Assessment) -> tuple[SwapLegs, ...]:
    """Return every exchange of legs that an assessment rests on."""
    review = assessment.review
    corrections = review.corrections if review is not None else ()
    return tuple(one for one in corrections if isinstance(one, SwapLegs))


def _parsed(edits: tuple[dict[str, Any], ...]) -> tuple[Correction, ...]:
    if len(edits) > drafts.MOST:
        raise BadInputError("So many corrections cannot be made at once.", "Keep some first.")
    try:
        return _CORRECTIONS.validate_python(edits)
    except ValidationError as error:
        raise BadInputError("The page sent no correction.", "Load the page again.") from error
