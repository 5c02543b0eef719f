"""The narrator: a frozen language model and what it has learned to narrate with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinigait.core import BadInputError, Narration, WalkEmbedding
from clinigait.core.finding import Finding
from clinigait.explain.language_model import LanguageModel, load_language_model
from clinigait.explain.narration.concepts import ConceptProjector
from clinigait.explain.narration.decode import decode, trie_of
from clinigait.explain.narration.frames import Told
from clinigait.explain.narration.headline import with_headline
from clinigait.explain.narration.narrate import Language, narrate, template_narration
from clinigait.explain.narration.prefix import prefix_of_text
from clinigait.io.tensors import load_tensors

if TYPE_CHECKING:
    import torch

CARD_FILE = "card.json"
CARD_SCHEMA = "clinigait-narrator-1"
PREFIX = "prefix"
_REMEDY = "Take clinigait anew from where it came from."


@dataclass(frozen=True, eq=False)
class Narrator:
    """Speaks for findings; see :class:`~clinigait.explain.narration.narrate.Speaker`.

    Parameters
    ----------
    model
        The language model, every weight frozen.
    prefixes
        (layers, 2, heads, tokens, width) keys and values by language.
    projectors
        By name of the bundle whose embeddings they read.
    adapted
        Whether the prefixes were learned for this model; else they are examples, as in a prompt.
    """

    model: LanguageModel
    prefixes: dict[str, torch.Tensor]
    projectors: dict[str, ConceptProjector] = field(default_factory=dict)
    adapted: bool = True

    @property
    def name(self) -> str:
        """Model and the beginning of its hash."""
        return f"{self.model.name} {self.model.sha256[:12]}"

    def speak(self, lines: Sequence[str], language: Language) -> list[str]:
        """Return what the model says to each line of facts, freely."""
        return decode(self.model, self.prefixes[language], lines)

    def choose(self, options: Sequence[Told], language: Language) -> list[str]:
        """Return which of the true sentences the model prefers."""
        tries = [trie_of(self.model, one.sentences) for one in options]
        return decode(self.model, self.prefixes[language], [one.line for one in options], tries)

    def narrate(
        self,
        findings: Sequence[Finding],
        language: Language = "en",
        embedding: WalkEmbedding | None = None,
    ) -> Narration:
        """Return the narration, with a headline where an embedding is known that drives it.

        Parameters
        ----------
        findings
            In the order in which they are told.
        language
            ``en`` or ``zh``.
        embedding
            Of the walk; it may choose what comes first, never what is said.
        """
        said = narrate(findings, language, self)
        bundle = embedding.card_id.rpartition("-")[0] if embedding is not None else ""
        if embedding is None or bundle not in self.projectors:
            return said
        return with_headline(said, findings, self, self.projectors[bundle], embedding.vector)


@cache
def load_narrator(folder: Path | None = None) -> Narrator:
    """Load the narrator: the model, and the prefixes that come with clinigait.

    Parameters
    ----------
    folder
        Another local instruct model; None for the embedded one. Another model has learned no
        prefix: it gets the examples as text, and the check and the true sentences do the rest.

    Raises
    ------
    BadInputError
        If a part is missing or damaged.
    """
    import torch  # noqa: PLC0415  slow to import

    card = narrator_card()
    model = load_language_model(folder)
    if model.sha256 != card["model_sha256"]:
        texts = {language: one["start"] for language, one in card["languages"].items()}
        examples = {language: prefix_of_text(model, text) for language, text in texts.items()}
        return Narrator(model, examples, adapted=False)
    prefixes = {
        language: torch.from_numpy(_arrays(card, f"{language}.safetensors")[PREFIX])
        for language in card["languages"]
    }
    projectors = {
        bundle: ConceptProjector.of(_arrays(card, f"{bundle}.safetensors"), one["concepts"])
        for bundle, one in card["projectors"].items()
    }
    return Narrator(model, prefixes, projectors)


def narrator_card() -> dict[str, Any]:
    """Return the card of the narrator: what it learned, from what, and how good it is.

    Raises
    ------
    BadInputError
        If it is damaged.
    """
    try:
        card = json.loads(_folder().joinpath(CARD_FILE).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise BadInputError("The card of the narrator cannot be read.", _REMEDY) from error
    if not isinstance(card, dict) or card.get("schema") != CARD_SCHEMA:
        raise BadInputError("The card of the narrator is of another version.", _REMEDY)
    return dict(card)


def _folder() -> Traversable:
    return files("clinigait.bundles").joinpath("narrator")


def _arrays(card: dict[str, Any], name: str) -> dict[str, Any]:
    try:
        content: bytes = _folder().joinpath(name).read_bytes()
    except OSError as error:
        raise BadInputError(f"The narrator's {name} cannot be read.", _REMEDY) from error
    if hashlib.sha256(content).hexdigest() != card["files"].get(name):
        raise BadInputError(f"The narrator's {name} is not that of its card.", _REMEDY)
    return load_tensors(content, f"The weights in {name}", _REMEDY, lambda _name: True)


def narration_of(
    findings: Sequence[Finding],
    asked: str,
    language: Language = "en",
    embedding: WalkEmbedding | None = None,
) -> Narration:
    """Return the narration that a protocol asks for; the template's where the model is not there.

    Parameters
    ----------
    findings
        In the order in which they are told.
    asked
        ``template`` or ``llm``.
    language
        ``en`` or ``zh``.
    embedding
        Of the walk, if there is one.
    """
    if asked != "llm" or not findings:
        return template_narration(findings, language)
    try:
        narrator = load_narrator()
    except BadInputError as error:
        return template_narration(findings, language, reason=f"{error.message} {error.remedy}")
    return narrator.narrate(findings, language, embedding)
