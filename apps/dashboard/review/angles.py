"""Joint angles over the gait cycle: every stride, mean and spread, and the reference band."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from clinigait.apps.dashboard.review.numbers import PLOT_CONFIG
from clinigait.apps.dashboard.review.shown import COLOURS, DASHES, Shown
from clinigait.core import Curve, Measurement
from clinigait.documents import reference_curves
from clinigait.report.contents import ReferenceCurve

_PERCENT = list(range(101))
_BAND = "rgba(120, 134, 145, 0.28)"


def angles(shown: Shown, measurement: Measurement) -> None:
    """Show the joint curves, one panel a joint."""
    say = shown.say
    if not measurement.curves:
        st.info(say("results_no_curves"))
        return
    references = reference_curves(shown.assessment)
    each = st.toggle(say("results_each_stride"), key=f"each-{shown.id}")
    names = list(dict.fromkeys(curve.name for curve in measurement.curves))
    for start in range(0, len(names), 2):
        for column, name in zip(st.columns(2), names[start : start + 2], strict=False):
            own = [curve for curve in measurement.curves if curve.name == name]
            with column:
                figure = _panel(shown, own, references, each=each)
                st.plotly_chart(figure, key=f"curve-{name}-{shown.id}", config=PLOT_CONFIG)
    st.caption(say("results_angles_note"))
    for reference in references.values():
        key = "results_shape_only" if reference.shape_only else "results_reference_of"
        st.caption(say(key, population=reference.population, source=reference.source))
        break


def _panel(
    shown: Shown, curves: list[Curve], references: Mapping[str, ReferenceCurve], *, each: bool
) -> go.Figure:
    name, words, stride = curves[0].name, shown.words, shown.say("results_stride")
    figure = go.Figure()
    if name in references:
        _add_reference(figure, shown, references[name])
    for curve in curves:
        colour = COLOURS[curve.side]
        if each:
            for number, row in zip(curve.stride_numbers, curve.strides, strict=True):
                figure.add_scatter(
                    x=_PERCENT, y=row, mode="lines", opacity=0.35, showlegend=False,
                    line={"color": colour, "width": 1},
                    hovertemplate=f"{stride} {number}: %{{y:.0f}}°<extra></extra>",
                )  # fmt: skip
        elif curve.sd is not None:
            _add_spread(figure, curve, colour)
        figure.add_scatter(
            x=_PERCENT, y=curve.mean, mode="lines", name=shown.side(curve.side),
            line={"color": colour, "width": 3, "dash": DASHES[curve.side]},
            hovertemplate="%{x} %: %{y:.0f}°",
        )  # fmt: skip
    up, down = words.directions.get(name.partition("_")[0], ("", ""))
    figure.update_layout(
        title=words.curves.get(name, shown.title(name)),
        height=300,
        margin={"l": 10, "r": 10, "t": 60, "b": 40},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        xaxis={"title": shown.say("results_cycle"), "range": [0, 100]},
        yaxis={"title": f"{down} ← ° → {up}" if up else "°"},
        hovermode="x",
    )
    return figure


def _add_reference(figure: go.Figure, shown: Shown, reference: ReferenceCurve) -> None:
    cycle, mean, sd = (np.asarray(v) for v in (reference.cycle_pct, reference.mean, reference.sd))
    words = shown.words
    figure.add_scatter(
        x=[*cycle, *cycle[::-1]], y=[*(mean + sd), *(mean - sd)[::-1]], fill="toself",
        fillcolor=_BAND, line={"width": 0}, hoverinfo="skip",
        name=words.band_shape if reference.shape_only else words.band_reference,
    )  # fmt: skip


def _add_spread(figure: go.Figure, curve: Curve, colour: str) -> None:
    mean, sd = np.asarray(curve.mean), np.asarray(curve.sd)
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    figure.add_scatter(
        x=[*_PERCENT, *_PERCENT[::-1]], y=[*(mean + sd), *(mean - sd)[::-1]], fill="toself",
        fillcolor=f"rgba({red}, {green}, {blue}, 0.16)", line={"width": 0}, hoverinfo="skip",
        showlegend=False,
    )  # fmt: skip
