"""The English sentences of assessments in Simplified Chinese, as far as they are known."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import cast

import yaml

from clinigait.findings import title_in
from clinigait.report.fonts import is_han

_JOIN = "; "
#: What stands in a place to fill in: part of a clause, or clauses in brackets.
_CLAUSE, _ANYTHING = "[^;]+?", ".+?"
#: Longer texts are no phrases of ours.
_MAX_LETTERS = 400


def say(text: str) -> str:
    """Return a phrase in Chinese; one that is not known stays as it is.

    Parts that are joined by a semicolon are looked up one by one.
    """
    if len(text) > _MAX_LETTERS:
        return text
    whole = _phrase(text, _CLAUSE)
    if whole is not None:
        return whole
    said = [_phrase(clause, _CLAUSE) for clause in text.split(_JOIN)]
    known = [clause for clause in said if clause is not None]
    if len(known) == len(said):
        return "；".join(known)
    return _phrase(text, _ANYTHING) or text


def _phrase(text: str, part: str) -> str | None:
    """Return a phrase in Chinese, its parts being of one form; None where it is not known."""
    known = _exact().get(text) or _title(text)
    if known is not None:
        return known
    for pattern, template in _patterns(part):
        found = pattern.fullmatch(text)
        if found is not None:
            parts = [say(group) for group in found.groups()]
            if "{1}" in template or "{2}" in template:
                return template.format("", *parts)
            return template.format(*parts)
    return None


def _title(text: str) -> str | None:
    """Return the title of a check, a model or a class in Chinese; None where it has none."""
    title = title_in("zh", "", text)
    return title if title != text and is_han(title) else None


@cache
def _exact() -> Mapping[str, str]:
    phrases = phrases_of("phrases_zh.yaml")
    return {english: chinese for english, chinese in phrases.items() if "{}" not in english}


@cache
def _patterns(part: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the phrases with places to fill in, those with most fixed letters first."""
    phrases = phrases_of("phrases_zh.yaml")
    found = sorted((e for e in phrases if "{}" in e), key=len, reverse=True)
    return tuple(
        (
            re.compile(f"({part})".join(map(re.escape, english.split("{}")))),
            phrases[english],
        )
        for english in found
    )


@cache
def phrases_of(name: str) -> dict[str, str]:
    """Return what a file of the report holds: Chinese by English, or by name."""
    text = files("clinigait.report").joinpath(name).read_text("utf-8")
    return cast("dict[str, str]", yaml.safe_load(text))
