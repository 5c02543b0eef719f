"""The first page: who, what was found, how far it can be believed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from reportlab.platypus import Flowable, KeepInFrame, PageBreak

from clinigait.core import Finding, Grade, Measurement
from clinigait.core.narration import BY, Narration
from clinigait.findings import is_noteworthy, sentence
from clinigait.report.blocks import Heading, gap, note, panel, paragraph, section, subheading
from clinigait.report.contents import Contents
from clinigait.report.curves import curves_at_a_glance
from clinigait.report.frames import frame_strip
from clinigait.report.heads import title_block
from clinigait.report.quality_pages import spelt_out, strides_line
from clinigait.report.review_pages import review_line
from clinigait.report.styles import (
    ACCENT,
    GRADE_COLOURS,
    GRADE_SIGNS,
    MUTED,
    SIZE_BODY,
    SIZE_TABLE,
    TEXT_WIDTH,
    style,
)
from clinigait.report.tagging import Text
from clinigait.report.text import markup, printable, words
from clinigait.report.values import key_numbers

#: So many are spelt out on the first page; all warnings stand on the quality page, all findings
#: beyond their limits on the page behind the first. What models say is told on their own pages.
MAX_WARNINGS = 6
MAX_FINDINGS = 12
_ENDLESS = 10_000.0


def summary(contents: Contents, measurement: Measurement) -> list[Flowable]:
    """Return the first page, and the findings that it has no room for."""
    assessment, words_ = contents.assessment, contents.words
    noteworthy = [finding for finding in assessment.findings if is_noteworthy(finding)]
    told, more = noteworthy[:MAX_FINDINGS], noteworthy[MAX_FINDINGS:]
    strip = frame_strip(assessment.frames, contents.folder, words_)
    page: list[Flowable] = [
        *title_block(assessment, words_, contents.beside.sign_off),
        *([gap(8), strip] if strip else []),
        gap(9),
        key_numbers(measurement.parameters, contents.definitions, words_),
        *_findings(told, contents),
        *([note(words_.more_findings.format(count=len(more)))] if more else []),
        gap(8),
        _warnings(measurement, contents),
        *review_line(contents),
        *([gap(5), note(words_.model_pointer)] if assessment.predictions else []),
        *([note(words_.earlier_pointer)] if contents.beside.earlier else []),
    ]
    glance = curves_at_a_glance(contents, measurement)
    if _height(page) + _height(glance) < contents.page.body_height:
        page += glance
    rest: list[Flowable] = []
    if more:
        lines = [sentence_of(finding, contents) for finding in noteworthy]
        rest = [*section(words_.all_findings_title, "all-findings"), *lines]
    whole = KeepInFrame(TEXT_WIDTH, contents.page.body_height, page, mode="shrink")
    return [whole, PageBreak(), *rest]


def _height(parts: Sequence[Flowable]) -> float:
    """Return how much of a page some parts take."""
    return float(
        sum(
            part.wrap(TEXT_WIDTH, _ENDLESS)[1] + part.getSpaceBefore() + part.getSpaceAfter()
            for part in parts
        )
    )


def _findings(findings: Sequence[Finding], contents: Contents) -> list[Flowable]:
    """Return what the numbers say, kind by kind; nothing where nothing was found."""
    words_ = contents.words
    if not findings:
        return []
    story: list[Flowable] = [gap(2), Heading(words_.findings_title, "findings")]
    narration = _narration(contents)
    if narration is not None and narration.headline:
        story.append(paragraph(narration.headline, SIZE_BODY, bold=True))
    for kind, members in groupby(findings, key=lambda finding: finding.kind):
        story.append(subheading(words_.finding_kinds[kind]))
        story += [sentence_of(finding, contents) for finding in members]
    return [*story, gap(2), note(words_.findings_note), *_worded_by(contents)]


def _narration(contents: Contents) -> Narration | None:
    """Return what a language model made of the findings, in the language of this report."""
    narration = contents.assessment.narration
    if narration is None or narration.model is None:
        return None
    return narration if narration.language == contents.words.language else None


def _worded_by(contents: Contents) -> list[Flowable]:
    """Return who worded the findings, where a language model was asked for."""
    asked, words_ = contents.assessment.narration, contents.words
    if asked is not None and asked.reason:
        return [note(f"{words_.not_narrated} {asked.reason}")]
    narration = _narration(contents)
    if narration is None:
        return []
    counts = {by: narration.counts.get(by, 0) for by in BY}
    return [note(words_.narrated.format(name=printable(narration.model or "", 80), **counts))]


def sentence_of(finding: Finding, contents: Contents) -> Text:
    """Return the sentence of a finding with small references to what it rests on."""
    found = (_reference(fact, contents) for fact in finding.facts)
    marks = [mark for mark in found if mark]
    ending = f" <font size=5.6 color='{MUTED}'>[{', '.join(dict.fromkeys(marks))}]</font>"
    narration = _narration(contents)
    said = narration.sentences if narration else ()
    told = next((one.text for one in said if one.finding == finding.id), None)
    text = markup(told or sentence(finding, contents.words.language), 400)
    look = style(SIZE_BODY)
    look.leftIndent, look.firstLineIndent = 9, -9
    return Text(f"<font color='{ACCENT}'>•</font>  {text}{ending if marks else ''}", look)


def _reference(fact: str, contents: Contents) -> str:
    """Return a link to the row that a path into the assessment names; nothing where none is."""
    words_ = contents.words
    parts = fact.split(".")
    row = contents.rows.get(parts[-2] if parts[-1] in words_.sides else parts[-1])
    if "parameters" in parts and row is not None:
        label, place = words_.row_mark.format(row=row), f"row-{row}"
    elif "predictions" in parts and contents.assessment.predictions:
        label, place = words_.model_mark, "model-0"
    elif "quality" in parts:
        label, place = words_.quality_mark, "quality"
    else:
        return ""
    return f"<a href='#{place}'>{markup(label)}</a>"


def _warnings(measurement: Measurement, contents: Contents) -> Flowable:
    words_, checks = contents.words, measurement.quality
    warned = [check for check in checks if check.grade is not Grade.PASS]
    passed = words_.passed.format(count=len(checks) - len(warned), total=len(checks))
    grade = "warning" if warned else "pass"
    several = words_.warned.format(count=len(warned))
    ending = {0: words_.no_warning, 1: words_.warned_once}.get(len(warned), several)
    head = words_.quality_line.format(
        title=f"<b>{markup(words_.quality_summary)}</b>", passed=markup(passed),
        warned=markup(ending), strides=markup(strides_line(measurement.strides, words_)),
    )  # fmt: skip
    sign = f"<b><font color='{GRADE_COLOURS[grade]}'>{GRADE_SIGNS[grade]}</font></b>"
    lines: list[Flowable] = [Text(f"{sign} {head}", style(SIZE_BODY))]
    for check in warned[:MAX_WARNINGS]:
        name = words_.name_of_check.format(name=markup(words(check.name), 60))
        lines.append(Text(f"<b>{name}</b> {spelt_out(check)}", style(SIZE_TABLE)))
    if len(warned) > MAX_WARNINGS:
        lines.append(note(words_.more_warnings.format(count=len(warned) - MAX_WARNINGS)))
    return panel(lines, GRADE_COLOURS[grade])
