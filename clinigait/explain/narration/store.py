"""Writing what a narrator has learned: one file a language and a bundle, and the card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.io.output import replace_file
from clinigait.io.tensors import numpy_library


def write_arrays(folder: Path, name: str, arrays: Mapping[str, NDArray[Any]]) -> str:
    """Write arrays in half precision as ``name``.safetensors; return the hash of the file.

    Raises
    ------
    BadInputError
        If the file cannot be written.
    """
    content: bytes = numpy_library().save({k: a.astype(np.float16) for k, a in arrays.items()})
    replace_file(folder / f"{name}.safetensors", content)
    return hashlib.sha256(content).hexdigest()


def write_card(folder: Path, card: Mapping[str, Any]) -> None:
    """Write the card of a narrator.

    Raises
    ------
    BadInputError
        If the file cannot be written.
    """
    text = json.dumps(card, ensure_ascii=False, indent=1, allow_nan=False)
    replace_file(folder / "card.json", f"{text}\n".encode())
