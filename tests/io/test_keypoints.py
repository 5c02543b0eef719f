"""Any file of keypoints is known by its name, and any broken one refused in a sentence."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinigait.core import BadInputError, Space
from clinigait.core.layout import BODY_25, HALPE_26, KINECT_25
from clinigait.io import _source
from clinigait.io.c3d import write_c3d
from clinigait.io.coco import write_coco
from clinigait.io.keypoints import READERS, KeypointHints, is_keypoint_file, read_keypoints
from clinigait.io.openpose import write_openpose
from clinigait.io.trc import write_trc
from clinigait.io.walk import write_walk
from support.harm import damaged, reads_or_refuses, refused_or_read
from support.walker import Gait, synthetic_walk
from support.world_walks import world_walk

_HINTS = KeypointHints(rate_hz=50.0)
_WITH_UNIT = {".npy": KeypointHints(rate_hz=50.0, unit="m")}
_MARKERS = world_walk(HALPE_26, duration_s=0.2)
_PICTURE = synthetic_walk(Gait(duration_s=0.5, rate_hz=50), BODY_25)


def _write_npy(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, _MARKERS.keypoints)


_WRITERS: dict[str, Callable[[Path], None]] = {
    ".c3d": lambda path: write_c3d(_MARKERS, path),
    ".trc": lambda path: write_trc(_MARKERS, path),
    ".json": lambda path: write_coco(_PICTURE, path),
    ".npy": _write_npy,
    ".npz": lambda path: write_walk(
        dataclasses.replace(_PICTURE, provenance={"file": path.name}), path
    ),
}


@pytest.mark.parametrize("suffix", _WRITERS)
def test_every_format_is_found_by_its_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"walk{suffix.upper()}"
    _WRITERS[suffix](path)
    assert is_keypoint_file(path)
    walk = read_keypoints(path, _WITH_UNIT.get(suffix, _HINTS))
    assert walk.layout is (BODY_25 if suffix in {".json", ".npz"} else HALPE_26)


def test_a_folder_of_frames(tmp_path: Path) -> None:
    write_openpose(_PICTURE, tmp_path / "frames.trc")
    assert is_keypoint_file(tmp_path / "frames.trc")
    walk = read_keypoints(tmp_path / "frames.trc", KeypointHints(rate_hz=50.0))
    assert (walk.layout, walk.space) == (BODY_25, Space.IMAGE_PX)
    with pytest.raises(BadInputError, match="--rate-hz"):
        read_keypoints(tmp_path / "frames.trc")


def test_a_table_of_kinect(tmp_path: Path) -> None:
    walk = world_walk(KINECT_25)
    ids = np.broadcast_to(np.arange(25)[None, :, None], (len(walk), 25, 1))
    rows = np.concatenate([ids, walk.keypoints], axis=2).reshape(len(walk), -1)
    path = tmp_path / "walk.csv"
    np.savetxt(path, np.column_stack([walk.time_s, rows]), delimiter="\t")
    assert read_keypoints(path).layout is KINECT_25


@pytest.mark.parametrize("suffix", [".mot", ".sto"])
def test_angles_are_not_points(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"walk{suffix}"
    path.write_text("Coordinates\nendheader\ntime\ta\n0\t1\n")
    assert is_keypoint_file(path)
    with pytest.raises(BadInputError) as caught:
        read_keypoints(path)
    assert "TRC" in caught.value.remedy


@pytest.mark.parametrize(
    "name", ["walk.mp4", "walk", ".trc", "trc", "walk.trc.mp4", "a\0b", "x" * 5000]
)
def test_what_is_no_keypoint_file(name: str, tmp_path: Path) -> None:
    assert not is_keypoint_file(tmp_path / name)
    with pytest.raises(BadInputError, match="not a file of keypoints"):
        read_keypoints(tmp_path / name)


def test_a_folder_of_anything_else_is_none(tmp_path: Path) -> None:
    (tmp_path / "assessment.json").write_text("{}")
    assert not is_keypoint_file(tmp_path)
    with pytest.raises(BadInputError):
        read_keypoints(tmp_path)


@pytest.mark.parametrize("suffix", sorted(set(READERS) - {".mot", ".sto"}))
@pytest.mark.parametrize(
    "content", [None, "folder", b"", b"\n", b"\0" * 3000, bytes(range(256)) * 40, b"PK\x03\x04"]
)
def test_every_reader_refuses_what_is_nothing(
    suffix: str, content: bytes | str | None, tmp_path: Path
) -> None:
    path = tmp_path / f"walk{suffix}"
    if content == "folder":
        path.mkdir()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    refusal, walk = refused_or_read(lambda one: read_keypoints(one, _HINTS), path)
    assert walk is None
    assert path.name in refusal.message
    assert refusal.remedy.endswith(".")


@pytest.mark.parametrize("suffix", _WRITERS)
def test_a_file_cut_in_half_is_never_read_as_a_whole(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"walk{suffix}"
    _WRITERS[suffix](path)
    content = path.read_bytes()
    for share in (0.2, 0.5, 0.9):
        path.write_bytes(content[: int(share * len(content))])
        with pytest.raises(BadInputError):
            read_keypoints(path, _WITH_UNIT.get(suffix, _HINTS))


@pytest.mark.parametrize("suffix", _WRITERS)
def test_files_too_large_are_refused_unopened(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"walk{suffix}"
    with path.open("wb") as file:
        file.truncate(_source.MAX_BYTES + 1)
    with pytest.raises(BadInputError, match="512 are read"):
        read_keypoints(path, _HINTS)


@pytest.mark.parametrize("suffix", [".c3d", ".trc", ".json", ".npy"])
def test_too_many_frames_are_refused(
    suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"walk{suffix}"
    _WRITERS[suffix](path)
    monkeypatch.setattr(_source, "MAX_FRAMES", 10)
    with pytest.raises(BadInputError, match="more than 10 frames"):
        read_keypoints(path, _HINTS)


@given(suffix=st.sampled_from([".npz", ".csv", ".json"]), content=st.binary(max_size=400))
def test_noise(suffix: str, content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / f"noise{suffix}"
    path.write_bytes(content)
    reads_or_refuses(lambda one: read_keypoints(one, _HINTS), path)


@given(data=st.data())
def test_a_damaged_walk_of_our_own(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    _WRITERS[".npz"](path)
    path.write_bytes(data.draw(damaged(path.read_bytes())))
    refused_or_read(lambda one: read_keypoints(one, _HINTS), path)


def test_hints_are_frozen_and_empty_by_default() -> None:
    assert dataclasses.astuple(KeypointHints()) == (None, None, None, None)
    with pytest.raises(dataclasses.FrozenInstanceError):
        KeypointHints().unit = "m"  # type: ignore[misc]


def test_a_person_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "walk.json"
    write_coco(_PICTURE, path)
    assert json.loads(path.read_text())["info"]["fps"] == pytest.approx(50)
    with pytest.raises(BadInputError, match="no person 2"):
        read_keypoints(path, KeypointHints(person=2))


def test_a_file_of_one_person_has_no_other(tmp_path: Path) -> None:
    path = tmp_path / "walk.trc"
    write_trc(_MARKERS, path)
    assert len(read_keypoints(path, KeypointHints(person=1)))
    with pytest.raises(BadInputError, match="person 2"):
        read_keypoints(path, KeypointHints(person=2))
