"""C3D files made byte by byte, as each kind of processor wrote them."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

INTEL, DEC, MIPS = 84, 85, 86
_BLOCK = 512


@dataclass(frozen=True)
class Dialect:
    """How a file is written."""

    processor: int = INTEL
    whole_numbers: bool = False
    n_analog: int = 0
    unit: str = "mm"
    first_frame: int = 1
    descriptions: tuple[str, ...] = ()

    @property
    def order(self) -> str:
        return ">" if self.processor == MIPS else "<"

    def real(self, values: NDArray[np.float64] | float) -> bytes:
        values = np.atleast_1d(values)
        if self.processor != DEC:
            return values.astype(f"{self.order}f4").tobytes()
        halves = (values * 4).astype("<f4").view("<u2").reshape(-1, 2)
        return halves[:, ::-1].tobytes()


def c3d_bytes(
    labels: Sequence[str], positions: NDArray[np.float64], rate_hz: float, dialect: Dialect
) -> bytes:
    """Return a C3D file; missing points have residual -1, extra channels hold 99."""
    n_frames, n_points = positions.shape[:2]
    scale = 0.1 if dialect.whole_numbers else -1.0
    parameters = _parameters(labels, n_frames, rate_hz, scale, dialect)
    data_block = 2 + len(parameters) // _BLOCK
    last = dialect.first_frame + n_frames - 1
    words = (n_points, dialect.n_analog, dialect.first_frame, last, 0)
    header = bytes([2, 0x50]) + struct.pack(f"{dialect.order}5H", *words)
    header += dialect.real(scale) + struct.pack(f"{dialect.order}2H", data_block, 1)
    header += dialect.real(rate_hz)
    missing = ~np.isfinite(positions).all(axis=2)
    items = np.concatenate([np.nan_to_num(positions), np.where(missing, -1.0, 3.0)[:, :, None]], 2)
    items[:, :, :3] /= scale if dialect.whole_numbers else 1.0
    rows = np.concatenate(
        [items.reshape(n_frames, 4 * n_points), np.full((n_frames, dialect.n_analog), 99.0)], axis=1
    )
    data = (
        np.round(rows).astype(f"{dialect.order}i2").tobytes()
        if dialect.whole_numbers
        else dialect.real(rows.ravel())
    )
    return header.ljust(_BLOCK, b"\0") + parameters + data


def _parameters(
    labels: Sequence[str], n_frames: int, rate_hz: float, scale: float, dialect: Dialect
) -> bytes:
    def whole(value: int) -> bytes:
        return bytes([2, 0]) + struct.pack(f"{dialect.order}H", value & 0xFFFF)

    def texts(values: Sequence[str]) -> bytes:
        width = max(map(len, values), default=0)
        text = "".join(value.ljust(width) for value in values).encode("latin-1")
        return struct.pack("b", -1) + bytes([2, width, len(values)]) + text

    bodies = {
        "USED": whole(len(labels)),
        "FRAMES": whole(n_frames),
        "SCALE": bytes([4, 0]) + dialect.real(scale),
        "RATE": bytes([4, 0]) + dialect.real(rate_hz),
        "UNITS": texts([dialect.unit]),
        "LABELS": texts(labels),
        "DESCRIPTIONS": texts(dialect.descriptions),
    }
    records = [_record(-1, "POINT", b"", dialect.order)]
    records += [_record(1, name, body, dialect.order) for name, body in bodies.items()]
    content = b"".join(records) + b"\0\0"
    n_blocks = (4 + len(content)) // _BLOCK + 1
    return (bytes([1, 0x50, n_blocks, dialect.processor]) + content).ljust(n_blocks * _BLOCK, b"\0")


def _record(group: int, name: str, body: bytes, order: str) -> bytes:
    offset = struct.pack(f"{order}h", 2 + len(body) + 1)
    return struct.pack("bb", len(name), group) + name.encode() + offset + body + b"\0"
