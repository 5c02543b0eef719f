"""Uploads: what they are is looked at before they are kept, and how much a user may send."""

from pathlib import Path

import numpy as np
import pytest

from clinigait.clinic import probing, recordings
from clinigait.core import BadInputError
from clinigait.io.walk import write_walk
from clinigait.store import Store
from support.clinics import case, files_on_disk
from support.films import empty_room_film, write_film
from support.walker import Gait, synthetic_walk


def test_a_film_and_a_walk_are_known_by_their_content(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.txt", empty_room_film(10))
    assert probing.probe_order({"path": str(film)})["facts"] == {
        "kind": "film", "codec": "vp9", "width_px": 640, "height_px": 360,
        "duration_s": pytest.approx(1 / 3, abs=0.05),
    }  # fmt: skip
    walk = tmp_path / "walk"
    with walk.open("wb") as file:
        write_walk(synthetic_walk(Gait()), tmp_path / "walk.npz")
        file.write((tmp_path / "walk.npz").read_bytes())
    assert probing.probe_order({"path": str(walk)})["facts"]["kind"] == "walk"


@pytest.mark.parametrize(
    "content",
    [
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"PK\x03\x04 no walk",
        b"MZ\x90\x00",
        b"\x00" * 4096,
        b"#!/bin/sh\nrm -rf /\n",
        b"\x00\x00\x00\x18ftypmp42 cut",
        b"file 'http://127.0.0.1/x.mp4'\n",
    ],
)
def test_what_is_neither_is_refused_in_one_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(content)
    with pytest.raises(BadInputError, match="film") as caught:
        probing.probe_order({"path": str(path)})
    assert str(tmp_path) not in str(caught.value)


def test_an_archive_that_unfolds_to_more_than_a_walk_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.npz"
    for bomb in ({"about": np.zeros(50_000_000, np.uint8)}, {"keypoints": np.zeros((10**6, 17))}):
        np.savez_compressed(path, **bomb)
        with pytest.raises(BadInputError, match="neither"):
            probing.probe_order({"path": str(path)})


def test_an_upload_is_looked_at_by_a_process_of_its_own(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = case(store)
    before = files_on_disk(store)
    monkeypatch.setattr(recordings, "probed", probing.probed)
    film = write_film(tmp_path / "film", empty_room_film(10)).read_bytes()
    with pytest.raises(BadInputError, match="cannot be read as a film"):
        recordings.add(store, made.doctor, made.visit, [b"no film"], {})
    assert files_on_disk(store) == before
    kept = recordings.add(store, made.doctor, made.visit, [film], {"view": "side"})
    assert recordings.film(store, made.doctor, kept).read_bytes() == film


def test_a_user_uploads_so_much_a_day(store: Store, clock, monkeypatch) -> None:
    made = case(store)
    monkeypatch.setattr(recordings, "DAILY_BYTES", 10)
    recordings.add(store, made.doctor, made.visit, [b"abc"], {})
    with pytest.raises(BadInputError, match="larger than"):
        recordings.add(store, made.doctor, made.visit, [b"abcdef"], {})
    recordings.add(store, made.doctor, made.visit, [b"xyz"], {})
    with pytest.raises(BadInputError, match="enough for a day"):
        recordings.add(store, made.doctor, made.visit, [b"x"], {})
    clock.turn(24 * 3600 + 1)
    recordings.add(store, made.doctor, made.visit, [b"abcdef"], {})
