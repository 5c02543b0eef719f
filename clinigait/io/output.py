"""Output that is written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from clinigait.core import BadInputError

#: What can go wrong with an output folder; any other fault is not the user's.
_OUTPUT_FAULTS = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
    errno.EPERM,
    errno.EROFS,
}


def replace_file(path: Path, content: bytes) -> None:
    """Write a file all or nothing: beside the target first, then in its place.

    Raises
    ------
    BadInputError
        If it cannot be written; nothing is left behind, and an older file stays as it was.
    """
    beside = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with beside.open("xb") as file:
            file.write(content)
        beside.replace(path)
    except (OSError, ValueError) as error:
        with suppress(OSError, ValueError):
            beside.unlink(missing_ok=True)
        why = error.strerror if isinstance(error, OSError) else "its name is not a file name"
        raise BadInputError(
            f"{path.name} cannot be written: {why}.",
            "Choose a folder that exists, is yours to write and has space left.",
        ) from error


@contextmanager
def workplace(out: Path, names: tuple[str, ...]) -> Iterator[Path]:
    """Give a folder beside ``out`` to work in; its files move to ``out`` only at the very end.

    Parameters
    ----------
    out
        Where the files are wanted.
    names
        Everything that may be written: what an earlier run left under these names is replaced
        or removed, other files in ``out`` are left alone.

    Raises
    ------
    BadInputError
        If the folder cannot be written, or the disk is full.
    """
    made = _make_parents(out)
    folder: Path | None = None
    try:
        folder = Path(tempfile.mkdtemp(prefix=f".{out.name[:40]}.", dir=out.parent))
        yield folder
        _publish(folder, out, names)
    except OSError as error:
        if error.errno not in _OUTPUT_FAULTS:
            raise
        raise BadInputError(
            f"The folder {out.name} cannot be written: {error.strerror or error}.",
            "Choose another --out, or make room on the disk.",
        ) from error
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if not out.exists():
            for parent in made:
                parent.rmdir()


def _make_parents(out: Path) -> list[Path]:
    """Make the folders above ``out``; return those that were made, innermost first."""
    missing = [parent for parent in out.absolute().parents if not parent.exists()]
    if out.exists() and not out.is_dir():
        raise BadInputError(f"{out.name} is a file, not a folder.", "Choose another --out.")
    try:
        if missing:
            missing[0].mkdir(parents=True)
        if out.is_dir() and not os.access(out, os.W_OK):
            raise PermissionError(13, "permission denied")
    except OSError as error:
        raise BadInputError(
            f"The folder {out.name} cannot be made: {error.strerror or error}.",
            "Choose another --out.",
        ) from error
    return missing


def _publish(folder: Path, out: Path, names: tuple[str, ...]) -> None:
    """Move the files of a finished assessment to their place, and remove those of an older one."""
    out.mkdir(exist_ok=True)
    for name in names:
        new, old = folder / name, out / name
        if old.is_dir():
            shutil.rmtree(old)
        elif old.exists():
            old.unlink()
        if new.exists():
            new.replace(old)
