"""The page of time and frequency: what swings how fast, and where the picture can be trusted."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from reportlab.platypus import Flowable

from clinigait.core import Measurement, Parameter, TimeFrequency
from clinigait.report.blocks import gap, note, paragraph, section
from clinigait.report.contents import Contents
from clinigait.report.figures import blank, plain_axes
from clinigait.report.styles import ACCENT, GRADE_COLOURS, INK, LINE, MUTED, TEXT_WIDTH
from clinigait.report.text import number, unit_symbol
from clinigait.report.vector import FigureBlock
from clinigait.report.wording import Wording

_PANEL_PT, _GAP_PT, _LEFT_PT, _RIGHT_PT = 118.0, 32.0, 34.0, 74.0
_LABEL, _TITLE = 6.4, 8.0
_TICKS_HZ = (0.5, 1.0, 2.0, 4.0, 8.0)
_LEVELS = 9
#: From white to the darkest: a grey printer keeps the order.
_SHADES = LinearSegmentedColormap.from_list("strength", ["#FFFFFF", "#9FB9C9", ACCENT, "#071A26"])
_TREMBLING_HZ = (3.0, 8.0)


def time_frequency_story(contents: Contents, measurement: Measurement) -> list[Flowable]:
    """Return the section with the pictures; nothing where there are none."""
    if not measurement.time_frequency:
        return []
    words_ = contents.words
    figure = FigureBlock(time_frequency_figure(measurement, words_), words_.time_frequency_alt)
    return [
        *section(words_.time_frequency_title, "time-frequency", figure.height + 70.0),
        figure,
        gap(2),
        note(words_.time_frequency_note),
        gap(4),
        *(paragraph(line) for line in _readings(measurement, words_)),
    ]


def time_frequency_figure(measurement: Measurement, words_: Wording) -> Figure:
    """Return one panel a point: time to the right, frequency upwards, strength in shades.

    The cone of influence is veiled; the frequencies of steps and strides are marked.
    """
    pictures = measurement.time_frequency
    height = len(pictures) * (_PANEL_PT + _GAP_PT)
    figure = blank(height)
    for place, picture in enumerate(pictures):
        bottom = height - (place + 1) * (_PANEL_PT + _GAP_PT) + 20.0
        axes = plain_axes(figure, (_LEFT_PT, bottom, TEXT_WIDTH - _LEFT_PT - _RIGHT_PT, _PANEL_PT))
        _draw(axes, picture)
        _mark(axes, measurement, words_)
        axes.set_title(
            words_.time_frequency_points[f"{picture.side}_{picture.name}"],
            fontsize=_TITLE, fontweight="bold", color=INK, loc="left", pad=4, parse_math=False,
        )  # fmt: skip
        strongest = number(_strongest(picture), 2)
        axes.text(
            1.0, 1.03, f"■ {strongest} {unit_symbol(picture.unit)}", transform=axes.transAxes,
            ha="right", va="bottom", fontsize=_LABEL, color=MUTED,
        )  # fmt: skip
        axes.set_ylabel(words_.frequency_axis, fontsize=_LABEL, color=MUTED, labelpad=1)
    axes.set_xlabel(words_.time_axis, fontsize=_LABEL, color=MUTED, labelpad=2)
    return figure


def _draw(axes: Axes, picture: TimeFrequency) -> None:
    octave = np.log2(picture.frequency_hz)
    strength = np.asarray(picture.amplitude)
    levels = np.linspace(0.0, _strongest(picture), _LEVELS + 1)
    axes.contourf(picture.time_s, octave, strength, levels=levels, cmap=_SHADES, extend="max")
    start, end = picture.time_s[0], picture.time_s[-1]
    middle = (start + end) / 2
    spans = [span or (middle, middle) for span in picture.trusted_s]
    for edge, within in ((start, [s[0] for s in spans]), (end, [s[1] for s in spans])):
        axes.fill_betweenx(octave, edge, within, facecolor="white", alpha=0.62, linewidth=0)
        axes.plot(within, octave, color=MUTED, linewidth=0.8, dashes=(2.0, 1.5))
    axes.set_xlim(start, end)
    axes.set_ylim(octave[0], octave[-1])
    ticks = [hz for hz in _TICKS_HZ if octave[0] - 1e-6 <= np.log2(hz) <= octave[-1] + 1e-6]
    axes.set_yticks(np.log2(ticks), [f"{hz:g}" for hz in ticks])


def _strongest(picture: TimeFrequency) -> float:
    """Return the largest amplitude that the ends do not spoil."""
    rows = zip(picture.amplitude, picture.trusted_s, strict=True)
    trusted = [
        value
        for row, span in rows
        for time_s, value in zip(picture.time_s, row, strict=True)
        if span is not None and span[0] <= time_s <= span[1]
    ]
    return max(trusted, default=0.0) or float(np.max(picture.amplitude)) or 1e-9


def _mark(axes: Axes, measurement: Measurement, words_: Wording) -> None:
    """Mark the frequencies of steps and strides, and the band of trembling."""
    low, high = axes.get_ylim()
    for text, hz in _frequencies(measurement, words_):
        place = float(np.log2(hz))
        if low < place < high:
            axes.axhline(place, color=GRADE_COLOURS["warning"], linewidth=0.8, dashes=(4.0, 2.0))
            axes.annotate(
                f"{text} {number(hz, 2)} Hz", (1.0, place), (4, 0), textcoords="offset points",
                xycoords=axes.get_yaxis_transform(), va="center", fontsize=_LABEL, color=INK,
                annotation_clip=False,
            )  # fmt: skip
    band = np.clip(np.log2(_TREMBLING_HZ), low, high)
    if band[1] > band[0]:
        axes.plot(
            [1.008] * 2, band, transform=axes.get_yaxis_transform(), color=INK, linewidth=2.0,
            clip_on=False, solid_capstyle="butt",
        )  # fmt: skip
        axes.annotate(
            f"{_TREMBLING_HZ[0]:g} – {_TREMBLING_HZ[1]:g} Hz", (1.0, float(band.mean())), (7, 0),
            fontsize=_LABEL, color=MUTED, textcoords="offset points", va="center",
            xycoords=axes.get_yaxis_transform(), annotation_clip=False,
        )  # fmt: skip
    axes.grid(axis="x", color=LINE, linewidth=0.3)


def _frequencies(measurement: Measurement, words_: Wording) -> list[tuple[str, float]]:
    """Return the frequencies of strides and steps by the contacts; none without strides."""
    times = [stride.end_s - stride.start_s for stride in measurement.strides if stride.used]
    if not times:
        return []
    stride_hz = len(times) / sum(times)
    return [(words_.stride_mark, stride_hz), (words_.step_mark, 2 * stride_hz)]


def _readings(measurement: Measurement, words_: Wording) -> list[str]:
    """Return what was read off, with intervals, or why it was not."""
    lines = []
    for name, text in words_.time_frequency_readings.items():
        found = measurement.parameter(name)
        if found is not None:
            lines.append(f"{text}: {_told(found, words_)}")
    return lines


def _told(parameter: Parameter, words_: Wording) -> str:
    if parameter.value is None:
        return f"{words_.not_had} ({parameter.reason})"
    text = f"{number(parameter.value, 2)} {unit_symbol(parameter.unit)}".strip()
    if parameter.low is not None and parameter.high is not None:
        bounds = f"{number(parameter.low, 2)} – {number(parameter.high, 2)}"
        text += f" ({words_.interval_short}: {bounds})"
    return text
