"""Hashes of files, and of many files as one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_of_all(files: Iterable[Path], folder: Path) -> str:
    """Return the hash of the hashes of files, by their names in a folder, whatever their order.

    Raises
    ------
    OSError
        If one of them cannot be read.
    """
    together = hashlib.sha256()
    for file in sorted(files):
        together.update(f"{file.relative_to(folder).as_posix()} {sha256_of(file)}\n".encode())
    return together.hexdigest()
