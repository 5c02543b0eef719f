"""Protocols: YAML files that say what to do with a walk."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Literal, get_args

import yaml
from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError, Protocol

#: What a protocol file is about: a walk to assess, people to synthesise, by knowledge or by a
#: generator that learned, a model to train.
FileKind = Literal["walk", "population", "generator", "training"]
#: What it is called in sentences.
_TITLES: dict[FileKind, str] = {
    "walk": "protocol", "population": "population", "generator": "generator",
    "training": "training protocol",
}  # fmt: skip
#: A protocol is a page of text; anything longer is something else.
_MAX_BYTES = 1_000_000


def shipped_protocols(kind: FileKind = "walk") -> tuple[str, ...]:
    """Return the names of the protocols that come with clinigait.

    Parameters
    ----------
    kind
        ``walk`` for those that say what to do with a walk, ``population`` for those that say who
        is synthesised, ``generator`` for those that say which learned generator makes them,
        ``training`` for those that say how a model is trained.
    """
    entries = [e for e in files("clinigait.protocols").iterdir() if e.name.endswith(".yaml")]
    wanted = [entry for entry in entries if _kind_of(entry.read_bytes()) == kind]
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in wanted))


def load_protocol(name_or_path: str) -> Protocol:
    """Load a shipped protocol by name, or one of your own by the path of its file.

    Raises
    ------
    BadInputError
        If there is no such protocol, or the file is not a valid one.
    """
    content, name = _content(name_or_path, "walk")
    return parse_protocol(content, name)


def load_data(name_or_path: str, kind: FileKind) -> tuple[bytes, object, str]:
    """Return the bytes of a protocol file, what they say, and its name; nothing is checked yet.

    Raises
    ------
    BadInputError
        If there is no such protocol, or the file is no YAML.
    """
    content, name = _content(name_or_path, kind)
    return content, plain_data(content, name), name


def _content(name_or_path: str, kind: FileKind) -> tuple[bytes, str]:
    name = name_or_path[:80]
    if any(name_or_path in shipped_protocols(each) for each in get_args(FileKind)):
        file = files("clinigait.protocols").joinpath(f"{name_or_path}.yaml")
        return file.read_bytes(), name_or_path
    path = Path(name_or_path)
    if not _is_file(path):
        shipped = ", ".join(shipped_protocols(kind))
        others = f", or one of: {shipped}" if shipped else ""
        raise BadInputError(
            f"There is no {_TITLES[kind]} {name}.",
            f"Give the path of a {_TITLES[kind]} file{others}.",
        )
    if path.stat().st_size > _MAX_BYTES:
        raise BadInputError(f"{path.name} is too large for a protocol.", "Give a protocol file.")
    return path.read_bytes(), path.name


def _kind_of(content: bytes) -> FileKind:
    found = re.search(rb"^kind: *(population|generator|training) *$", content, re.MULTILINE)
    if found is None:
        return "walk"
    kinds: dict[bytes, FileKind] = {b"population": "population", b"generator": "generator"}
    return kinds.get(found[1], "training")


def plain_data(content: bytes, name: str) -> object:
    """Return what YAML says.

    Raises
    ------
    BadInputError
        If it is no YAML, or has aliases.
    """
    try:
        return _plain_yaml(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError(
            f"{name} is not a readable protocol file.", "Correct the YAML and try again."
        ) from error


def _plain_yaml(content: bytes) -> object:
    """Parse YAML without aliases: they can make a small file huge."""
    tokens = list(yaml.scan(content))
    if any(isinstance(token, yaml.AliasToken) for token in tokens):
        raise ValueError("a protocol has no aliases")
    for token in tokens:
        if isinstance(token, yaml.ScalarToken):
            token.value.encode()  # half of a letter cannot be written to any file
    return yaml.safe_load(content)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def parse_protocol(content: bytes, name: str) -> Protocol:
    """Check the content of a protocol file and return the protocol with its hash.

    Raises
    ------
    BadInputError
        If the content is not a valid protocol; the first fault is named.
    """
    data = plain_data(content, name)
    if isinstance(data, dict) and data.get("kind") in {"population", "generator"}:
        raise BadInputError(
            f"{name} describes a population of synthetic walkers, not a walk to assess.",
            "Film it with clinigait synthesize, and assess the films with one of: "
            f"{', '.join(shipped_protocols())}.",
        )
    if isinstance(data, dict) and data.get("kind") == "training":
        raise BadInputError(
            f"{name} says how a model is trained, not what to do with a walk.",
            "Give it to clinigait train, and assess with one of: "
            f"{', '.join(shipped_protocols())}.",
        )
    try:
        protocol = _ADAPTER.validate_python(data)
    except ValidationError as error:
        fault = error.errors()[0]
        where = ".".join(str(part) for part in fault["loc"]) or "the file"
        raise BadInputError(
            f"{name} is not a valid protocol: {where}: {fault['msg']}.",
            "Correct it; protocols/walk_sagittal.yaml is an example.",
        ) from error
    return replace(protocol, sha256=hashlib.sha256(content).hexdigest())


_ADAPTER = TypeAdapter(Protocol)
