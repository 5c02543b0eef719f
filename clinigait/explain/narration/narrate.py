"""From findings to a narration: the model's words, checked; else true sentences; else templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from clinigait.core import Finding, NarratedSentence, Narration
from clinigait.core.narration import BY
from clinigait.explain.check_words import WordCheck
from clinigait.explain.narration.frames import Told, filled, frame_of, frames, slots_in, told
from clinigait.explain.narration.names import name_for_model
from clinigait.findings import sentence
from clinigait.findings.sentences import printed_values, tail_of
from clinigait.findings.words import grammar

Language = Literal["en", "zh"]
BATCH = 8
_STOP = re.compile(r"[.。]$")


class Speaker(Protocol):
    """What makes sentences with slots of facts with slots."""

    @property
    def name(self) -> str:
        """Model and the beginning of its hash."""
        ...

    def speak(self, lines: Sequence[str], language: Language) -> list[str]:
        """Return what it says to each line of facts, freely."""
        ...

    def choose(self, options: Sequence[Told], language: Language) -> list[str]:
        """Return which of the true sentences it prefers, for each line of facts."""
        ...


@dataclass(frozen=True)
class Draft:
    """What is told of one finding, and the values to fill in.

    Parameters
    ----------
    told
        Facts and true sentences, with slots.
    values
        Text by slot.
    tail
        What is said of the evidence.
    """

    told: Told
    values: Mapping[str, str]
    tail: str

    def finished(self, said: str) -> str | None:
        """Return a sentence with its values and tail; None where it leaves out a value."""
        if not slots_in(self.told.line) <= slots_in(said):
            return None
        text = filled(said, self.values)
        stop = _STOP.search(text) if text is not None else None
        if text is None or stop is None:
            return None
        return text[: stop.start()] + self.tail + stop[0]


def template_narration(
    findings: Sequence[Finding], language: Language = "en", reason: str | None = None
) -> Narration:
    """Return the narration in the words of the templates.

    Parameters
    ----------
    findings
        In the order in which they are told.
    language
        ``en`` or ``zh``.
    reason
        Why a language model that was asked for does not speak.
    """
    sentences = [NarratedSentence(sentence(one, language), one.id, "template") for one in findings]
    return replace(_narration(sentences, language), reason=reason)


def narrate(findings: Sequence[Finding], language: Language, speaker: Speaker) -> Narration:
    """Return the narration of a language model, every sentence checked.

    What the model says freely is kept if the check of words finds it true of its finding and no
    value is left out. Else the model chooses among true sentences; else the template speaks, as it
    does for findings that have no form the model knows. No number, no note and no name that is not
    of clinigait's own catalogue reaches the model.

    Parameters
    ----------
    findings
        In the order in which they are told.
    language
        ``en`` or ``zh``.
    speaker
        The language model.
    """
    check = WordCheck(findings, language)
    drafts = {one.id: draft for one in findings if (draft := draft_of(one, language)) is not None}
    done: dict[str, NarratedSentence] = {}
    ways: tuple[tuple[Literal["model", "grammar"], Callable[[list[Told]], list[str]]], ...] = (
        ("model", lambda asked: speaker.speak([one.line for one in asked], language)),
        ("grammar", lambda asked: speaker.choose(asked, language)),
    )
    for by, way in ways:
        by_line = {d.told.line: d.told for id_, d in drafts.items() if id_ not in done}
        asked = sorted(by_line.values(), key=lambda one: len(one.line))
        said: dict[str, str] = {}
        for start in range(0, len(asked), BATCH):
            part = asked[start : start + BATCH]
            said.update(zip((one.line for one in part), way(part), strict=True))
        for id_, draft in drafts.items():
            text = draft.finished(said.get(draft.told.line, "")) if id_ not in done else None
            if text is not None and id_ in check.sentence(text).findings:
                done[id_] = NarratedSentence(text, id_, by)
    return _narration(
        [
            done.get(one.id, NarratedSentence(sentence(one, language), one.id, "template"))
            for one in findings
        ],
        language,
        speaker.name,
    )


def draft_of(finding: Finding, language: str) -> Draft | None:
    """Return what the model is told of a finding; None where it is told nothing."""
    frame, name = frame_of(finding, language), name_for_model(finding, language)
    if frame is None or name is None or slots_in(name):
        return None
    texts = printed_values(finding, language)
    if finding.relation in {"left_greater", "right_greater"} and "left" in texts:
        left_first = finding.relation == "left_greater"
        texts["more"] = texts["left" if left_first else "right"]
        texts["less"] = texts["right" if left_first else "left"]
    slots = frames(language).slots
    values = {slot: texts[role] for slot, role in slots.items() if role in texts}
    tail = tail_of(finding, grammar(language)).format_map(texts)
    return Draft(told(frame, finding.relation, name, finding.side, language), values, tail)


def _narration(
    sentences: Sequence[NarratedSentence], language: Language, model: str | None = None
) -> Narration:
    return Narration(
        language=language,
        sentences=tuple(sentences),
        text=joined([one.text for one in sentences], language),
        counts={by: sum(one.by == by for one in sentences) for by in BY},
        model=model,
    )


def joined(sentences: Sequence[str], language: str) -> str:
    """Return sentences as one text: Chinese ones stand without a space."""
    return (" " if language == "en" else "").join(sentences)
