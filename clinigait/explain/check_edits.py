"""False sentences, made from true ones by one edit each: what the check of words has to stop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_WORD = re.compile(r"[A-Za-z]+")
_DIRECTIONS = {
    "below": "above", "under": "over", "beneath": "above", "within": "above", "inside": "above",
    "above": "below", "over": "under", "beyond": "within", "outside": "inside",
    "increased": "decreased", "rose": "fell", "grew": "dropped", "rise": "fall", "up": "down",
    "increase": "decrease", "gain": "drop", "climbed": "fell", "risen": "fallen",
    "decreased": "increased", "fell": "rose", "fall": "rise", "down": "up", "dropped": "rose",
    "decrease": "increase", "shortened": "lengthened", "reduced": "raised", "reduction": "increase",
    "higher": "lower", "greater": "smaller", "longer": "shorter", "wider": "narrower",
    "faster": "slower", "lower": "higher", "smaller": "greater", "shorter": "longer",
    "slower": "faster", "less": "more", "more": "less", "short": "long", "low": "high",
    "slow": "fast", "wide": "narrow", "long": "short", "prolonged": "shortened",
    "raised": "reduced", "normal": "reduced", "unremarkable": "low", "unchanged": "increased",
    "stable": "decreased", "alike": "asymmetric", "symmetrical": "asymmetrical",
    "exceeds": "undercuts", "exceeded": "undercut", "likely": "unlikely", "probable": "improbable",
    "unclear": "likely", "before": "now", "now": "before", "limited": "strong",
}  # fmt: skip
_CHINESE = {
    "低于": "高于", "高于": "低于", "大于": "小于", "小于": "大于", "长于": "短于", "短于": "长于",
    "增至": "减至", "减至": "增至", "上升": "下降", "下降": "上升", "之内": "之外", "偏短": "偏长",
    "未超过": "超过", "延长": "缩短", "偏低": "偏高", "较长": "较短", "较短": "较长",
    "较大": "较小", "可能性较大": "可能性较小",
    "左": "右", "右": "左", "无变化": "有变化", "相近": "不对称", "未能": "能",
    "为": "不为", "没有": "有", "有限": "充分", "对称": "不对称", "无法": "可以",
}  # fmt: skip
_NEGATED = ("is", "was", "lies", "has", "be", "did", "does", "finds", "could")
_UNITS = {
    "m": "cm", "s": "ms", "%": "°", "°": "%", "m/s": "km/h", "steps/min": "Hz", "Hz": "s",
    "degrees": "percent", "percent": "degrees", "步/分": "Hz",
}  # fmt: skip
_RELATIONS = (
    ("reference range", "minimal detectable change"),
    ("minimal detectable change", "reference range"),
    ("than on the", "and on the"),
    ("lower limit", "upper limit"),
    ("upper limit", "lower limit"),
    ("probability", "severity"),
    ("difference", "ratio"),
    ("since the last visit", "since the operation"),
    ("参考范围", "最小可检测变化值"),
    ("最小可检测变化值", "参考范围"),
    ("概率", "严重程度"),
)


@dataclass(frozen=True)
class Edit:
    """One false sentence.

    Parameters
    ----------
    kind
        What was edited: number, side, direction, negation, unit, name, relation.
    sentence
        The sentence after the edit.
    """

    kind: str
    sentence: str


def edits_of(sentence: str, titles: Sequence[str], others: Sequence[str]) -> Iterator[Edit]:
    """Yield false sentences, each one edit away from a true one.

    Parameters
    ----------
    sentence
        True, and about one of the ``titles``.
    titles
        Ways to write the title that it is about.
    others
        Other titles.
    """
    seen = {sentence}
    for edit in _all_edits(sentence, titles, others):
        if edit.sentence not in seen:
            seen.add(edit.sentence)
            yield edit


def _all_edits(sentence: str, titles: Sequence[str], others: Sequence[str]) -> Iterator[Edit]:
    yield from _numbers(sentence)
    yield from _words(sentence)
    yield from _negations(sentence)
    for old, new in _UNITS.items():
        pattern = rf"(?<=\d) ?(?P<unit>{re.escape(old)})(?![A-Za-z/])"
        for found in re.finditer(pattern, sentence):
            yield Edit("unit", sentence[: found.start("unit")] + new + sentence[found.end() :])
    for title in titles:
        for found in re.finditer(re.escape(title), sentence, re.IGNORECASE):
            for other in others:
                yield Edit("name", _replaced(sentence, found, other))
    for old, new in _RELATIONS:
        for found in re.finditer(old, sentence):
            yield Edit("relation", _replaced(sentence, found, new))


def _words(sentence: str) -> Iterator[Edit]:
    """Turn a side or a direction."""
    sides = {"left": "right", "right": "left", "both": "left"}
    for match in _WORD.finditer(sentence):
        word = match[0].lower()
        if word in sides:
            yield Edit("side", _replaced(sentence, match, sides[word]))
        if word in _DIRECTIONS:
            yield Edit("direction", _replaced(sentence, match, _DIRECTIONS[word]))
    for old, new in _CHINESE.items():
        for found in re.finditer(old, sentence):
            yield Edit("side" if old in "左右" else "direction", _replaced(sentence, found, new))


def _replaced(sentence: str, match: re.Match[str], new: str) -> str:
    return sentence[: match.start()] + new + sentence[match.end() :]


def _numbers(sentence: str) -> Iterator[Edit]:
    """Change a digit, move the point, turn the sign, swap two numbers."""
    found = list(_NUMBER.finditer(sentence))
    for match in found:
        digits = match[0]
        last = str((int(digits[-1]) + 1) % 10)
        first = str(int(digits[0]) % 9 + 1)
        yield Edit("number", _replaced(sentence, match, digits[:-1] + last))
        yield Edit("number", _replaced(sentence, match, first + digits[1:]))
        if float(digits):
            yield Edit("number", _replaced(sentence, match, f"{float(digits) * 10:g}"))
            yield Edit("number", _replaced(sentence, match, f"\N{MINUS SIGN}{digits}"))
    for a, b in pairwise(found):
        if float(a[0]) != float(b[0]):
            swapped = sentence[: a.start()] + b[0] + sentence[a.end() : b.start()] + a[0]
            yield Edit("number", swapped + sentence[b.end() :])


def _negations(sentence: str) -> Iterator[Edit]:
    for match in _WORD.finditer(sentence):
        word = match[0]
        if word.lower() in _NEGATED:
            yield Edit("negation", _replaced(sentence, match, f"{word} not"))
        if word.lower() in {"not", "no", "nothing", "neither"}:
            rest = sentence[: match.start()].rstrip() + sentence[match.end() :]
            yield Edit("negation", rest.strip())
