"""Pictures of classifiers: what was called what, and whether confidence is deserved."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from clinigait.stats import ReliabilityBin

_BLUE = "#0072b2"
#: White letters stand on cells that are darker than this.
_DARK = 0.55


def confusion_png(
    table: NDArray[np.intp], titles: Sequence[str], subtitle: str, path: Path
) -> None:
    """Draw a confusion: rows are the right classes, each with its own share of predictions.

    Parameters
    ----------
    table
        (K, K) counts.
    titles
        Of the classes, as printed.
    subtitle
        What was counted, for example ``1195 walks of 5 people``.
    path
        The picture.
    """
    n = len(titles)
    figure = Figure(figsize=(2.4 + 0.85 * n, 2.0 + 0.7 * n), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    rows = table.sum(axis=1, keepdims=True)
    share = np.divide(table, rows, out=np.zeros(table.shape), where=rows > 0)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for (row, column), count in np.ndenumerate(table):
        if count:
            axes.annotate(
                f"{count}\n{share[row, column]:.0%}".replace("%", " %"),
                (column, row),
                ha="center",
                va="center",
                fontsize=8,
                color="white" if share[row, column] > _DARK else "black",
            )
    axes.set_xticks(range(n), titles, rotation=30, ha="right")
    axes.set_yticks(range(n), titles)
    axes.set_xlabel("most probable class")
    axes.set_ylabel("right class")
    axes.set_title(subtitle, loc="left", fontsize=9)
    figure.savefig(path)


def reliability_png(table: Sequence[ReliabilityBin], error: str, subtitle: str, path: Path) -> None:
    """Draw how often the most probable class is right over how probable it was said to be.

    Parameters
    ----------
    table
        Bins of equal mass, from the least confident; their intervals count people.
    error
        The calibration error, as printed.
    subtitle
        What was counted.
    path
        The picture.
    """
    figure = Figure(figsize=(5, 4.6), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.6", linewidth=1, linestyle="--")
    confidence = [b.confidence for b in table]
    accuracy = [b.accuracy for b in table]
    below = [b.accuracy - b.low for b in table]
    above = [b.high - b.accuracy for b in table]
    axes.errorbar(
        confidence, accuracy, yerr=(below, above), fmt="o", color=_BLUE, capsize=2, linewidth=1
    )
    axes.set_xlim(min([*confidence, 0.5]) - 0.05, 1.02)
    axes.set_ylim(-0.02, 1.02)
    axes.set_xlabel("probability of the most probable class")
    axes.set_ylabel("share of these that were right")
    axes.set_title(f"{subtitle}; calibration error {error}", loc="left", fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path)
