"""A small language model on this machine: every weight frozen, no network, no text leaves it."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clinigait.core import BadInputError
from clinigait.io.hashes import sha256_of
from clinigait.perception.weights import LANGUAGE_MODEL, require, sha256_of_weights

if TYPE_CHECKING:
    import torch

_INSTALL = "pip install 'clinigait[llm]'"
_REMEDY = "Give the folder of an instruct model: config.json, tokenizer and safetensors."
#: The weights as they are reloaded: 269 MB in bf16, beside the package's file.
_COPY = "bf16"
_WEIGHTS = "model.safetensors"


@dataclass(frozen=True, eq=False)
class LanguageModel:
    """A causal language model whose weights nothing changes.

    Parameters
    ----------
    network
        The model of transformers, in evaluation; in bf16 where the processor multiplies it
        natively, else in float32.
    tokenizer
        Its tokenizer.
    sha256
        Hash of the file that it came from.
    name
        As it is called in cards.
    """

    network: Any
    tokenizer: Any
    sha256: str
    name: str

    def encode(self, text: str) -> list[int]:
        """Return the tokens of a text, without any that the tokenizer would add."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def decode(self, ids: list[int]) -> str:
        """Return the text of tokens."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    @property
    def embeddings(self) -> torch.Tensor:
        """(vocabulary, width) input embeddings."""
        table: torch.Tensor = self.network.get_input_embeddings().weight
        return table


def load_language_model(folder: Path | None = None) -> LanguageModel:
    """Load the model that narrates.

    Parameters
    ----------
    folder
        A local instruct model as transformers writes it; None: SmolLM2-135M-Instruct from its
        package, checked by its SHA-256, copied to bf16 once in the user's cache.

    Raises
    ------
    BadInputError
        If transformers or the weights are not there, or the folder holds no such model.
    """
    with _offline():
        if folder is not None:
            return _load(folder, sha256_of(_weights_of(folder)), folder.name)
        source = require(LANGUAGE_MODEL)
        copy = source.parent / _COPY
        if not (copy / _WEIGHTS).is_file():
            _copy_to_bf16(source, copy)
        return _load(copy, sha256_of_weights(LANGUAGE_MODEL), "SmolLM2-135M-Instruct")


def _weights_of(folder: Path) -> Path:
    found = sorted(folder.glob("*.safetensors")) if folder.is_dir() else []
    if not found:
        raise BadInputError(f"{folder.name} holds no weights in safetensors.", _REMEDY)
    return found[0]


def _load(folder: Path, sha256: str, name: str) -> LanguageModel:
    torch, transformers = _libraries()
    from clinigait.nn.precision import best_precision  # noqa: PLC0415  it needs torch

    try:
        network = transformers.AutoModelForCausalLM.from_pretrained(
            folder,
            # Half the memory; but 6 to 30 times slower on a CPU that lacks it.
            dtype=torch.bfloat16 if best_precision() == "bf16" else torch.float32,
            attn_implementation="eager",  # twice as fast as sdpa backwards, on a CPU
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
        )
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, KeyError) as error:
        raise BadInputError(
            f"{folder.name} is no language model that can be read.", _REMEDY
        ) from error
    network.eval().requires_grad_(False)
    return LanguageModel(network, tokenizer, sha256, name)


def _copy_to_bf16(source: Path, target: Path) -> None:
    """Unpack the quantised file once: it loads in a fraction of the time from then on."""
    torch, transformers = _libraries()
    options = {"gguf_file": source.name, "local_files_only": True}
    quantised = transformers.AutoModelForCausalLM.from_pretrained(
        source.parent, dtype=torch.float32, **options
    )
    config = transformers.LlamaConfig.from_dict(
        {k: v for k, v in quantised.config.to_dict().items() if k != "quantization_config"}
    )
    plain = transformers.LlamaForCausalLM(config).to(torch.bfloat16)
    plain.load_state_dict(quantised.state_dict())
    tokenizer = transformers.AutoTokenizer.from_pretrained(source.parent, **options)
    with tempfile.TemporaryDirectory(dir=source.parent) as scratch:
        made = Path(scratch) / _COPY
        plain.save_pretrained(made)
        tokenizer.save_pretrained(made)
        with contextlib.suppress(OSError):  # another process was faster
            made.rename(target)


def _libraries() -> tuple[Any, Any]:
    try:
        import torch  # noqa: PLC0415  slow to import; only narration needs it
        import transformers  # noqa: PLC0415

        for needed in ("accelerate", "gguf"):  # transformers reads the package's file with them
            import_module(needed)
    except ImportError as error:
        raise BadInputError(
            "Narration by a language model needs packages that are not installed.", _INSTALL
        ) from error
    bars: Any = transformers.utils.logging
    bars.disable_progress_bar()
    logging.getLogger("transformers").setLevel(logging.ERROR)
    return torch, transformers


@contextlib.contextmanager
def _offline() -> Iterator[None]:
    """Let nothing ask a network while a model is loaded."""
    before = os.environ.get("HF_HUB_OFFLINE")
    os.environ["HF_HUB_OFFLINE"] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ["HF_HUB_OFFLINE"]
        else:
            os.environ["HF_HUB_OFFLINE"] = before
