"""An earlier visit, or another condition, held against this assessment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether

from clinigait.core import Assessment
from clinigait.core.definition import Definition
from clinigait.findings import Compared
from clinigait.findings.words import unit_in
from clinigait.report.blocks import columns, facts, gap, grid, note, section, subheading
from clinigait.report.contents import Contents
from clinigait.report.figures import blank, plain_axes
from clinigait.report.phrases import say
from clinigait.report.styles import (
    ACCENT,
    BAND,
    GRADE_COLOURS,
    INK,
    LINE,
    MUTED,
    SIDE_COLOURS,
    SIZE_TABLE,
    TEXT_WIDTH,
    style,
)
from clinigait.report.tagging import Text
from clinigait.report.text import DASH, date, markup, number, printable, title_of, unit_symbol
from clinigait.report.values import TILES
from clinigait.report.vector import FigureBlock
from clinigait.report.wording import Wording

MAX_DRAWN = 14
#: Changes beyond so many times the detectable one are drawn at the edge.
_EDGE = 4.0
_ROW_PT, _LEFT_PT, _RIGHT_PT = 15.0, 168.0, 106.0
_MARKERS = {"left": "o", "right": "s", "both": "D"}
_KEY = tuple(name for names in TILES for name in names)


def change_story(contents: Contents) -> list[Flowable]:
    """Return what changed since an earlier visit; nothing where there is none to compare with."""
    earlier, words_ = contents.beside.earlier, contents.words
    if earlier is None:
        return []
    compared = [c for c in contents.beside.changes if c.reason is None]
    title = words_.changes_title
    room_pt = 150.0 + _ROW_PT * min(len(compared), MAX_DRAWN)
    story: list[Flowable] = [*section(title, "changes", room_pt), _both(earlier, contents), gap(6)]
    if not compared:
        return [*story, note(_not_compared(contents.beside.changes, words_))]
    drawn = _drawn(compared)
    alt = words_.changes_alt.format(count=len(drawn))
    figure = FigureBlock(change_chart(drawn, contents.definitions, words_), alt)
    real = sum(bool(c.change.is_real) for c in compared)
    story += [KeepTogether([figure, note(words_.changes_chart_note)]), gap(6)]
    count = words_.changes_count.format(real=real, total=len(compared))
    story += [CondPageBreak(90.0), subheading(count, keep=False)]
    return [*story, _table(compared, contents), note(words_.changes_note), *_rest(contents)]


def change_chart(
    changes: Sequence[Compared], definitions: Mapping[str, Definition], words_: Wording
) -> Figure:
    """Return a row a parameter: its change in minimal detectable changes, with the band of error.

    Parameters
    ----------
    changes
        Comparable changes.
    definitions
        Titles by name.
    words_
        Language of the labels.
    """
    height = _ROW_PT * len(changes) + 26.0
    figure = blank(height)
    axes = plain_axes(figure, (_LEFT_PT, 24.0, TEXT_WIDTH - _LEFT_PT - _RIGHT_PT, height - 26.0))
    axes.axvspan(-1, 1, facecolor=BAND, edgecolor="none", linewidth=0, zorder=0.2)
    axes.axvline(0, color=MUTED, linewidth=0.6, zorder=0.4)
    axes.set_xlim(-_EDGE, _EDGE)
    axes.set_ylim(len(changes) - 0.5, -0.5)
    for row, one in enumerate(changes):
        _draw_change(axes, row, one, definitions, words_)
    titles = [
        words_.comma.join(
            (printable(title_of(one.name, definitions), 34), words_.sides[one.side].lower())
        )
        for one in changes
    ]
    axes.set_yticks(range(len(changes)), titles, fontsize=6.8)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(words_.changes_axis, fontsize=6.4, color=MUTED, labelpad=2)
    axes.grid(axis="x", color=LINE, linewidth=0.4)
    return figure


def _draw_change(
    axes: Axes,
    row: int,
    one: Compared,
    definitions: Mapping[str, Definition],
    words_: Wording,
) -> None:
    difference, least = one.change.difference, one.change.minimal_detectable
    if difference is None or not least:
        return
    times = difference / least
    place = min(max(times, -_EDGE), _EDGE)
    colour = SIDE_COLOURS.get(one.side, ACCENT)
    beyond = "<" if times < -_EDGE else ">"
    marker = _MARKERS.get(one.side, "o") if place == times else beyond
    axes.plot(
        [place], [row], linestyle="none", marker=marker, markersize=4.6,
        markerfacecolor=colour if one.change.is_real else "white", markeredgecolor=colour,
        clip_on=False,
    )  # fmt: skip
    decimals = _decimals(one.name, definitions)
    unit = unit_symbol(unit_in(words_.language, one.unit))
    text = f"{_signed(difference, decimals)} {unit}".strip()
    bold = "bold" if one.change.is_real else "normal"
    axes.text(
        _EDGE * 1.08, row, f"{text} (± {number(least, decimals)})", fontsize=6.6, va="center",
        color=INK if one.change.is_real else MUTED, fontweight=bold,
    )  # fmt: skip


def _drawn(compared: Sequence[Compared]) -> list[Compared]:
    """Return the key numbers, and after them what changed most."""
    key: list[Compared] = []
    for name in _KEY:
        sides = [c for c in compared if c.name == name and c.change.minimal_detectable]
        key += [c for c in sides if c.side == "both"] or sides
    others = [c for c in compared if c.change.is_real and c not in key]
    others.sort(key=_times, reverse=True)
    return [*key, *others][:MAX_DRAWN]


def _times(one: Compared) -> float:
    difference, least = one.change.difference, one.change.minimal_detectable
    return abs(difference / least) if difference is not None and least else 0.0


def _both(earlier: Assessment, contents: Contents) -> Flowable:
    words_, half = contents.words, (TEXT_WIDTH - 18) / 2
    blocks = []
    for title, one in ((words_.earlier, earlier), (words_.this_visit, contents.assessment)):
        file = one.recording.file_name if one.recording else words_.not_stated
        rows = [
            (title, date(one.provenance.created_at, words_)),
            (words_.protocol, printable(one.protocol.title, 60)),
            (words_.condition, printable(one.subject.condition or words_.not_stated, 80)),
            (words_.file, printable(file, 60)),
        ]
        blocks.append(facts(rows, half, 74.0))
    return columns(*blocks)


def _table(compared: Sequence[Compared], contents: Contents) -> Flowable:
    words_ = contents.words
    rows: list[list[Flowable | str]] = []
    for one in compared:
        decimals = _decimals(one.name, contents.definitions)
        unit = unit_symbol(unit_in(words_.language, one.unit))
        title = markup(title_of(one.name, contents.definitions), 60)
        head = f"{title} <font color='{MUTED}'>{markup(unit)}</font>"
        change, least = one.change.difference, one.change.minimal_detectable
        numbers = [
            DASH if value is None else number(value, decimals) for value in (one.first, one.second)
        ]
        numbers.append(DASH if change is None else _signed(change, decimals))
        numbers.append(DASH if least is None else f"± {number(least, decimals)}")
        rows.append(
            [Text(head, style(SIZE_TABLE)), words_.sides[one.side], *numbers, _verdict(one, words_)]
        )
    titles = (
        words_.parameter, words_.side, words_.earlier, words_.this_visit, words_.change,
        words_.detectable, words_.result,
    )  # fmt: skip
    return grid(titles, rows, (4.2, 1.5, 1.3, 1.3, 1.3, 1.5, 2.6), right=(2, 3, 4, 5))


def _verdict(one: Compared, words_: Wording) -> Text:
    if not one.change.is_real:
        return Text(markup(words_.unchanged), style(SIZE_TABLE, MUTED))
    rose = (one.change.difference or 0.0) > 0
    text = f"{'▲' if rose else '▼'} {markup(words_.changed[rose])}"
    return Text(text, style(SIZE_TABLE, GRADE_COLOURS["warning"], bold=True))


def _rest(contents: Contents) -> list[Flowable]:
    text = _not_compared(contents.beside.changes, contents.words)
    return [note(text)] if text else []


def _not_compared(changes: Sequence[Compared], words_: Wording) -> str:
    """Return how many parameters could not be compared and the reasons, most frequent first."""
    reasons = Counter(c.reason for c in changes if c.reason is not None)
    if not reasons:
        return ""
    known = say if words_.language == "zh" else str
    told = words_.semicolon.join(
        f"{printable(known(reason), 120)} ({n})" for reason, n in reasons.most_common(6)
    )
    return words_.not_compared.format(count=sum(reasons.values()), reasons=told)


def _decimals(name: str, definitions: Mapping[str, Definition]) -> int:
    """Return one place more than the value has: a change is smaller."""
    return definitions[name].decimals + 1 if name in definitions else 3


def _signed(value: float, decimals: int) -> str:
    text = number(value, decimals)
    return f"+{text}" if value > 0 and float(text) != 0 else text
