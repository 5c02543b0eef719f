"""Reading a checkpoint of somebody else's without letting it run anything.

A checkpoint is a pickle, and a pickle is a program. torch's own reader takes tensors and plain
containers only; what training history needs beyond that is named here, one by one.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np

from clinigait.core import BadInputError

#: Key prefixes of the project's versions before 1.0, and what they became.
_RENAMED = {"keypoint_head.": "head."}
#: Buffers that are settings, not weights; they stand in the card.
_SETTINGS = ("data_preprocessor.",)
#: What mmengine's training history can do.
_HISTORY_METHODS = {"current", "max", "mean", "min"}


def load_state(path: Path) -> dict[str, Any]:
    """Return the weights in a checkpoint by their names of today.

    Raises
    ------
    BadInputError
        If the file is damaged, holds anything but data, or holds no weights.
    """
    content = _read(path)
    state = content.get("state_dict", content) if isinstance(content, Mapping) else None
    if not isinstance(state, Mapping):
        raise BadInputError(f"{path.name} holds no weights.", "Give an HRNet checkpoint of mmpose.")
    import torch  # noqa: PLC0415  only this road needs it

    weights = {
        _renamed(name): value
        for name, value in state.items()
        if isinstance(name, str) and not name.startswith(_SETTINGS)
    }
    if not weights or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise BadInputError(f"{path.name} holds no weights.", "Give an HRNet checkpoint of mmpose.")
    return weights


def _read(path: Path) -> Any:  # noqa: ANN401  whatever the file holds
    import torch  # noqa: PLC0415

    try:
        with torch.serialization.safe_globals(_harmless()), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that another pickle protocol is not its usual one
            return torch.load(path, map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        asks_for = re.search(r"GLOBAL ([\w.]{1,80})", str(error))
        named = f" ({asks_for[1]})" if asks_for else ""
        raise BadInputError(
            f"{path.name} was not read: it is damaged, or holds more than data{named} and might "
            "run code.",
            "Give the checkpoint as its makers published it.",
        ) from error
    except (EOFError, KeyError, IndexError, OSError, RuntimeError, TypeError, ValueError,
            AttributeError, AssertionError) as error:  # fmt: skip
        raise BadInputError(
            f"{path.name} is damaged: it is no checkpoint that torch can read.",
            "Fetch it again.",
        ) from error


def _harmless() -> list[Callable[..., Any] | tuple[Callable[..., Any], str]]:
    """Return what may be built from a checkpoint: numpy's arrays and mmengine's history.

    numpy moved its inner modules in version 2; checkpoints carry the old names. A history names its
    own methods through ``getattr``, in whose place stands something that finds these only.
    """
    inner = importlib.import_module("numpy._core.multiarray")
    history = importlib.import_module("mmengine.logging.history_buffer").HistoryBuffer

    def method(owner: object, name: object) -> object:
        if owner is not history or name not in _HISTORY_METHODS:
            raise UnpicklingError("names something that no training history has")
        return getattr(history, str(name))

    allowed: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
        np.ndarray,
        np.dtype,
        history,
        (method, "builtins.getattr"),
    ]
    for home in ("numpy._core.multiarray", "numpy.core.multiarray"):
        allowed += [(inner._reconstruct, f"{home}._reconstruct"), (inner.scalar, f"{home}.scalar")]  # noqa: SLF001
    return allowed + [type(np.dtype(kind)) for kind in "?bhilqBHILQefd"]


def _renamed(name: str) -> str:
    for old, new in _RENAMED.items():
        if name.startswith(old):
            return new + name.removeprefix(old)
    return name
