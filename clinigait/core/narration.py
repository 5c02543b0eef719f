"""Narration: the findings in sentences, and how each sentence came to be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

#: A language model's own words; its choice among true sentences; the template's words.
SentenceBy = Literal["model", "grammar", "template"]
BY: tuple[SentenceBy, ...] = ("model", "grammar", "template")


@dataclass(frozen=True)
class NarratedSentence:
    """One sentence.

    Parameters
    ----------
    text
        The sentence.
    finding
        Id of the finding that it tells.
    by
        How it came to be: worded by a language model and found true by the check of words; chosen
        by the model among true sentences; or the template's.
    """

    text: str
    finding: str
    by: SentenceBy


@dataclass(frozen=True)
class Narration:
    """All sentences, in the order in which they are told.

    Parameters
    ----------
    language
        ``en`` or ``zh``.
    sentences
        One a finding.
    text
        The whole, as printed: the headline, if there is one, and the sentences.
    counts
        Sentences by how they came to be.
    headline
        What is to be looked at first; None where nothing says so. It is no claim.
    model
        Name of the language model and the beginning of its hash; None for the template.
    reason
        Why a language model that was asked for did not speak; None where it did.
    """

    language: Literal["en", "zh"]
    sentences: tuple[NarratedSentence, ...]
    text: str
    counts: dict[str, int]
    headline: str | None = None
    model: str | None = None
    reason: str | None = None
