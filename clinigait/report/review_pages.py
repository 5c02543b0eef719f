"""What people did: the review of the events, its corrections, scales they scored, signatures."""

from __future__ import annotations

from reportlab.platypus import Flowable

from clinigait.core import (
    Assessment,
    Correction,
    EventKind,
    MoveEvent,
    Prediction,
    ReviewStep,
    Score,
    SignOff,
    SwapLegs,
)
from clinigait.report.blocks import gap, grid, note, paragraph, section
from clinigait.report.contents import Contents
from clinigait.report.styles import INK, SIZE_BODY
from clinigait.report.text import compact, date, printable
from clinigait.report.wording import Wording


def signed_facts(sign_off: SignOff | None, words_: Wording) -> list[tuple[str, str]]:
    """Return the line of the head that says who signed; none where nobody did."""
    if sign_off is None:
        return []
    text = words_.signed_by.format(by=printable(sign_off.by, 64), date=date(sign_off.at, words_))
    if sign_off.amends is None:
        return [(words_.signed, text)]
    reason = words_.amends.format(reason=printable(sign_off.amends, 100))
    return [(words_.signed, f"{text}{words_.semicolon}{reason}")]


def review_text(assessment: Assessment, words_: Wording) -> str:
    """Return that the events were reviewed, by whom and with how many corrections; or nothing."""
    review = assessment.review
    if review is None:
        return ""
    by = words_.comma.join(printable(name, 64) for name in review.by)
    count = len(review.corrections)
    text = words_.events_corrected if count else words_.events_confirmed
    said = text.format(by=by, count=count)
    if count and assessment.predictions:
        before = any(assessment.answered_before(one) for one in assessment.predictions)
        said += words_.space + (words_.models_before if before else words_.models_after)
    return said


def revision_text(assessment: Assessment, said: Prediction, words_: Wording) -> str:
    """Return to which state of the walk a model answers; nothing where nothing was corrected."""
    review = assessment.review
    if review is None or not review.corrections:
        return ""
    before = assessment.answered_before(said)
    if before:
        return words_.model_outdated.format(count=before)
    return words_.model_kept if said.kept else words_.model_asked


def review_line(contents: Contents) -> list[Flowable]:
    """Return the line of the first page that says so."""
    text = review_text(contents.assessment, contents.words)
    return [gap(5), paragraph(text, SIZE_BODY, INK, bold=True)] if text else []


def review_story(contents: Contents) -> list[Flowable]:
    """Return every correction with who, when, before and after."""
    review, words_ = contents.assessment.review, contents.words
    if review is None:
        return []
    rows = [row for step in review.steps for row in _rows(step, words_)]
    notes = [step for step in review.steps if step.note]
    return [
        *section(words_.review_title, "review", 110.0),
        grid(words_.review_head, rows, [1.6, 1.7, 3.0, 1.5, 1.5], right=[3, 4]),
        gap(3),
        note(words_.review_note),
        *(note(f"{printable(step.by, 64)}: {printable(step.note, 500)}") for step in notes),
    ]


def _rows(step: ReviewStep, words_: Wording) -> list[list[str]]:
    who = [printable(step.by, 64), date(step.at, words_) if step.at else ""]
    if not step.corrections:
        return [[*who, words_.found_right, "", ""]]
    return [[*who, *_cells(one, words_)] for one in step.corrections]


def _cells(one: Correction, words_: Wording) -> tuple[str, str, str]:
    what = words_.corrections[one.action]
    if isinstance(one, SwapLegs):
        return what, "", f"{one.from_s:.2f}–{one.to_s:.2f} s"
    contact = one.kind is EventKind.INITIAL_CONTACT
    event = words_.initial_contact if contact else words_.foot_off
    what = words_.correction_of.format(
        what=what, side=words_.sides[one.side].lower(), event=event.lower()
    )
    time = f"{one.time_s:.3f} s"
    if isinstance(one, MoveEvent):
        return what, time, f"{one.to_s:.3f} s"
    return (what, "", time) if one.action == "add_event" else (what, time, "")


def score_story(contents: Contents) -> list[Flowable]:
    """Return the scales that the clinician scored."""
    scores, words_ = contents.assessment.scores, contents.words
    if not scores:
        return []
    rows = [
        [_name(score, words_), _value(score.value, score, words_), _range(score, words_)]
        for score in scores
    ]
    return [
        *section(words_.scores_title, "scores", 90.0),
        grid(words_.scores_head, rows, [4.0, 1.5, 1.8], right=[1, 2]),
        gap(3),
        note(words_.scores_note),
    ]


def _name(score: Score, words_: Wording) -> str:
    chinese = words_.language_tag.startswith("zh") and score.name_zh
    return printable(score.name_zh if chinese else score.name, 80)


def _value(value: float, score: Score, words_: Wording) -> str:
    unit = words_.score_units.get(score.unit, score.unit)
    return f"{compact(value)} {printable(unit, 20)}"


def _range(score: Score, words_: Wording) -> str:
    if score.unit not in words_.score_units:
        return ""  # a measurement's end says nothing
    return words_.score_range.format(low=compact(score.low), high=compact(score.high))
