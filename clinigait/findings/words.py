"""The words of the sentences as data: grammar by language, decimals, Chinese titles and units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Literal, cast

import yaml

from clinigait.core import BadInputError

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
#: Longest title that a sentence takes: those of clinigait are shorter.
_MAX_LETTERS = 80


@dataclass(frozen=True)
class Grammar:
    """The sentences of one language.

    Parameters
    ----------
    subject
        Title with its side, by side.
    closing
        What closes a title that has a comma.
    sentences
        By ``kind.relation``, some with the form behind another dot.
    tails
        What is said of the evidence where it is limited.
    """

    subject: Mapping[str, str]
    closing: str
    sentences: Mapping[str, str]
    tails: Mapping[str, str]


def grammar(language: str) -> Grammar:
    """Return the grammar of a language.

    Raises
    ------
    BadInputError
        If there is none.
    """
    if language not in LANGUAGES:
        raise BadInputError(
            f"There is no language {plain_line(language)[:20]}.",
            f"Choose one of: {', '.join(LANGUAGES)}.",
        )
    return Grammar(**_file("grammar.yaml")[language])


def decimals_of(name: str, value: float) -> int:
    """Return the decimals of a parameter as printed, or for unknown names some that fit."""
    known = _file("words.yaml")["parameters"].get(name)
    if known is not None:
        return int(known["decimals"])
    return 2 if abs(value) < 10 else 1 if abs(value) < 100 else 0


def title_in(language: str, name: str, title: str) -> str:
    """Return the title of a parameter, check or model in a language.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    name
        Name of the parameter.
    title
        Its English title: stands where there is no other.
    """
    if language == "en":
        return plain_line(title)
    words = _file("words.yaml")
    known = words["parameters"].get(name)
    if known is not None:
        return str(known["zh"])
    return str(words["titles"].get(title) or _joined(title, words) or plain_line(title))


def unit_in(language: str, unit: str) -> str:
    """Return a unit as printed in a language."""
    shown = plain_line(unit)[:20]
    return shown if language == "en" else str(_file("words.yaml")["units"].get(shown, shown))


def words_for(part: str, language: str) -> dict[str, str]:
    """Return the words of one part of the product in a language.

    Raises
    ------
    BadInputError
        If there are none.
    """
    grammar(language)
    return cast("dict[str, str]", _file("words.yaml")[part][language])


def plain_line(text: str) -> str:
    """Return text on one line, without control or hidden signs, and not longer than a title."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:400]).split())
    return line if len(line) <= _MAX_LETTERS else line[: _MAX_LETTERS - 1].rstrip() + "…"


#: How the title of a prediction is put together.
CLASSES, OR, RESEARCH = ": ", " or ", " (research only)"


def _joined(title: str, words: Mapping[str, Any]) -> str | None:
    """Return the title of a prediction word by word; None where a word is not known."""
    joins, titles = words["joins"], words["titles"]
    task, _, classes = title.removesuffix(RESEARCH).partition(CLASSES)
    parts = [titles.get(part) for part in (task, *(classes.split(OR) if classes else ()))]
    if None in parts:
        return None
    mark = str(joins["research"]) if title.endswith(RESEARCH) else ""
    named = joins["or"].join(parts[1:])
    return f"{parts[0]}{joins['colon'] if named else ''}{named}{mark}"


@cache
def _file(name: str) -> dict[str, Any]:
    text = files("clinigait.findings").joinpath(name).read_text("utf-8")
    return cast("dict[str, Any]", yaml.safe_load(text))
