"""Change against the error of measurement: two assessments side by side, and many visits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from clinigait.apps.dashboard.review.numbers import PLOT_CONFIG
from clinigait.apps.dashboard.review.shown import COLOURS, DASHES, SHAPES, Printed, say_plain
from clinigait.apps.dashboard.session import Session, plain
from clinigait.clinic.course import Trend
from clinigait.core.printed import number
from clinigait.gait.compare import Comparison
from clinigait.report.phrases import say as in_chinese
from clinigait.report.values import TILES

_KEY = tuple(name for choice in TILES for name in choice)
_MOST_DRAWN = 14
#: The chart ends at so many minimal detectable changes.
_EDGE = 4.0
_BAND = "rgba(120, 134, 145, 0.28)"


def changes(
    session: Session, printed: Printed, rows: Sequence[Comparison], first: str, second: str
) -> None:
    """Show how two assessments differ.

    Parameters
    ----------
    session, printed
        Who looks, in which language.
    rows
        Every parameter of both.
    first, second
        How the two are called.
    """
    words = printed.words
    compared = [row for row in rows if row.reason is None and row.change.difference is not None]
    if not compared:
        st.info(session.say("compare_nothing"))
    else:
        real = sum(bool(row.change.is_real) for row in compared)
        say_plain(words.changes_count.format(real=real, total=len(compared)))
        drawn = _drawn(compared)
        if drawn:
            st.plotly_chart(_chart(printed, drawn), key="changes", config=PLOT_CONFIG)
            st.caption(plain(words.changes_chart_note))
        table = [_row(session, printed, row, first, second) for row in compared]
        st.dataframe(table, hide_index=True, width="stretch")
        st.caption(plain(words.changes_note))
    _not_compared(printed, rows)


def _drawn(compared: Sequence[Comparison]) -> list[Comparison]:
    """Return the key numbers, and after them what changed most."""
    known = [row for row in compared if row.change.minimal_detectable]
    key = [row for name in _KEY for row in known if row.name == name]
    others = [row for row in known if row.change.is_real and row not in key]
    others.sort(key=lambda row: -abs(_times(row)))
    return [*key, *others][:_MOST_DRAWN]


def _times(row: Comparison) -> float:
    difference, least = row.change.difference, row.change.minimal_detectable
    return difference / least if difference is not None and least else 0.0


def _chart(printed: Printed, drawn: Sequence[Comparison]) -> go.Figure:
    words, figure = printed.words, go.Figure()
    titles = [_called(printed, row) for row in drawn]
    figure.add_vrect(x0=-1, x1=1, fillcolor=_BAND, line_width=0)
    for side in ("left", "right", "both"):
        mine = [row for row in drawn if row.side == side]
        colours = [COLOURS[side] if row.change.is_real else "rgba(0,0,0,0)" for row in mine]
        figure.add_scatter(
            mode="markers",
            x=[max(-_EDGE, min(_EDGE, _times(row))) for row in mine],
            y=[_called(printed, row) for row in mine],
            name=printed.side(side),
            marker={
                "symbol": SHAPES[side], "size": 12, "color": colours,
                "line": {"color": COLOURS[side], "width": 2},
            },
            text=[_signed(printed, row) for row in mine],
            hovertemplate="%{y}: %{text}<extra></extra>",
            cliponaxis=False,
        )  # fmt: skip
    figure.update_layout(
        height=110 + 28 * len(drawn),
        margin={"l": 10, "r": 20, "t": 40, "b": 50},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": words.changes_axis, "range": [-_EDGE, _EDGE], "zeroline": True},
        yaxis={"categoryorder": "array", "categoryarray": titles[::-1], "automargin": True},
    )
    return figure


def _called(printed: Printed, row: Comparison) -> str:
    side = "" if row.side == "both" else f"{printed.words.comma}{printed.side(row.side)}"
    return printed.title(row.name) + side


def _decimals(printed: Printed, name: str) -> int:
    """Return one place more than the value has: a change is smaller."""
    known = printed.definitions.get(name)
    return known.decimals + 1 if known else 3


def _signed(printed: Printed, row: Comparison) -> str:
    difference = row.change.difference
    if difference is None:
        return printed.words.absent
    text = number(difference, _decimals(printed, row.name))
    return f"+{text}" if difference > 0 else text


def _row(
    session: Session, printed: Printed, row: Comparison, first: str, second: str
) -> dict[str, Any]:
    words, decimals = printed.words, _decimals(printed, row.name)
    least, change = row.change.minimal_detectable, row.change
    reached = row.reached
    table = {
        words.parameter: printed.title(row.name),
        words.side: printed.side(row.side),
        first: words.absent if row.first is None else number(row.first, decimals),
        second: words.absent if row.second is None else number(row.second, decimals),
        words.unit: printed.unit(row.name, row.unit),
        words.change: _signed(printed, row),
        words.detectable: words.absent if least is None else f"± {number(least, decimals)}",
        words.result: _verdict(printed, change.difference, is_real=change.is_real),
        session.say("compare_matters"): f"{reached.kind}: {reached.source}" if reached else "",
    }
    if row.dual_task_cost_pct is not None:
        table[session.say("compare_dual")] = f"{number(row.dual_task_cost_pct, 1)} %"
    return table


def _verdict(printed: Printed, difference: float | None, *, is_real: bool | None) -> str:
    words = printed.words
    if is_real is None or difference is None:
        return words.absent
    if not is_real:
        return f"○ {words.unchanged}"
    return f"{'▲' if difference > 0 else '▼'} {words.changed[difference > 0]}"


def _not_compared(printed: Printed, rows: Sequence[Comparison]) -> None:
    reasons = Counter(row.reason for row in rows if row.reason is not None)
    if not reasons:
        return
    words = printed.words
    known = in_chinese if words.language == "zh" else str
    told = words.semicolon.join(f"{known(reason)} ({n})" for reason, n in reasons.most_common(6))
    st.caption(plain(words.not_compared.format(count=sum(reasons.values()), reasons=told)))


# ------------------------------------------------------------------ many visits


def trend_figure(session: Session, printed: Printed, trends: Sequence[Trend]) -> go.Figure:
    """Return one parameter over the visits, its sides together, with what error explains.

    Parameters
    ----------
    session, printed
        Who looks, in which language.
    trends
        The sides of one parameter.
    """
    figure = go.Figure()
    reference = next((p.reference for t in trends for p in t.points[::-1] if p.reference), None)
    if reference is not None:
        figure.add_hrect(y0=reference.low, y1=reference.high, fillcolor=_BAND, line_width=0)
    for trend in trends:
        known = [point for point in trend.points if point.value is not None]
        up = [
            (p.high - p.value) if p.high is not None and p.value is not None else 0 for p in known
        ]
        down = [
            (p.value - p.low) if p.low is not None and p.value is not None else 0 for p in known
        ]
        figure.add_scatter(
            x=[point.day for point in known],
            y=[point.value for point in known],
            mode="lines+markers",
            name=printed.side(trend.side),
            line={"color": COLOURS[trend.side], "dash": DASHES[trend.side]},
            marker={"symbol": SHAPES[trend.side], "size": 10},
            error_y={"type": "data", "array": up, "arrayminus": down, "symmetric": False,
                     "thickness": 1.2},
            hovertemplate="%{x}: %{y}<extra></extra>",
        )  # fmt: skip
        _add_error_band(figure, session, trend)
    name, unit = trends[0].name, trends[0].unit
    figure.update_layout(
        title=f"{printed.title(name)} [{printed.unit(name, unit)}]",
        height=320,
        margin={"l": 10, "r": 10, "t": 70, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"type": "category"},
        yaxis={"automargin": True},
    )
    return figure


def _add_error_band(figure: go.Figure, session: Session, trend: Trend) -> None:
    """Draw, around the value before the last, the change that measurement error explains."""
    least, change = trend.minimal_detectable_change, trend.change
    known = [point for point in trend.points if point.value is not None]
    if least is None or change is None or change.first is None or len(known) < 2:
        return
    for edge in (change.first - least, change.first + least):
        figure.add_scatter(
            x=[known[0].day, known[-1].day], y=[edge, edge], mode="lines",
            line={"color": COLOURS[trend.side], "width": 1, "dash": "dot"},
            showlegend=False, hovertemplate=session.say("course_edge") + "<extra></extra>",
        )  # fmt: skip


def last_change(printed: Printed, trend: Trend) -> dict[str, Any]:
    """Return the last change of a parameter that can be judged, as a row of a table."""
    words, row = printed.words, trend.change
    known = [point for point in trend.points if point.value is not None]
    decimals = _decimals(printed, trend.name)
    least = trend.minimal_detectable_change
    change = row.change if row is not None else None
    last = known[-1].value if known else None
    return {
        words.parameter: printed.title(trend.name),
        words.side: printed.side(trend.side),
        words.value: words.absent if last is None else number(last, decimals - 1),
        words.unit: printed.unit(trend.name, trend.unit),
        words.change: _signed(printed, row) if row is not None else words.absent,
        words.detectable: words.absent if least is None else f"± {number(least, decimals)}",
        words.result: _verdict(
            printed,
            change.difference if change else None,
            is_real=change.is_real if change else None,
        ),
    }
