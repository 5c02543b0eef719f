"""What is to be looked at first: driven by the embedding of a walk, and never a claim."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from clinigait.core import Finding, Narration
from clinigait.explain.narration.concepts import ConceptProjector
from clinigait.explain.narration.decode import decode, trie_of
from clinigait.explain.narration.frames import frames, told_first
from clinigait.explain.narration.names import name_for_model, running_name
from clinigait.explain.narration.narrate import joined
from clinigait.findings import is_noteworthy, title_in
from clinigait.gait.catalogue import CATALOGUE

if TYPE_CHECKING:
    import torch

    from clinigait.explain.language_model import LanguageModel


class HasModel(Protocol):
    """A narrator, as far as the headline needs it."""

    @property
    def model(self) -> LanguageModel:
        """The language model."""
        ...

    @property
    def prefixes(self) -> Mapping[str, torch.Tensor]:
        """Keys and values by language."""
        ...


def with_headline(
    said: Narration,
    findings: Sequence[Finding],
    narrator: HasModel,
    projector: ConceptProjector,
    vector: NDArray[Any],
) -> Narration:
    """Return a narration with a headline, and what it names told first.

    The model chooses among the names of noteworthy findings and can say nothing else.

    Parameters
    ----------
    said
        The narration.
    findings
        Its findings, in its order.
    narrator
        Model and prefixes.
    projector
        For the embedding.
    vector
        (E,) the embedding.
    """
    names = candidates(findings, said.language)
    if len(names) < 2:
        return said
    chosen = choose_first(names, said.language, narrator, projector, vector)
    first = {one.id for one in findings if name_for_model(one, said.language) == chosen}
    ordered = sorted(said.sentences, key=lambda one: one.finding not in first)
    headline = told_first(chosen, said.language).sentences[0]
    text = joined([headline, *(one.text for one in ordered)], said.language)
    return replace(said, sentences=tuple(ordered), text=text, headline=headline)


def candidates(findings: Sequence[Finding], language: str) -> tuple[str, ...]:
    """Return the names that a headline may use, each once.

    They are those of noteworthy findings of which the evidence is better than limited: what may be
    chance is not what is to be looked at first.
    """
    sure = (one for one in findings if is_noteworthy(one) and one.grade != "limited")
    names = (name_for_model(one, language) for one in sure)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def choose_first(
    names: Sequence[str],
    language: str,
    narrator: HasModel,
    projector: ConceptProjector | None,
    vector: NDArray[Any] | None,
) -> str:
    """Return the name that the model puts into the headline.

    Parameters
    ----------
    names
        What it may choose from.
    language
        ``en`` or ``zh``.
    narrator, projector
        As in :func:`with_headline`.
    vector
        (E,) the embedding; None for none, then the model reads no concept.
    """
    model, prefix = narrator.model, narrator.prefixes[language]
    options = {told_first(name, language).sentences[0]: name for name in names}
    start = frames(language).first["line"].format(title="").rstrip()
    line, soft = "", None
    if projector is not None and vector is not None:
        soft = soft_line(model, start, projector, vector, language)
    else:
        line = start
    said = decode(model, prefix, [line], [trie_of(model, options)], soft)[0]
    return options.get(said, names[0])


def soft_line(
    model: LanguageModel,
    start: str,
    projector: ConceptProjector,
    vector: NDArray[Any],
    language: str,
) -> torch.Tensor:
    """Return the line of facts with the concept as soft tokens.

    Each soft token is the mean of the model's own embeddings of the tokens that stand at its place
    in the names of the concepts, weighted by their probabilities.

    Returns
    -------
    (1, tokens, width)
    """
    import torch  # noqa: PLC0415  slow to import

    probabilities = projector.probabilities(vector[None])[0]
    names = [_name_of(concept, language) for concept in projector.concepts]
    tokens = [model.encode(f" {name}") for name in names]
    length = len(tokens[int(np.argmax(probabilities))])
    table = model.embeddings
    mixed = torch.zeros(length, table.shape[1], dtype=table.dtype)
    for place in range(length):
        there = [
            (p, t[place]) for p, t in zip(probabilities, tokens, strict=True) if place < len(t)
        ]
        total = sum(p for p, _ in there)
        mixed[place] = sum(float(p / total) * table[token] for p, token in there)
    before = table[torch.tensor(model.encode(start))]
    return torch.cat([before, mixed])[None]


def _name_of(concept: str, language: str) -> str:
    title = CATALOGUE[concept].title
    return title_in("zh", concept, title) if language == "zh" else running_name(title)
