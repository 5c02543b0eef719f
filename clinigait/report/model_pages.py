"""The pages on which a model speaks: one section a prediction, on pages of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from reportlab.platypus import Flowable, KeepTogether, NextPageTemplate, PageBreak

from clinigait.core import (
    Assessment,
    BaselinePrediction,
    Prediction,
    PredictiveValue,
    SignedMeasure,
    percent_text,
)
from clinigait.core.definition import Definition
from clinigait.findings import title_in
from clinigait.report.blocks import Heading, facts, gap, grid, note, panel, paragraph, subheading
from clinigait.report.figures import class_bars
from clinigait.report.frames import picture_across
from clinigait.report.review_pages import revision_text
from clinigait.report.saliency_figures import AttentionTable, attention_chart
from clinigait.report.sign_table import entry_story, sign_story
from clinigait.report.styles import (
    ACCENT,
    GRADE_COLOURS,
    GRADE_SIGNS,
    MUTED,
    SIZE_BODY,
    TEXT_WIDTH,
    style,
)
from clinigait.report.tagging import Text
from clinigait.report.text import compact, markup, number, printable, quantity, title_of
from clinigait.report.vector import FigureBlock
from clinigait.report.wording import Wording

#: Page templates by name: the usual one, and one for each prediction with its marks.
USUAL_PAGE = "page"
_SIDES = {"left": "right", "right": "left", "左": "右", "右": "左"}
#: Values below this, in their unit, are printed as 0.0: they point neither way.
_LEVEL = 0.05

Definitions = Mapping[str, Definition]


def model_page(index: int) -> str:
    """Return the name of the page template of a prediction."""
    return f"model-{index}"


def model_story(
    assessment: Assessment, folder: Path, definitions: Definitions, words_: Wording
) -> list[Flowable]:
    """Return what models say, each on pages that carry its marks; nothing where none was asked."""
    story: list[Flowable] = []
    for index, prediction in enumerate(assessment.predictions):
        story += [NextPageTemplate(model_page(index)), PageBreak()]
        revision = _revision(assessment, prediction, words_)
        picture = picture_across(f"saliency-{index + 1}.png", folder, words_.saliency_picture)
        story += _section(prediction, f"model-{index}", revision, picture, definitions, words_)
    return [*story, NextPageTemplate(USUAL_PAGE), PageBreak()] if story else []


def _section(
    prediction: Prediction,
    key: str,
    revision: list[Flowable],
    picture: Flowable | None,
    definitions: Definitions,
    words_: Wording,
) -> list[Flowable]:
    return [
        Heading(f"{words_.model_title}: {printable(prediction.title, 60)}", key),
        note(words_.model_note),
        *revision,
        gap(5),
        *sign_story(prediction, definitions, words_),
        *_said(prediction, words_),
        *_looked(prediction, picture, words_),
        *_baselines(prediction, definitions, words_),
        *_measures(prediction.measures, words_),
        *_worth(prediction, words_),
        *entry_story(prediction, words_),
        *_facts(prediction, words_),
    ]


def _revision(assessment: Assessment, prediction: Prediction, words_: Wording) -> list[Flowable]:
    """Return to which state of the walk the model answers, as a warning where to an earlier one."""
    text = revision_text(assessment, prediction, words_)
    if not text:
        return []
    if not assessment.answered_before(prediction):
        return [note(text)]
    colour = GRADE_COLOURS["warning"]
    line = f"{GRADE_SIGNS['warning']} {markup(text)}"
    return [gap(3), panel([Text(line, style(9, colour, bold=True))], colour)]


def _said(prediction: Prediction, words_: Wording) -> list[Flowable]:
    """Return the sentence, the bars and the set; or why there are none."""
    refused = prediction.abstained
    if refused is not None and not prediction.classes:
        colour = GRADE_COLOURS["warning"]
        head = f"{GRADE_SIGNS['warning']} {markup(words_.model_silent)}"
        lines: list[Flowable] = [
            Text(head, style(11, colour, bold=True)),
            gap(3),
            paragraph(refused.message, 9),
            paragraph(refused.remedy, SIZE_BODY, MUTED),
            note(words_.refused_code.format(code=printable(refused.code, 60))),
        ]
        return [panel(lines, colour), *_typicality(prediction, words_)]
    lines = [paragraph(prediction.statement or "", 10, bold=True), gap(2)]
    titles = {one.label: one.title for one in prediction.classes}
    labels = words_.comma.join(titles.get(label, label) for label in prediction.prediction_set)
    if prediction.coverage is not None:
        coverage = number(100 * prediction.coverage, 0)
        lines.append(paragraph(words_.model_set.format(coverage=coverage, labels=labels)))
    colour = GRADE_COLOURS["warning"] if prediction.research else ACCENT
    if prediction.research:
        lines.append(paragraph(words_.model_research_why, SIZE_BODY, colour))
    story: list[Flowable] = [panel(lines, colour), gap(6)]
    told = words_.comma.join(
        f"{one.title} {percent_text(one.probability)}" for one in prediction.classes
    )
    alt = words_.class_bars_alt.format(classes=printable(told, 400))
    story += [FigureBlock(class_bars(prediction, words_), alt), note(words_.model_bars_note)]
    if prediction.interval_reason:
        story.append(note(f"{words_.no_interval}: {prediction.interval_reason}"))
    return [*story, *_typicality(prediction, words_)]


def _looked(prediction: Prediction, picture: Flowable | None, words_: Wording) -> list[Flowable]:
    """Return where the model looked with what was checked, or why that is not shown."""
    found, refused = prediction.saliency, prediction.saliency_refused
    if found is None:
        return [] if refused is None else [note(f"{words_.saliency_refused} {refused.message}")]
    if not found.shown:
        failed = [check.text for check in found.checks if not check.passed]
        return [note(" ".join([words_.saliency_failed, *failed]))]
    checks = "; ".join(words_.saliency_checks.get(check.name, "") for check in found.checks)
    method = words_.saliency_methods[found.method]
    table = AttentionTable.of(found)
    shares = words_.comma.join(
        f"{words_.regions[region]} {number(100 * sum(row), 0)} %"
        for region, row in zip(table.regions, table.share, strict=True)
    )
    chart = FigureBlock(attention_chart(table, words_), words_.saliency_alt.format(regions=shares))
    titles = {one.label: one.title for one in prediction.classes}
    label = titles.get(found.label, _words(found.label))
    told = note(words_.saliency_note.format(label=label, method=method, checks=checks))
    laid_on = [] if picture is None else [gap(4), picture, note(words_.saliency_picture)]
    return [KeepTogether([subheading(words_.saliency_title), gap(2), chart, told, *laid_on])]


def _typicality(prediction: Prediction, words_: Wording) -> list[Flowable]:
    found = prediction.typicality
    if found is None:
        return []
    score, limit = number(found.score, 1), number(found.limit, 1)
    return [note(words_.typicality.format(score=score, limit=limit))]


def _baselines(prediction: Prediction, definitions: Definitions, words_: Wording) -> list[Flowable]:
    story: list[Flowable] = []
    titles = {one.label: one.title for one in prediction.classes}
    for baseline in prediction.baselines:
        title = words_.baseline_title.format(title=printable(baseline.title, 60))
        story += [subheading(title), gap(1)]
        knows = _knows(baseline, definitions, words_)
        if not baseline.probabilities:
            silent = words_.baseline_silent.format(reason=baseline.reason or "")
            story.append(paragraph(silent, SIZE_BODY))
            continue
        named = {k: title_in(words_.language, k, _words(k)) for k in baseline.probabilities}
        head = (words_.baseline_knows, *({**named, **titles}[k] for k in named))
        row = [knows, *(percent_text(p) for p in baseline.probabilities.values())]
        widths = (2.6, *(max(len(title), 8) / 9 for title in head[1:]))  # no word is broken
        story.append(grid(head, [row], widths, right=range(1, len(head))))
    return story


def _knows(baseline: BaselinePrediction, definitions: Definitions, words_: Wording) -> str:
    parts = []
    for name, value in baseline.inputs.items():
        if name == "sex_female":
            parts.append(words_.baseline_sex[value >= 0.5])
        elif name in words_.baseline_names:
            parts.append(words_.baseline_names[name].format(value=compact(value)))
        else:
            side, _, own = name.rpartition(".")
            unit = definitions[own].unit if own in definitions else ""
            title = title_of(own, definitions).lower()
            title = words_.baseline_sides.get(side, "{title}").format(title=title)
            parts.append(f"{title} {quantity(value, unit)}")
    return printable(words_.comma.join(parts), 200)


def _measures(measures: tuple[SignedMeasure, ...], words_: Wording) -> list[Flowable]:
    if not measures:
        return []
    rows = [
        [printable(one.title, 60), _size(one), direction(one) or words_.level] for one in measures
    ]
    head = (words_.measure, words_.value, words_.direction)
    return [subheading(words_.measures_title), grid(head, rows, (4, 2, 4), right=(1,)), gap(2)]


def _size(measure: SignedMeasure) -> str:
    if measure.unit == "m":
        return f"{number(100 * abs(measure.value), 1)} cm"
    joint = "" if measure.unit == "deg" else " "
    unit = "°" if measure.unit == "deg" else printable(measure.unit, 20)
    return f"{number(abs(measure.value), 1)}{joint}{unit}"


def direction(measure: SignedMeasure) -> str:
    """Return what the sign of a measure means, in words; nothing where it is printed as zero."""
    shown = 100 * measure.value if measure.unit == "m" else measure.value
    if abs(shown) < _LEVEL:
        return ""
    if measure.value > 0:
        return measure.positive
    return re.sub(r"\b(?:left|right)\b|[左右]", lambda found: _SIDES[found[0]], measure.positive)


def _worth(prediction: Prediction, words_: Wording) -> list[Flowable]:
    story: list[Flowable] = []
    titles = {one.label: one.title for one in prediction.classes}
    for value in prediction.predictive_values:
        prevalence = compact(value.prevalence_pct)
        title = titles.get(value.label, _words(value.label))
        story.append(subheading(words_.worth_title.format(prevalence=prevalence)))
        story.append(
            grid(
                words_.worth_head,
                [_worth_row(value, title)],
                (3, 2, 2, 2.4, 2.4),
                right=(1, 2, 3, 4),
            )
        )
        people = words_.worth_synthetic if prediction.synthetic else words_.worth_people
        right = int(100 * value.positive + 0.5)
        story.append(
            note(
                words_.worth_note.format(
                    title=printable(title, 40), right=right, wrong=100 - right,
                    prevalence=prevalence, people=people,
                )
            )
        )  # fmt: skip
    return story


def _worth_row(value: PredictiveValue, title: str) -> list[str]:
    shares = (value.sensitivity, value.specificity, value.positive, value.negative)
    return [printable(title, 40), *(f"{number(100 * share, 1)} %" for share in shares)]


def _facts(prediction: Prediction, words_: Wording) -> list[Flowable]:
    rows = [
        (words_.model_card, printable(prediction.card_id, 120)),
        (words_.learned_from, printable(prediction.learned_from, 200)),
    ]
    if prediction.held_out:
        rows.append((words_.held_out, printable(prediction.held_out, 200)))
    story: list[Flowable] = [subheading(words_.model_facts), facts(rows, TEXT_WIDTH, 110)]
    if prediction.limits:
        story.append(subheading(words_.limits))
        story += [paragraph(f"•  {limit}", SIZE_BODY) for limit in prediction.limits]
    return story


def _words(label: str) -> str:
    return label.replace("_", " ").capitalize()
