"""Two assessments of a patient side by side: visits, conditions, or versions of one visit."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from clinigait.apps.dashboard.places import asked
from clinigait.apps.dashboard.review.changes import changes
from clinigait.apps.dashboard.review.head import nothing_chosen, say_synthetic
from clinigait.apps.dashboard.review.shown import printed_in, say_plain
from clinigait.apps.dashboard.session import Session, current, refusal, telling
from clinigait.clinic import patients, results
from clinigait.clinic.course import Compared, compared
from clinigait.clinic.review import opened
from clinigait.core import BadInputError, RefusedError
from clinigait.findings import sentence
from clinigait.report.wording import wording

#: Versions of so many visits can be chosen: those that came last.
_MOST_VISITS = 20


@dataclass(frozen=True)
class Choice:
    """A version that can be compared."""

    id: str
    label: str


def show() -> None:
    """Show the page."""
    session = current("see")
    st.title(session.say("page_compare"))
    if not (asked("first") or asked("second") or asked("patient")):
        nothing_chosen(session)
        return
    found = _choices(session)
    if len(found) < 2:
        st.info(session.say("compare_one"))
        return
    first, second = _chosen(session, found)
    if first.id == second.id:
        st.info(session.say("compare_same"))
        return
    both = _compared(session, first.id, second.id)
    if both is None:
        return
    say_synthetic((both.first, both.second), wording(session.language))
    _beside(session, both, first, second)
    said = {one.id: f"• {sentence(one, session.language)}" for one in both.findings}
    changed = [said.pop(one.id) for one in both.findings if one.relation != "unchanged"]
    for text in changed:
        say_plain(text)
    changes(session, printed_in(session.language), both.rows, first.label, second.label)
    if said:
        with st.expander(session.say("compare_unchanged", count=len(said))):
            for text in said.values():
                say_plain(text)


def _compared(session: Session, first_id: str, second_id: str) -> Compared | None:
    """Return the comparison, or tell why there is none and leave the choice on the page."""
    try:
        return compared(session.store, session.account, first_id, second_id)
    except BadInputError as error:
        st.error(refusal(error, session.language))
    except RefusedError as error:
        st.warning(refusal(error.refused, session.language))
    return None


def _choices(session: Session) -> list[Choice]:
    """Return every version of the patient's last visits, newest first."""
    store, account, patient_id = session.store, session.account, asked("patient")
    with telling(session):
        if not patient_id:
            patient_id = opened(store, account, asked("first") or asked("second")).patient_id
        patient = patients.page(store, account, patient_id)
        return [
            Choice(version_id, session.say("compare_choice", day=visit.day, number=number))
            for visit in patient.visits[:_MOST_VISITS]
            for number, version_id in results.versions(store, account, visit.id)
        ]


def _chosen(session: Session, found: list[Choice]) -> tuple[Choice, Choice]:
    ids = [one.id for one in found]
    first_id, second_id = asked("first"), asked("second")
    here = ids.index(first_id) if first_id in ids else min(1, len(ids) - 1)
    other = ids.index(second_id) if second_id in ids else next(
        index for index in range(len(ids)) if index != here
    )  # fmt: skip
    left, right = st.columns(2)
    first = left.selectbox(
        session.say("compare_first"), found, index=here, format_func=lambda one: one.label,
        key=f"first-{first_id}",
    )  # fmt: skip
    second = right.selectbox(
        session.say("compare_second"), found, index=other, format_func=lambda one: one.label,
        key=f"second-{second_id}",
    )  # fmt: skip
    return first, second


def _beside(session: Session, both: Compared, first: Choice, second: Choice) -> None:
    """Show what the two walks were."""
    words = wording(session.language)
    st.dataframe(
        [
            {
                session.say("compare_which"): choice.label,
                words.protocol: one.protocol.title,
                words.condition: one.subject.condition or words.not_stated,
            }
            for choice, one in ((first, both.first), (second, both.second))
        ],
        hide_index=True,
        width="stretch",
    )


show()
