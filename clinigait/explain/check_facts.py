"""What may be stated of a finding: every role with the values that are true of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from clinigait.core import Finding
from clinigait.explain.check_grammar import Lexicon, Stated, plain_number, tokens_of
from clinigait.findings.sentences import form_of, printed_values, title_in

_PRINTED = re.compile(r"([<>]?) ?([\N{MINUS SIGN}-]?)([0-9]+(?:\.[0-9]+)?)\s*(.*)", re.DOTALL)
#: Roles as the grammars have them, where they have another name than in a finding.
_ROLES = {"difference_pct": "difference"}
_OPPOSITE = {"left": "right", "right": "left"}

#: Other ways to write a unit.
_UNITS = {
    "m": ("metres", "meters", "metre", "meter", "米"),
    "s": ("seconds", "second", "秒"),
    "%": ("percent", "per cent"),
    "°": ("deg", "degrees", "degree", "度"),
    "°/s": ("deg/s", "degrees per second"),
    "deg/s": ("degrees per second",),
    "m/s": ("metres per second", "meters per second", "米/秒"),
    "steps/min": ("steps per minute", "steps a minute"),
    "steps": ("steps",),
    "Hz": ("hertz",),
    "BH": ("body heights",),
    "BH/s": ("body heights per second",),
    "mm/(steps/min)": (),
    "cm": ("centimetres", "centimeters"),
    "mm": ("millimetres", "millimeters"),
    "ms": ("milliseconds",),
}
#: Words that a comma in a title puts behind what they belong to.
_AHEAD = {"least", "greatest", "peak", "normalised", "robust", "vertical", "forward", "sideways"}
_SYNONYMS = {
    "walking speed": ("gait speed", "speed of walking", "speed of gait", "gait velocity"),
    "cadence": ("step rate", "step frequency"),
    "stance": ("stance phase", "share of stance", "stance share"),
    "swing": ("swing phase", "share of swing", "swing share"),
    "stride length": ("length of stride", "length of the strides"),
    "step length": ("length of the steps",),
    "step width": ("width of the steps",),
    "double support time": ("time in double support", "double support phase"),
    "timed up and go: time": ("timed up and go test", "time of the timed up and go"),
}


def facts_of(finding: Finding, language: str) -> frozenset[Stated]:
    """Return all pairs of role and value that are true of a finding.

    Parameters
    ----------
    finding
        What was found.
    language
        ``en`` or ``zh``: units are words in one of them.
    """
    title = title_in(language, finding.name, finding.title)
    facts: set[Stated] = {("title", title), ("rel", finding.relation), ("rel", "first")}
    if finding.grade == "limited":
        facts.add(("evidence", "limited"))
    if finding.side:
        facts.add(("side", finding.side))
    numbers = {
        _ROLES.get(role, role): text for role, text in printed_values(finding, language).items()
    }
    facts |= _amount(finding, numbers)
    for role, text in numbers.items():
        number, unit = _split(text)
        facts |= {(role, number), (f"{role}.unit", unit)}
    # The first of two numbers may leave its unit to the second: 1.20 to 1.50 m.
    facts |= {(f"{role}.unit", "") for role in ("low", "before", "interval_low") if role in numbers}
    facts |= _implied(finding)
    facts |= {("adj", sense) for sense in _senses(finding)}
    return frozenset(facts)


def _split(text: str) -> tuple[str, str]:
    match = _PRINTED.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no printed value")
    sign = match[1] or ("-" if match[2] else "")
    return sign + plain_number(match[3]), match[4]


def _amount(finding: Finding, numbers: dict[str, str]) -> set[Stated]:
    """Return by how much a value changed, as the printed values have it."""
    if finding.kind != "change":
        return set()
    (before, unit), (after, _) = _split(numbers["before"]), _split(numbers["after"])
    amount = abs(Decimal(after) - Decimal(before))
    return {("amount", plain_number(f"{amount:f}")), ("amount.unit", unit)}


def _implied(finding: Finding) -> set[Stated]:
    """Return what follows from the relation."""
    relation = finding.relation
    if relation in {"below", "above"} and finding.kind == "level":
        return {("rel", "outside")}
    if relation in {"left_greater", "right_greater"}:
        return {("rel", "differs"), ("over", "yes")}
    if relation in {"increased", "decreased"}:
        return {("over", "yes")}
    if relation in {"alike", "unchanged"}:
        return {("over", "no")}
    form = form_of(finding) if finding.kind == "quality" else ""
    return {("side_of", form.rpartition(".")[2])} if form.count(".") == 2 else set()


def _senses(finding: Finding) -> set[str]:
    """Return what a parameter can be: long, wide, fast, or only more and less."""
    words = finding.name.split("_")
    if "width" in words and "sd" not in words and "cv" not in words:
        return {"width"}
    if {"sd", "cv", "asymmetry", "ratio", "angle", "regularity"} & set(words):
        return set()
    if "speed" in words or "cadence" in words or "velocity" in words:
        return {"pace"}
    return {"length"} if finding.unit == "s" or "length" in words else set()


def lexicon_of(findings: Iterable[Finding], language: str) -> Lexicon:
    """Return the names that a narration of some findings may use, and all units.

    A way to write a title that would fit two different titles is left out.
    """
    meanings: dict[tuple[str, ...], set[str]] = {}
    for finding in findings:
        title = title_in(language, finding.name, finding.title)
        for written in ways_to_write(title, language):
            key = tuple(token.plain for token in tokens_of(written))
            meanings.setdefault(key, set()).add(title)
    titles = {key: next(iter(found)) for key, found in meanings.items() if key and len(found) == 1}
    return Lexicon(titles, _units(findings, language))


def ways_to_write(title: str, language: str) -> set[str]:
    """Return the ways to write a title; a Chinese one has one."""
    if language != "en":
        return {title}
    plain = title.lower()
    ways = {plain, plain.replace(": ", " ")}
    head, comma, tail = plain.partition(", ")
    if comma and tail in _AHEAD:
        ways |= {f"{tail} {head}", f"{head} ({tail})"}
    first, _, last = plain.rpartition(" ")
    if last in {"length", "width", "time", "speed", "range"} and first and "," not in first:
        ways |= {f"{last} of {first}", f"{last} of the {first}"}
    ways |= set(_SYNONYMS.get(plain, ()))
    return ways | {f"{way}," for way in ways if ", " in way}


def _units(findings: Iterable[Finding], language: str) -> dict[tuple[str, ...], str]:
    units: dict[tuple[str, ...], str] = {}
    printed = {
        _split(text)[1] for one in findings for text in printed_values(one, language).values()
    }
    for unit in {*_UNITS, *printed} - {""}:
        for written in (unit, *_UNITS.get(unit, ())):
            units[tuple(token.text for token in tokens_of(written))] = unit
    return units
