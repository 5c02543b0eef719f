"""What stands in a C3D file, byte by byte.

The format is described at www.c3d.org. Files are taken apart here, and not by the library that
writes them, because that one believes what a file says of itself: a damaged file stops the whole
program (a segmentation fault), and one cut short comes back with fewer frames and no word of it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

_BLOCK = 512
_MAGIC = 0x50
_INTEL, _DEC, _MIPS = 84, 85, 86
#: Bytes of an item by its type: text, byte, whole number, real number.
_ITEM_BYTES = {-1: 1, 1: 1, 2: 2, 4: 4}
_MAX_DIMENSIONS = 7
_LAST_IN_HEADER = 65535


class BrokenC3DError(ValueError):
    """A C3D file that contradicts itself; the text completes the sentence "X cannot be read:"."""


@dataclass(frozen=True, eq=False)
class C3DContent:
    """The points of a C3D file.

    Parameters
    ----------
    labels, descriptions
        Names of the points; as many as there are points, empty where the file has none.
    positions
        (T, N, 3) in ``unit``, NaN where the file marks a point as missing.
    rate_hz, unit
        Frame rate and unit as the file gives them.
    first_frame
        Number of the first frame, counted from 1.
    provenance
        What clinigait wrote of where the points come from; empty in files of others.
    """

    labels: tuple[str, ...]
    descriptions: tuple[str, ...]
    positions: NDArray[np.float64]
    rate_hz: float
    unit: str
    first_frame: int
    provenance: str = ""


def take_apart(content: bytes) -> C3DContent:
    """Read the bytes of a C3D file.

    Raises
    ------
    BrokenC3DError
        If it is none, contradicts itself, or is shorter than it says.
    """
    if len(content) < 2 * _BLOCK or content[1] != _MAGIC:
        raise BrokenC3DError("it is not a C3D file")
    start = (content[0] - 1) * _BLOCK
    if start < _BLOCK or start + _BLOCK > len(content) or content[start + 2] == 0:
        raise BrokenC3DError("its parameters are missing")
    end = start + content[start + 2] * _BLOCK
    parameters = _Parameters(content[start:end])
    return C3DContent(
        labels=parameters.texts("LABELS"),
        descriptions=parameters.texts("DESCRIPTIONS"),
        positions=_positions(content, parameters),
        rate_hz=_rate_hz(content, parameters),
        unit=next(iter(parameters.texts("UNITS")), ""),
        first_frame=_header(content, parameters, 6),
        provenance=next(iter(parameters.texts("PROVENANCE", "CLINIGAIT")), ""),
    )


class _Parameters:
    """The parameter section: values by the names of group and parameter."""

    def __init__(self, section: bytes) -> None:
        self.processor = section[3]
        if self.processor not in {_INTEL, _DEC, _MIPS}:
            raise BrokenC3DError("it was written by an unknown kind of processor")
        self.order = ">" if self.processor == _MIPS else "<"
        groups: dict[int, str] = {}
        bodies: dict[tuple[int, str], bytes] = {}
        for number, name, body in _records(section, self.order):
            if number < 0:
                groups.setdefault(-number, name)
            else:
                bodies.setdefault((number, name), body)
        self._bodies = {
            (groups.get(number, ""), name): body for (number, name), body in bodies.items()
        }

    def numbers(self, group: str, name: str) -> NDArray[np.float64]:
        """Return the values of a parameter of numbers; none where it is absent."""
        item_type, _, data = self._item(group, name)
        if item_type == 4:
            return self.reals(data)
        if item_type == 2:
            return np.frombuffer(data, f"{self.order}u2").astype(np.float64)
        return np.frombuffer(data if item_type == 1 else b"", np.uint8).astype(np.float64)

    def texts(self, name: str, group: str = "POINT") -> tuple[str, ...]:
        """Return the texts of a parameter, of the points or another group, continued ones too."""
        found: list[str] = []
        for part in (name, *(f"{name}{number}" for number in range(2, 256))):
            item_type, dimensions, data = self._item(group, part)
            if item_type != -1 or not dimensions or not dimensions[0]:
                break
            width = dimensions[0]
            found += [_text(data[i : i + width]) for i in range(0, len(data), width)]
        return tuple(found)

    def reals(self, data: bytes) -> NDArray[np.float64]:
        """Return real numbers of four bytes in the order of the file's processor."""
        with np.errstate(invalid="ignore"):  # damaged files hold NaN that signal
            if self.processor != _DEC:
                return np.frombuffer(data, f"{self.order}f4").astype(np.float64)
            halves = np.frombuffer(data, "<u2").reshape(-1, 2)[:, ::-1]
            values = np.ascontiguousarray(halves).view("<f4")[:, 0].astype(np.float64)
            return values / 4

    def _item(self, group: str, name: str) -> tuple[int, tuple[int, ...], bytes]:
        """Return type, dimensions and data of a parameter; type 0 where it is absent."""
        body = self._bodies.get((group, name))
        if body is None:
            return 0, (), b""
        if len(body) < 2:
            raise BrokenC3DError("its parameters are damaged")
        item_type, n_dimensions = struct.unpack_from("bB", body)
        dimensions = tuple(body[2 : 2 + n_dimensions])
        if item_type not in _ITEM_BYTES or n_dimensions > _MAX_DIMENSIONS:
            raise BrokenC3DError("its parameters are damaged")
        start = 2 + n_dimensions
        end = start + _ITEM_BYTES[item_type] * prod(dimensions)
        if end > len(body):
            raise BrokenC3DError("its parameters are damaged")
        return item_type, dimensions, body[start:end]


def _records(section: bytes, order: str) -> Iterator[tuple[int, str, bytes]]:
    """Give group number (negative for a group itself), name and content of every record."""
    at = 4
    while at + 2 <= len(section):
        n_name, number = struct.unpack_from("bb", section, at)
        after_name = at + 2 + abs(n_name)
        if n_name == 0 or number == 0:
            return
        if after_name + 2 > len(section):
            break
        (offset,) = struct.unpack_from(f"{order}h", section, after_name)
        name = section[at + 2 : after_name].decode("latin-1").upper().strip()
        at = after_name + offset if offset else len(section)
        if (offset and offset < 2) or at > len(section):
            break
        yield number, name, section[after_name + 2 : at]
        if not offset:
            return
    raise BrokenC3DError("its parameters are damaged")


def _positions(content: bytes, parameters: _Parameters) -> NDArray[np.float64]:
    n_points = _header(content, parameters, 2)
    n_items = 4 * n_points + _header(content, parameters, 4)
    if not np.array_equal(parameters.numbers("POINT", "USED"), [n_points]):
        raise BrokenC3DError("its header and its parameters count different points")
    if n_points == 0:
        raise BrokenC3DError("it holds no points")
    n_frames = _n_frames(content, parameters)
    scale = _scale(content, parameters)
    start = (_header(content, parameters, 16) - 1) * _BLOCK
    item_bytes = 4 if scale < 0 else 2
    end = start + n_frames * n_items * item_bytes
    if start < _BLOCK or n_frames < 0:
        raise BrokenC3DError("its header is damaged")
    if end > len(content):
        raise BrokenC3DError("it is cut short")
    if scale < 0:
        items = parameters.reals(content[start:end]).reshape(n_frames, n_items)
    else:
        items = np.frombuffer(content[start:end], f"{parameters.order}i2").reshape(-1, n_items)
    points = items[:, : 4 * n_points].reshape(n_frames, n_points, 4).astype(np.float64)
    with np.errstate(invalid="ignore"):
        positions = points[:, :, :3] * (1.0 if scale < 0 else scale)
        missing = ~(points[:, :, 3] >= 0) | (positions == 0).all(axis=2)
    return np.where(missing[:, :, None], np.nan, positions)


def _n_frames(content: bytes, parameters: _Parameters) -> int:
    """Count the frames; the header's numbers end at 65535, longer files say more elsewhere."""
    first, last = (_header(content, parameters, at) for at in (6, 8))
    if last < _LAST_IN_HEADER:
        return last - first + 1
    start, end = (
        parameters.numbers("TRIAL", f"ACTUAL_{which}_FIELD") for which in ("START", "END")
    )
    if len(start) == len(end) == 2:
        return int(end[0] - start[0] + 1 + (_LAST_IN_HEADER + 1) * (end[1] - start[1]))
    in_point = parameters.numbers("POINT", "FRAMES")
    if len(in_point) == 1 and last - first + 1 < in_point[0] < 1e9:
        return int(in_point[0])
    return last - first + 1


def _scale(content: bytes, parameters: _Parameters) -> float:
    """Return metres, or the file's unit, of one step of a whole number; below 0 for reals."""
    in_header = float(parameters.reals(content[12:16])[0])
    in_point = parameters.numbers("POINT", "SCALE")
    if len(in_point) != 1 or (in_point[0] < 0) != (in_header < 0):
        raise BrokenC3DError("its header and its parameters differ in the kind of numbers")
    return float(in_point[0])


def _rate_hz(content: bytes, parameters: _Parameters) -> float:
    in_point = parameters.numbers("POINT", "RATE")
    return float(in_point[0] if len(in_point) else parameters.reals(content[20:24])[0])


def _header(content: bytes, parameters: _Parameters, at: int) -> int:
    return int(struct.unpack_from(f"{parameters.order}H", content, at)[0])


def _text(data: bytes) -> str:
    raw = data.rstrip(b"\0 ")
    try:
        return raw.decode("utf-8").strip()
    except UnicodeDecodeError:
        return raw.decode("latin-1").strip()
