"""Findings and narrative: every sentence with the facts that it rests on."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from clinigait.apps.dashboard.review.shown import Shown, say_plain
from clinigait.apps.dashboard.review.watch import see_stride
from clinigait.apps.dashboard.session import plain
from clinigait.core import Finding, Parameter, Prediction, QualityCheck, percent_text
from clinigait.findings import fact, is_noteworthy, sentence
from clinigait.report.text import printable
from clinigait.report.text import words as words_of

_MOST_STRIDES = 8


def findings(shown: Shown) -> None:
    """Show what the numbers say, most important first; a press shows what a sentence rests on."""
    found = shown.assessment.findings
    if not found:
        st.info(shown.say("results_no_findings"))
        return
    st.caption(shown.say("results_findings_note"))
    _narrator(shown)
    first = [f for f in found if is_noteworthy(f) and f.relation != "not_measured"]
    rest = [finding for finding in found if finding not in first]
    _list(shown, first or found)
    if first and rest:
        with st.expander(shown.say("results_more_findings", count=len(rest))):
            _list(shown, rest)


def _narrator(shown: Shown) -> None:
    told, words = shown.assessment.narration, shown.words
    if told is None:
        return
    if told.reason:
        st.caption(plain(f"{words.not_narrated} {told.reason}"))
    elif told.model:
        counts = {by: told.counts.get(by, 0) for by in ("model", "grammar", "template")}
        st.caption(plain(words.narrated.format(name=printable(told.model, 80), **counts)))


def _list(shown: Shown, found: Sequence[Finding]) -> None:
    told = shown.assessment.narration
    own = told is not None and told.language == shown.session.language
    said = {one.finding: one.text for one in told.sentences} if told is not None and own else {}
    for finding in found:
        text, link = st.columns([5, 1], vertical_alignment="center")
        with text:
            say_plain(f"• {said.get(finding.id) or sentence(finding, shown.session.language)}")
        with link.popover(
            shown.say("results_facts"),
            icon=":material/link:",
            help=plain(_briefly(shown, finding)) or None,
            width="stretch",
        ):
            _facts(shown, finding)


def _briefly(shown: Shown, finding: Finding) -> str:
    """Return the facts in a line, for who points at the link."""
    found = (fact(one, shown.assessment) for one in finding.facts)
    return "; ".join(_parameter(shown, one) for one in found if isinstance(one, Parameter))


def _parameter(shown: Shown, parameter: Parameter) -> str:
    side = "" if parameter.side == "both" else f", {shown.side(parameter.side)}"
    interval = shown.interval(parameter)
    between = f" ({shown.words.interval_short} {interval})" if interval else ""
    return f"{shown.title(parameter.name)}{side}: {shown.with_unit(parameter)}{between}"


def _facts(shown: Shown, finding: Finding) -> None:
    words = shown.words
    for number, one in enumerate(finding.facts):
        found = fact(one, shown.assessment)
        if isinstance(found, Parameter):
            say_plain(_parameter(shown, found))
            if found.reference is not None:
                reference = found.reference
                range_ = shown.range(found)
                st.caption(plain(
                    f"{words.reference}: {range_} ({reference.kind}; {reference.population}). "
                    f"{reference.source}"
                ))  # fmt: skip
            _strides(shown, found, f"{finding.id}-{number}")
        elif isinstance(found, QualityCheck):
            say_plain(f"{words_of(found.name)}: {found.message or found.limit}")
        elif isinstance(found, Prediction):
            best = next((c for c in found.classes if c.label == found.prediction), None)
            told = f": {best.title} {percent_text(best.probability)}" if best else ""
            say_plain(f"{found.title}{told}")
    st.caption(plain(f"{shown.say('results_rule')}: {finding.rule}. {finding.source}"))


def _strides(shown: Shown, parameter: Parameter, key: str) -> None:
    behind = shown.strides_behind(parameter.name, parameter.side)
    if not behind:
        return
    st.caption(shown.say("results_strides_behind", count=len(behind)))
    with st.container(horizontal=True):
        for stride in behind[:_MOST_STRIDES]:
            side = shown.words.side_letters[stride.side]
            st.button(
                f"{stride.number} {side}",
                key=f"fact-{key}-{stride.number}",
                help=shown.say("results_see_stride"),
                on_click=see_stride,
                args=(stride.start_s, stride.end_s),
            )
