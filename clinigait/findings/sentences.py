"""A finding as one sentence: the published grammar, filled in with numbers that bear it out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal

from clinigait.core import BadInputError, Finding, percent_text
from clinigait.core.printed import MINUS, compact, number
from clinigait.findings.words import (
    LANGUAGES,
    Grammar,
    decimals_of,
    grammar,
    plain_line,
    title_in,
    unit_in,
)

__all__ = ["LANGUAGES", "form_of", "printed_values", "sentence", "tail_of", "title_in"]

#: So many more decimals may be printed where the usual ones would belie the sentence.
_MORE_DECIMALS = 7
_PERCENT = "%"
_PERCENT_DECIMALS = 1
#: Values of an asymmetry that are in the unit of the parameter, not in percent.
_OF_SIDES = ("left", "right")
_INTERVAL = ("interval_low", "interval_high")


def sentence(finding: Finding, language: str = "en") -> str:
    """Return the sentence of a finding.

    Numbers have the decimals of the report, more where rounding would belie the sentence: a value
    just below a limit is not printed as the limit.

    Parameters
    ----------
    finding
        What is said.
    language
        ``en``, or ``zh`` for Simplified Chinese.

    Raises
    ------
    BadInputError
        If there are no sentences in the language, or a value that the sentence needs is missing.
    """
    words = grammar(language)
    template = words.sentences[form_of(finding)]
    title = title_in(language, finding.name, finding.title)
    closed = title + (words.closing if "," in title else "")
    fields = printed_values(finding, language)
    fields["check"] = title
    fields["title"] = closed
    fields["subject"] = words.subject[finding.side].format(title=closed)
    try:
        fields["tail"] = tail_of(finding, words).format_map(fields)
        return template.format_map(fields)
    except KeyError as missing:
        raise BadInputError(
            f"The finding {plain_line(finding.id)} has no value {missing}.",
            "Assess the recording again.",
        ) from None


def form_of(finding: Finding) -> str:
    """Return the key of a finding's sentence in the grammar."""
    key, values = f"{finding.kind}.{finding.relation}", finding.values
    if finding.kind == "asymmetry" and not all(side in values for side in _OF_SIDES):
        return f"{key}.index"
    if finding.kind == "quality" and "value" in values:
        if "limit" not in values:
            return f"{key}.value"
        return f"{key}.{'below' if values['value'] < values['limit'] else 'above'}"
    return key


def tail_of(finding: Finding, words: Grammar) -> str:
    """Return what the sentence says of the evidence; empty where it is not limited."""
    if all(role in finding.values for role in _INTERVAL):
        return words.tails["across"]
    return words.tails["limited"] if finding.grade == "limited" else ""


def printed_values(finding: Finding, language: str) -> dict[str, str]:
    """Return the values as text, each with its unit."""
    if finding.kind == "prediction":
        return {role: percent_text(value) for role, value in finding.values.items()}
    first = max(finding.values.values(), key=abs, default=0.0)
    usual = decimals_of(finding.name, first)
    for more in range(_MORE_DECIMALS + 1):
        texts = {
            role: _number(finding, role, value, usual + more, _PERCENT_DECIMALS + more, 3 + more)
            for role, value in finding.values.items()
        }
        if _bears_out(finding, texts):
            break
    return {role: _with_unit(text, _unit(finding, role, language)) for role, text in texts.items()}


def _number(
    finding: Finding, role: str, value: float, decimals: int, percents: int, digits: int
) -> str:
    if finding.kind == "quality":
        return compact(value, digits)
    return number(value, percents if _is_percent(finding, role) else decimals)


def _unit(finding: Finding, role: str, language: str) -> str:
    return _PERCENT if _is_percent(finding, role) else unit_in(language, finding.unit)


def _is_percent(finding: Finding, role: str) -> bool:
    return finding.kind == "asymmetry" and role not in _OF_SIDES


def _with_unit(text: str, unit: str) -> str:
    return text + (unit if unit == "°" else f" {unit}").rstrip()


def _bears_out(finding: Finding, texts: Mapping[str, str]) -> bool:
    """Whether the numbers as printed stand in the relation that the sentence tells."""
    values = {role: Decimal(text.replace(MINUS, "-")) for role, text in texts.items()}
    needed, holds = _RELATIONS.get(form_of(finding), ((), None))
    if holds is not None and all(role in values for role in needed):
        return holds(*(values[role] for role in needed))
    return True


def _greater(more: Decimal, less: Decimal, difference: Decimal, limit: Decimal) -> bool:
    return more > less and difference > limit


_ASYMMETRY = "difference_pct", "limit"
_CHANGE = "before", "after", "limit"
_RELATIONS: dict[str, tuple[tuple[str, ...], Callable[..., bool]]] = {
    "level.below": (("value", "low"), lambda value, low: value < low),
    "level.above": (("value", "high"), lambda value, high: value > high),
    "level.within": (
        ("value", "low", "high"),
        lambda value, low, high: low <= value <= high,
    ),
    "asymmetry.left_greater": (("left", "right", *_ASYMMETRY), _greater),
    "asymmetry.right_greater": (("right", "left", *_ASYMMETRY), _greater),
    "asymmetry.left_greater.index": (_ASYMMETRY, lambda difference, limit: difference > limit),
    "asymmetry.right_greater.index": (_ASYMMETRY, lambda difference, limit: difference > limit),
    "asymmetry.alike": (_ASYMMETRY, lambda difference, limit: difference <= limit),
    "asymmetry.alike.index": (_ASYMMETRY, lambda difference, limit: difference <= limit),
    "change.increased": (_CHANGE, lambda before, after, limit: after - before > limit),
    "change.decreased": (_CHANGE, lambda before, after, limit: before - after > limit),
    "change.unchanged": (_CHANGE, lambda before, after, limit: abs(after - before) <= limit),
    "quality.limited.below": (("value", "limit"), lambda value, limit: value < limit),
    "quality.limited.above": (("value", "limit"), lambda value, limit: value > limit),
}
