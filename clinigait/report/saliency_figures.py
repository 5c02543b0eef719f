"""Figures of where a model looked: the chart of the stored table, and overlays on pictures.

Nothing here needs the model. One hue from light to dark, with the numbers printed: the figures can
be read in grey and by the colour-blind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from clinigait.core import Saliency
from clinigait.core.saliency import Table
from clinigait.report.styles import ACCENT, GRADE_COLOURS, INK, LINE, MUTED, TEXT_WIDTH
from clinigait.report.wording import ENGLISH, Wording

DPI = 72
_ROW_PT, _HEAD_PT, _FOOT_PT, _LEFT_PT, _BARS_PT = 13.5, 26.0, 20.0, 62.0, 120.0
_LABEL = 6.4
#: Letters are white on cells that are darker than this share of the darkest.
_DARK = 0.55
#: The darkest cell has this share of the attention, or the most that any cell has.
_LEAST_DARKEST = 0.1
#: Overlays of brighter screens than paper: attention from nothing to orange over grey.
_HEAT = LinearSegmentedColormap.from_list("attention", ["#00000000", "#E69F00"])
_OVERLAY_DPI = 150


@dataclass(frozen=True)
class AttentionTable:
    """What the chart shows, of one walk or of many.

    Parameters
    ----------
    regions, phases
        Names of rows and columns.
    share
        (R, P) share of the attention.
    area
        (R,) share of what there is to look at.
    intervals
        (R,) 95 % interval of the share of each region; empty where there is none.
    """

    regions: tuple[str, ...]
    phases: tuple[str, ...]
    share: Table
    area: tuple[float, ...]
    intervals: tuple[tuple[float, float], ...] = ()

    @staticmethod
    def of(saliency: Saliency) -> AttentionTable:
        """Return the table of a map that is shown."""
        area = tuple(sum(row) for row in saliency.area)
        return AttentionTable(saliency.regions, saliency.phases, saliency.share, area)


def attention_chart(table: AttentionTable, words_: Wording = ENGLISH) -> Figure:
    """Return the share of the attention by region and phase, and beside it by region over its area.

    Parameters
    ----------
    table
        What is shown; phases without any share of time are left out.
    words_
        Language.
    """
    columns = [c for c in range(len(table.phases)) if any(row[c] > 0 for row in table.share)]
    rows = len(table.regions)
    height = _HEAD_PT + _ROW_PT * rows + _FOOT_PT
    figure = Figure(figsize=(TEXT_WIDTH / DPI, height / DPI), dpi=DPI)
    figure.patch.set_visible(False)
    wide = TEXT_WIDTH - _LEFT_PT - _BARS_PT - 14.0
    body = _ROW_PT * rows
    cells = _axes(figure, (_LEFT_PT, _FOOT_PT, wide, body))
    _draw_cells(cells, table, columns)
    cells.set_yticks(range(rows), [words_.regions[name] for name in table.regions])
    cells.set_xticks(
        range(len(columns)), [words_.phases[table.phases[column]] for column in columns]
    )
    cells.xaxis.tick_top()
    bars = _axes(figure, (_LEFT_PT + wide + 10.0, _FOOT_PT, _BARS_PT, body))
    _draw_bars(bars, table)
    bars.set_yticks([])
    bars.set_xlabel(words_.saliency_share, fontsize=_LABEL, color=MUTED, labelpad=2)
    for axes in (cells, bars):
        axes.set_ylim(rows - 0.5, -0.5)
        axes.tick_params(labelsize=_LABEL, labelcolor=INK, color=MUTED, length=0, pad=3)
    bars.tick_params(labelcolor=MUTED, length=2)
    return figure


def save_chart(table: AttentionTable, path: Path, words_: Wording = ENGLISH) -> None:
    """Write the chart as a picture of its own, on white."""
    figure = attention_chart(table, words_)
    FigureCanvasAgg(figure)
    figure.savefig(path, dpi=3 * DPI, facecolor="white")


def save_overlay(
    pictures: NDArray[np.float64],
    attention: NDArray[np.float64],
    captions: Sequence[str],
    path: Path,
) -> None:
    """Write pictures side by side with the attention laid over them.

    Parameters
    ----------
    pictures
        (N, H, W) grey, 0 to 1.
    attention
        (N, H, W), not below 0; the strongest hundredth of all is drawn in full.
    captions
        (N,) what each shows.
    path
        The PNG.
    """
    n, high, wide = pictures.shape
    figure = Figure(figsize=(1.1 * n, 1.1 * high / wide + 0.25), dpi=_OVERLAY_DPI)
    FigureCanvasAgg(figure)
    full = float(np.quantile(attention[attention > 0], 0.99)) if attention.any() else 1.0
    for number, caption in enumerate(captions):
        axes = figure.add_axes((number / n, 0.0, 0.98 / n, 1 - 0.25 / (1.1 * high / wide + 0.25)))
        axes.imshow(pictures[number], cmap="gray", vmin=0, vmax=1.6, interpolation="nearest")
        axes.imshow(attention[number], cmap=_HEAT, vmin=0, vmax=full, interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(caption, fontsize=5.5, color=INK, pad=2)
    figure.savefig(path, facecolor="white")


def _axes(figure: Figure, box_pt: tuple[float, float, float, float]) -> Axes:
    width, height = figure.bbox.size
    left, bottom, wide, high = box_pt
    axes = figure.add_axes((left / width, bottom / height, wide / width, high / height))
    axes.patch.set_visible(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_axisbelow(True)
    return axes


def _draw_cells(axes: Axes, table: AttentionTable, columns: Sequence[int]) -> None:
    axes.set_xlim(-0.5, len(columns) - 0.5)
    darkest = max([_LEAST_DARKEST, *(row[c] for row in table.share for c in columns)])
    for row, shares in enumerate(table.share):
        for place, column in enumerate(columns):
            depth = shares[column] / darkest
            axes.add_patch(
                Rectangle(
                    (place - 0.5, row - 0.5), 1, 1, facecolor=_shade(depth), edgecolor="white",
                    linewidth=0.8,
                )
            )  # fmt: skip
            axes.text(
                place, row, f"{100 * shares[column]:.1f}", ha="center", va="center",
                fontsize=_LABEL, color="white" if depth > _DARK else INK,
            )  # fmt: skip


def _draw_bars(axes: Axes, table: AttentionTable) -> None:
    totals = [100 * sum(row) for row in table.share]
    axes.barh(range(len(totals)), totals, 0.62, color=ACCENT)
    for row, (low, high) in enumerate(table.intervals):
        for colour, width in (("white", 2.6), (INK, 1.1)):  # seen on the bar and beside it
            axes.plot([100 * low, 100 * high], [row, row], color=colour, linewidth=width)
    axes.plot(
        [100 * share for share in table.area], range(len(totals)), linestyle="none", marker="D",
        markersize=3.6, markerfacecolor="white", markeredgecolor=GRADE_COLOURS["warning"],
        markeredgewidth=0.9,
    )  # fmt: skip
    axes.set_xlim(0, None)
    axes.grid(axis="x", color=LINE, linewidth=0.4)


def _shade(depth: float) -> tuple[float, float, float]:
    red, green, blue = (1.0 - min(max(depth, 0.0), 1.0) * (1.0 - c) for c in to_rgb(ACCENT))
    return red, green, blue
