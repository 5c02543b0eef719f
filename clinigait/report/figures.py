"""The figures of the report: joint curves, gait events, stride to stride.

Only matplotlib's objects are used, never its global state, so that reports can be made in threads.
All figures have 72 dots per inch: sizes are points of the printed page.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from types import MappingProxyType

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from clinigait.core import (
    SIDES,
    Curve,
    Event,
    EventKind,
    Measurement,
    Prediction,
    Side,
    Stride,
    percent_text,
)
from clinigait.report.contents import ReferenceCurve
from clinigait.report.styles import (
    ACCENT,
    BAND,
    EARLIER_DASHES,
    GRADE_COLOURS,
    INK,
    LINE,
    MUTED,
    SIDE_COLOURS,
    SIDE_DASHES,
    SIDE_MARKERS,
    TEXT_WIDTH,
)
from clinigait.report.text import interval, printable, unit_symbol, words
from clinigait.report.wording import Wording

DPI = 72
PANELS_A_ROW = 3
PANEL_HEIGHT_PT = 164.0
CLASS_ROW_PT = 25.0
TIMELINE_ROW_PT = 62.0
TIMELINE_ROW_S = 8.0
TIMELINE_MAX_ROWS = 6
LEAST_ANGLE_SPAN = 20.0
UNKNOWN_CONFIDENCE = 0.5
_LABEL, _TITLE = 6.4, 8.0
_LANES: Mapping[str, float] = {"left": 1.0, "right": 0.0}
_BAR = 0.27
#: Where the tick of each side begins, as a share of the panel's height: one above the other.
_FOOT_OFF_TICK: Mapping[str, float] = {"left": 0.065, "right": 0.0}

CyclePhase = Mapping[Side, float]
#: Places in the cycle in percent, lower and upper edge.
Band = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def joint_curves(
    measurement: Measurement,
    words_: Wording,
    references: Mapping[str, ReferenceCurve] = MappingProxyType({}),
    earlier: Sequence[Curve] = (),
) -> Figure:
    """Return one panel a joint: all used strides thin, the mean thick, foot off ticked.

    Parameters
    ----------
    measurement
        Its ``curves`` are drawn, over 0 to 100 % of the gait cycle.
    words_
        Language of titles and labels.
    references
        By name of the curve: a grey band behind it. One that is good for its shape only is moved
        to the level of the measured curves.
    earlier
        Curves of an earlier assessment: their means are dotted.
    """
    names = list(dict.fromkeys(curve.name for curve in measurement.curves))
    rows = max(1, math.ceil(len(names) / PANELS_A_ROW))
    figure = blank(rows * PANEL_HEIGHT_PT)
    foot_off = mean_foot_off_pct(measurement.strides)
    for index, name in enumerate(names):
        axes = _panel(figure, index, rows)
        curves = [curve for curve in measurement.curves if curve.name == name]
        before = [curve for curve in earlier if curve.name == name]
        band = _band(references[name], curves) if name in references else None
        _draw_behind(axes, band, before)
        _draw_curves(axes, curves, foot_off)
        axes.set_ylim(*_angle_limits(curves, before, band))
        _label_curves(axes, name, curves[0].unit, words_)
    return figure


def event_timeline(measurement: Measurement, words_: Wording) -> Figure:
    """Return stance bars, initial contacts and foot offs of both sides over the film's time."""
    start, end = _time_span(measurement)
    rows = min(TIMELINE_MAX_ROWS, math.ceil((end - start) / TIMELINE_ROW_S))
    window = (end - start) / rows
    height = rows * TIMELINE_ROW_PT + 8.0
    figure = blank(height)
    for row in range(rows):
        bottom = height - (row + 1) * TIMELINE_ROW_PT + 17.0
        axes = plain_axes(figure, (30.0, bottom, TEXT_WIDTH - 36.0, TIMELINE_ROW_PT - 20.0))
        axes.set_xlim(start + row * window, start + (row + 1) * window)
        axes.set_ylim(-0.6, 1.6)
        _draw_lanes(axes, measurement, words_)
    axes.set_xlabel(words_.time_axis, fontsize=_LABEL, color=MUTED, labelpad=2)
    return figure


def stride_to_stride(measurement: Measurement, words_: Wording) -> Figure:
    """Return stride time and step length of every stride over the film's time."""
    names = [name for name in _stride_rows(measurement.strides) if name]
    height = 86.0 * len(names) + 14.0
    figure = blank(height)
    for index, name in enumerate(names):
        bottom = height - 86.0 * (index + 1) + 10.0
        axes = plain_axes(figure, (42.0, bottom, TEXT_WIDTH - 48.0, 74.0))
        _draw_strides(axes, measurement.strides, name)
        axes.set_ylabel(_stride_label(name, words_), fontsize=_LABEL, color=MUTED)
        axes.yaxis.set_label_coords(-36.0 / (TEXT_WIDTH - 48.0), 0.5)
        axes.set_xlim(*_time_span(measurement))
        axes.tick_params(labelbottom=index == len(names) - 1)
    axes.set_xlabel(words_.time_axis, fontsize=_LABEL, color=MUTED, labelpad=2)
    return figure


def class_bars(prediction: Prediction, words_: Wording) -> Figure:
    """Return a bar a class with its interval and number, and what the baselines say."""
    classes = prediction.classes
    height = CLASS_ROW_PT * len(classes) + 24.0
    figure = blank(height)
    left, right = 96.0, 118.0
    axes = plain_axes(figure, (left, 22.0, TEXT_WIDTH - left - right, height - 24.0))
    axes.set_xlim(0, 100)
    axes.set_ylim(len(classes) - 0.5, -0.5)
    for row, one in enumerate(classes):
        inside = one.label in prediction.prediction_set
        axes.barh(row, 100 * one.probability, 0.5, color=ACCENT if inside else LINE)
        text = percent_text(one.probability)
        if one.low is not None and one.high is not None:
            low, high = 100 * one.low, 100 * one.high
            axes.plot([low, high], [row, row], color=INK, linewidth=1.0)
            for end in (low, high):
                axes.plot([end, end], [row - 0.13, row + 0.13], color=INK, linewidth=1.0)
            text += f"  ({words_.interval_short}: {interval(low, high, 0)})"
        axes.text(
            102.5, row, text, fontsize=7.3, va="center", color=INK if inside else MUTED,
            fontweight="bold" if inside else "normal",
        )  # fmt: skip
        for baseline in prediction.baselines:
            if one.label in baseline.probabilities:
                place = 100 * baseline.probabilities[one.label]
                axes.plot(
                    [place], [row + 0.36], marker="D", markersize=3.6, markerfacecolor="white",
                    markeredgecolor=GRADE_COLOURS["warning"], markeredgewidth=0.9, clip_on=False,
                )  # fmt: skip
    titles = [printable(one.title, 24) for one in classes]
    axes.set_yticks(range(len(classes)), titles, fontsize=7.3)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(words_.model_probability, fontsize=_LABEL, color=MUTED, labelpad=2)
    axes.grid(axis="x", color=LINE, linewidth=0.4, zorder=0)
    axes.set_axisbelow(True)
    return figure


def mean_foot_off_pct(strides: Iterable[Stride]) -> CyclePhase:
    """Return the mean foot off of each side in % of the cycle, over the used strides."""
    shares: dict[Side, list[float]] = {side: [] for side in SIDES}
    for stride in strides:
        if stride.used and stride.foot_off_s is not None and stride.end_s > stride.start_s:
            share = (stride.foot_off_s - stride.start_s) / (stride.end_s - stride.start_s)
            shares[stride.side].append(100.0 * share)
    return {side: sum(found) / len(found) for side, found in shares.items() if found}


def blank(height_pt: float) -> Figure:
    """Return an empty figure as wide as the text."""
    figure = Figure(figsize=(TEXT_WIDTH / DPI, height_pt / DPI), dpi=DPI)
    figure.patch.set_visible(False)
    return figure


def plain_axes(figure: Figure, box_pt: tuple[float, float, float, float]) -> Axes:
    """Return axes at (left, bottom, width, height) in points, in the report's plain style."""
    width, height = figure.bbox.size
    left, bottom, wide, high = box_pt
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.patch.set_visible(False)
    for name, spine in axes.spines.items():
        spine.set_visible(name in {"left", "bottom"})
        spine.set(color=MUTED, linewidth=0.5)
    axes.tick_params(
        labelsize=_LABEL, labelcolor=MUTED, color=MUTED, length=2.2, width=0.5, pad=2.0
    )
    axes.set_axisbelow(True)
    return axes


def _panel(figure: Figure, index: int, rows: int) -> Axes:
    gap, column = 30.0, index % PANELS_A_ROW
    wide = (TEXT_WIDTH - PANELS_A_ROW * gap) / PANELS_A_ROW
    bottom = (rows - 1 - index // PANELS_A_ROW) * PANEL_HEIGHT_PT + 26.0
    left = 24.0 + column * (wide + gap)
    axes = plain_axes(figure, (left, bottom, wide, PANEL_HEIGHT_PT - 44.0))
    axes.set_xlim(0, 100)
    axes.set_xticks([0, 20, 40, 60, 80, 100])
    axes.grid(axis="y", color=LINE, linewidth=0.4)
    return axes


def _draw_curves(axes: Axes, curves: Sequence[Curve], foot_off: CyclePhase) -> None:
    percent = range(101)
    for curve in curves:
        colour = SIDE_COLOURS[curve.side]
        lines = [list(zip(percent, row, strict=False)) for row in curve.strides]
        faint = min(0.28, max(0.05, 3.0 / max(len(lines), 1)))
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.45, alpha=faint))
        axes.plot(percent, curve.mean, color=colour, linewidth=1.5, dashes=_dashes(curve.side))
        if curve.side in foot_off:
            _foot_off_tick(axes, foot_off[curve.side], curve.side)
    axes.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    axes.axhline(0.0, color=MUTED, linewidth=0.6, zorder=0.9)


def _dashes(side: Side) -> tuple[float | None, float | None]:
    return SIDE_DASHES[side] or (None, None)


def _foot_off_tick(axes: Axes, percent: float, side: Side) -> None:
    axes.plot(
        [percent, percent],
        [_FOOT_OFF_TICK[side], _FOOT_OFF_TICK[side] + 0.06],
        transform=axes.get_xaxis_transform(),
        color=SIDE_COLOURS[side],
        linewidth=1.6,
        solid_capstyle="butt",
    )


def _band(reference: ReferenceCurve, curves: Sequence[Curve]) -> Band:
    """Return cycle, lower and upper edge of the reference: its mean -1 and +1 deviation."""
    mean, sd = np.asarray(reference.mean, float), np.asarray(reference.sd, float)
    if reference.shape_only:
        measured = [value for curve in curves for value in curve.mean]
        mean = mean - mean.mean() + sum(measured) / len(measured)
    return np.asarray(reference.cycle_pct, float), mean - sd, mean + sd


def _draw_behind(axes: Axes, band: Band | None, earlier: Sequence[Curve]) -> None:
    if band is not None:
        axes.fill_between(*band, facecolor=BAND, edgecolor=MUTED, linewidth=0.3, zorder=0.5)
    for curve in earlier:
        axes.plot(
            range(101), curve.mean, color=SIDE_COLOURS[curve.side], linewidth=1.1,
            dashes=EARLIER_DASHES[curve.side], solid_capstyle="round",
        )  # fmt: skip


def _angle_limits(
    curves: Sequence[Curve], earlier: Sequence[Curve], band: Band | None
) -> tuple[float, float]:
    values = [v for curve in curves for row in (curve.mean, *curve.strides) for v in row]
    values += [v for curve in earlier for v in curve.mean]
    if band is not None:
        values += [*band[1].tolist(), *band[2].tolist()]
    low, high = min(values), max(values)
    margin = max(0.10 * (high - low), (LEAST_ANGLE_SPAN - (high - low)) / 2)
    return low - 1.6 * margin, high + margin


def _label_curves(axes: Axes, name: str, unit: str, words_: Wording) -> None:
    title = words_.curves.get(name, words(name))
    axes.set_title(
        f"{title} ({unit_symbol(unit)})",
        fontsize=_TITLE, fontweight="bold", color=INK, loc="left", pad=5, parse_math=False,
    )  # fmt: skip
    axes.set_xlabel(words_.cycle_axis, fontsize=_LABEL, color=MUTED, labelpad=2)
    upward, downward = words_.directions.get(name.partition("_")[0], ("", ""))
    if upward:
        axes.text(
            1.0, 1.045, f"▲ {upward}  ▼ {downward}", transform=axes.transAxes,
            ha="right", va="bottom", fontsize=5.2, color=MUTED,
        )  # fmt: skip


def _time_span(measurement: Measurement) -> tuple[float, float]:
    times = [event.time_s for event in measurement.events]
    times += [time for stride in measurement.strides for time in (stride.start_s, stride.end_s)]
    if not times:
        return 0.0, 1.0
    start, end = min(times), max(times)
    margin = max(0.02 * (end - start), 0.1)
    return start - margin, end + margin


def _draw_lanes(axes: Axes, measurement: Measurement, words_: Wording) -> None:
    left, right = axes.get_xlim()
    strides = [s for s in measurement.strides if s.end_s >= left and s.start_s <= right]
    events = [e for e in measurement.events if left <= e.time_s <= right]
    confidence = {(e.kind, e.side, round(e.time_s, 3)): e.confidence for e in measurement.events}
    for side in SIDES:
        lane = _LANES[side]
        axes.axhline(lane, color=LINE, linewidth=0.6, zorder=0.5)
        mine = [stride for stride in strides if stride.side == side]
        _draw_stances(axes, mine, lane, confidence)
        for stride in mine:
            if not stride.used:
                _hatch(axes, stride, lane)
        _draw_marks(axes, [event for event in events if event.side == side], lane)
    axes.set_yticks([_LANES[side] for side in SIDES], [words_.sides[side] for side in SIDES])
    for label, side in zip(axes.get_yticklabels(), SIDES, strict=True):
        label.set(color=SIDE_COLOURS[side], fontweight="bold")
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def _draw_stances(
    axes: Axes,
    strides: Sequence[Stride],
    lane: float,
    confidence: Mapping[tuple[EventKind, Side, float], float],
) -> None:
    boxes, colours = [], []
    for stride in strides:
        if stride.foot_off_s is None:
            continue
        keys = (
            (EventKind.INITIAL_CONTACT, stride.side, round(stride.start_s, 3)),
            (EventKind.FOOT_OFF, stride.side, round(stride.foot_off_s, 3)),
        )
        trust = min(confidence.get(key, UNKNOWN_CONFIDENCE) for key in keys)
        boxes.append(_box(stride.start_s, stride.foot_off_s, lane))
        colours.append(_shade(SIDE_COLOURS[stride.side] if stride.used else MUTED, trust))
    axes.add_collection(PolyCollection(boxes, facecolors=colours, linewidths=0), autolim=False)


def _box(start_s: float, end_s: float, lane: float) -> list[tuple[float, float]]:
    low, high = lane - _BAR, lane + _BAR
    return [(start_s, low), (end_s, low), (end_s, high), (start_s, high)]


def _shade(colour: str, trust: float) -> tuple[float, float, float]:
    """Return the colour, the paler the less it is trusted."""
    strength = 0.15 + 0.75 * min(max(trust, 0.0), 1.0) ** 2
    red, green, blue = (1.0 - strength * (1.0 - part) for part in to_rgb(colour))
    return red, green, blue


def _hatch(axes: Axes, stride: Stride, lane: float) -> None:
    """Mark a rejected stride by slanted lines over its whole cycle."""
    low, high = lane - 0.40, lane + 0.40
    left, right = axes.get_xlim()
    start, end = max(stride.start_s, left), min(stride.end_s, right)
    edge = Rectangle(
        (start, low), end - start, high - low, facecolor="none", edgecolor=INK, linewidth=0.5
    )
    axes.add_patch(edge)
    pitch = (right - left) / 110.0
    slant = 2.5 * pitch
    count = math.ceil(max(end - start + slant, 0.0) / pitch)
    feet = [start - slant + step * pitch for step in range(count)]
    lines = [[(foot, low), (foot + slant, high)] for foot in feet]
    hatch = LineCollection(lines, colors=INK, linewidths=0.35)
    axes.add_collection(hatch, autolim=False)
    hatch.set_clip_path(edge)
    middle = ((stride.foot_off_s or stride.start_s) + stride.end_s) / 2
    if left < middle < right:
        axes.text(
            middle, lane, str(stride.number), ha="center", va="center", fontsize=5.6, color=INK,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.2},
        )  # fmt: skip


def _draw_marks(axes: Axes, events: Sequence[Event], lane: float) -> None:
    marks = {EventKind.INITIAL_CONTACT: (INK, "v", 0.36), EventKind.FOOT_OFF: ("white", "^", -0.36)}
    for kind, (face, marker, offset) in marks.items():
        times = [event.time_s for event in events if event.kind == kind]
        axes.plot(
            times, [lane + offset] * len(times), linestyle="none", marker=marker, markersize=3.4,
            markerfacecolor=face, markeredgecolor=INK, markeredgewidth=0.5, clip_on=False,
        )  # fmt: skip


def _stride_rows(strides: Sequence[Stride]) -> tuple[str, str | None]:
    lengths = (name for s in strides for name in s.values if name.startswith("step_length_"))
    return "stride_time_s", next(lengths, None)


def _stride_label(name: str, words_: Wording) -> str:
    if name == "stride_time_s":
        return words_.stride_time_axis
    return words_.step_length_axis.format(unit="BH" if name.endswith("_bh") else "m")


def _draw_strides(axes: Axes, strides: Sequence[Stride], name: str) -> None:
    for side in SIDES:
        mine = [s for s in strides if s.side == side and name in s.values]
        used = [(s.start_s, s.values[name]) for s in mine if s.used]
        rejected = [(s.start_s, s.values[name]) for s in mine if not s.used]
        colour = SIDE_COLOURS[side]
        _plot_points(axes, used, colour, SIDE_MARKERS[side])
        _plot_points(axes, rejected, colour, "x")
        if used:
            mean = sum(value for _, value in used) / len(used)
            axes.axhline(mean, color=colour, linewidth=0.7, dashes=_dashes(side), zorder=0.8)
    axes.margins(y=0.18)
    axes.grid(axis="y", color=LINE, linewidth=0.4)
    axes.yaxis.set_major_locator(MaxNLocator(4))


def _plot_points(
    axes: Axes, points: Sequence[tuple[float, float]], colour: str, marker: str
) -> None:
    """Plot points, joined where one stride follows the other without a gap."""
    if not points:
        return
    times, values = zip(*points, strict=True)
    axes.plot(times, values, linestyle="none", marker=marker, markersize=3.0, color=colour)
    if marker != "x":
        steps = [b[0] - a[0] for a, b in pairwise(points)]
        usual = sorted(steps)[len(steps) // 2] if steps else 0.0
        lines = [pair for pair in pairwise(points) if pair[1][0] - pair[0][0] <= 1.5 * usual]
        axes.add_collection(
            LineCollection(lines, colors=colour, linewidths=0.5, alpha=0.5), autolim=False
        )
