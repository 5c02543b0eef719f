"""The card of a model as pages: what it learned from, how good it is, where it must not be used.

Terminal and PDF tell the same parts; what a card does not say is not told, and never guessed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from clinigait.core import Card
from clinigait.io.output import replace_file
from clinigait.report.blocks import facts, gap, grid, masthead, note, panel, paragraph, section
from clinigait.report.fonts import BOLD, REGULAR, register_fonts
from clinigait.report.styles import (
    ACCENT,
    GRADE_COLOURS,
    MARGIN_BOTTOM,
    MUTED,
    PAGES,
    SIZE_FOOTER,
    TEXT_WIDTH,
)
from clinigait.report.tagging import TaggedCanvas
from clinigait.report.text import printable
from clinigait.report.wording import ENGLISH, RESEARCH_USE_ONLY

_PAGE: Final = PAGES["a4"]
_KINDS: Final = {
    "patients": "patients",
    "acted": "healthy people who acted",
    "synthetic": "synthetic walkers, nobody of them a person",
    "mixed": "people and synthetic walkers",
}
#: Metrics that are told, with their names; a share is between 0 and 1, the more the better, but
#: for those that say otherwise.
_METRICS: Final = {
    "accuracy": "Right class, of the records",
    "walk_accuracy": "Right class, of whole walks",
    "balanced_accuracy": "Right class, mean over classes",
    "macro_f1": "F1, mean over classes",
    "auc_macro": "Area under the curve, mean over classes",
    "kappa": "Kappa",
    "kappa_linear": "Kappa, linear weights",
    "mean_class_distance": "Classes off, mean (less is better)",
}
_CALIBRATION: Final = {
    "calibration_error": "Calibration error (less is better)",
    "calibration_error_floor": "The same of a perfect model, by chance",
    "brier": "Brier score (less is better)",
}
_SETS: Final = {
    "set_coverage": "True class in the prediction set",
    "set_size": "Classes in a prediction set, mean",
}


@dataclass(frozen=True)
class CardPart:
    """One part of the card: plain text, nothing of it is markup.

    Parameters
    ----------
    title
        Heading.
    facts
        Lines of label and value.
    head, rows
        A table; empty where the part has none.
    sentences
        What stands below.
    """

    title: str
    facts: tuple[tuple[str, str], ...] = ()
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    sentences: tuple[str, ...] = ()


def card_marks(card: Card) -> tuple[str, ...]:
    """Return what has to be said first; that a model learned from nobody stands before all."""
    kinds = {use.kind for use in card.data}
    marks = []
    if card.synthetic:
        marks.append(f"{ENGLISH.model_synthetic}.")
    elif kinds & {"synthetic", "mixed"}:
        marks.append("Learned in part from synthetic walkers.")
    if "acted" in kinds and "patients" not in kinds:
        marks.append("The gaits were acted: no patient was among the people.")
    return tuple(marks)


def card_parts(card: Card) -> tuple[CardPart, ...]:
    """Return all that the card says, in the order in which it is told."""
    scope = tuple(f"Not for: {text}" for text in card.out_of_scope)
    use = (f"For: {card.intended_use}",) if card.intended_use else ()
    return (
        CardPart("Use and limits", sentences=(*use, *scope, *card.limits)),
        _learned_from(card),
        _how_good(card),
        _per_class(card),
        _calibrated(card),
        CardPart("What the model does not see", sentences=card.erased or ("Not stated.",)),
        _training(card),
        _identity(card),
    )


def _learned_from(card: Card) -> CardPart:
    """Return the data: who walked, how many, under which licence."""
    lines: list[tuple[str, str]] = [("In words", card.learned_from)]
    for use in card.data:
        people = f"{_KINDS[use.kind]}; {use.people} walkers, {use.walks} walks"
        lines += [(use.name, people), ("source", use.source), ("licence", use.licence)]
    titles = dict.fromkeys((*card.classes, *(label for u in card.data for label in u.per_class)))
    head = ("Walkers by class", *(use.name for use in card.data))
    rows = [(label, *(str(use.per_class.get(label, 0)) for use in card.data)) for label in titles]
    return CardPart("What it learned from", tuple(lines), head, tuple(rows))


def _how_good(card: Card) -> CardPart:
    """Return the metrics on people whom the model had not seen, with baselines beside."""
    tables = [card.metrics, *(baseline.metrics for baseline in card.baselines)]
    head = ("On walkers left out", "Model", *(baseline.title for baseline in card.baselines))
    rows = _rows(_METRICS, tables)
    told = [_people(card.metrics, "Model")]
    told += [_people(baseline.metrics, baseline.title) for baseline in card.baselines]
    told += [str(card.metrics.get(key, "")) for key in ("validation", "intervals_note")]
    shape = card.metrics.get("body_shape")
    told += [str(shape.get("sentence", ""))] if isinstance(shape, Mapping) else []
    if not rows:
        return CardPart("How good it is", sentences=("Nobody knows: no metrics are stated.",))
    told.append("In brackets: 95 % intervals over walkers.")
    return CardPart("How good it is", (), head, rows, tuple(text for text in told if text))


def _people(metrics: Mapping[str, Any], title: str) -> str:
    n, people = metrics.get("n"), metrics.get("people")
    return f"{title}: {n} records of {people} walkers." if n and people else ""


def _per_class(card: Card) -> CardPart:
    found = card.metrics.get("per_class")
    table = found if isinstance(found, Mapping) else {}
    rows = []
    for label in card.classes:
        one = table.get(label)
        if isinstance(one, Mapping):
            shown = (_shown(one, "sensitivity"), _shown(one, "specificity"))
            rows.append((label, str(one.get("people", "")), *shown))
    head = ("Class", "Walkers", "Sensitivity", "Specificity") if rows else ()
    missing = () if rows else ("Not stated.",)
    return CardPart("How good it is in every class", (), head, tuple(rows), missing)


def _calibrated(card: Card) -> CardPart:
    """Return how far probabilities and sets keep their promises."""
    calibration = card.calibration
    tables = [card.metrics, *(baseline.metrics for baseline in card.baselines)]
    names = _CALIBRATION | _SETS
    head = ("On walkers left out", "Model", *(baseline.title for baseline in card.baselines))
    rows = _rows(names, tables)
    promise = f"{100 * (1 - calibration.alpha):.0f} % of the prediction sets hold the true class"
    lines = (
        ("Promise", promise),
        ("Method", calibration.method),
        ("Fitted on", f"{calibration.people} walkers, temperature {calibration.temperature:.3g}"),
    )
    held = card.metrics.get("set_coverage_ci95")
    ends = held if isinstance(held, list | tuple) and len(held) == 2 else (1.0, 1.0)
    broken = _is_number(ends[1]) and ends[1] < 1 - calibration.alpha
    told = ("The sets held the true class less often than promised.",) if broken else ()
    title = "How far its probabilities can be believed"
    return CardPart(title, lines, head if rows else (), rows, told)


def _rows(
    names: Mapping[str, str], tables: Sequence[Mapping[str, Any]]
) -> tuple[tuple[str, ...], ...]:
    """Return the metrics that the model has, with those of the others beside them."""
    return tuple(
        (title, *(_shown(table, key) for table in tables))
        for key, title in names.items()
        if _shown(tables[0], key)
    )


def _shown(table: Mapping[str, Any], key: str) -> str:
    """Return a number with its interval; nothing where there is none."""
    value = table.get(key)
    if not _is_number(value):
        return ""
    ends = table.get(f"{key}_ci95")
    if not isinstance(ends, list | tuple) or len(ends) != 2 or not all(map(_is_number, ends)):
        return f"{value:.3f}"
    return f"{value:.3f} ({ends[0]:.3f} to {ends[1]:.3f})"


def _is_number(value: object) -> bool:
    return type(value) in {int, float} and math.isfinite(float(str(value)))


def _training(card: Card) -> CardPart:
    told = card.training
    protocol = told.get("protocol")
    named = protocol if isinstance(protocol, Mapping) else {}
    versions = told.get("versions")
    known = versions if isinstance(versions, Mapping) else {}
    kinds = [_kind_of(network) for network in card.networks]
    lines = {
        "Protocol": f"{named.get('name', '')} {named.get('version', '')}".strip(),
        "Protocol, SHA-256": told.get("protocol_sha256"),
        "Data, SHA-256": told.get("data_sha256"),
        "Seed": told.get("seed"),
        "Began as": told.get("initial"),
        "Steps": told.get("steps"),
        "Frozen": ", ".join(_frozen(told.get("frozen"))) or None,
        "Networks": ", ".join(kinds),
        "Inputs": ", ".join(spec.kind for spec in card.inputs),
        "Command": told.get("command"),
        "Versions": ", ".join(f"{name} {version}" for name, version in known.items()),
    }
    shown = tuple((k, _plain(v)) for k, v in lines.items() if v is not None and _plain(v))
    return CardPart("How it was made, and how to make it again", shown)


def _kind_of(network: Mapping[str, Any]) -> str:
    spec = network.get("spec")
    return str(spec.get("kind", "?")) if isinstance(spec, Mapping) else "?"


def _frozen(found: object) -> list[str]:
    """Return the stages that were frozen in any network, each once."""
    lists = found if isinstance(found, list | tuple) else []
    names = (str(name) for stages in lists if isinstance(stages, list | tuple) for name in stages)
    return list(dict.fromkeys(names))


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _identity(card: Card) -> CardPart:
    lines = (
        ("Name", f"{card.name} {card.version}"),
        ("Task", card.task),
        ("Card", card.id),
        ("Weights, SHA-256", card.weights_sha256),
        ("Preparation, SHA-256", card.inputs_sha256),
        ("Schema", card.schema),
    )
    return CardPart("Identity", tuple(line for line in lines if line[1]))


# ---------------------------------------------------------------------------------- the PDF


def write_card(card: Card, path: Path) -> None:
    """Write the card as PDF, all or nothing; equal cards give equal bytes.

    Raises
    ------
    BadInputError
        If the file cannot be written.
    """
    register_fonts()
    rl_config.useA85 = 0
    story: list[Flowable] = [masthead("Model card", card.name), gap(6)]
    colour = GRADE_COLOURS["warning"] if card_marks(card) else ACCENT
    marks = [paragraph(mark, 10, colour, bold=True) for mark in card_marks(card)]
    story.append(panel([*marks, paragraph(card.title, 11, bold=True)], colour))
    for number, part in enumerate(card_parts(card), start=1):
        story += _story(part, f"part-{number}")
    content = BytesIO()
    document = BaseDocTemplate(
        content,
        pagesize=(_PAGE.width, _PAGE.height),
        title=f"Model card {printable(card.name)}",
        author="clinigait",
        subject=printable(card.title),
        lang="en",
        invariant=1,
        pageCompression=1,
        initialFontName=REGULAR,
    )
    body = Frame(_PAGE.margin_x, MARGIN_BOTTOM, TEXT_WIDTH, _PAGE.body_height, 0, 0, 0, 0)
    foot = _Foot(card)
    document.addPageTemplates([PageTemplate("page", [body], onPage=foot.draw)])
    document.build(story, canvasmaker=TaggedCanvas)
    replace_file(path, content.getvalue())


def _story(part: CardPart, key: str) -> list[Flowable]:
    story: list[Flowable] = section(part.title, key)
    if part.facts:
        story += [facts(part.facts, TEXT_WIDTH, 105), gap(3)]
    if part.head:
        widths = (2.4, *([1.6] * (len(part.head) - 1)))
        story.append(grid(part.head, part.rows, widths, right=range(1, len(part.head))))
    if part.head or part.facts:
        return [*story, *(note(text) for text in part.sentences)]
    return [*story, *(paragraph(f"•  {text}") for text in part.sentences)]


class _Foot:
    """What stands at the foot of every page: of which model, and that it is research."""

    def __init__(self, card: Card) -> None:
        self.line = printable(card.id, 120)
        self.mark = ENGLISH.model_synthetic if card.synthetic else ""

    def draw(self, canvas: Canvas, document: object) -> None:
        """Draw the foot of the current page."""
        del document
        canvas.saveState()
        if self.mark:
            canvas.setFont(BOLD, SIZE_FOOTER)
            canvas.setFillColor(HexColor(GRADE_COLOURS["refusal"]))
            canvas.drawCentredString(_PAGE.width / 2, _PAGE.height - 24, self.mark)
        canvas.setFont(REGULAR, SIZE_FOOTER)
        canvas.setFillColor(HexColor(MUTED))
        right = _PAGE.width - _PAGE.margin_x
        canvas.drawString(_PAGE.margin_x, 19, self.line)
        use = paragraph(RESEARCH_USE_ONLY, SIZE_FOOTER, MUTED)
        _, height = use.wrap(TEXT_WIDTH, 100)
        use.drawOn(canvas, _PAGE.margin_x, 46 - height)
        canvas.drawRightString(right, 19, str(canvas.getPageNumber()))
        canvas.restoreState()
