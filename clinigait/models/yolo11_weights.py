"""Weights of a YOLO11 that a user brings, for the encoders of `rgbd_fusion`. Needs PyTorch.

None are shipped or fetched: encoders start from random numbers. Who has weights of their own takes,
where they were made, the state dict of the network, turns every floating tensor into float32, and
writes them to a safetensors file, best with the notes ``sppf_cv1_act`` (``silu`` or ``none``) and
``bn_eps``. Weights of detectors and of networks of poses fit alike; those of classifiers, and those
whose batch norms were folded for inference, do not. Pickled checkpoints are never opened.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from clinigait.core import BadInputError
from clinigait.io.tensors import MAX_WEIGHTS_BYTES, load_tensors, tensor_notes
from clinigait.nn.yolo11 import SCALES, SPPF_ACTS, Yolo11

_LAST = 22  # whatever comes after is the task of the network they came from
_LAST_OF_BACKBONE = 10
_EPS = 1e-3
_COUNT = "num_batches_tracked"
_NAME = re.compile(r"[A-Za-z0-9_.]{1,200}")
_KEY = re.compile(r"(?:model\.)*([0-9]{1,3})\.(.+)")
_REMEDY = (
    "Export the state dict of a YOLO11 detector or pose network, not folded for inference, as "
    "float32 to a safetensors file."
)


@dataclass(frozen=True, eq=False)
class Yolo11Weights:
    """Weights as a user brought them, checked.

    Parameters
    ----------
    state
        By the names of `clinigait.nn.yolo11.Yolo11`.
    scale, sppf_act
        Of the encoder that they fit.
    sha256
        Of the file.
    note
        One sentence on whose they are, for logs and cards.
    """

    state: Mapping[str, Tensor]
    scale: str
    sppf_act: str
    sha256: str
    note: str


def read_yolo11_weights(
    path: str | Path, scale: str, sppf_act: str = "silu", *, neck: bool = False
) -> Yolo11Weights:
    """Read weights that a user exported to a safetensors file.

    Parameters
    ----------
    path
        The file.
    scale
        Of the encoder they are for: one of n, s, m, l, x.
    sppf_act
        Whether the encoder they come from has an activation in the first convolution of its
        pooling: ``silu``, as all released weights, or ``none``. The weights themselves cannot tell.
    neck
        Whether layers 11 to 22 are wanted beside 0 to 10.

    Raises
    ------
    BadInputError
        If they cannot be read, are damaged, or are none of such an encoder.
    """
    if scale not in SCALES or sppf_act not in SPPF_ACTS:
        raise BadInputError(
            f"There is no YOLO11 of scale {scale[:20]!r} with activation {sppf_act[:20]!r}.",
            f"Scales are {', '.join(SCALES)}, activations {', '.join(SPPF_ACTS)}.",
        )
    content = _content(Path(path))
    what = f"The encoder weights {Path(path).name[:80]}"
    found = load_tensors(content, what, _REMEDY, lambda key: _NAME.fullmatch(key) is not None)
    fault = _notes_fault(tensor_notes(content), sppf_act)
    if fault:
        raise BadInputError(f"{what} do not fit: {fault}.", "Give sppf_act as the file says it.")
    arrays = _named(found, _LAST if neck else _LAST_OF_BACKBONE)
    fault = _origin_fault(arrays, scale) or _size_fault(arrays, scale, neck=neck)
    if fault:
        raise BadInputError(f"{what} do not fit: {fault}.", _REMEDY)
    sha256 = hashlib.sha256(content).hexdigest()
    note = (
        f"The encoder started from weights that the user brought (YOLO11 {scale}, SHA-256 "
        f"{sha256}); they stay under the user's own terms with their licensor, and so may "
        "whatever was learned from them."
    )
    return Yolo11Weights(_state(arrays), scale, sppf_act, sha256, note)


def _content(path: Path) -> bytes:
    name = path.name[:80]
    try:
        if not path.is_file():
            raise BadInputError(f"There is no file of encoder weights {name!r}.", _REMEDY)
        if path.stat().st_size > MAX_WEIGHTS_BYTES:
            raise BadInputError(
                f"The encoder weights {name} are larger than {MAX_WEIGHTS_BYTES // 1_000_000} MB.",
                _REMEDY,
            )
        content = path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadInputError(f"The encoder weights {name} cannot be read.", _REMEDY) from error
    if content[:2] == b"PK" or content[:1] == b"\x80":
        raise BadInputError(
            f"The encoder weights {name} are a pickled checkpoint, which is never opened here: it "
            "could run any program.",
            _REMEDY,
        )
    return content


def _named(found: Mapping[str, NDArray[Any]], last: int) -> dict[str, NDArray[Any]]:
    """Return the arrays of layers up to a number by our names; strange ones keep theirs."""
    arrays: dict[str, NDArray[Any]] = {}
    # Our own names first, however the file is read: who comes second to a name is a stranger.
    for key in sorted(found, key=lambda key: (_name_of(key) != key, key)):
        parts = _KEY.fullmatch(key)
        if parts is None or int(parts[1]) <= last:
            name = _name_of(key)
            arrays[key if name in arrays else name] = found[key]
    return arrays


def _name_of(key: str) -> str:
    parts = _KEY.fullmatch(key)
    return key if parts is None else f"model.{int(parts[1])}.{parts[2]}"


def _notes_fault(notes: Mapping[str, str], sppf_act: str) -> str:
    said = notes.get("sppf_cv1_act", sppf_act)
    if said != sppf_act:
        return f"the file says that sppf_act is {said[:20]!r}"
    eps = notes.get("bn_eps", str(_EPS))
    return "" if eps in ("0.001", "1e-3", "1e-03") else f"bn_eps is {eps[:20]!r}, not {_EPS}"


def _origin_fault(arrays: Mapping[str, NDArray[Any]], scale: str) -> str:
    first = arrays.get("model.0.conv.weight")
    if first is None or first.ndim != 4:
        return "the first layer, 0.conv.weight, is missing"
    if any(key.endswith(".conv.bias") for key in arrays):
        return "their batch norms were folded for inference"
    if any(key.startswith("model.9.m.") for key in arrays):
        return "they are those of a classifier, which has other layers"
    wide = "l" if any(key.startswith("model.2.m.1.") for key in arrays) else "m"
    own = {16: "n", 32: "s", 64: wide, 96: "x"}.get(len(first))
    return "" if own == scale else f"they are of scale {own or 'unknown'}, not {scale}"


def _size_fault(arrays: Mapping[str, NDArray[Any]], scale: str, *, neck: bool) -> str:
    with torch.device("meta"):
        wanted = Yolo11(scale, neck=neck).state_dict()
    missing = [key for key in wanted if key not in arrays and not key.endswith(_COUNT)]
    strange = [key for key in arrays if key not in wanted]
    for keys, what in ((missing, "missing"), (strange, "not known")):
        if keys:
            more = f" and {len(keys) - 1} more are" if len(keys) > 1 else " is"
            return f"{keys[0][:80]}{more} {what}"
    for key, array in arrays.items():
        whole = array.dtype.kind != "f"
        if array.shape != tuple(wanted[key].shape) or whole == wanted[key].is_floating_point():
            shape = " x ".join(map(str, wanted[key].shape)) or "one number"
            return f"{key} has to be {shape}"
        if key.endswith(".running_var") and (array < 0).any():
            return f"{key} holds a negative variance"
    return ""


def _state(arrays: Mapping[str, NDArray[Any]]) -> dict[str, Tensor]:
    state = {key: torch.from_numpy(np.array(array)) for key, array in arrays.items()}
    norms = [key.removesuffix("running_var") for key in arrays if key.endswith("running_var")]
    # What was seen in training plays no role: the momentum is fixed.
    return {norm + _COUNT: torch.zeros((), dtype=torch.int64) for norm in norms} | state
