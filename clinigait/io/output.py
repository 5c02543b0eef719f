"""Output that is written whole or not at all."""

from __future__ import annotations

import errno
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
    errno.EEXIST,
    errno.EFBIG,
    errno.EINVAL,
    errno.EIO,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOENT,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.ENOTEMPTY,
    errno.EPERM,
    errno.EROFS,
}
_REMEDY = "Choose another --out, or make room on the disk."


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """Give the place of a new file that takes the place of ``path`` when it is whole.

    Where the block fails, the new file goes, and an older one stays as it was.
    """
    new = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        yield new
        new.replace(path)
    except BaseException:
        with suppress(OSError, ValueError):
            new.unlink(missing_ok=True)
        raise


def replace_file(path: Path, content: bytes) -> None:
    """Write a file all or nothing: beside the target first, then in its place.

    Raises
    ------
    BadInputError
        If it cannot be written; nothing is left behind, and an older file stays as it was.
    """
    try:
        with beside(path) as new, new.open("xb") as file:
            file.write(content)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "its name is not a file name"
        raise BadInputError(
            f"{path.name} cannot be written: {why}.",
            "Choose a folder that exists, is yours to write and has space left.",
        ) from error


@contextmanager
def workplace(out: Path, owned: tuple[str, ...], marker: str) -> Iterator[Path]:
    """Give a folder to work in; its files move to ``out`` only at the very end, all or none.

    The folder lies in ``out`` where that exists, so that it is on the same file system.

    Parameters
    ----------
    out
        Where the files are wanted.
    owned
        Patterns of the files that a run writes. Where ``marker`` shows that an earlier run wrote
        here, its files of these patterns go, also those that have no successor. All other files
        in ``out`` are left alone.
    marker
        The file that every run writes.

    Raises
    ------
    BadInputError
        If the folder cannot be written, or the disk is full.
    """
    made: list[Path] = []
    root: Path | None = None
    try:
        _make_parents(out, made)
        root = Path(tempfile.mkdtemp(prefix=".clinigait-", dir=out if out.is_dir() else out.parent))
        new = root / "new"
        new.mkdir()
        yield new
        _publish(root, out, owned, marker)
        made.clear()
    except OSError as error:
        if error.errno not in _OUTPUT_FAULTS:
            raise
        raise BadInputError(
            f"The folder {out.name[:80]} cannot be written: {error.strerror or error}.", _REMEDY
        ) from error
    finally:
        if root is not None:
            shutil.rmtree(root, ignore_errors=True)
        for parent in reversed(made):
            with suppress(OSError):
                parent.rmdir()


def _make_parents(out: Path, made: list[Path]) -> None:
    """Make the folders above ``out``, noting each in ``made``."""
    if out.exists() and not out.is_dir():
        raise BadInputError(f"{out.name} is a file, not a folder.", "Choose another --out.")
    missing = [parent for parent in out.absolute().parents if not parent.exists()]
    for parent in reversed(missing):
        parent.mkdir()
        made.append(parent)


def _publish(root: Path, out: Path, owned: tuple[str, ...], marker: str) -> None:
    """Exchange the files of an earlier run for the new ones; undo it all where that fails."""
    new, kept = root / "new", root / "kept"
    if not out.is_dir():
        new.replace(out)
        return
    wanted = sorted(f.relative_to(new) for f in new.rglob("*") if f.is_file())
    going = {name for name in wanted if (out / name).is_file() or (out / name).is_symlink()}
    if (out / marker).is_file():
        going |= {f.relative_to(out) for pattern in owned for f in out.glob(pattern)}
    done: list[tuple[Path, Path]] = []
    try:
        for name in sorted(going):
            _move(out / name, kept / name, done)
        for name in wanted:
            _move(new / name, out / name, done)
    except OSError:
        for source, target in reversed(done):
            target.replace(source)
        raise
    for folder in {(out / name).parent for name in going} - {out}:
        with suppress(OSError):
            folder.rmdir()


def _move(source: Path, target: Path, done: list[tuple[Path, Path]]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    done.append((source, target))
