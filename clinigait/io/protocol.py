"""Protocols: YAML files that say what to do with a walk."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import TypeAdapter, ValidationError

from clinigait.core import BadInputError, Protocol

#: A protocol is a page of text; anything longer is something else.
_MAX_BYTES = 1_000_000


def shipped_protocols() -> tuple[str, ...]:
    """Return the names of the protocols that come with clinigait."""
    entries = files("clinigait.protocols").iterdir()
    return tuple(sorted(e.name.removesuffix(".yaml") for e in entries if e.name.endswith(".yaml")))


def load_protocol(name_or_path: str) -> Protocol:
    """Load a shipped protocol by name, or one of your own by the path of its file.

    Raises
    ------
    BadInputError
        If there is no such protocol, or the file is not a valid one.
    """
    name = name_or_path[:80]
    if name_or_path in shipped_protocols():
        content = files("clinigait.protocols").joinpath(f"{name_or_path}.yaml").read_bytes()
        return parse_protocol(content, name_or_path)
    path = Path(name_or_path)
    if not _is_file(path):
        raise BadInputError(
            f"There is no protocol {name}.",
            f"Give the path of a protocol file, or one of: {', '.join(shipped_protocols())}.",
        )
    if path.stat().st_size > _MAX_BYTES:
        raise BadInputError(f"{path.name} is too large for a protocol.", "Give a protocol file.")
    return parse_protocol(path.read_bytes(), path.name)


def _plain_yaml(content: bytes) -> object:
    """Parse YAML without aliases: they can make a small file huge."""
    if any(isinstance(token, yaml.AliasToken) for token in yaml.scan(content)):
        raise ValueError("a protocol has no aliases")
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
    try:
        data = _plain_yaml(content)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise BadInputError(
            f"{name} is not a readable protocol file.", "Correct the YAML and try again."
        ) from error
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
