"""What models say beside the measurement: probability, set or silence, card, where it looked."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from clinigait.apps.dashboard.review.numbers import PLOT_CONFIG
from clinigait.apps.dashboard.review.shown import COLOURS, Shown, say_plain
from clinigait.apps.dashboard.session import plain
from clinigait.core import BadInputError, Prediction, percent_text
from clinigait.io.bundle import read_card, shipped_bundles
from clinigait.report.card import card_marks, card_parts
from clinigait.report.review_pages import revision_text
from clinigait.report.text import compact, number


def models(shown: Shown) -> None:
    """Show what every model says, or why it says nothing."""
    words, predictions = shown.words, shown.assessment.predictions
    if not predictions:
        st.info(shown.say("results_no_models"))
        return
    st.caption(words.model_note)
    for index, said in enumerate(predictions, 1):
        with st.container(border=True):
            _model(shown, said, index)


def _model(shown: Shown, said: Prediction, index: int) -> None:
    words = shown.words
    st.subheader(plain(said.title))
    _revision(shown, said)
    if said.research:
        st.warning(plain(words.model_research), icon=":material/science:")
    if said.synthetic:
        st.warning(plain(words.model_synthetic), icon=":material/science:")
    if said.abstained is not None:
        st.info(
            f"**{plain(words.model_silent)}.** "
            + plain(f"{said.abstained.message} {said.abstained.remedy}")
        )
    if said.statement:
        say_plain(said.statement)
    if said.classes:
        st.plotly_chart(_classes(shown, said), key=f"model-{index}-{shown.id}", config=PLOT_CONFIG)
        titles = {one.label: one.title for one in said.classes}
        if said.coverage is not None and said.prediction_set:
            labels = words.comma.join(titles.get(one, one) for one in said.prediction_set)
            coverage = number(100 * said.coverage, 0)
            say_plain(words.model_set.format(coverage=coverage, labels=labels))
        if said.interval_reason:
            st.caption(plain(said.interval_reason))
    _beside(shown, said)
    _where(shown, said, index)
    for limit in said.limits:
        st.caption(plain(limit))
    _card(shown, said)


def _revision(shown: Shown, said: Prediction) -> None:
    """Show to which state of the walk the model answers, where something was corrected."""
    text = plain(revision_text(shown.assessment, said, shown.words))
    if shown.assessment.answered_before(said):
        st.warning(text, icon=":material/history:")
    elif text:
        st.info(text, icon=":material/history:")


def _classes(shown: Shown, said: Prediction) -> go.Figure:
    figure = go.Figure()
    for one in said.classes:
        inside = one.label in said.prediction_set
        has = one.low is not None and one.high is not None
        error = {
            "type": "data", "symmetric": False, "visible": has,
            "array": [100 * ((one.high or 0) - one.probability)],
            "arrayminus": [100 * (one.probability - (one.low or 0))],
        }  # fmt: skip
        figure.add_bar(
            orientation="h", y=[one.title], x=[100 * one.probability], showlegend=False,
            marker={"color": COLOURS["left"] if inside else "#9AA7B1"},
            error_x=error if has else None,
            text=[percent_text(one.probability)], textposition="inside", insidetextanchor="start",
            hovertemplate=f"{one.title}: %{{text}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        height=90 + 40 * len(said.classes),
        margin={"l": 10, "r": 20, "t": 10, "b": 40},
        xaxis={"title": shown.words.model_probability, "range": [0, 100]},
        yaxis={"autorange": "reversed", "automargin": True},
    )
    return figure


def _beside(shown: Shown, said: Prediction) -> None:
    """Show the measured signs that come before the model, and the simple rules beside it."""
    words = shown.words
    if said.signs:
        st.markdown(f"**{plain(words.signs_title)}**")
        st.dataframe(
            [
                {
                    words.sign: sign.title,
                    **{shown.side(side): _value(sign.values.get(side), sign.unit)
                       for side in ("left", "right", "both")},
                    words.asymmetry: _value(sign.asymmetry, sign.asymmetry_unit),
                    words.sign_grade: words.against.get(sign.against_reference() or "", ""),
                    shown.say("results_note"): sign.reason or "",
                }
                for sign in said.signs
            ],
            hide_index=True,
            width="stretch",
        )  # fmt: skip
    titles = {one.label: one.title for one in said.classes}
    for baseline in said.baselines:
        told = words.comma.join(
            f"{titles.get(label, label)} {percent_text(p)}"
            for label, p in baseline.probabilities.items()
        )
        silent = words.baseline_silent.format(reason=baseline.reason or "")
        say_plain(f"{words.baseline_title.format(title=baseline.title)}: {told or silent}")
    if said.held_out:
        say_plain(f"{words.held_out}: {said.held_out}")
    if said.typicality is not None:
        score, limit = compact(said.typicality.score), compact(said.typicality.limit)
        st.caption(plain(words.typicality.format(score=score, limit=limit)))


def _value(value: float | None, unit: str) -> str:
    return "" if value is None else f"{compact(value)} {unit}"


def _where(shown: Shown, said: Prediction, index: int) -> None:
    """Show where the model looked, if that stands its checks."""
    words = shown.words
    if said.saliency_refused is not None:
        say_plain(f"{words.saliency_refused} {said.saliency_refused.message}")
    if said.saliency is None:
        return
    st.markdown(f"**{plain(words.saliency_title)}**")
    if not said.saliency.shown:
        say_plain(words.saliency_failed)
        for check in said.saliency.checks:
            if not check.passed:
                st.caption(plain(check.text))
        return
    picture = shown.opened.files.get(f"saliency-{index}.png")
    if picture is not None:
        st.image(picture.read_bytes(), caption=shown.say("results_saliency_picture"))
    rows = zip(said.saliency.regions, said.saliency.share, strict=True)
    shares = sorted(((100 * sum(row), region) for region, row in rows), reverse=True)
    st.dataframe(
        [{words.sign: words.regions[name], words.saliency_share: number(share, 0)}
         for share, name in shares],
        hide_index=True,
    )  # fmt: skip


def _card(shown: Shown, said: Prediction) -> None:
    """Show the card of the model, where this program has the model."""
    words = shown.words
    with st.expander(f"{words.model_card}: {plain(said.card_id)}"):
        say_plain(f"{words.learned_from}: {said.learned_from}")
        name = next((one for one in shipped_bundles() if said.card_id.startswith(one)), None)
        if name is None:
            say_plain(shown.say("results_no_card"))
            return
        try:
            card = read_card(name)
        except BadInputError:
            say_plain(shown.say("results_no_card"))
            return
        for mark in card_marks(card):
            st.warning(plain(mark))
        for part in card_parts(card):
            st.markdown(f"**{plain(part.title)}**")
            for label, text in part.facts:
                say_plain(f"{label}: {text}")
            if part.rows:
                st.dataframe(
                    [dict(zip(part.head, row, strict=False)) for row in part.rows], hide_index=True
                )
            for text in part.sentences:
                say_plain(text)
