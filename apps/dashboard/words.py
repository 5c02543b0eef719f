"""Texts of the pages, in English and in Chinese."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Any

import yaml

LANGUAGES = {"en": "English", "zh": "中文"}


def words(key: str, language: str, **values: object) -> str:
    """Return a text of the pages.

    Parameters
    ----------
    key
        Its name in ``words_*.yaml``.
    language
        ``en`` or ``zh``.
    values
        What stands in its braces.
    """
    text = _texts()[key][language]
    return text.format(**values) if values else text


def sentence(text: str, language: str) -> str:
    """Return a sentence that the clinic's logic gave in English; as it is where none is known."""
    return _sentences().get(text, text) if language == "zh" else text


@cache
def _texts() -> dict[str, dict[str, str]]:
    return {key: text for file in _files() for key, text in file.get("words", {}).items()}


@cache
def _sentences() -> dict[str, str]:
    return {en: zh for file in _files() for en, zh in file.get("sentences", {}).items()}


@cache
def _files() -> tuple[dict[str, Any], ...]:
    folder = files("clinigait.apps.dashboard")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("words_"))
    names = [name for name in found if name.endswith(".yaml")]
    return tuple(yaml.safe_load((folder / name).read_text("utf-8")) for name in names)
