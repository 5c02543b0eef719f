"""Decoding a batch of sentences: freely, or along the branches of a trie of true sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from clinigait.explain.narration.prefix import cache_of

if TYPE_CHECKING:
    import torch

    from clinigait.explain.language_model import LanguageModel

#: Ends a sentence, and the line of facts before it.
END = "\n"
MOST_TOKENS = 96

#: A trie of tokens: what may follow.
Trie = dict[int, Any]


def trie_of(model: LanguageModel, sentences: Iterable[str]) -> Trie:
    """Return the trie of the tokens of sentences, each with its end."""
    root: Trie = {}
    for sentence in sentences:
        node = root
        for token in model.encode(sentence + END):
            node = node.setdefault(token, {})
    return root


def decode(
    model: LanguageModel,
    prefix: torch.Tensor,
    lines: Sequence[str],
    tries: Sequence[Trie] | None = None,
    soft: torch.Tensor | None = None,
) -> list[str]:
    """Return what the model says to each line, always the most probable next token.

    Parameters
    ----------
    model
        The language model.
    prefix
        (layers, 2, heads, tokens, width) keys and values before the line.
    lines
        Facts, one a sentence.
    tries
        What may be said to each; None where anything may.
    soft
        (lines, tokens, width) embeddings between the prefix and the line; None for none.

    Returns
    -------
    list of str
        One a line, without its end.
    """
    import torch  # noqa: PLC0415  slow to import

    end = model.encode(END)[0]
    state = _State(model, prefix, lines, soft)
    nodes = list(tries) if tries is not None else None
    said: list[list[int]] = [[] for _ in lines]
    done = [False] * len(lines)
    with torch.no_grad():
        logits = state.first()
        for _ in range(MOST_TOKENS):
            chosen = _choose(logits, nodes)
            for row, token in enumerate(chosen):
                if done[row]:
                    continue
                if token == end:
                    done[row] = True
                    continue
                said[row].append(token)
                if nodes is not None:
                    nodes[row] = nodes[row][token]
            if all(done):
                break
            logits = state.next(chosen)
    return [
        model.decode(ids).strip() if ended else "" for ids, ended in zip(said, done, strict=True)
    ]


def _choose(logits: torch.Tensor, nodes: list[Trie] | None) -> list[int]:
    """Return the best token of each row among those that its trie allows."""
    if nodes is None:
        best: list[int] = logits.argmax(-1).tolist()
        return best
    chosen = []
    for row, node in zip(logits, nodes, strict=True):
        allowed = list(node) or [0]
        chosen.append(allowed[int(row[allowed].argmax())])
    return chosen


class _State:
    """The memory of a batch whose lines have different lengths: padded on the left, masked."""

    def __init__(
        self,
        model: LanguageModel,
        prefix: torch.Tensor,
        lines: Sequence[str],
        soft: torch.Tensor | None,
    ) -> None:
        import torch  # noqa: PLC0415  slow to import

        self._model = model
        tokens = [model.encode(line + END) for line in lines]
        longest = max(len(ids) for ids in tokens)
        padded = torch.tensor([[0] * (longest - len(ids)) + ids for ids in tokens])
        there = torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids in tokens])
        self._embedded = model.embeddings[padded]
        before = torch.ones(len(lines), prefix.shape[3], dtype=there.dtype)
        if soft is not None:
            self._embedded = torch.cat([soft.to(self._embedded.dtype), self._embedded], 1)
            there = torch.cat([torch.ones(soft.shape[:2], dtype=there.dtype), there], 1)
        self._mask = torch.cat([before, there], 1)
        self._cache = cache_of(model, prefix, len(lines))
        self._start = prefix.shape[3]

    def first(self) -> torch.Tensor:
        """Read the lines; return the logits of the first token."""
        positions = (self._mask.cumsum(1) - 1)[:, self._start :].clamp_min(0)
        return self._run(self._embedded, positions)

    def next(self, tokens: list[int]) -> torch.Tensor:
        """Read one token a row; return the logits of the next."""
        import torch  # noqa: PLC0415  slow to import

        one = torch.ones(len(tokens), 1, dtype=self._mask.dtype)
        self._mask = torch.cat([self._mask, one], 1)
        positions = self._mask.sum(1, keepdim=True) - 1
        return self._run(self._model.embeddings[torch.tensor(tokens)].unsqueeze(1), positions)

    def _run(self, embedded: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
        out = self._model.network.model(
            inputs_embeds=embedded,
            attention_mask=self._mask,
            position_ids=positions,
            past_key_values=self._cache,
            use_cache=True,
        )
        logits: torch.Tensor = out.last_hidden_state[:, -1] @ self._model.embeddings.T
        return logits
