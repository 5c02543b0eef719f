"""The check of words: a sentence is accepted only if all that it states is among the findings.

A sentence is parsed into what it states: parameter, side, value, unit, direction, comparison,
limit. What does not parse as a whole is not accepted, whatever it may mean; nor is a sentence
that can be read in two ways of which one is false.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clinigait.core import Finding
from clinigait.explain.check_facts import facts_of, lexicon_of
from clinigait.explain.check_grammar import Reading, grammar_of, readings

_GRAMMARS = {"en": "check_english.yaml", "zh": "check_chinese.yaml"}
#: A sentence has to state one of these, or it states nothing.
_SAYING = {"rel", "over", "value", "difference"}
_SIDED = ("left", "right")
_SPLIT = re.compile(r"(?<=[.!?])\s+|(?<=。)\s*")


@dataclass(frozen=True)
class Checked:
    """One sentence after the check.

    Parameters
    ----------
    sentence
        As it stands in the text.
    findings
        Ids of the findings of which all that it states is true; empty where it is not accepted.
    reason
        Why it is not accepted; None where it is.
    """

    sentence: str
    findings: tuple[str, ...]
    reason: str | None

    @property
    def accepted(self) -> bool:
        """Whether it may be shown."""
        return bool(self.findings)


class WordCheck:
    """Checks sentences against the findings of an assessment.

    Parameters
    ----------
    findings
        All that may be stated.
    language
        ``en`` or ``zh``.
    """

    def __init__(self, findings: Sequence[Finding], language: str = "en") -> None:
        self._grammar = grammar_of(_GRAMMARS[language])
        self._lexicon = lexicon_of(findings, language)
        self._facts = {finding.id: facts_of(finding, language) for finding in findings}
        self._sides = {finding.id: finding.side for finding in findings}

    def sentence(self, text: str) -> Checked:
        """Check one sentence."""
        found = readings(text, self._grammar, self._lexicon)
        if not found:
            return Checked(text, (), "it does not parse")
        ids = [id_ for id_ in self._facts if all(self._holds(one, id_) for one in found)]
        return Checked(text, tuple(ids), None if ids else "it states what was not found")

    def text(self, text: str) -> tuple[Checked, ...]:
        """Check every sentence of a text."""
        return tuple(self.sentence(one) for one in _SPLIT.split(text.strip()) if one)

    def _holds(self, reading: Reading, id_: str) -> bool:
        """Whether all that is stated is true of a finding, and enough is stated."""
        stated = {role for role, _ in reading}
        if not reading <= self._facts[id_] or "title" not in stated or not stated & _SAYING:
            return False
        sided = self._sides[id_] in _SIDED and ("rel", "first") not in reading
        return "side" in stated or not sided
