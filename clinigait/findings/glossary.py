"""What a term means: parameters by the catalogue, other terms by a glossary."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import yaml

from clinigait.core import BadInputError, Definition
from clinigait.findings.words import plain_line, title_in, unit_in, words_for

_MOST_SUGGESTED = 5
#: How alike a term and a known one must be to be suggested, 0 to 1.
_ALIKE = 0.6


@dataclass(frozen=True)
class Term:
    """A term and what it means.

    Parameters
    ----------
    name
        Name of the parameter or the term.
    title, title_zh
        As printed, in English and in Simplified Chinese.
    definition, definition_zh
        What it is; empty where there is no Chinese text.
    source
        Citation, with DOI where there is one.
    unit, view
        Unit as printed, and the camera view that it needs; empty for terms that have none.
    also
        Other words for it.
    """

    name: str
    title: str
    title_zh: str
    definition: str
    definition_zh: str
    source: str
    unit: str = ""
    view: str = ""
    also: tuple[str, ...] = ()

    def spellings(self) -> tuple[str, ...]:
        """Return all that it is found by, spelt plainly."""
        return tuple(_plain(text) for text in (self.name, self.title, self.title_zh, *self.also))


def terms_of(definitions: Mapping[str, Definition]) -> tuple[Term, ...]:
    """Return all terms: those of the glossary, then the parameters.

    Parameters
    ----------
    definitions
        The catalogue.
    """
    parameters = (
        Term(d.name, d.title, title_in("zh", d.name, d.title), d.definition, "", d.source,
             d.unit, d.view)
        for d in definitions.values()
    )  # fmt: skip
    return (*_glossary(), *parameters)


def find_terms(wanted: str, terms: Iterable[Term]) -> tuple[Term, ...]:
    """Return the terms that somebody asks for.

    By name, title or another word for it, in either language, however it is written together;
    else all that have the words in their name or title.

    Parameters
    ----------
    wanted
        What was typed.
    terms
        What there is.

    Raises
    ------
    BadInputError
        If there is none; near ones are suggested.
    """
    known = tuple(terms)
    key = _plain(wanted)
    exact = tuple(term for term in known if key in term.spellings())
    words = _words(wanted)
    found = exact or tuple(
        t for t in known if words and words <= {*_words(t.name), *_words(t.title)}
    )
    # Chinese has no spaces: any part of a title will do.
    found = found or tuple(t for t in known if key and not key.isascii() and key in t.title_zh)
    if found:
        return found
    near = _near(key, known)
    advice = f"Did you mean {', '.join(near)}?" if near else "Try stride length or double support."
    raise BadInputError(f"There is no term {plain_line(wanted) or 'without letters'}.", advice)


def term_lines(
    term: Term, language: str, ranges: Iterable[str] = (), changes: Iterable[str] = ()
) -> list[str]:
    """Return the lines that tell of a term.

    Parameters
    ----------
    term
        The term.
    language
        ``en`` or ``zh``; a definition that is not there in Chinese is told in English.
    ranges
        Where its reference ranges come from.
    changes
        Changes of it that are known to matter.

    Raises
    ------
    BadInputError
        If there is no such language.
    """
    labels, chinese = words_for("define", language), language == "zh"
    facts = [term.title_zh if chinese else term.title, unit_in(language, term.unit)]
    lines = [labels["head"].format(name=term.name, facts=labels["and"].join(filter(None, facts)))]
    lines.append((chinese and term.definition_zh) or term.definition)
    if term.view:
        lines.append(labels["needs"].format(labels[term.view]))
    lines.append(labels["source"].format(term.source))
    for label, entries in (("ranges", ranges), ("changes", changes)):
        text = "; ".join(entries)
        lines += [labels[label].format(text)] if text else []
    return [lines[0], *(f"  {line}" for line in lines[1:])]


def _near(key: str, terms: tuple[Term, ...]) -> tuple[str, ...]:
    """Return titles, or names where titles are shared, that are spelt nearly so."""
    names = {spelt: term for term in reversed(terms) for spelt in term.spellings() if spelt}
    close = difflib.get_close_matches(key[:80], names, _MOST_SUGGESTED, _ALIKE)
    return tuple(dict.fromkeys(names[spelt].name for spelt in close))


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W_]+", text.casefold()))


def _plain(text: str) -> str:
    return "".join(re.findall(r"[^\W_]+|%", text.casefold()))


@cache
def _glossary() -> tuple[Term, ...]:
    rows = yaml.safe_load(files("clinigait.findings").joinpath("glossary.yaml").read_text("utf-8"))
    return tuple(
        Term(
            row["name"],
            row["title"],
            row["zh"],
            row["definition"],
            row["definition_zh"],
            row["source"],
            also=tuple(row.get("also", ())),
        )
        for row in rows
    )
