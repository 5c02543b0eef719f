"""Bundles: a folder with the weights of a model (safetensors) and its card (JSON)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError, Baseline, Card
from clinigait.core.card import CARD_SCHEMA
from clinigait.io.output import workplace
from clinigait.io.tensors import MAX_WEIGHTS_BYTES, each_once, load_tensors, numpy_library

CARD_FILE, WEIGHTS_FILE = "card.json", "weights.safetensors"
#: A card is a few pages of text; anything longer is something else.
MAX_CARD_BYTES = 1_000_000
MAX_WINDOW_FRAMES = 100_000
MAX_WIDTH = 1024
#: How names of arrays begin, after the number, that tell how typical walks look to a network.
TYPICAL = "typical."
_ARRAY_NAME = re.compile(r"([0-9]{1,3})\.[A-Za-z0-9_.]{1,200}")
_CARD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,79}")
T = TypeVar("T")
_REMEDY = "Give a folder that clinigait train or finetune wrote, unchanged."


@dataclass(frozen=True, eq=False)
class Bundle:
    """A model as it lies on the disk.

    Parameters
    ----------
    card
        What it is.
    arrays
        Weights by name: the number of the network, a dot, the name in the network; float32, and
        int64 where the network counts.
    folder
        Where it was read from.
    """

    card: Card
    arrays: Mapping[str, NDArray[Any]]
    folder: Path


def shipped_bundles() -> tuple[str, ...]:
    """Return the names of the bundles that come with clinigait."""
    found = (f for f in files("clinigait.bundles").iterdir() if f.is_dir())
    return tuple(sorted(f.name for f in found if f.joinpath(WEIGHTS_FILE).is_file()))


def read_bundle(name_or_path: str | Path) -> Bundle:
    """Read a shipped bundle by name, or one of your own by the path of its folder.

    Raises
    ------
    BadInputError
        If there is none, a file is damaged, or the weights are not those of the card.
    """
    folder = _folder_of(name_or_path)
    card = read_card(folder)
    content = read_part(folder, WEIGHTS_FILE, MAX_WEIGHTS_BYTES, _REMEDY)
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise BadInputError(
            f"The weights of {shown_name(folder)} are not those that its card describes.", _REMEDY
        )
    return Bundle(card, _arrays(content, card, shown_name(folder)), folder)


def read_card(name_or_path: str | Path) -> Card:
    """Read the card of a bundle without its weights.

    Raises
    ------
    BadInputError
        If there is none, or it is damaged.
    """
    folder = _folder_of(name_or_path)
    content = read_part(folder, CARD_FILE, MAX_CARD_BYTES, _REMEDY)
    name = shown_name(folder)
    if card_schema(content, name, _REMEDY) != CARD_SCHEMA:
        raise BadInputError(
            f"The card of {name} is none of this version, {CARD_SCHEMA}.",
            "Give a bundle that fits this clinigait, or update clinigait.",
        )
    return checked_card(content, name, _adapter(), _check_card, _REMEDY)


def write_bundle(
    folder: Path, card: Card, arrays: Mapping[str, NDArray[Any]], *, half: bool = False
) -> Bundle:
    """Write a bundle, all or nothing, and read it back.

    Parameters
    ----------
    folder
        The folder; a bundle that lies there is replaced, other files are left alone.
    card
        Its hash of the weights is filled in.
    arrays
        Weights by name, see :class:`Bundle`; float64 becomes float32.
    half
        Whether to store matrices and kernels in float16. Vectors stay in float32: they are small,
        and the statistics of batch norms among them would suffer.

    Returns
    -------
    Bundle
        As it will be read: rounded where ``half`` rounds.

    Raises
    ------
    BadInputError
        If the folder cannot be written.
    ValueError
        If the card or an array is one that no bundle may hold.
    """
    _check_card(card)
    content = numpy_library().save({n: _stored(n, a, half) for n, a in sorted(arrays.items())})
    whole = replace(card, weights_sha256=hashlib.sha256(content).hexdigest())
    text = json.dumps(asdict(whole), ensure_ascii=False, indent=1, allow_nan=False) + "\n"
    try:
        _arrays(content, whole, card.name)
    except BadInputError as error:
        raise ValueError(error.message) from error
    with workplace(folder, (CARD_FILE, WEIGHTS_FILE), CARD_FILE) as place:
        (place / CARD_FILE).write_text(text, "utf-8")
        (place / WEIGHTS_FILE).write_bytes(content)
    return read_bundle(Path(folder))


def _folder_of(name_or_path: str | Path) -> Path:
    if isinstance(name_or_path, str) and name_or_path in shipped_bundles():
        return Path(str(files("clinigait.bundles").joinpath(name_or_path)))
    folder = Path(name_or_path)
    try:
        there = folder.is_dir() and str(name_or_path) != ""
    except (OSError, ValueError):  # a name that no folder can have
        there = False
    if not there:
        shipped = ", ".join(shipped_bundles()) or "none is shipped"
        raise BadInputError(
            f"There is no model bundle {str(name_or_path)[:80]!r}.",
            f"Give the folder of a bundle, or the name of a shipped one ({shipped}).",
        )
    return folder


def shown_name(folder: Path) -> str:
    """Return what a folder is called in a sentence."""
    return folder.name[:80] or "the bundle"


def read_part(folder: Path, name: str, most_bytes: int, remedy: str) -> bytes:
    """Read a file of a bundle.

    Raises
    ------
    BadInputError
        If it is not there, is larger than may be, or cannot be read.
    """
    path, shown = folder / name, shown_name(folder)
    try:
        if not path.is_file():
            raise BadInputError(f"{shown} has no {name}.", remedy)
        if path.stat().st_size > most_bytes:
            raise BadInputError(
                f"{name} of {shown} is larger than {most_bytes // 1_000_000} MB.", remedy
            )
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise BadInputError(f"{name} of {shown} cannot be read.", remedy) from error


def card_schema(content: bytes, name: str, remedy: str) -> object:
    """Return the schema that a card names, None where it names none.

    Raises
    ------
    BadInputError
        If it is not JSON of finite numbers, with every key once.
    """
    try:
        data = json.loads(
            content, parse_constant=_finite, parse_float=_finite, object_pairs_hook=each_once
        )
    except (ValueError, RecursionError) as error:
        raise BadInputError(f"The card of {name} is not readable JSON.", remedy) from error
    return data.get("schema") if isinstance(data, dict) else None


def checked_card(
    content: bytes, name: str, adapter: TypeAdapter[T], check: Callable[[T], None], remedy: str
) -> T:
    """Return the card that a file holds.

    Raises
    ------
    BadInputError
        If it is not of that type, or the check refuses it with a ValueError.
    """
    try:
        card = adapter.validate_json(content, strict=True)
        check(card)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])[:80] or "the whole"
        message = f"The card of {name} is not valid: {where}: {fault['msg'][:120]}."
        raise BadInputError(message, remedy) from error
    except ValueError as error:
        raise BadInputError(f"The card of {name} is not valid: {error}.", remedy) from error
    return card


@cache
def _adapter() -> TypeAdapter[Card]:
    return TypeAdapter(Card)


def _finite(token: str) -> float:
    number = float(token)
    if not math.isfinite(number):
        raise ValueError(f"{token} is not a number")
    return number


def check_name(name: str) -> None:
    """Refuse a name that no bundle can have, with a ValueError."""
    if not _CARD_NAME.fullmatch(name):
        raise ValueError("name: 1 to 80 letters, digits, dots, dashes and underscores")


def check_spec(spec: Mapping[str, Any]) -> None:
    """Refuse a specification with a number above :data:`MAX_WIDTH`, with a ValueError.

    A network is built before its weights can be compared with it: it must not fill the memory.
    """
    _need(_largest(spec) <= MAX_WIDTH, f"networks: spec, nothing above {MAX_WIDTH}")


def _largest(value: object) -> float:
    """Return the largest number anywhere inside of plain data; 0 where there is none."""
    largest: float = 0
    waiting = [value]
    while waiting:  # not by recursion: a hostile card may be very deep
        each = waiting.pop()
        if isinstance(each, Mapping):
            waiting += each.values()
        elif isinstance(each, list | tuple):
            waiting += each
        elif isinstance(each, int | float):
            largest = max(largest, each)
    return largest


def _check_card(card: Card) -> None:
    """Check what the types alone do not say.

    Raises
    ------
    ValueError
        Naming the fault.
    """
    check_name(card.name)
    calibration = card.calibration
    # Beyond these, scores that are divided by it are no numbers, or all alike.
    _need(1e-6 <= calibration.temperature <= 1e6, "calibration.temperature: above 0, to a million")
    _need(0 < calibration.alpha < 1, "calibration.alpha: between 0 and 1")
    _need(set(calibration.thresholds) == set(card.classes), "calibration.thresholds: every class")
    _need_finite((calibration.temperature, *calibration.thresholds.values()), "calibration")
    known = [spec.kind for spec in card.inputs]
    for network in card.networks:
        _check_network(network, known)
    for baseline in card.baselines:
        _check_baseline(baseline, len(card.classes))


def _check_network(network: Mapping[str, Any], known: list[str]) -> None:
    kinds, spec = network.get("inputs"), network.get("spec")
    named = isinstance(kinds, list | tuple) and kinds and all(kind in known for kind in kinds)
    _need(bool(named) and isinstance(spec, Mapping), "networks: spec and inputs")
    for name in ("window_frames", "hop_frames"):
        frames = network.get(name)
        whole = type(frames) is int and 0 < frames <= MAX_WINDOW_FRAMES
        _need(frames is None or whole, f"networks: {name}, a number of frames or null")
    _need(isinstance(network.get("mirror", False), bool), "networks: mirror, true or false")
    check_spec(dict(spec or {}))


def _check_baseline(baseline: Baseline, n_classes: int) -> None:
    where = f"baselines: {baseline.name[:40]}"
    width, rows = len(baseline.columns), baseline.coefficients
    sizes = {len(baseline.mean), len(baseline.sd), *map(len, rows)}
    _need(sizes == {width}, f"{where}: a number for every column")
    _need(len(rows) == len(baseline.intercepts) == n_classes, f"{where}: a row for every class")
    _need(all(sd > 0 for sd in baseline.sd), f"{where}: sd above 0")
    _need_finite((*baseline.mean, *baseline.sd, *baseline.intercepts, *chain(*rows)), where)


def _need(fine: bool, fault: str) -> None:
    if not fine:
        raise ValueError(fault)


def _need_finite(numbers: Iterable[float], where: str) -> None:
    _need(all(math.isfinite(number) for number in numbers), f"{where}: a number is not finite")


def _stored(name: str, array: NDArray[Any], half: bool) -> NDArray[Any]:
    if not np.isfinite(array).all():
        raise ValueError(f"{name} holds what is not a number")
    if array.dtype.kind != "f":
        return np.array(array, np.int64, order="C")  # numbers stay without a side
    # Small differences of large products: distances to typical walks need all their digits.
    half = half and f".{TYPICAL}" not in name
    small = half and array.ndim > 1 and np.abs(array).max(initial=0.0) < np.finfo(np.float16).max
    return np.array(array, np.float16 if small else np.float32, order="C")


def _arrays(content: bytes, card: Card, name: str) -> dict[str, NDArray[Any]]:
    """Return the arrays of a file of weights; its header is checked before anything is made."""

    def known(key: str) -> bool:
        found = _ARRAY_NAME.fullmatch(key)
        return found is not None and int(found[1]) < len(card.networks)

    return load_tensors(content, f"The weights of {name}", _REMEDY, known)
