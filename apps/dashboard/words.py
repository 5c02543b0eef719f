"""Texts of the pages, in English and in Chinese."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import yaml
from starlette.requests import Request

LANGUAGE_COOKIE = "clinigait_language"
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
    """Return what the clinic's logic said in English; what is not known stays as it is."""
    if language != "zh":
        return text
    for english, chinese in _sentences().items():
        text = text.replace(english, chinese)
    return text


def moment(at_ms: int) -> str:
    """Return a moment in the time of the server, to the minute."""
    return datetime.fromtimestamp(at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M")


def language_of(request: Request) -> str:
    """Return the language of a request: asked for, kept in the cookie, or the browser's."""
    for chosen in (request.query_params.get("language"), request.cookies.get(LANGUAGE_COOKIE)):
        if chosen in LANGUAGES:
            return chosen
    return "zh" if request.headers.get("accept-language", "").startswith("zh") else "en"


@cache
def _texts() -> dict[str, dict[str, str]]:
    return {key: text for file in _files() for key, text in file.get("words", {}).items()}


@cache
def _sentences() -> dict[str, str]:
    found = {en: zh for file in _files() for en, zh in file.get("sentences", {}).items()}
    return dict(sorted(found.items(), key=lambda pair: -len(pair[0])))  # longest first


@cache
def _files() -> tuple[dict[str, Any], ...]:
    folder = files("clinigait.apps.dashboard")
    found = sorted(entry.name for entry in folder.iterdir() if entry.name.startswith("words_"))
    names = [name for name in found if name.endswith(".yaml")]
    return tuple(yaml.safe_load((folder / name).read_text("utf-8")) for name in names)
