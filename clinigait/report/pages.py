"""The pages of the report in their order, one function a section."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from reportlab.platypus import CondPageBreak, Flowable, KeepInFrame

from clinigait.core import Measurement
from clinigait.core.definition import Definition
from clinigait.report.blocks import (
    Legend,
    gap,
    grid,
    note,
    panel,
    paragraph,
    section,
)
from clinigait.report.change_pages import change_story
from clinigait.report.contents import Contents
from clinigait.report.curves import curve_figure, curve_samples
from clinigait.report.frames import frame_strip, large_frames
from clinigait.report.heads import provenance_block, title_block
from clinigait.report.model_pages import model_story
from clinigait.report.quality_pages import consistency, people, quality
from clinigait.report.review_pages import review_story, score_story
from clinigait.report.styles import (
    GRADE_COLOURS,
    GRADE_SIGNS,
    MUTED,
    SIZE_BODY,
    SIZE_SMALL,
    SIZE_TABLE,
    TEXT_WIDTH,
    style,
)
from clinigait.report.summary import sentence_of, summary
from clinigait.report.tagging import Text
from clinigait.report.text import (
    DASH,
    LONG_TEXT,
    compact,
    markup,
    number,
    printable,
    title_of,
    unit_symbol,
)
from clinigait.report.time_frequency import time_frequency_story
from clinigait.report.values import (
    GROUPS,
    group_of,
    parameter_table,
    row_numbers,
    split_kinematics,
    without_unhad_twins,
)

#: Fewer strides than this do not tell how variable a walk is.
_STEADY_STRIDES = 50
_MAX_CAUTIONS = 12


def assessed_story(contents: Contents, measurement: Measurement) -> list[Flowable]:
    """Return everything that is printed of an assessed walk."""
    shown = without_unhad_twins(measurement.parameters, contents.definitions)
    measurement = replace(measurement, parameters=shown)
    contents = replace(contents, rows=row_numbers(shown, contents.definitions))
    assessment, words_ = contents.assessment, contents.words
    return [
        *summary(contents, measurement),
        *_time_distance(contents, measurement),
        *_curves(contents, measurement),
        *consistency(measurement, words_),
        *time_frequency_story(contents, measurement),
        *score_story(contents),
        *review_story(contents),
        *change_story(contents),
        *_frames(contents),
        *model_story(assessment, contents.folder, contents.definitions, words_),
        *quality(contents, measurement),
        *_limits(contents, measurement),
        *_definitions(measurement, contents),
        *provenance_block(assessment, words_),
    ]


def refused_story(contents: Contents) -> list[Flowable]:
    """Return the one page of a refused assessment: what is wrong and what to do."""
    assessment, words_ = contents.assessment, contents.words
    refusal = assessment.refusal
    message, remedy, code = (
        (refusal.message, refusal.remedy, refusal.code) if refusal else ("", "", "")
    )
    strip = frame_strip(assessment.frames, contents.folder, words_)
    story = [
        *title_block(assessment, words_, contents.beside.sign_off),
        gap(14),
        panel(
            [
                Text(
                    f"{GRADE_SIGNS['refusal']} {markup(words_.refusal_title)}",
                    style(14, GRADE_COLOURS["refusal"], bold=True),
                ),
                gap(6),
                paragraph(words_.refused_what, SIZE_SMALL, MUTED, bold=True),
                paragraph(message, 10),
                gap(6),
                paragraph(words_.refused_remedy, SIZE_SMALL, MUTED, bold=True),
                paragraph(remedy, 10),
                gap(6),
                note(words_.refused_code.format(code=printable(code, 60))),
            ],
            GRADE_COLOURS["refusal"],
        ),
        gap(8),
        note(words_.refused_note),
        *([gap(8), strip] if strip else []),
        *people(assessment.perception, contents.folder, words_),
        *provenance_block(assessment, words_),
    ]
    whole = [part for part in story if not isinstance(part, CondPageBreak)]
    return [KeepInFrame(TEXT_WIDTH, contents.page.body_height, whole, mode="shrink")]


def _time_distance(contents: Contents, measurement: Measurement) -> list[Flowable]:
    words_ = contents.words
    shown, _ = split_kinematics(measurement.parameters, contents.definitions)
    return [
        *section(words_.time_distance, "time-distance", 140.0),
        *parameter_table(
            shown, contents.definitions, contents.assessment.subject, words_, contents.rows
        ),
    ]


def _curves(contents: Contents, measurement: Measurement) -> list[Flowable]:
    words_ = contents.words
    story: list[Flowable] = []
    if measurement.curves:
        figure = curve_figure(contents, measurement)
        story += section(words_.curves_title, "curves", figure.height + 80.0)
        story += [
            Legend(curve_samples(contents)),
            gap(4),
            figure,
            *_curve_notes(contents, measurement),
        ]
    else:
        story += [*section(words_.curves_title, "curves"), note(words_.no_curves)]
    _, shown = split_kinematics(measurement.parameters, contents.definitions)
    return [
        *story,
        *section(words_.angle_values, "angles", 120.0),
        *parameter_table(
            shown, contents.definitions, contents.assessment.subject, words_, contents.rows
        ),
    ]


def _curve_notes(contents: Contents, measurement: Measurement) -> list[Flowable]:
    words_ = contents.words
    count = Counter(stride.side for stride in measurement.strides if stride.used)
    lines = [words_.curves_note.format(left=count["left"], right=count["right"])]
    for told in dict.fromkeys(
        (curve.shape_only, curve.population, curve.source)
        for curve in contents.beside.curves.values()
    ):
        text = words_.band_shape_note if told[0] else words_.band_note
        lines.append(text.format(population=told[1], source=told[2]))
    if not contents.beside.curves:
        lines.append(words_.no_band)
    return [note(line) for line in lines]


def _frames(contents: Contents) -> list[Flowable]:
    frames, words_ = contents.assessment.frames, contents.words
    if not frames:
        return []
    pictures = large_frames(frames, contents.folder, words_)
    return [
        *section(words_.frames_title, "frames", 60.0 + 200.0 * min(math.ceil(len(frames) / 2), 3)),
        note(words_.frames_note),
        gap(4),
        *pictures,
    ]


def _limits(contents: Contents, measurement: Measurement) -> list[Flowable]:
    """Return what to bear in mind of this very walk."""
    assessment, words_ = contents.assessment, contents.words
    view, scale = measurement.view, measurement.scale
    lines = [words_.limit_views[view], words_.limit_markerless, words_.limit_days]
    if scale is None or scale.unit == "BH":
        lines.append(words_.no_scale if scale else words_.no_lengths)
    else:
        percent = compact(round(100.0 * scale.relative_uncertainty, 1))
        lines.append(words_.limit_scale.format(percent=percent))
    used = sum(stride.used for stride in measurement.strides)
    if used < _STEADY_STRIDES:
        lines.append(words_.limit_strides.format(count=used, wanted=_STEADY_STRIDES))
    if assessment.recording and assessment.recording.rate_hz > 0:
        rate = assessment.recording.rate_hz
        frame_ms = number(1000.0 / rate, 0)
        lines.append(words_.limit_rate.format(rate=compact(rate), frame=frame_ms))
    lines += [words_.limit_reference, words_.limit_causes]
    if assessment.predictions:
        lines.append(words_.limit_model)
    look = style(SIZE_BODY)
    look.leftIndent, look.firstLineIndent, look.spaceAfter = 9, -9, 1.5
    bullets = [Text(f"•  {markup(line, LONG_TEXT)}", look) for line in lines]
    missing = [f for f in assessment.findings if f.relation == "not_measured"][:_MAX_CAUTIONS]
    told = [sentence_of(finding, contents) for finding in missing]
    return [*section(words_.limits_title, "limits", 130.0), *bullets, *told]


def _definitions(measurement: Measurement, contents: Contents) -> list[Flowable]:
    """Return what every printed name means; equal sources share a number."""
    definitions, words_ = contents.definitions, contents.words
    names = _printed_names(measurement, definitions)
    if not names:
        return []
    known = [definitions[name] for name in names if name in definitions]
    sources = {source: n for n, source in enumerate(dict.fromkeys(d.source for d in known), 1)}
    rows: list[list[Flowable | str]] = []
    for name, unit in names.items():
        title = (
            f"<b>{markup(title_of(name, definitions), 60)}</b> "
            f"<font color='{MUTED}'>{markup(unit_symbol(unit))}</font>"
        )
        entry = definitions.get(name)
        meaning = [entry.definition, entry.view, f"[{sources[entry.source]}]"] if entry else []
        cells = meaning or [words_.no_definition, DASH, DASH]
        rows.append([Text(title, style(SIZE_TABLE)), *cells])
    head = (words_.parameter, words_.definition, words_.view_needed, words_.source)
    lines = [note(f"[{n}] {printable(source, LONG_TEXT)}") for source, n in sources.items()]
    return [
        *section(words_.definitions_title, "definitions", 160.0),
        grid(head, rows, (3.1, 6.3, 1.5, 1.0)),
        gap(4),
        *lines,
    ]


def _printed_names(
    measurement: Measurement, definitions: Mapping[str, Definition]
) -> dict[str, str]:
    """Return every printed name with its unit, in the order of the tables."""
    parameters = sorted(
        measurement.parameters, key=lambda p: GROUPS.index(group_of(p.name, definitions))
    )
    names = {p.name: p.unit for p in reversed(parameters)}
    curves = {c.name: c.unit for c in measurement.curves if c.name in definitions}
    return {**dict(reversed(names.items())), **curves}
