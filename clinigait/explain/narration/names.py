"""Names as a language model reads them: known ones only, so that no foreign text reaches it."""

from __future__ import annotations

import re

from clinigait.core import Finding
from clinigait.findings import title_in
from clinigait.findings.words import plain_line
from clinigait.gait.catalogue import CATALOGUE

#: Words that follow a comma in a title and read well before the rest.
_BEFORE = {"least", "greatest", "peak", "normalised", "robust", "vertical", "forward", "sideways"}
_KEPT = re.compile(r"[A-Z]{2}")


def running_name(title: str) -> str:
    """Return a title as it stands within a sentence: ``Hip flexion, peak`` is peak hip flexion."""
    head, comma, tail = title.partition(", ")
    if comma and tail in _BEFORE:
        title = f"{tail} {lowered(head)}"
    return lowered(title.replace(": ", " "))


def lowered(text: str) -> str:
    """Return a text with a small first letter, unless it begins with an abbreviation."""
    return text if _KEPT.match(text) else text[:1].lower() + text[1:]


def name_for_model(finding: Finding, language: str) -> str | None:
    """Return the name of a finding in running text; None where it is not one of clinigait's own."""
    if finding.kind == "prediction":
        translated = title_in("zh", finding.name, finding.title)
        if translated == plain_line(finding.title):
            return None
        return translated if language == "zh" else lowered(finding.title)
    known = CATALOGUE.get(finding.name)
    if known is None or known.title != finding.title:
        return None
    return title_in("zh", finding.name, "") if language == "zh" else running_name(known.title)
