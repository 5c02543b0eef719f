"""The head of the results: whose they are, which version, its marks, and quality before numbers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

import streamlit as st

from clinigait.apps.dashboard.places import link
from clinigait.apps.dashboard.review.shown import Shown, say_plain
from clinigait.apps.dashboard.session import Session, plain
from clinigait.clinic import results, signing
from clinigait.core import Grade, Measurement, QualityCheck
from clinigait.report.quality_pages import strides_line
from clinigait.report.styles import GRADE_SIGNS
from clinigait.report.text import Result, date, printable, quantity, synthetic_marks
from clinigait.report.text import words as words_of
from clinigait.report.values import TILES
from clinigait.report.wording import Wording

_N_TILES = 5


def nothing_chosen(session: Session) -> None:
    """Say that the address names nothing to show, and lead to the patients."""
    st.info(session.say("results_choose"))
    link("patients", session.say("results_to_patients"), ":material/group:")


def head(shown: Shown) -> None:
    """Show whose results these are, and what they are not."""
    kept, say = shown.opened, shown.say
    st.title(f"{plain(kept.patient_code)} · {plain(date(kept.visit_day, shown.words))}")
    with st.container(horizontal=True):
        link("visit", say("results_to_visit"), ":material/arrow_back:", visit=kept.version.visit_id)
        link("course", say("page_course"), ":material/timeline:", patient=kept.patient_id)
        link("compare", say("page_compare"), ":material/compare_arrows:", first=shown.id)
    _state(shown)
    marks(shown)


def marks(shown: Shown) -> None:
    """Say that something is synthetic or for research wherever it shows."""
    say_synthetic([shown.assessment], shown.words)
    if any(said.research for said in shown.assessment.predictions):
        st.warning(plain(shown.words.model_research), icon=":material/science:")


def say_synthetic(seen: Iterable[Result], words: Wording) -> None:
    """Say what of the page rests on synthetic walkers."""
    for mark in synthetic_marks(seen, words):
        st.warning(f"**{plain(mark)}**", icon=":material/science:")


def _state(shown: Shown) -> None:
    """Show version, review and signature, and the way to the newest version."""
    kept, say = shown.opened, shown.say
    parts = [say("results_version", number=kept.version.number)]
    review = shown.assessment.review
    if review is not None:
        count, names = len(review.corrections), ", ".join(review.by)
        parts.append(say("results_reviewed", names=names, count=count))
    if kept.sign_off is not None:
        when = moment(kept.sign_off.at)
        key = "results_amended" if kept.sign_off.amends else "results_signed"
        parts.append(say(key, name=kept.sign_off.by, when=when))
    elif kept.newest:
        parts.append(say("results_not_signed"))
    say_plain(" · ".join(parts))
    if not kept.newest:
        session = shown.session
        newest = results.versions(session.store, session.account, kept.version.visit_id)[0][1]
        st.info(say("results_older"), icon=":material/history:")
        link("results", say("results_to_newest"), ":material/arrow_forward:", assessment=newest)


def moment(at: str | None) -> str:
    """Return a moment of the clinic's log for people: day and minute, in UTC."""
    if at is None:
        return ""
    try:
        return datetime.fromisoformat(at).astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return at[:24]


def moment_of_ms(at_ms: int) -> str:
    """Return the same of milliseconds since 1970."""
    return moment(datetime.fromtimestamp(at_ms / 1000, UTC).isoformat())


def refused(shown: Shown) -> None:
    """Show why there is no measurement, what helps, and what to do now."""
    refusal, say = shown.assessment.refusal, shown.say
    if refusal is None:
        return
    words = shown.words
    st.error(f"**{plain(words.refusal_title)}.** {plain(refusal.message)}", icon=":material/block:")
    st.subheader(words.refused_remedy)
    say_plain(refusal.remedy)
    say_plain(say("results_refused_next"))
    visit_id = shown.opened.version.visit_id
    link("visit", say("results_film_again"), ":material/videocam:", visit=visit_id)
    st.caption(plain(words.refused_note))
    st.caption(plain(words.refused_code.format(code=refusal.code)))


def quality(shown: Shown, measurement: Measurement) -> None:
    """Show how far the numbers can be believed, warnings first."""
    words, say = shown.words, shown.say
    warned = [check for check in measurement.quality if check.grade is not Grade.PASS]
    passed = len(measurement.quality) - len(warned)
    st.subheader(words.quality_title)
    say_plain(
        words.quality_line.format(
            title=words.quality_summary,
            passed=say("results_checks_passed", count=passed),
            warned=say("results_checks_warned", count=len(warned)),
            strides=strides_line(measurement.strides, words),
        )
    )
    if warned:
        st.warning("\n".join(f"- {_spelt_out(check, shown)}" for check in warned))
    with st.expander(say("results_all_checks", count=len(measurement.quality))):
        st.dataframe(
            [
                {
                    words.check: words_of(check.name),
                    words.result: _grade(check, shown),
                    words.found: _found(check),
                    words.asked: printable(check.limit.replace(" deg", "°"), 120),
                }
                for check in sorted(measurement.quality, key=lambda one: one.grade is Grade.PASS)
            ],
            hide_index=True,
            width="stretch",
        )


def _spelt_out(check: QualityCheck, shown: Shown) -> str:
    """Return what is wrong and what helps, as Markdown."""
    name = plain(words_of(check.name))
    remedy = check.remedy or ""
    if "--person" in remedy:  # what helps at the command line is further down on this page
        remedy = shown.say("results_check_person")
    return f"**{name}.** {plain(f'{check.message or check.limit} {remedy}')}"


def _grade(check: QualityCheck, shown: Shown) -> str:
    grade = check.grade.value
    return f"{GRADE_SIGNS[grade]} {shown.words.grades[grade]}"


def _found(check: QualityCheck) -> str:
    if check.value is None:
        return ""
    return quantity(check.value, check.unit)


def tiles(shown: Shown, measurement: Measurement) -> None:
    """Show the key numbers."""
    there = {p.name for p in measurement.parameters if p.value is not None}
    names = [next((name for name in choice if name in there), None) for choice in TILES]
    chosen = [name for name in names if name is not None][:_N_TILES]
    if not chosen:
        return
    row = st.container(horizontal=True)  # it wraps: columns would cut numbers on a tablet
    for name in chosen:
        found = [p for p in measurement.parameters if p.name == name and p.value is not None]
        main = next((p for p in found if p.side == "both"), None) or found[0]
        title = shown.title(name)
        if main.side != "both":
            title = f"{title}, {shown.side(main.side)}"
        with row:
            st.metric(
                plain(title),
                shown.with_unit(main),
                help=plain(f"{main.definition} {main.reason or ''}".strip()) or None,
                border=True,
                width="content",
            )


def signature_of(shown: Shown) -> signing.Signed | None:
    """Return the signature of the visit that counts, of whichever version."""
    session = shown.session
    found = signing.signatures(session.store, session.account, shown.opened.version.visit_id)
    return found[0] if found else None
