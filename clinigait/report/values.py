"""The parameters as printed: the tiles of the first page and the left-and-right table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, KeepTogether, Table, TableStyle

from clinigait.core import Parameter, Reference, Subject
from clinigait.core.definition import Definition
from clinigait.report.blocks import StyleCommand, cell_style, gap, note, table_lines
from clinigait.report.fonts import REGULAR
from clinigait.report.styles import (
    ACCENT,
    INK,
    MUTED,
    PANEL,
    SIDE_COLOURS,
    SIZE_SMALL,
    SIZE_TABLE,
    TEXT_WIDTH,
    style,
)
from clinigait.report.tagging import DataTable, Layout, Text
from clinigait.report.text import decimals_of, interval, markup, number, title_of, unit_symbol
from clinigait.report.wording import Wording

#: Number of the row of each parameter, over all tables of a report.
RowNumbers = Mapping[str, int]

COLUMNS = ("left", "right", "both")
KINEMATICS = "kinematics"
#: The first of each row that the measurement has is printed as a tile; the first rows that the
#: protocol reports at all.
TILES = (
    ("tug_time_s",),
    ("course_time_s",),
    ("course_speed_mps",),
    ("speed_mps", "speed_bhps"),
    ("cadence_spm",),
    ("stride_length_m", "stride_length_bh"),
    ("stance_pct",),
    ("double_support_pct",),
    ("stride_time_s",),
    ("step_width_m", "step_width_bh"),
    ("tug_turn_s",),
)
_N_TILES = 5
GROUPS = (
    *("task", "pace", "rhythm", "phase", "feet", "symmetry", "variability", "regularity"),
    *("posture", "arms", "loads", KINEMATICS, "other"),
)
_SPACER = 5.0
_FIRST_OF_SIDE = (2, 6, 10)
_WIDTHS = (TEXT_WIDTH - 370.0, *(_SPACER, 31.0, 50.0, 18.0) * 3, _SPACER, 53.0)
_MARK = "<super size=5.2 rise=2.6>{}</super>"
_TILE_GAP = 6.0


@dataclass
class Notes:
    """Notes of one table: numbers of its rows, reasons by number, references by letter."""

    rows: RowNumbers = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    references: list[tuple[str, Reference]] = field(default_factory=list)

    def reason(self, text: str) -> str:
        """Return the mark of a reason; the same words have the same mark."""
        if text not in self.reasons:
            self.reasons.append(text)
        return str(self.reasons.index(text) + 1)

    def reference(self, title: str, reference: Reference) -> str:
        """Return the mark of a reference: letters, doubled after z."""
        entry = (title, reference)
        if entry not in self.references:
            self.references.append(entry)
        return letter(self.references.index(entry))


def letter(index: int) -> str:
    """Return the mark of the reference at ``index``."""
    return chr(ord("a") + index % 26) * (index // 26 + 1)


def key_numbers(
    parameters: Sequence[Parameter], definitions: Mapping[str, Definition], words_: Wording
) -> Table:
    """Return the row of tiles: the outcome of a task, speed, cadence, stride length and so on."""
    reported = {parameter.name for parameter in parameters}
    rows = [names for names in TILES if reported.intersection(names)][:_N_TILES]
    rows = rows or list(TILES[3 : 3 + _N_TILES])
    tiles = [_tile(_first(parameters, names), names, definitions, words_) for names in rows]
    width = (TEXT_WIDTH - _TILE_GAP * (len(tiles) - 1)) / len(tiles)
    cells: list[list[Flowable] | str] = []
    for tile in tiles:
        cells += [tile, ""]
    look: list[StyleCommand] = [*cell_style(6, 6), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    for column in range(0, 2 * len(tiles) - 1, 2):
        box = (column, 0), (column, 0)
        look += [("BACKGROUND", *box, HexColor(PANEL)), ("LINEABOVE", *box, 1.2, HexColor(ACCENT))]
    widths = ([width, _TILE_GAP] * len(tiles))[:-1]
    return Layout([cells[:-1]], colWidths=widths, hAlign="LEFT", style=TableStyle(look))


def parameter_table(
    parameters: Sequence[Parameter],
    definitions: Mapping[str, Definition],
    subject: Subject,
    words_: Wording,
    rows_: RowNumbers,
) -> list[Flowable]:
    """Return the table left | right | both with its footnotes.

    Parameters
    ----------
    parameters
        What is printed, in the order of the report; sides of one name share a line.
    definitions
        Titles, units, decimals and groups by parameter name.
    subject
        Tells why no reference applies.
    words_
        Language of the table.
    rows_
        Number of the row of each parameter: what findings refer to.
    """
    if not parameters:
        return [note(words_.nothing_measured)]
    notes = Notes(rows_)
    rows: list[list[Flowable | str]] = _head(words_)
    look: list[StyleCommand] = _look()
    groups = _grouped(parameters, definitions)
    for group, members in groups.items():
        if len(groups) > 1:
            look.append(("SPAN", (0, len(rows)), (-1, len(rows))))
            look.append(("NOSPLIT", (0, len(rows)), (0, len(rows) + 1)))
            title = _cell(words_.groups[group], ACCENT, bold=True)
            rows.append([title, *[""] * (len(_WIDTHS) - 1)])
        for name in dict.fromkeys(parameter.name for parameter in members):
            sides = {str(p.side): p for p in members if p.name == name}
            rows.append(_row(name, sides, definitions, notes, words_))
    table = DataTable(rows, colWidths=_WIDTHS, hAlign="LEFT", repeatRows=2, style=TableStyle(look))
    return [table, *_footnotes(parameters, notes, subject, words_)]


def without_unhad_twins(
    parameters: Sequence[Parameter], definitions: Mapping[str, Definition]
) -> tuple[Parameter, ...]:
    """Leave out what has no value on any side where a parameter of the same title has one.

    Without a scale the stride length in metres cannot be had, but in body heights it can: one
    line says it, and the page says once that no scale was known.
    """
    titles = {p.name: title_of(p.name, definitions) for p in parameters}
    had = {p.name for p in parameters if p.value is not None}
    had_titles = {titles[name] for name in had}
    return tuple(p for p in parameters if p.name in had or titles[p.name] not in had_titles)


def row_numbers(
    parameters: Sequence[Parameter], definitions: Mapping[str, Definition]
) -> RowNumbers:
    """Return the number of each row as printed: first what is no joint angle, then the angles."""
    first, angles = split_kinematics(parameters, definitions)
    groups = [*_grouped(first, definitions).values(), *_grouped(angles, definitions).values()]
    names = dict.fromkeys(parameter.name for group in groups for parameter in group)
    return {name: number for number, name in enumerate(names, start=1)}


def split_kinematics(
    parameters: Sequence[Parameter], definitions: Mapping[str, Definition]
) -> tuple[list[Parameter], list[Parameter]]:
    """Return the parameters of the time-distance table, and the values of the joint curves."""
    parts: tuple[list[Parameter], list[Parameter]] = ([], [])
    for parameter in parameters:
        parts[group_of(parameter.name, definitions) == KINEMATICS].append(parameter)
    return parts


def group_of(name: str, definitions: Mapping[str, Definition]) -> str:
    """Return the part of the report that a parameter belongs to."""
    return definitions[name].group if name in definitions else "other"


def _first(parameters: Sequence[Parameter], names: Iterable[str]) -> list[Parameter]:
    """Return all sides of the first named parameter with a value; else of the first there is."""
    found = [[p for p in parameters if p.name == name] for name in names]
    valued = [sides for sides in found if any(p.value is not None for p in sides)]
    return next(iter(valued or [sides for sides in found if sides]), [])


def _tile(
    sides: Sequence[Parameter],
    names: Sequence[str],
    definitions: Mapping[str, Definition],
    words_: Wording,
) -> list[Flowable]:
    name = sides[0].name if sides else names[0]
    unit = markup(unit_symbol(sides[0].unit)) if sides else ""
    title = markup(title_of(name, definitions), 40)
    head = Text(f"<b>{title}</b> {unit}", style(SIZE_SMALL, MUTED))
    valued = [p for p in sides if p.value is not None]
    both = [p for p in valued if p.side == "both"]
    if not valued:
        return [head, Text(words_.absent_tile, style(9.0, MUTED, space_before=4))]
    shown = both or valued
    lines = (
        _tile_both(both[0], definitions, words_)
        if both
        else [_tile_side(p, definitions, words_) for p in valued]
    )
    return [head, *lines, *_tile_reference(shown[0], definitions, words_)]


def _tile_reference(
    parameter: Parameter, definitions: Mapping[str, Definition], words_: Wording
) -> list[Flowable]:
    reference = parameter.reference
    if reference is None:
        return []
    decimals = decimals_of(parameter, definitions)
    limits = interval(reference.low, reference.high, decimals, words_)
    return [Text(f"{words_.reference}: {limits}", style(6.2, MUTED))]


def _tile_both(
    parameter: Parameter, definitions: Mapping[str, Definition], words_: Wording
) -> list[Flowable]:
    decimals = decimals_of(parameter, definitions)
    big = style(16.0, INK, bold=True, space_before=2)
    limits = _limits(parameter, decimals, words_)
    return [
        Text(number(parameter.value or 0.0, decimals), big),
        Text(f"{words_.interval_short}: {limits}" if limits else "", style(6.2, MUTED)),
    ]


def _tile_side(
    parameter: Parameter, definitions: Mapping[str, Definition], words_: Wording
) -> Flowable:
    decimals = decimals_of(parameter, definitions)
    limits = _limits(parameter, decimals, words_)
    line = (
        f"<font size=7.5 color='{SIDE_COLOURS.get(parameter.side, INK)}'>"
        f"{words_.side_letters.get(parameter.side, '')}</font> "
        f"{number(parameter.value or 0.0, decimals)} "
        f"<font size=6.2 name='{REGULAR}' color='{MUTED}'>{limits}</font>"
    )
    return Text(line, style(11.0, INK, bold=True, space_before=2.5))


def _limits(parameter: Parameter, decimals: int, words_: Wording) -> str:
    if parameter.low is None or parameter.high is None:
        return ""
    return interval(parameter.low, parameter.high, decimals, words_)


def _grouped(
    parameters: Sequence[Parameter], definitions: Mapping[str, Definition]
) -> dict[str, list[Parameter]]:
    groups: dict[str, list[Parameter]] = {group: [] for group in GROUPS}
    for parameter in parameters:
        groups[group_of(parameter.name, definitions)].append(parameter)
    # What a walk did not have at all stands behind what it had.
    last = [g for g, members in groups.items() if all(p.value is None for p in members)]
    order = [*(g for g in groups if g not in last), *last]
    return {group: groups[group] for group in order if groups[group]}


def _head(words_: Wording) -> list[list[Flowable | str]]:
    sides: list[Flowable | str] = [""]
    names: list[Flowable | str] = [_cell(words_.parameter, MUTED, True)]
    for side in COLUMNS:
        title = _cell(words_.sides[side], SIDE_COLOURS.get(side, INK), True, "center")
        sides += ["", title, "", ""]
        names += ["", "", _cell(words_.interval, MUTED), _cell(words_.n, MUTED, align="right")]
    return [[*sides, "", ""], [*names, "", _cell(words_.reference, MUTED, True)]]


def _look() -> list[StyleCommand]:
    spans = [("SPAN", (first, 0), (first + 2, 0)) for first in _FIRST_OF_SIDE]
    under = [
        ("LINEBELOW", (first, 0), (first + 2, 0), 0.8, HexColor(SIDE_COLOURS.get(side, MUTED)))
        for first, side in zip(_FIRST_OF_SIDE, COLUMNS, strict=True)
    ]
    tight = [
        (side, (column, 0), (column, -1), 1)
        for column in range(1, len(_WIDTHS))
        for side in ("LEFTPADDING", "RIGHTPADDING")
    ]
    return [*table_lines(head_rows=2), *spans, *under, *tight]


def _row(
    name: str,
    sides: Mapping[str, Parameter],
    definitions: Mapping[str, Definition],
    notes: Notes,
    words_: Wording,
) -> list[Flowable | str]:
    any_side = next(iter(sides.values()))
    unit = markup(unit_symbol(any_side.unit))
    title = markup(title_of(name, definitions), 60)
    row = notes.rows.get(name)
    mark = f"<a name='row-{row}'/><font size=5 color='{MUTED}'>{row}</font>  " if row else ""
    head = f"{mark}{title} <font color='{MUTED}'>{unit}</font>"
    cells: list[Flowable | str] = [Text(head, style(SIZE_TABLE))]
    for side in COLUMNS:
        cells += ["", *_numbers(sides.get(side), definitions, notes, words_)]
    return [*cells, "", _reference(name, sides, definitions, notes, words_)]


def _numbers(
    parameter: Parameter | None,
    definitions: Mapping[str, Definition],
    notes: Notes,
    words_: Wording,
) -> list[Flowable | str]:
    """Return value, interval and n of one side."""
    if parameter is None:
        return ["", "", ""]
    decimals = decimals_of(parameter, definitions)
    mark = _MARK.format(notes.reason(parameter.reason)) if parameter.reason else ""
    limits = Text(_limits(parameter, decimals, words_) + mark, style(SIZE_SMALL, MUTED))
    if parameter.value is None:
        return [Text(words_.absent, style(SIZE_TABLE, MUTED, align="right")), limits, ""]
    value = Text(number(parameter.value, decimals), _strong())
    return [value, limits, _cell(str(parameter.n), MUTED, align="right")]


def _reference(
    name: str,
    sides: Mapping[str, Parameter],
    definitions: Mapping[str, Definition],
    notes: Notes,
    words_: Wording,
) -> Text:
    parts = []
    for reference in dict.fromkeys(p.reference for p in sides.values() if p.reference):
        decimals = decimals_of(next(iter(sides.values())), definitions)
        mark = notes.reference(title_of(name, definitions), reference)
        parts.append(
            f"{interval(reference.low, reference.high, decimals, words_)}{_MARK.format(mark)}"
        )
    return Text("<br/>".join(parts), style(SIZE_SMALL))


def _footnotes(
    parameters: Sequence[Parameter], notes: Notes, subject: Subject, words_: Wording
) -> list[Flowable]:
    lines: list[Flowable] = [note(words_.table_note)]
    small = style(SIZE_SMALL, MUTED)
    lines += [
        Text(f"{_MARK.format(index)} {markup(reason)}", small)
        for index, reason in enumerate(notes.reasons, 1)
    ]
    for index, (title, reference) in enumerate(notes.references):
        text = words_.reference_note.format(
            name=title,
            kind=reference.kind,
            population=reference.population,
            source=reference.source,
        )
        lines.append(Text(f"{_MARK.format(letter(index))} {markup(text, 600)}", small))
    if any(parameter.reference is None for parameter in parameters):
        lines.append(note(_why_no_reference(notes, subject, words_)))
    return [gap(3), KeepTogether(lines)]


def _why_no_reference(notes: Notes, subject: Subject, words_: Wording) -> str:
    if notes.references:
        return words_.no_reference
    stated = {words_.age: subject.age_y, words_.sex: subject.sex}
    missing = [label.lower() for label, value in stated.items() if value is None]
    unknown = words_.no_reference_unknown.format(missing=words_.comma.join(missing))
    return words_.no_reference_at_all.format(unknown=unknown if missing else "")


def _strong() -> ParagraphStyle:
    return style(SIZE_TABLE, INK, bold=True, align="right")


def _cell(text: str, colour: str = INK, bold: bool = False, align: str = "left") -> Text:
    return Text(markup(text, 80), style(SIZE_SMALL, colour, bold, align))
