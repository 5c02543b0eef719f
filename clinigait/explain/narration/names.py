"""How the titles of parameters read in running text."""

from __future__ import annotations

import re

#: Words that follow a comma in a title and read well before the rest.
_BEFORE = {"least", "greatest", "peak", "normalised", "robust", "vertical", "forward", "sideways"}
_KEPT = re.compile(r"[A-Z]{2}")


def running_name(title: str) -> str:
    """Return a title as it stands within a sentence: ``Hip flexion, peak`` is peak hip flexion."""
    head, comma, tail = title.partition(", ")
    if comma and tail in _BEFORE:
        title = f"{tail} {_lowered(head)}"
    return _lowered(title.replace(": ", " "))


def _lowered(text: str) -> str:
    return text if _KEPT.match(text) else text[:1].lower() + text[1:]
