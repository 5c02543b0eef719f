"""Arrays in a safetensors file, of which nothing is believed before it is checked."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from clinigait.core import BadInputError

#: A header has a line an array; anything longer is something else.
MAX_HEADER_BYTES = 1_000_000
MAX_WEIGHTS_BYTES = 512_000_000
MAX_ARRAYS = 10_000
MAX_DIMENSIONS = 8
#: What weights are made of, as safetensors names it.
_TYPES = {"F16", "F32", "I64"}
_NOTES = "__metadata__"


def numpy_library() -> ModuleType:
    """Return the part of safetensors that works on numpy arrays.

    Raises
    ------
    BadInputError
        If it is not installed.
    """
    try:
        import safetensors.numpy  # noqa: PLC0415  only models need it
    except ImportError as error:
        raise BadInputError(
            "Models need the package safetensors, which is not installed.",
            "pip install 'clinigait[models]'",
        ) from error
    return safetensors.numpy


def load_tensors(
    content: bytes, what: str, remedy: str, known: Callable[[str], bool]
) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file; its header is checked before anything is made.

    Parameters
    ----------
    content
        The file.
    what, remedy
        For messages: what it is, and what to do if it is damaged.
    known
        Which names an array may have.

    Returns
    -------
    dict
        Arrays by name, float32 and int64.

    Raises
    ------
    BadInputError
        If the file is damaged or holds what is no weight or not a number.
    """
    fault = _header_fault(content, known)
    if fault:
        raise BadInputError(f"{what} are damaged: {fault}.", remedy)
    library = numpy_library()
    from safetensors import SafetensorError  # noqa: PLC0415  only models need it

    try:
        arrays: dict[str, NDArray[Any]] = library.load(content)
    except (SafetensorError, ValueError) as error:
        raise BadInputError(f"{what} are damaged.", remedy) from error
    for key, array in arrays.items():
        if not np.isfinite(array).all():
            raise BadInputError(f"{what} are damaged: {key} holds what is not a number.", remedy)
    return {k: a.astype(np.float32) if a.dtype.kind == "f" else a for k, a in arrays.items()}


def tensor_notes(content: bytes) -> dict[str, str]:
    """Return the notes that stand in the header of a file that `load_tensors` could read."""
    length = int.from_bytes(content[:8], "little")
    notes = json.loads(content[8 : 8 + length]).get(_NOTES) or {}
    return {str(name): str(text) for name, text in notes.items()}


def each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return the object of JSON that these pairs make; a ValueError if a key stands twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _header_fault(content: bytes, known: Callable[[str], bool]) -> str:
    """Return what is wrong with the head of a file of weights; nothing where all is well."""
    length = int.from_bytes(content[:8], "little")
    if len(content) < 8 or length > len(content) - 8:
        return "the file is cut off"
    if length > MAX_HEADER_BYTES:
        return "its header is too large"
    try:
        header = json.loads(content[8 : 8 + length], object_pairs_hook=each_once)
    except (ValueError, RecursionError):
        return "its header is not readable"
    if not isinstance(header, dict) or not 0 < len(header) <= MAX_ARRAYS:
        return "it has no arrays, or too many"
    for name, entry in header.items():
        if name != _NOTES and (fault := _entry_fault(name, entry, known)):
            return fault
    return ""


def _entry_fault(name: str, entry: object, known: Callable[[str], bool]) -> str:
    if not known(name):
        return f"{name[:60]!r} is no weight of its networks"
    if not isinstance(entry, dict) or str(entry.get("dtype")) not in _TYPES:
        return f"{name[:60]} is of a kind that no weight has"
    shape = entry.get("shape")
    if not isinstance(shape, list) or len(shape) > MAX_DIMENSIONS:
        return f"{name[:60]} has no shape that a weight has"
    if not all(type(side) is int and 0 < side <= MAX_WEIGHTS_BYTES for side in shape):
        return f"{name[:60]} has no shape that a weight has"
    return ""
