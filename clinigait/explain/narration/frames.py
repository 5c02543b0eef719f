"""What a language model is told of a finding, and the true sentences that it may make of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from clinigait.core import Finding

LANGUAGES = {"en": "english.yaml", "zh": "chinese.yaml"}
_SLOT = re.compile(r"(?<![A-Za-z])([A-Z])(?![A-Za-z])")


@dataclass(frozen=True)
class Frame:
    """The sentences for findings of one shape.

    Parameters
    ----------
    kind
        Kind of the finding.
    needs
        Roles whose values it must have.
    relations
        Word for each relation that it may have.
    line
        The facts as the model reads them.
    sentences
        What may be said, with slots for values.
    """

    kind: str
    needs: tuple[str, ...]
    relations: Mapping[str, str]
    line: str
    sentences: tuple[str, ...]


@dataclass(frozen=True)
class Frames:
    """All frames of one language.

    Parameters
    ----------
    slots
        Role of the value that fills each slot.
    sides
        Words for left and right.
    sided
        A name with its side, by side.
    entries
        The frames; the first that fits a finding counts.
    first
        How it is said what to look at first: ``line`` and ``sentence``.
    """

    slots: Mapping[str, str]
    sides: Mapping[str, str]
    sided: Mapping[str, str]
    entries: tuple[Frame, ...]
    first: Mapping[str, str]


@dataclass(frozen=True)
class Told:
    """What is told of one finding.

    Parameters
    ----------
    line
        Facts, without numbers.
    sentences
        The true sentences that may be made of it, without numbers.
    """

    line: str
    sentences: tuple[str, ...]


@cache
def frames(language: str) -> Frames:
    """Return the frames of a language."""
    text = files(__package__).joinpath(LANGUAGES[language]).read_text(encoding="utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    entries = tuple(
        Frame(
            entry["kind"],
            tuple(entry["needs"]),
            entry["relations"],
            entry["line"],
            tuple(entry["sentences"]),
        )
        for entry in content["entries"]
    )
    return Frames(content["slots"], content["sides"], content["sided"], entries, content["first"])


def frame_of(finding: Finding, language: str) -> Frame | None:
    """Return the frame that fits a finding; None where none does."""
    return next(
        (
            frame
            for frame in frames(language).entries
            if frame.kind == finding.kind
            and finding.relation in frame.relations
            and set(frame.needs) <= set(finding.values)
        ),
        None,
    )


def told(frame: Frame, relation: str, title: str, side: str, language: str) -> Told:
    """Return the facts and the true sentences of a frame.

    Parameters
    ----------
    frame
        Which.
    relation
        One of its relations.
    title
        The name in running text, in that language.
    side
        ``left``, ``right``, ``both``, or empty for no side.
    language
        Key of :data:`LANGUAGES`.
    """
    known = frames(language)
    sides = known.sides
    more = {"left_greater": "left", "right_greater": "right"}.get(relation, "left")
    words = {
        "title": title,
        "name": known.sided[side].format(title=title),
        "relation": frame.relations[relation],
        "more": sides[more],
        "less": sides["right" if more == "left" else "left"],
    }
    return Told(frame.line.format(**words), tuple(s.format(**words) for s in frame.sentences))


def told_first(title: str, language: str) -> Told:
    """Return how it is said that something is to be looked at first."""
    first = frames(language).first
    return Told(first["line"].format(title=title), (first["sentence"].format(title=title),))


def filled(sentence: str, values: Mapping[str, str]) -> str | None:
    """Return a sentence with its slots filled; None where it has a slot that has no value.

    Parameters
    ----------
    sentence
        With slots.
    values
        Text by slot.
    """
    if any(slot not in values for slot in _SLOT.findall(sentence)):
        return None
    return _SLOT.sub(lambda found: values[found[1]], sentence)


def slots_in(text: str) -> set[str]:
    """Return the slots of a line or a sentence."""
    return set(_SLOT.findall(text))


def shapes(language: str) -> Iterator[tuple[Frame, str]]:
    """Yield each frame with each of its relations."""
    for frame in frames(language).entries:
        for relation in frame.relations:
            yield frame, relation
