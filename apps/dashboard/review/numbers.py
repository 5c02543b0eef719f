"""The numbers: all parameters with reference and course, and how the sides differ."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from clinigait.apps.dashboard.review.shown import AGAINST_SIGNS, COLOURS, Shown, against, say_plain
from clinigait.clinic.course import Trend, over_visits
from clinigait.core import Measurement, Parameter
from clinigait.findings import sentence
from clinigait.report.text import number
from clinigait.report.values import GROUPS

_ALL = "all"
#: Differences of less than this, in per cent, are drawn but not worth a bar of their own length.
_LEAST_SPAN_PCT = 10.0
_SIDED_GROUPS = ("pace", "rhythm", "phase", "feet")
#: Of angles only ranges have a zero that a percentage can be taken from.
_RANGE = "_rom_deg"


def parameters(shown: Shown, measurement: Measurement) -> None:
    """Show every parameter: value, interval, reference, and how it went over the visits."""
    say, words = shown.say, shown.words
    there = {_group(shown, p.name) for p in measurement.parameters}
    groups = [group for group in GROUPS if group in there]
    chosen = st.segmented_control(
        say("results_group"),
        [_ALL, *groups],
        default=_ALL,
        format_func=lambda group: say("results_all") if group == _ALL else words.groups[group],
        key=f"group-{shown.id}",
    )
    trends: dict[tuple[str, str], Trend] = {
        (trend.name, trend.side): trend for trend in course(shown)
    }
    picked = [p for p in measurement.parameters if chosen in (None, _ALL, _group(shown, p.name))]
    absent = [parameter for parameter in picked if parameter.value is None]
    st.dataframe(
        [_row(shown, parameter, trends) for parameter in picked if parameter.value is not None],
        hide_index=True,
        width="stretch",
        column_config={
            say("results_course"): st.column_config.LineChartColumn(
                say("results_course"), help=say("results_course_help")
            ),
        },
    )
    st.caption(say("results_signs"))
    if absent:
        with st.expander(say("results_absent", count=len(absent))):
            st.dataframe(
                [
                    {
                        words.parameter: shown.title(parameter.name),
                        say("results_side"): shown.side(parameter.side),
                        words.unit: shown.unit(parameter.name, parameter.unit),
                        say("results_reason"): parameter.reason,
                    }
                    for parameter in absent
                ],
                hide_index=True,
                width="stretch",
            )
    with st.expander(words.definitions_title):
        for name in dict.fromkeys(p.name for p in picked):
            known = shown.definitions.get(name)
            if known is not None:
                say_plain(f"{known.title} [{known.unit}]: {known.definition} {known.source}")


def _row(
    shown: Shown, parameter: Parameter, trends: Mapping[tuple[str, str], Trend]
) -> dict[str, Any]:
    say, words = shown.say, shown.words
    trend = trends.get((parameter.name, parameter.side))
    known = [p.value for p in trend.points if p.value is not None] if trend else []
    where = against(parameter)
    return {
        words.parameter: shown.title(parameter.name),
        say("results_side"): shown.side(parameter.side),
        words.value: shown.value(parameter, parameter.value),
        words.unit: shown.unit(parameter.name, parameter.unit),
        words.interval: shown.interval(parameter),
        words.n: parameter.n,
        words.reference: shown.range(parameter),
        say("results_against"): f"{AGAINST_SIGNS[where]} {words.against[where]}" if where else "",
        say("results_course"): known if len(known) > 1 else None,
        say("results_note"): _note(parameter),
    }


def _note(parameter: Parameter) -> str:
    reference = parameter.reference
    source = f"{reference.kind}; {reference.population}; {reference.source}" if reference else ""
    return "; ".join(part for part in (parameter.reason or "", source) if part)


def _group(shown: Shown, name: str) -> str:
    known = shown.definitions.get(name)
    return known.group if known else "other"


def course(shown: Shown) -> tuple[Trend, ...]:
    """Return how the parameters went over the patient's visits, read once for an opened version."""
    kept: tuple[str, tuple[Trend, ...]] | None = st.session_state.get("course")
    if kept is None or kept[0] != shown.id:
        session = shown.session
        kept = (shown.id, over_visits(session.store, session.account, shown.opened.patient_id))
        st.session_state["course"] = kept
    return kept[1]


def asymmetry(shown: Shown, measurement: Measurement) -> None:
    """Show left against right: differences as bars, indices as a table, and what they say."""
    say, words = shown.say, shown.words
    told = [f for f in shown.assessment.findings if f.kind == "asymmetry"]
    for finding in told:
        say_plain(f"• {sentence(finding, shown.session.language)}")
    pairs = list(_pairs(shown, measurement))
    if not pairs:
        st.info(say("results_no_sides"))
        return
    st.plotly_chart(_bars(shown, pairs), key=f"asymmetry-{shown.id}", config=PLOT_CONFIG)
    st.caption(say("results_asymmetry_note"))
    st.dataframe(
        [
            {
                words.parameter: shown.title(left.name),
                words.unit: shown.unit(left.name, left.unit),
                shown.side("left"): shown.value(left, left.value),
                shown.side("right"): shown.value(right, right.value),
                say("results_difference"): f"{number(difference, 1)} %",
            }
            for left, right, difference in pairs
        ],
        hide_index=True,
        width="stretch",
    )
    indices = [p for p in measurement.parameters if _group(shown, p.name) == "symmetry"]
    if indices:
        st.dataframe([_row(shown, one, {}) for one in indices], hide_index=True, width="stretch")


#: Plotly keeps to itself: no link to its maker, no buttons but those that help.
PLOT_CONFIG = {
    "displaylogo": False,
    "modeBarButtonsToRemove": ["select2d", "lasso2d", "autoScale2d"],
    "showTips": False,
}


def _pairs(shown: Shown, measurement: Measurement) -> Iterable[tuple[Parameter, Parameter, float]]:
    """Give left, right and right less left in per cent of their mean."""
    for left in measurement.parameters:
        sided = _group(shown, left.name) in _SIDED_GROUPS or left.name.endswith(_RANGE)
        if left.side != "left" or not sided:
            continue
        right = measurement.parameter(left.name, "right")
        if right is None or left.value is None or right.value is None:
            continue
        mean = (abs(left.value) + abs(right.value)) / 2
        if mean > 0:
            yield left, right, 100 * (right.value - left.value) / mean


def _bars(shown: Shown, pairs: list[tuple[Parameter, Parameter, float]]) -> go.Figure:
    figure = go.Figure()
    for side, sign in (("left", -1), ("right", 1)):
        mine = [(left, d) for left, _, d in pairs if d * sign > 0]
        figure.add_bar(
            orientation="h",
            y=[shown.title(left.name) for left, _ in mine],
            x=[difference for _, difference in mine],
            name=shown.say(f"results_more_{side}"),
            marker={"color": COLOURS[side], "pattern": {"shape": "/" if side == "right" else ""}},
            text=[f"{number(abs(difference), 1)} %" for _, difference in mine],
            textposition="outside",
            cliponaxis=False,
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    widest = max(_LEAST_SPAN_PCT, *(abs(difference) for *_, difference in pairs))
    titles = [shown.title(left.name) for left, *_ in pairs]
    reach = [-1.25 * widest, 1.25 * widest]
    figure.update_layout(
        height=110 + 26 * len(pairs),
        margin={"l": 10, "r": 10, "t": 40, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": shown.say("results_difference_axis"), "range": reach, "zeroline": True},
        yaxis={"categoryorder": "array", "categoryarray": titles[::-1], "automargin": True},
        barmode="overlay",
    )  # fmt: skip
    return figure
