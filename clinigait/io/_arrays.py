"""Archives of arrays (``.npz``): their sizes are looked at before anything is unpacked.

A megabyte of zeros unpacks to a gigabyte. So what the archive says of its members, and what each
member's header says of its array, has to fit what a walk can be; neither can then unpack to more.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from clinigait.core import BadInputError
from clinigait.io._source import checked_file

#: Most bytes in memory, numbers counted as the 64-bit floats that they become.
MAX_UNPACKED_BYTES = 1024**3
#: More members than any walk of ours has, or will have.
MAX_MEMBERS = 64
#: Arrays of ours, of empty pictures even, shrink to a hundredth; zeros to a thousandth.
MAX_RATIO = 200
#: Below this the ratio tells nothing, and harms nobody.
_HARMLESS_BYTES = 16 * 1024**2
_LONGEST_HEADER = 10_000
_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_NUMBER_BYTES = 8
#: What damaged or hostile archives of arrays lead to.
UNREADABLE = (
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def read_arrays(
    path: Path, names: Collection[str], bits: Collection[str] = ()
) -> dict[str, np.ndarray[Any, Any]]:
    """Read arrays of an archive by name; others in it are left packed.

    Parameters
    ----------
    path
        The archive.
    names
        Which arrays are read, where they are there.
    bits
        Which of them stay bytes, and do not become floats.

    Raises
    ------
    BadInputError
        If the file is missing, or would unpack to more than a walk.
    ValueError
        Or another of ``UNREADABLE``: it is no archive of arrays, or damaged.
    """
    with zipfile.ZipFile(checked_file(path)) as archive:
        members = archive.infolist()
        if len(members) > MAX_MEMBERS or len({one.filename for one in members}) < len(members):
            raise ValueError("no walk has so many arrays, or one twice")
        wanted = {one: one.filename.removesuffix(".npy") for one in members}
        wanted = {one: name for one, name in wanted.items() if name in names}
        packed = sum(one.compress_size for one in wanted)
        unpacked = sum(one.file_size for one in wanted)
        taken = sum(_taken(archive, one, name in bits) for one, name in wanted.items())
        shrunk = unpacked > _HARMLESS_BYTES and unpacked > MAX_RATIO * packed
        if shrunk or max(unpacked, taken) > MAX_UNPACKED_BYTES:
            raise BadInputError(
                f"{path.name[:80]} would unpack to more than a walk holds.",
                "Give a walk.npz from the folder of an assessment.",
            )
        return {name: _array(archive, one) for one, name in wanted.items()}


def _taken(archive: zipfile.ZipFile, member: zipfile.ZipInfo, as_bits: bool) -> int:
    """Return how many bytes an array takes, by a header that has to fit its member."""
    if member.compress_type not in _METHODS or not member.filename.endswith(".npy"):
        raise ValueError("packed in an unusual way")
    with archive.open(member) as file:
        shape, dtype = _header(file)
        start = file.tell()
    if dtype.hasobject or any(length < 0 for length in shape):
        raise ValueError("something else than numbers and texts")
    count = math.prod(shape)
    if start + count * dtype.itemsize != member.file_size:
        raise ValueError("the header tells of another array")
    return count * (dtype.itemsize if as_bits else max(dtype.itemsize, _NUMBER_BYTES))


def _header(file: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any]]:
    version = npy.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = npy.read_array_header_1_0(file, max_header_size=_LONGEST_HEADER)
    elif version == (2, 0):
        shape, _, dtype = npy.read_array_header_2_0(file, max_header_size=_LONGEST_HEADER)
    else:
        raise ValueError("a version that no walk has")
    return shape, dtype


def _array(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> np.ndarray[Any, Any]:
    with archive.open(member) as file:
        array: np.ndarray[Any, Any] = npy.read_array(
            file, allow_pickle=False, max_header_size=_LONGEST_HEADER
        )
    return array
