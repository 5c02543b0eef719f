"""A learned prefix: keys and values before the first token, the only thing that is trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import DynamicCache

    from clinigait.explain.language_model import LanguageModel


def prefix_of_text(model: LanguageModel, text: str) -> torch.Tensor:
    """Return what the model remembers of a text.

    Returns
    -------
    (layers, 2, heads, tokens, width) float32, keys and values.
    """
    import torch  # noqa: PLC0415  slow to import

    with torch.no_grad():
        ids = torch.tensor([model.encode(text)])
        remembered = model.network.model(input_ids=ids, use_cache=True).past_key_values
    pairs = [torch.stack([layer.keys[0], layer.values[0]]) for layer in remembered.layers]
    return torch.stack(pairs).float()


def cache_of(model: LanguageModel, prefix: torch.Tensor, n: int) -> DynamicCache:
    """Return a prefix as the memory of ``n`` sequences, in the precision of the model.

    Parameters
    ----------
    model
        The language model.
    prefix
        (layers, 2, heads, tokens, width).
    n
        Sequences in the batch.
    """
    from transformers import DynamicCache  # noqa: PLC0415  slow to import

    remembered = DynamicCache()
    for layer, pair in enumerate(prefix.to(model.embeddings.dtype)):
        keys, values = (half.unsqueeze(0).expand(n, -1, -1, -1) for half in pair)
        remembered.update(keys, values, layer)
    return remembered
