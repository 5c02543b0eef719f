"""Learning the prefix: the language model stays as it is, all of its weights frozen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from clinigait.explain.narration.decode import END
from clinigait.explain.narration.frames import frames, shapes, told, told_first
from clinigait.explain.narration.names import lowered, running_name
from clinigait.explain.narration.prefix import cache_of, prefix_of_text
from clinigait.findings import title_in
from clinigait.findings.words import CLASSES, OR
from clinigait.gait.catalogue import CATALOGUE
from clinigait.models.task import load_task

if TYPE_CHECKING:
    import torch

    from clinigait.explain.language_model import LanguageModel

#: Tasks whose predictions are narrated.
TASKS = ("frailty", "parkinson", "pathology", "scoliosis")
BATCH = 8
RATE, RATE_LATER = 8e-3, 4e-3
WARM_UP = 10
#: Sentences that are drawn at once and sorted by length, so that a batch is hardly padded.
POOL = 64
#: Relations that are drawn more often: the side of a comparison is what is learned last.
EVERY_FIRST = 24  # one lesson in so many is about what to look at first
_WEIGHTS = {"asymmetry": 3.0, "level": 2.0, "change": 1.5}

Progress = Callable[[int, float], None]


@dataclass(frozen=True)
class Lesson:
    """One example.

    Parameters
    ----------
    line, sentence
        Facts, and what is to be said.
    """

    line: str
    sentence: str


def names_of(language: str, unseen: Collection[str]) -> dict[str, list[str]]:
    """Return the names that examples are drawn from.

    Parameters
    ----------
    language
        Key of :data:`~clinigait.explain.narration.frames.LANGUAGES`.
    unseen
        Parameters that are kept back, to see how names fare that were never learned.
    """
    known = {name: one.title for name, one in CATALOGUE.items() if name not in unseen}
    zh = language == "zh"
    parameters = {title_in("zh", n, t) if zh else running_name(t) for n, t in known.items()}
    predictions = []
    for task in map(load_task, TASKS):
        titles = [label.title for label in task.labels]
        pairs = [f"{a}{OR}{b}" for a, b in pairwise(titles)]
        said = [task.title, *(f"{task.title}{CLASSES}{each}" for each in (*titles, *pairs))]
        predictions += [title_in("zh", "", each) if zh else lowered(each) for each in said]
    return {"parameter": sorted(parameters), "prediction": predictions}


def lessons(
    language: str, names: Mapping[str, Sequence[str]], n: int, rng: np.random.Generator
) -> list[Lesson]:
    """Draw examples: every kind of finding, every relation, all names.

    Parameters
    ----------
    language
        Key of :data:`~clinigait.explain.narration.frames.LANGUAGES`.
    names
        Names in running text: ``parameter`` of parameters, ``prediction`` of tasks.
    n
        How many.
    rng
        Source of chance.
    """
    kinds = list(shapes(language))
    weights = np.array([_WEIGHTS.get(frame.kind, 1.0) for frame, _ in kinds])
    drawn = []
    for number, index in enumerate(rng.choice(len(kinds), size=n, p=weights / weights.sum())):
        if number % EVERY_FIRST == 0:
            pool = names["parameter"]
            one = told_first(pool[int(rng.integers(len(pool)))], language)
            drawn.append(Lesson(one.line, one.sentences[0]))
            continue
        frame, relation = kinds[index]
        pool = names["prediction" if frame.kind == "prediction" else "parameter"]
        name = pool[int(rng.integers(len(pool)))]
        side = str(rng.choice(["left", "right", "both", ""], p=[0.35, 0.35, 0.1, 0.2]))
        one = told(frame, relation, name, side, language)
        drawn.append(Lesson(one.line, one.sentences[int(rng.integers(len(one.sentences)))]))
    return drawn


def exemplars(language: str, names: Mapping[str, Sequence[str]], which: Sequence[int]) -> str:
    """Return the text that the prefix starts from: the frames of those numbers, each once."""
    entries = frames(language).entries
    text = ""
    for number, index in enumerate(which):
        frame = entries[index]
        name = names["prediction" if frame.kind == "prediction" else "parameter"][number]
        one = told(
            frame, next(iter(frame.relations)), name, ("left", "right")[number % 2], language
        )
        text += one.line + END + one.sentences[0] + END
    return text


def learn_prefix(
    model: LanguageModel,
    start: str | torch.Tensor,
    drawn: Sequence[Lesson],
    rng: np.random.Generator,
    progress: Progress | None = None,
) -> torch.Tensor:
    """Learn a prefix by Adam on the cross-entropy of the sentences.

    Parameters
    ----------
    model
        The language model; nothing of it changes.
    start
        Text whose keys and values the prefix starts as; or a prefix, to go on from.
    drawn
        The examples, in the order of drawing; the last batch may be smaller.
    rng
        Source of chance for the order of the batches.
    progress
        Told the step and its loss.

    Returns
    -------
    (layers, 2, heads, tokens, width) float32.
    """
    import torch  # noqa: PLC0415  slow to import

    first = prefix_of_text(model, start) if isinstance(start, str) else start.clone()
    rate = RATE if isinstance(start, str) else RATE_LATER
    prefix = first.requires_grad_(True)
    optimiser = torch.optim.Adam([prefix], lr=RATE)
    batches = _batches(model, drawn, rng)
    for step, batch in enumerate(batches):
        warm, left = (step + 1) / WARM_UP, 1 - step / len(batches)
        optimiser.param_groups[0]["lr"] = rate * min(1.0, warm) * left
        loss = batch_loss(model, prefix, batch)
        optimiser.zero_grad()
        torch.autograd.backward(loss)
        optimiser.step()
        if progress is not None:
            progress(step, float(loss.detach()))
    return prefix.detach()


def _batches(
    model: LanguageModel, drawn: Sequence[Lesson], rng: np.random.Generator
) -> list[list[tuple[list[int], list[int]]]]:
    encoded = [(model.encode(e.line + END), model.encode(e.sentence + END)) for e in drawn]
    batches = []
    for start in range(0, len(encoded), POOL):
        pool = sorted(encoded[start : start + POOL], key=lambda pair: len(pair[0]) + len(pair[1]))
        parts = [pool[i : i + BATCH] for i in range(0, len(pool), BATCH)]
        batches += [parts[i] for i in rng.permutation(len(parts))]
    return batches


def batch_loss(
    model: LanguageModel,
    prefix: torch.Tensor,
    batch: Sequence[tuple[list[int], list[int]]],
    soft: torch.Tensor | None = None,
) -> torch.Tensor:
    """Return the mean cross-entropy of the tokens of the sentences.

    Parameters
    ----------
    model, prefix
        As in :func:`learn_prefix`.
    batch
        Tokens of the line and of the sentence.
    soft
        (batch, tokens, width) embeddings before the line; None for none.
    """
    import torch  # noqa: PLC0415  slow to import

    longest = max(len(line) + len(sentence) for line, sentence in batch)
    ids = torch.tensor([a + b + [0] * (longest - len(a) - len(b)) for a, b in batch])
    n_soft = 0 if soft is None else soft.shape[1]
    embedded = model.embeddings[ids]
    if soft is not None:
        embedded = torch.cat([soft.to(embedded.dtype), embedded], 1)
    hidden = model.network.model(
        inputs_embeds=embedded, past_key_values=cache_of(model, prefix, len(batch)), use_cache=True
    ).last_hidden_state
    # The position before each token of the sentence. Flat, and chosen before the product with the
    # vocabulary: in three dimensions it would copy the whole table.
    rows = [r for r, (a, b) in enumerate(batch) for _ in b]
    at = [n_soft + len(a) + i - 1 for a, b in batch for i in range(len(b))]
    targets = torch.tensor([token for _, b in batch for token in b])
    logits = torch.nn.functional.linear(hidden[rows, at], model.embeddings)
    return torch.nn.functional.cross_entropy(logits.float(), targets)
