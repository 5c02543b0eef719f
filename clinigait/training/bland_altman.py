"""Bland-Altman pictures: the difference of two methods over their mean."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from clinigait.gait.catalogue import CATALOGUE
from clinigait.stats import Agreement, Estimate, RepeatedLimits

#: Colours that people with colour blindness tell apart (Okabe & Ito).
_COLOURS = (
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999933",
)  # fmt: skip
_MARKERS = "osD^vP"
_MOST_NAMES = 12


def bland_altman_png(
    value: NDArray[np.float64],
    reference: NDArray[np.float64],
    people: NDArray[np.str_],
    found: Agreement,
    limits: RepeatedLimits,
    path: Path,
) -> None:
    """Draw the differences of one parameter, one colour and mark for each person.

    Parameters
    ----------
    value, reference
        (N,) pairs; NaN where one is missing.
    people
        (N,) who they belong to.
    found, limits
        Their agreement, and its limits for people who walked more than once.
    path
        The picture; its stem is the parameter's name and side.
    """
    known = np.isfinite(value) & np.isfinite(reference)
    middle, difference = (value + reference)[known] / 2, (value - reference)[known]
    figure = Figure(figsize=(7, 4.5), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    names = sorted(set(people[known]))
    for number, person in enumerate(names):
        own = people[known] == person
        axes.scatter(
            middle[own],
            difference[own],
            s=22,
            color=_COLOURS[number % len(_COLOURS)],
            marker=_MARKERS[number // len(_COLOURS) % len(_MARKERS)],
            label=person if len(names) <= _MOST_NAMES else None,
        )
    name, _, side = path.stem.rpartition("_")
    title, unit, decimals = _shown(name)
    for line, estimate in (
        ("bias", found.bias),
        ("lower limit", limits.low),
        ("upper limit", limits.high),
    ):
        _level(axes, line, estimate, decimals + 1)
    axes.set_xlabel(f"mean of measured and reference ({unit})")
    axes.set_ylabel(f"measured minus reference ({unit})")
    axes.set_title(f"{title}, {side}: {found.n} pairs of {found.people} people", loc="left")
    axes.spines[["top", "right"]].set_visible(False)
    if len(names) <= _MOST_NAMES:
        axes.legend(fontsize=7, frameon=False, bbox_to_anchor=(1.24, 1), loc="upper left")
    figure.savefig(path)


def _shown(name: str) -> tuple[str, str, int]:
    """Return title, unit and decimals of a parameter; events have no place in the catalogue."""
    definition = CATALOGUE.get(name)
    if definition is None:
        return name.removesuffix("_s").replace("_", " ").capitalize(), "s", 2
    return definition.title, definition.unit, definition.decimals


def _level(axes, line: str, estimate: Estimate, decimals: int) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001
    if estimate.value is None:
        return
    style = "-" if line == "bias" else "--"
    axes.axhline(estimate.value, color="0.25", linestyle=style, linewidth=1)
    if estimate.low is not None and estimate.high is not None:
        axes.axhspan(estimate.low, estimate.high, color="0.5", alpha=0.12, linewidth=0)
    axes.annotate(
        f"{line} {estimate.value:.{decimals}f}",
        (1.0, estimate.value),
        xycoords=("axes fraction", "data"),
        xytext=(4, 0),
        textcoords="offset points",
        va="center",
        fontsize=7,
    )
