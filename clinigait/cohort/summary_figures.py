"""The figures of a summary: flow chart, distributions, differences.

Only matplotlib's objects are used, never its global state. All figures have 72 dots per inch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, ScalarFormatter

from clinigait.cohort.study_describe import Distribution, Flow, Reason
from clinigait.report.styles import ACCENT, GRADE_COLOURS, INK, LINE, MUTED, PANEL, TEXT_WIDTH
from clinigait.report.text import printable

DPI = 72
ROWS_A_FIGURE: Final = 54
#: Figures of panels are about as high: two fit on a page, and little of it stays empty.
_HIGH = 340.0
_PANELS_A_ROW = 3
_SMALL, _TITLE = 6.6, 7.6
#: Of more people, only so many are drawn as dots; the box is of all.
_MOST_DOTS = 200
_MOST_REASONS, _MOST_BOXES = 8, 5


@dataclass(frozen=True)
class Bar:
    """One line of a chart of differences.

    Parameters
    ----------
    label, told
        Text at the left and at the right.
    estimate, low, high
        Difference with interval, on the axis of the chart; None where there is none.
    strong
        Whether it answers the question that was asked before.
    """

    label: str
    told: str
    estimate: float | None
    low: float | None
    high: float | None
    strong: bool


def label(text: str, limit: int) -> str:
    """Return text as a figure prints it: no sign of it starts a formula."""
    return printable(text, limit).replace("$", r"\$")


# ---------------------------------------------------------------- flow chart


def flow_chart(flow: Flow, retested: bool) -> Figure:
    """Return walks in and out (after STARD 2015, doi 10.1136/bmj.h5527)."""
    reasons = _reason_lines(flow.reasons)
    height = 172.0 + 8.5 * max(len(reasons), 3)
    figure, axes = _blank(height)
    top, middle = height - 4, height - 66 - 8.5 * max(len(reasons), 3)
    left, wide = 14.0, 190.0
    _box(axes, left, top, wide, [_count("In the manifest", flow.n_walks, flow.n_people)])
    measured = [_count("Measured", flow.n_measured, flow.n_people_measured)]
    _box(axes, left, middle, wide, measured)
    centre = left + wide / 2
    _arrow(axes, centre, top - 22, centre, middle)
    n_out = flow.n_walks - flow.n_measured
    lines = (
        [f"Out: {n_out:,} walk{'' if n_out == 1 else 's'}", *reasons] if n_out else ["Out: none"]
    )
    out_top = top - 34
    _box(axes, 250, out_top, TEXT_WIDTH - 254, lines)
    level = out_top - 9
    _arrow(axes, centre, level, 250, level)
    _group_boxes(axes, flow, retested, middle - 22)
    return figure


def _reason_lines(reasons: Sequence[Reason]) -> list[str]:
    shown = [
        f"{r.n_walks:,} {r.status}: {label(r.code or 'without a code', 38)}"
        for r in reasons[:_MOST_REASONS]
    ]
    rest = reasons[_MOST_REASONS:]
    if rest:
        shown.append(f"{sum(r.n_walks for r in rest):,} for {len(rest)} more reasons (see Quality)")
    return shown


def _group_boxes(axes: Axes, flow: Flow, retested: bool, start: float) -> None:
    boxes = [
        [
            label(name, 20), f"{walks:,} walks, {people:,} people",
            *([f"both visits: {both:,} people"] if retested else []),
        ]
        for name, walks, people, both in flow.groups[:_MOST_BOXES]
    ]  # fmt: skip
    rest = flow.groups[_MOST_BOXES:]
    if rest:
        boxes.append([f"{len(rest)} more groups", f"{sum(g[1] for g in rest):,} walks"])
    if flow.n_without_group:
        boxes.append(["Group not known", f"{flow.n_without_group:,} walks", "not compared"])
    if not boxes:
        return
    centre, bend, top = 14.0 + 95, start - 12, start - 24
    room = (TEXT_WIDTH - 8) / max(len(boxes), 2)
    _line(axes, [centre, centre], [start, bend])
    middles = [4 + room * (i + 0.5) for i in range(len(boxes))]
    _line(axes, [min(centre, *middles), max(centre, *middles)], [bend, bend])
    for x, lines in zip(middles, boxes, strict=True):
        _arrow(axes, x, bend, x, top)
        _box(axes, x - room / 2 + 4, top, room - 8, lines)


def _count(what: str, walks: int, people: int) -> str:
    return f"{what}: {walks:,} walks of {people:,} people"


def _blank(height: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(TEXT_WIDTH / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, TEXT_WIDTH)
    axes.set_ylim(0, height)
    return figure, axes


def _box(axes: Axes, x: float, top: float, width: float, lines: Sequence[str]) -> None:
    height = 13.5 + 8.5 * len(lines) if len(lines) > 1 else 22.0
    axes.add_patch(
        Rectangle(
            (x, top - height), width, height, facecolor=PANEL, edgecolor=ACCENT, linewidth=0.8
        )
    )
    for index, line in enumerate(lines):
        axes.text(
            x + 6, top - 13 - 8.5 * index if len(lines) > 1 else top - 13.5, line,
            fontsize=_SMALL, color=INK, weight="bold" if index == 0 else "normal",
        )  # fmt: skip


def _line(axes: Axes, x: Sequence[float], y: Sequence[float]) -> None:
    axes.plot(x, y, color=MUTED, linewidth=0.8)


def _arrow(axes: Axes, x0: float, y0: float, x1: float, y1: float) -> None:
    _line(axes, [x0, x1], [y0, y1])
    marker = ">" if x1 > x0 else "v"
    shift = (-2.0, 0.0) if x1 > x0 else (0.0, 2.0)
    axes.plot([x1 + shift[0]], [y1 + shift[1]], marker, color=MUTED, markersize=4)


# ---------------------------------------------------------------- distributions


def panels_a_figure(groups: int) -> int:
    """Return how many panels of so many groups fit on a page."""
    return _PANELS_A_ROW * max(1, int(_HIGH / _panel_height(groups)))


def _panel_height(groups: int) -> float:
    return 46.0 + 17.0 * groups


def distribution_panels(panels: Sequence[Sequence[Distribution]]) -> Figure:
    """Return one panel a parameter: people as dots, quartiles and median, reference as a band."""
    groups = len(panels[0])
    rows = -(-len(panels) // _PANELS_A_ROW)
    each = _panel_height(groups)
    height = rows * each
    figure = Figure(figsize=(TEXT_WIDTH / DPI, height / DPI), dpi=DPI)
    names_wide, gap = 62.0, 14.0
    wide = (TEXT_WIDTH - names_wide - gap * _PANELS_A_ROW) / _PANELS_A_ROW
    for index, panel in enumerate(panels):
        row, column = divmod(index, _PANELS_A_ROW)
        x = names_wide + column * (wide + gap)
        y = height - (row + 1) * each + 26
        axes = figure.add_axes(
            (x / TEXT_WIDTH, y / height, wide / TEXT_WIDTH, 17.0 * groups / height)
        )
        _panel(axes, panel, with_names=column == 0)
    return figure


def _panel(axes: Axes, panel: Sequence[Distribution], *, with_names: bool) -> None:
    measure = panel[0].measure
    for index, found in enumerate(panel):
        if found.reference is not None:
            low, high = found.reference
            axes.add_patch(
                Rectangle(
                    (low, index - 0.45), high - low, 0.9,
                    facecolor=GRADE_COLOURS["pass"], alpha=0.16, linewidth=0,
                )
            )  # fmt: skip
        if len(found.values):
            _row(axes, index, np.sort(found.values))
    axes.set_ylim(len(panel) - 0.5, -0.5)
    axes.set_yticks(range(len(panel)))
    names = [label(found.group, 14) if with_names else "" for found in panel]
    axes.set_yticklabels(names, fontsize=_SMALL, color=INK)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.xaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    axes.tick_params(axis="x", labelsize=_SMALL, colors=MUTED, length=2)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    unit = f" ({label(measure.unit, 12)})" if measure.unit else ""
    axes.set_title(label(measure.title, 28) + unit, fontsize=_TITLE, color=INK, loc="left", pad=3)


def _row(axes: Axes, index: int, values: np.ndarray) -> None:
    shown = values[np.linspace(0, len(values) - 1, min(len(values), _MOST_DOTS)).astype(int)]
    # Not drawn by chance: equal input gives an equal picture.
    sway = 0.3 * np.sin(np.arange(len(shown)) * 2.4)
    axes.plot(shown, index + sway, "o", color=ACCENT, alpha=0.45, markersize=1.8, markeredgewidth=0)
    low, middle, high = np.percentile(values, [25, 50, 75])
    axes.add_patch(
        Rectangle((low, index - 0.3), high - low, 0.6, fill=False, edgecolor=INK, linewidth=0.8)
    )
    axes.plot([middle, middle], [index - 0.3, index + 0.3], color=INK, linewidth=1.6)


# ---------------------------------------------------------------- differences


def forest(bars: Sequence[Bar], axis: str) -> Figure:
    """Return a chart of differences with their intervals."""
    height = 40.0 + 11.5 * len(bars)
    figure = Figure(figsize=(TEXT_WIDTH / DPI, height / DPI), dpi=DPI)
    axes = figure.add_axes((0.37, 30 / height, 0.34, 1 - 36 / height))
    known = [bar for bar in bars if bar.low is not None and bar.high is not None]
    reach = max((max(abs(b.low or 0), abs(b.high or 0)) for b in known), default=1.0) * 1.08 or 1.0
    axes.set_xlim(-reach, reach)
    axes.set_ylim(len(bars) - 0.4, -0.6)
    axes.axvline(0, color=MUTED, linewidth=0.8)
    sides = axes.get_yaxis_transform()
    for index, bar in enumerate(bars):
        colour = ACCENT if bar.strong else MUTED
        weight = "bold" if bar.strong else "normal"
        if bar.estimate is not None and bar.low is not None and bar.high is not None:
            axes.plot([bar.low, bar.high], [index, index], color=colour, linewidth=1.4)
            axes.plot([bar.estimate], [index], "s", color=colour, markersize=4 if bar.strong else 3)
        for x, text, align, limit in (
            (-0.02, bar.label, "right", 52),
            (1.02, bar.told, "left", 44),
        ):
            axes.text(
                x, index, label(text, limit), transform=sides, ha=align, va="center",
                fontsize=_SMALL, color=INK, weight=weight,
            )  # fmt: skip
    axes.set_yticks([])
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.tick_params(axis="x", labelsize=_SMALL, colors=MUTED, length=2)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.spines["bottom"].set_color(LINE)
    axes.set_xlabel(label(axis, 90), fontsize=_SMALL, color=MUTED)
    return figure
