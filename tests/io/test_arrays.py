"""An archive of arrays cannot unpack to more than a walk: every way in refuses it in a sentence."""

import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from clinigait.core import BadInputError
from clinigait.io._arrays import MAX_MEMBERS, MAX_RATIO
from clinigait.io.keypoints import KeypointHints, read_keypoints
from clinigait.io.walk import read_walk, write_walk
from support.walker import Gait, synthetic_walk

Change = Callable[[dict[str, bytes]], None]


def _walk(path: Path) -> Path:
    write_walk(synthetic_walk(Gait(duration_s=1, rate_hz=30)), path)
    return path


def _members(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(_walk(path)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _packed(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def _npy(shape: str, dtype: str = "<f4", content: bytes = b"") -> bytes:
    """Return an array's file of which the header says what it likes."""
    head = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}"
    head += " " * (118 - len(head) - 1) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + content


def _zeros(shape: tuple[int, ...], dtype: object = np.float32) -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(shape, dtype))
    return file.getvalue()


BOMBS: dict[str, Change] = {
    "zeros": lambda m: m.update({"keypoints.npy": _zeros((200_000, 17, 3))}),
    "bits": lambda m: m.update({"silhouette_bits.npy": _zeros((50_000, 64, 16), np.uint8)}),
    "bytes that become floats": lambda m: m.update(
        {"keypoints.npy": _npy("(200000000, 1, 1)", "|i1", b"\x01\x02" * 100_000_000)}
    ),
}
OTHERS: dict[str, Change] = {
    "a header that promises more": lambda m: m.update({"keypoints.npy": _npy("(10**9, 17, 3)")}),
    "a header of terabytes": lambda m: m.update({"time_s.npy": _npy("(1099511627776,)")}),
    "more than the header says": lambda m: m.update({"time_s.npy": _zeros((30,)) + b"0" * 10**7}),
    "lengths below nothing": lambda m: m.update({"time_s.npy": _npy("(-1, -1)", content=b"0000")}),
    "objects": lambda m: m.update({"time_s.npy": _npy("(1,)", "|O", b"cos\nsystem\n(S'x'\ntR.")}),
    "no array": lambda m: m.update({"time_s.npy": b"text"}),
    "a newer array": lambda m: m.update({"time_s.npy": b"\x93NUMPY\x03\x00" + b"\0" * 64}),
    "many members": lambda m: m.update({f"{n}.npy": b"" for n in range(MAX_MEMBERS)}),
    "deep text": lambda m: m.update({"about.npy": _about("[" * 100_000)}),
}


def _about(text: str) -> bytes:
    file = io.BytesIO()
    np.save(file, np.array(text))
    return file.getvalue()


@pytest.mark.parametrize("name", BOMBS)
def test_what_would_fill_the_memory_is_refused_unopened(name: str, tmp_path: Path) -> None:
    members = _members(tmp_path / "walk.npz")
    BOMBS[name](members)
    _packed(tmp_path / "bomb.npz", members)
    del members
    tracemalloc.start()
    for read in (read_walk, lambda path: read_keypoints(path, KeypointHints())):
        with pytest.raises(BadInputError, match="unpack to more than a walk"):
            read(tmp_path / "bomb.npz")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_walk_is_refused(name: str, tmp_path: Path) -> None:
    members = _members(tmp_path / "walk.npz")
    OTHERS[name](members)
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(_packed(tmp_path / "other.npz", members))


def test_a_size_that_the_archive_belies_is_refused(tmp_path: Path) -> None:
    """The list at the end says 30 numbers, as the header does; what is packed goes on."""
    members = _members(tmp_path / "walk.npz")
    honest = members["time_s.npy"]
    members["time_s.npy"] = honest + b"\0" * 50_000_000
    content = _packed(tmp_path / "lie.npz", members).read_bytes()
    at = content.index(b"time_s.npy", content.index(b"PK\x01\x02")) - 46
    changed = bytearray(content)
    changed[at + 24 : at + 28] = struct.pack("<I", len(honest))
    (tmp_path / "lie.npz").write_bytes(bytes(changed))
    tracemalloc.start()
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(tmp_path / "lie.npz")
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_ways_to_pack_are_refused(method: int, tmp_path: Path) -> None:
    members = _members(tmp_path / "walk.npz")
    with pytest.raises(BadInputError, match="not a walk"):
        read_walk(_packed(tmp_path / "other.npz", members, method))


def test_arrays_of_a_newer_version_stay_packed(tmp_path: Path) -> None:
    members = _members(tmp_path / "walk.npz") | {"newer.npy": _zeros((20_000_000,), np.uint8)}
    assert len(read_walk(_packed(tmp_path / "newer.npz", members))) == 30


def test_a_walk_as_it_is_written_is_far_from_the_limit(tmp_path: Path) -> None:
    walk = synthetic_walk(Gait(duration_s=10, rate_hz=30))
    write_walk(walk, tmp_path / "walk.npz")
    with zipfile.ZipFile(tmp_path / "walk.npz") as archive:
        packed = sum(member.compress_size for member in archive.infolist())
        unpacked = sum(member.file_size for member in archive.infolist())
        about = json.loads(str(np.load(io.BytesIO(archive.read("about.npy")))))
    assert unpacked / packed < MAX_RATIO / 10
    assert about["space"] == walk.space.value
